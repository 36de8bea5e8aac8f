"""Made people and their photos, with the truth beside every picture."""
