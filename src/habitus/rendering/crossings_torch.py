"""Silhouette crossings in plain torch, on any device; the reference of `crossings_numba`."""

import torch
from torch import Tensor

from habitus.rendering.rasterizer_torch import doubled_area, snap
from habitus.rendering.topology import Topology


def find_crossings_torch(screen: Tensor, topology: Topology, size: tuple[int, int]) -> Tensor:
    """(K, 7) int32 of image, axis, line, place, outwards, both ends of the edge; for float32 `screen`."""
    snapped, usable = snap(screen)
    faces = topology.faces.long()
    side = doubled_area(snapped[:, faces]).sign() * usable[:, faces].all(dim=2)
    side = torch.cat((side, side.new_zeros(len(side), 1)), dim=1)  # what -1, no face, indexes
    layers = (side[:, topology.edge_faces.long()] * topology.edge_turns).sum(dim=2)
    image, edge = layers.nonzero(as_tuple=True)
    layers = layers[image, edge]
    names = topology.edges[edge].long()
    ends = snapped[image[:, None], names]  # (candidates, 2, 2)
    found = []
    for axis, (length, lines) in enumerate(((size[1], size[0]), (size[0], size[1]))):
        u, v = ends[..., axis], ends[..., 1 - axis]
        low = v.argmin(dim=1, keepdim=True)
        (u0, v0), (u1, v1) = ([x.gather(1, at)[:, 0] for x in (u, v)] for at in (low, 1 - low))
        turned = torch.where((low[:, 0] == 1) != (axis == 1), -layers, layers)
        first = ((v0 + 127) >> 8).clamp(min=0)
        count = (((v1 - 129) >> 8).clamp(max=lines - 1) - first + 1).clamp(min=0)
        row = torch.repeat_interleave(torch.arange(len(count), device=count.device), count)
        line = first[row] + torch.arange(len(row), device=row.device) - (count.cumsum(0) - count)[row]
        run = (line * 256 + 128 - v0[row]) * (u1 - u0)[row] * 256
        where = u0[row] * 256 + torch.div(run, (v1 - v0)[row], rounding_mode="floor")

        # Sort along the lines; where layers begin and end at once they begin first; of edges met at once the one of the
        # lowest number begins first and ends last. On each line the changes sum to nothing.
        change = turned[row]
        key = ((image[row] * lines + line) << 36) + 2 * (where + (1 << 34)) + (change < 0)
        order = torch.argsort(torch.where(change < 0, -edge[row], edge[row]), stable=True)
        order = order[torch.argsort(key[order], stable=True)]
        row, line, where, change = row[order], line[order], where[order], change[order]
        after = change.cumsum(0)
        begins = after == change
        border = (begins | (after == 0)) & (where >= 0) & (where < length * 65536)
        row, line, where, begins = row[border], line[border], where[border], begins[border]
        outwards = torch.where(begins, -1, 1)
        columns = (image[row], torch.full_like(row, axis), line, (where - 32769) >> 16, outwards)
        found.append(torch.cat((torch.stack(columns, dim=1), names[row]), dim=1))
    return torch.cat(found).to(torch.int32)
