"""Scores: ranking, protocols, re-ranking, result tables and pictures."""
