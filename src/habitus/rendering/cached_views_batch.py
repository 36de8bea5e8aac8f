"""What a camera sees of a body, one photo's and a batch's; see `cached_views`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64, UInt8, UInt32
from torch import Tensor

UV_STEPS = float(2**32 - 1)
"""UV coordinates are stored to 2**-32: on a texture of 2048 that is a two-millionth of a texel."""


@dataclass(frozen=True, eq=False)
class View:
    """What one photo's camera sees of the body; P visible pixels, K places on the border. Views of the file."""

    size: tuple[int, int]
    """(H, W)."""
    seen: UInt8[np.ndarray, "h"]
    """A bit a pixel, row by row: whether its centre shows the body."""
    uv: UInt32[np.ndarray, "P 2"]
    """Where on the texture each visible pixel looks, in 1 / (2**32 - 1)."""
    footprint: Float32[np.ndarray, "P"]
    """log2 of the side of a square of the UV map as large as what the pixel covers."""
    inner: UInt32[np.ndarray, "K"]
    """Pixel (row * W + column) on the covered side of the border."""
    outer: UInt32[np.ndarray, "K"]
    excess: Float32[np.ndarray, "K"]
    """What the outer pixel gains (above 0) or the inner one loses."""


@dataclass(frozen=True, eq=False)
class Views:
    """A batch of views as tensors; pixels are numbered row * W + column."""

    count: int
    """B."""
    size: tuple[int, int]
    image: Int64[Tensor, "P"]
    """Which image of the batch a visible pixel belongs to; ascending."""
    pixel: Int64[Tensor, "P"]
    uv: Float64[Tensor, "P 2"]
    footprint: Float32[Tensor, "P"]
    border_image: Int64[Tensor, "K"]
    """Ascending."""
    inner: Int64[Tensor, "K"]
    outer: Int64[Tensor, "K"]
    excess: Float32[Tensor, "K"]

    def __len__(self) -> int:
        return self.count

    def to(self, device: torch.device | str) -> "Views":
        """The same on a device."""
        values = (getattr(self, field.name) for field in fields(self))
        return Views(*(value.to(device) if isinstance(value, Tensor) else value for value in values))  # type: ignore[arg-type]


def collate_views(views: Sequence[View]) -> Views:
    """A batch of views of one size.

    Raises:
        ValueError: there are none, or sizes differ.
    """
    if len({view.size for view in views}) != 1:
        raise ValueError(f"views of one size are needed, not of {sorted({view.size for view in views})}")
    size = views[0].size
    pixels = [np.flatnonzero(np.unpackbits(view.seen, count=size[0] * size[1])) for view in views]

    def joined(arrays: Iterable[np.ndarray], dtype: type) -> Tensor:
        return torch.from_numpy(np.concatenate([np.asarray(array, dtype) for array in arrays]))

    def numbered(lengths: list[int]) -> Tensor:
        return torch.from_numpy(np.repeat(np.arange(len(views)), lengths))

    return Views(
        count=len(views),
        size=size,
        image=numbered([len(view.uv) for view in views]),
        pixel=joined(pixels, np.int64),
        uv=joined((view.uv for view in views), np.float64) / UV_STEPS,
        footprint=joined((view.footprint for view in views), np.float32),
        border_image=numbered([len(view.excess) for view in views]),
        inner=joined((view.inner for view in views), np.int64),
        outer=joined((view.outer for view in views), np.int64),
        excess=joined((view.excess for view in views), np.float32),
    )
