"""From face ids to values at pixels: barycentric coordinates and attributes, differentiable, on any device.

Under weak perspective a surface's attributes are affine on the screen, so plain barycentric coordinates serve.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from habitus.rendering.rasterizer import Fragments

SMALLEST_AREA = 1e-3
"""Twice the area in square pixels; the coordinates of a thinner triangle are 1/3 each, without a gradient."""


def barycentrics(
    screen: Float[Tensor, "B N 3"], faces: Int[Tensor, "F 3"], fragments: Fragments
) -> Float[Tensor, "B H W 3"]:
    """Barycentric coordinates of each pixel's centre in its face; 0 on the background.

    Differentiable in x and y of `screen`. Faces are found at 1/256 of a pixel, so a centre may lie outside its
    triangle by that much: the coordinates are brought back into [0, 1] (the gradient passes as if they were not).
    """
    image, row, column = fragments.mask.nonzero(as_tuple=True)
    face = fragments.face_id[image, row, column].long()
    corners = screen[image[:, None], faces.long()[face], :2]
    centre = torch.stack((column, row), dim=-1) + 0.5
    coordinates = _within(corners, centre.to(screen.dtype))
    return screen.new_zeros(*fragments.face_id.shape, 3).index_put((image, row, column), coordinates)


def interpolate(
    attributes: Float[Tensor, "B N C"] | Float[Tensor, "N C"],
    faces: Int[Tensor, "F 3"],
    fragments: Fragments,
    bary: Float[Tensor, "B H W 3"],
) -> Float[Tensor, "B H W C"]:
    """Values at pixels of attributes at the corners of faces; 0 on the background. Differentiable in both.

    `faces` may be another list than the rasterised one, in the same order: `interpolate(uv, uv_faces, ...)`.
    """
    image, row, column = fragments.mask.nonzero(as_tuple=True)
    index = faces.long()[fragments.face_id[image, row, column].long()]  # (P, 3)
    corners = attributes[index] if attributes.ndim == 2 else attributes[image[:, None], index]
    values = (bary[image, row, column][..., None] * corners).sum(dim=1)
    return values.new_zeros(*fragments.face_id.shape, values.shape[-1]).index_put((image, row, column), values)


def _within(corners: Float[Tensor, "P 3 2"], point: Float[Tensor, "P 2"]) -> Float[Tensor, "P 3"]:
    a, b, c = corners.detach().unbind(dim=1)
    area = _cross(b - a, c - a)
    thin = (area.abs() < SMALLEST_AREA)[:, None]
    safe = torch.where(thin, torch.ones_like(area)[:, None], area[:, None])
    opposite = torch.stack((c - b, a - c, b - a), dim=1)  # the edge that faces each corner
    # The gradient of each coordinate on the screen, per pixel.
    slope = torch.stack((-opposite[..., 1], opposite[..., 0]), dim=-1) / safe[..., None]
    values = (slope * (point[:, None] - torch.stack((b, c, a), dim=1))).sum(dim=-1).clamp(0, 1)
    values = values / values.sum(dim=-1, keepdim=True)
    values = torch.where(thin, torch.full_like(values, 1 / 3), values)
    slope = torch.where(thin[..., None], torch.zeros_like(slope), slope)
    # A corner that moves by d shifts the point by -value * d within the triangle. The sum is zero but for its gradient.
    moved = (values[..., None] * (corners - corners.detach())).sum(dim=1)
    return values - (slope * moved[:, None]).sum(dim=-1)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
