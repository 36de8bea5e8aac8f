"""Pictures as networks take them: of one size, normalised by the statistics of the pictures that they learned from."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from habitus.errors import InputError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
MIN_SIDE, MAX_SIDE = 16, 2048
"""Of the pictures that a network works at, pixels."""


def prepared(
    images: Float[Tensor, "B 3 H W"],
    size: tuple[int, int],
    mean: Float[Tensor, "3 1 1"],
    std: Float[Tensor, "3 1 1"],
) -> Float[Tensor, "B 3 h w"]:
    """Images resized to `size` (bilinear, smoothed where it shrinks) and normalised."""
    if images.shape[-2:] != size:
        images = F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)
    # Channels last: what convolutions run fastest on (by a tenth on CPUs in bfloat16); the maps come out so, too.
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


def channels(values: Sequence[float]) -> Float[Tensor, "3 1 1"]:
    """A number for each channel, as images can be multiplied by."""
    return torch.tensor(values, dtype=torch.float32).view(3, 1, 1)


def check_input(size: Sequence[int], mean: Sequence[float], std: Sequence[float]) -> None:
    """See that a network can be given pictures of this size, normalised by these.

    Raises:
        InputError: a number makes no sense.
    """
    if len(size) != 2 or not all(MIN_SIDE <= side <= MAX_SIDE for side in size):
        raise InputError(f"size {tuple(size)}: give a height and a width of {MIN_SIDE} to {MAX_SIDE} pixels")
    if len(mean) != 3 or not all(map(math.isfinite, mean)):
        raise InputError(f"mean {tuple(mean)}: give a number for each of the three channels")
    if len(std) != 3 or not all(0 < value < math.inf for value in std):
        raise InputError(f"std {tuple(std)}: give a positive number for each of the three channels")


def check_choice(option: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise an InputError that names the choices where `value` is none of them."""
    if value not in choices:
        raise InputError(f"{option} {value!r}: choose from {', '.join(map(str, choices))}")
