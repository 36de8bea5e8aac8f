"""The rasteriser in plain torch, on any device: every candidate pixel of every triangle at once, nearest by minimum.

Slower than the numba kernel on a CPU, and its reference: the same rules (see `rasterizer`), written another way.
"""

import torch
from torch import Tensor

CANDIDATES_AT_ONCE = 1 << 22
"""Pairs of triangle and pixel in one pass; bounds the memory to a few hundred MB."""

_EMPTY = 2**63 - 1


def snap(screen: Tensor) -> tuple[Tensor, Tensor]:
    """x, y in 1/256 of a pixel as (B, N, 2) int64, and which vertices can be used (B, N)."""
    usable = (screen[..., :2].abs() <= 2.0**17).all(dim=-1) & torch.isfinite(screen[..., 2])
    snapped = torch.floor(screen[..., :2].float() * 256 + 0.5)
    return torch.where(usable[..., None], snapped, torch.zeros_like(snapped)).long(), usable


def doubled_area(corners: Tensor) -> Tensor:
    """Twice the signed area of triangles (..., 3, 2) in int64: positive where the front is seen."""
    (x0, y0), (x1, y1), (x2, y2) = (corners[..., i, :].unbind(-1) for i in range(3))
    return (x2 - x0) * (y1 - y0) - (y2 - y0) * (x1 - x0)


def rasterize_torch(screen: Tensor, faces: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """`rasterizer.rasterize` for float32 `screen` and int32 `faces`: face ids and depths."""
    batch, (height, width) = screen.shape[0], size
    snapped, usable = snap(screen)
    index = faces.long()
    corners = snapped[:, index]  # (B, F, 3, 2)
    z = screen[..., 2][:, index]  # (B, F, 3)
    area = doubled_area(corners)

    limit = torch.tensor([width - 1, height - 1], device=screen.device)
    low = ((corners.amin(dim=2) + 127) >> 8).clamp(min=0)  # first column, first row
    high = torch.minimum((corners.amax(dim=2) - 128) >> 8, limit)
    extent = (high - low + 1).clamp(min=0)
    drawn = (area != 0) & usable[:, index].all(dim=2) & (extent > 0).all(dim=2)
    image, face = drawn.nonzero(as_tuple=True)

    # Wind every triangle the same way, so that "inside" means non-negative edge functions.
    forwards = torch.tensor([0, 1, 2], device=screen.device)
    backwards = torch.tensor([0, 2, 1], device=screen.device)
    order = torch.where((area[image, face] > 0)[:, None], forwards, backwards)
    corners = corners[image, face].gather(1, order[..., None].expand(-1, -1, 2))
    z = z[image, face].gather(1, order)
    area, low, extent = area[image, face].abs(), low[image, face], extent[image, face]

    nearest = torch.full((batch * height * width,), _EMPTY, dtype=torch.int64, device=screen.device)
    ends = extent.prod(dim=1).cumsum(0)
    first, done = 0, 0
    while first < len(ends):
        # A triangle over a whole large image may exceed the bound alone: it still gets its pass.
        last = max(int(torch.searchsorted(ends, done + CANDIDATES_AT_ONCE, right=True)), first + 1)
        part = slice(first, last)
        pixel, inside, depth, row = _candidates(corners[part], z[part], area[part], low[part], extent[part], width)
        target = image[part][row] * (height * width) + pixel
        packed = (~_ordered(depth) << 32) | face[part][row]
        nearest.scatter_reduce_(0, target[inside], packed[inside], "amin")
        first, done = last, int(ends[last - 1])

    empty = nearest == _EMPTY
    face_id = torch.where(empty, -1, nearest & 0xFFFFFFFF).to(torch.int32).view(batch, height, width)
    depth = torch.where(empty, 0.0, _depth_of(~(nearest >> 32))).view(batch, height, width)
    return face_id, depth


def _candidates(
    corners: Tensor, z: Tensor, area: Tensor, low: Tensor, extent: Tensor, width: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """For each pixel in the bounds of each triangle: its index, whether it is inside, its depth, the triangle's row."""
    counts = extent.prod(dim=1)
    row = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    nth = torch.arange(len(row), device=row.device) - (counts.cumsum(0) - counts)[row]
    column = low[row, 0] + nth % extent[row, 0]
    line = low[row, 1] + torch.div(nth, extent[row, 0], rounding_mode="floor")
    px, py = column * 256 + 128, line * 256 + 128

    inside = torch.ones_like(px, dtype=torch.bool)
    weighted = torch.zeros_like(px, dtype=torch.float64)
    for k in range(3):  # the edge opposite corner k
        a, b = corners[:, (k + 1) % 3][row], corners[:, (k + 2) % 3][row]
        dx, dy = (b - a).unbind(-1)
        w = (px - a[:, 0]) * dy - (py - a[:, 1]) * dx
        owns = (dy > 0) | ((dy == 0) & (dx < 0))
        inside &= (w > 0) | ((w == 0) & owns)
        weighted = weighted + w.double() * z[:, k][row].double()
    depth = (weighted * (1.0 / area[row].double())).float()
    return line * width + column, inside, depth, row


def _ordered(depth: Tensor) -> Tensor:
    """int64 that order as the float32 do. Adding zero turns -0.0, which is as near as 0.0, into 0.0."""
    bits = (depth + 0.0).view(torch.int32).long()
    return torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits)


def _depth_of(ordered: Tensor) -> Tensor:
    """The float32 that `_ordered` ordered."""
    bits = torch.where(ordered < 0, ordered ^ 0x7FFFFFFF, ordered)
    return bits.to(torch.int32).view(torch.float32)
