"""Which face each pixel sees. Integer work without gradients: both implementations give the same ids, bit for bit.

How coverage is decided (both implementations):

- x and y are rounded to 1/256 of a pixel, half up, and all further arithmetic on them is exact in 64-bit integers;
- a pixel belongs to a triangle when its centre lies inside; a centre on an edge belongs to the triangle for which that
  edge is a left or a top one, so that two triangles that share an edge never both take it and never both miss it;
- the nearest triangle (largest z at the pixel's centre, as float32) wins, and of equally near ones the lowest id;
- triangles of no area after rounding, with a coordinate that is not finite, or with a vertex further than 2**17 pixels
  from the origin are not drawn.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from habitus.rendering.topology import topology_of

SUBPIXELS = 256
"""Steps per pixel to which screen coordinates are rounded."""
FARTHEST = float(2**17)
"""Pixels from the origin; beyond, products of coordinates would not fit 64 bits."""

Implementation = Literal["auto", "numba", "torch"]


@dataclass(frozen=True)
class Fragments:
    """What each pixel sees."""

    face_id: Int[Tensor, "B H W"]
    """int32, -1 for background."""
    depth: Float[Tensor, "B H W"]
    """float32, z of the surface in metres, larger is nearer; 0 on the background."""

    @property
    def mask(self) -> Tensor:
        """(B, H, W) bool: where there is a surface."""
        return self.face_id >= 0

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.face_id.shape[1], self.face_id.shape[2]


@torch.no_grad()
def rasterize(
    screen: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    size: tuple[int, int],
    *,
    implementation: Implementation = "auto",
) -> Fragments:
    """Find the nearest face at each pixel's centre; both sides of a face are drawn.

    Args:
        screen: x, y in pixels, z in metres, as from `camera.project`; rounded to float32 first.
        faces: vertex indices.
        size: (H, W) in pixels.
        implementation: "numba" (CPU), "torch" (any device), "auto" the faster one for the tensor's device.

    Raises:
        ValueError: shapes do not fit, or a face names a vertex that is not there.
    """
    check_mesh(screen, faces)
    height, width = size
    if min(size) < 1 or max(size) > FARTHEST:
        raise ValueError(f"size must be from 1 to {int(FARTHEST)} pixels each way, not {height}x{width}")
    if implementation == "auto":
        implementation = "numba" if screen.device.type == "cpu" else "torch"
    if implementation == "numba":
        from habitus.rendering.rasterizer_numba import rasterize_numba as draw  # noqa: PLC0415 - numba loads on use
    else:
        from habitus.rendering.rasterizer_torch import rasterize_torch as draw  # noqa: PLC0415
    face_id, depth = draw(screen.detach().float().contiguous(), topology_of(faces).faces, size)
    return Fragments(face_id, depth)


def check_mesh(screen: Tensor, faces: Tensor) -> None:
    """Raise ValueError unless `screen` is (B, N, 3) and every face names one of the N vertices."""
    if screen.ndim != 3 or screen.shape[2] != 3:
        raise ValueError(f"screen must be shaped (B, N, 3), not {tuple(screen.shape)}")
    if topology_of(faces).num_vertices > screen.shape[1]:
        raise ValueError(f"faces name vertex {topology_of(faces).num_vertices - 1} of {screen.shape[1]}")
