"""Sizes of pictures as users write them: HEIGHTxWIDTH, such as 256x128."""

from typing import Annotated

from tyro.constructors import PrimitiveConstructorSpec

from habitus.errors import InputError

_MOST_DIGITS = 7


def parse_size(text: str) -> tuple[int, int]:
    """(height, width) in pixels.

    Raises:
        InputError: it is something else than HEIGHTxWIDTH.
    """
    sides = text.lower().split("x")
    if len(sides) != 2 or not all(side.isascii() and side.isdigit() and len(side) <= _MOST_DIGITS for side in sides):
        raise InputError(f"--size {text}: is not HEIGHTxWIDTH; write for example 256x128")
    return int(sides[0]), int(sides[1])


def size_text(size: tuple[int, int]) -> str:
    """As `parse_size` reads it."""
    return f"{size[0]}x{size[1]}"


Size = Annotated[
    tuple[int, int],
    PrimitiveConstructorSpec(
        nargs=1,
        metavar="HEIGHTxWIDTH",
        instance_from_str=lambda words: parse_size(words[0]),
        is_instance=lambda value: isinstance(value, tuple),
        str_from_instance=lambda size: [size_text(size)],
    ),
]
"""The type of an option of the command line that has a default."""
