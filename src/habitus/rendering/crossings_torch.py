"""Silhouette crossings in plain torch, on any device; the reference of `crossings_numba`."""

import torch
from torch import Tensor

from habitus.rendering.rasterizer_torch import doubled_area, snap
from habitus.rendering.topology import Topology

_EMPTY = 2**63 - 1


def find_crossings_torch(screen: Tensor, topology: Topology, face_id: Tensor) -> Tensor:
    """(K, 6) int32 of image, inner pixel, outer pixel, both ends of the edge, axis; for float32 `screen`."""
    batch, height, width = face_id.shape
    pixels = height * width
    snapped, usable = snap(screen)
    faces = topology.faces.long()
    side = doubled_area(snapped[:, faces]).sign() * usable[:, faces].all(dim=2)
    side = torch.cat((side, side.new_zeros(batch, 1)), dim=1)  # what -1, no face, indexes
    around = side[:, topology.edge_faces.long()]
    image, edge = (around[..., 0] != around[..., 1]).nonzero(as_tuple=True)
    ends = snapped[image[:, None], topology.edges[edge].long()]  # (candidates, 2, 2)
    inside = (face_id >= 0).view(-1)

    nearest = torch.full((batch * 2 * pixels,), _EMPTY, dtype=torch.int64, device=screen.device)
    for axis, (length, lines, step, line_step) in enumerate(((width, height, 1, width), (height, width, width, 1))):
        u, v = ends[..., axis], ends[..., 1 - axis]
        low = v.argmin(dim=1, keepdim=True)
        (u0, v0), (u1, v1) = ([x.gather(1, at)[:, 0] for x in (u, v)] for at in (low, 1 - low))
        first = ((v0 + 127) >> 8).clamp(min=0)
        count = (((v1 - 129) >> 8).clamp(max=lines - 1) - first + 1).clamp(min=0)
        row = torch.repeat_interleave(torch.arange(len(count), device=count.device), count)
        line = first[row] + torch.arange(len(row), device=row.device) - (count.cumsum(0) - count)[row]
        run = (line * 256 + 128 - v0[row]) * (u1 - u0)[row] * 256
        where = u0[row] * 256 + torch.div(run, (v1 - v0)[row], rounding_mode="floor") - 32768
        place = where >> 16
        kept = (place >= 0) & (place < length)
        row, line, where, place = row[kept], line[kept], where[kept], place[kept]

        pixel = image[row] * pixels + line * line_step + place * step
        on_centre = (where & 65535 == 0) & (place > 0)
        before = torch.where(on_centre, pixel - step, pixel)
        moved = inside[pixel] != inside[before]  # exactly on a centre: the change may lie on its other side
        place, pixel = place - moved.long(), torch.where(moved, before, pixel)
        after = torch.where(place < length - 1, pixel + step, pixel)
        border = inside[pixel] != inside[after]
        along = where - (place << 16)  # 0 at the pixel's centre, 65536 at the next one's
        from_outside = torch.where(inside[pixel], 65536 - along, along)
        packed = (from_outside << 32) | edge[row]
        slot = axis * batch * pixels + pixel
        nearest.scatter_reduce_(0, slot[border], packed[border], "amin")

    slot = (nearest != _EMPTY).nonzero()[:, 0]
    edge = nearest[slot] & 0xFFFFFFFF
    axis, pixel = slot // (batch * pixels), slot % (batch * pixels)
    neighbour = pixel + torch.where(axis == 0, 1, width)
    inner, outer = torch.where(inside[pixel], pixel, neighbour), torch.where(inside[pixel], neighbour, pixel)
    columns = (pixel // pixels, inner % pixels, outer % pixels, *topology.edges[edge].long().unbind(dim=1), axis)
    return torch.stack(columns, dim=1).to(torch.int32)
