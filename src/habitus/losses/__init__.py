"""One file a loss, named after the papers' terms."""
