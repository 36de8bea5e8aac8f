"""Recovered bodies against the truth of made people."""
