"""`habitus demo`: made people, one of them reconstructed from one view, compared with the truth."""
