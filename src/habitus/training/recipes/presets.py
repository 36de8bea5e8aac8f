"""Options that a preset decides unless the user does."""

from dataclasses import fields
from typing import Any, TypeVar

LEFT_TO_PRESET = "preset"
"""The word of an option for: as the preset has it. Numbers have None."""

Chosen = TypeVar("Chosen")


def chosen(preset: Chosen, recipe: Any) -> Chosen:
    """A preset's settings, with the recipe's own, of the same names, where they were given.

    Args:
        preset: a dataclass.
        recipe: has a field of each of its names.
    """
    given = {field.name: getattr(recipe, field.name) for field in fields(preset)}  # pyright: ignore[reportArgumentType]
    kept = {name: getattr(preset, name) if value in (None, LEFT_TO_PRESET) else value for name, value in given.items()}
    return type(preset)(**kept)
