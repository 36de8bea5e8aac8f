"""People made in code, with the truth beside every image."""
