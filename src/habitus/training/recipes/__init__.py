"""Recipes: what decides the outcome of a training, as small frozen dataclasses that import nothing heavy."""
