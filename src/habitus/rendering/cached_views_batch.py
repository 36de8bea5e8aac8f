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
    starts: Int64[Tensor, "B+1"]
    """Of each image's visible pixels, and where the last one's end."""
    border_starts: Int64[Tensor, "B+1"]
    silhouette: Float32[Tensor, "B H W"]
    """How much of each pixel the body covers, in [0, 1]."""

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
    count, pixels = len(views), size[0] * size[1]
    seen = np.stack([np.unpackbits(view.seen, count=pixels) for view in views])
    image, pixel = np.nonzero(seen)
    inner, outer = (_joined((getattr(view, name) for view in views), np.int64) for name in ("inner", "outer"))
    excess = _joined((view.excess for view in views), np.float32)
    border_lengths = [len(view.excess) for view in views]
    border_image = np.repeat(np.arange(count), border_lengths)
    silhouette = seen.astype(np.float32).reshape(-1)
    np.add.at(silhouette, border_image * pixels + np.where(excess > 0, outer, inner), excess)
    arrays = {
        "image": image,
        "pixel": pixel,
        "uv": _joined((view.uv for view in views), np.float64) / UV_STEPS,
        "footprint": _joined((view.footprint for view in views), np.float32),
        "border_image": border_image,
        "inner": inner,
        "outer": outer,
        "excess": excess,
        "starts": np.cumsum([0, *(len(view.uv) for view in views)]),
        "border_starts": np.cumsum([0, *border_lengths]),
        "silhouette": silhouette.reshape(count, *size),
    }
    return Views(count, size, **{name: torch.from_numpy(array) for name, array in arrays.items()})


def _joined(arrays: Iterable[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate([np.asarray(array, dtype) for array in arrays])
