"""Silhouette crossings on a CPU, images of the batch in parallel. What a crossing is: see `silhouette`."""

import numpy as np
import torch
from torch import Tensor

from habitus.compiled import kernel, over_batch
from habitus.rendering.topology import Topology


def find_crossings_numba(screen: Tensor, topology: Topology, size: tuple[int, int]) -> Tensor:
    """(K, 7) int32 of image, axis, line, place, outwards, both ends of the edge; for float32 `screen`."""
    found = over_batch(
        trace,
        screen.shape[0],
        screen.numpy(),
        topology.faces.numpy().view(np.uint32),
        topology.edges.numpy().view(np.uint32),
        topology.edge_faces.numpy(),
        topology.edge_turns.numpy(),
        *size,
    )
    return torch.from_numpy(np.concatenate(found))


@kernel
def trace(begin, end, screen, faces, edges, edge_faces, edge_turns, height, width):
    """Rows of `find_crossings_numba` for images `begin` to `end`."""
    count = screen.shape[1]
    snapped = np.empty((count, 2), np.int32)
    usable = np.empty(count, np.bool_)
    side = np.empty(faces.shape[0], np.int8)
    bends = np.empty(edges.shape[0], np.int32)  # the silhouette edges, and the layers that they bound
    layers = np.empty(edges.shape[0], np.int8)
    rows = np.empty((1024, 7), np.int32)
    used = 0
    for b in range(begin, end):
        for i in range(count):
            x, y, z = screen[b, i, 0], screen[b, i, 1], screen[b, i, 2]
            usable[i] = abs(x) <= np.float32(131072) and abs(y) <= np.float32(131072) and abs(z) < np.float32(np.inf)
            if usable[i]:
                snapped[i, 0] = np.int32(np.floor(x * np.float32(256) + np.float32(0.5)))
                snapped[i, 1] = np.int32(np.floor(y * np.float32(256) + np.float32(0.5)))
        for f in range(faces.shape[0]):
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            side[f] = 0
            if usable[i] and usable[j] and usable[k]:
                x0, y0 = np.int64(snapped[i, 0]), np.int64(snapped[i, 1])
                area = (snapped[k, 0] - x0) * (snapped[j, 1] - y0) - (snapped[k, 1] - y0) * (snapped[j, 0] - x0)
                side[f] = (area > 0) - (area < 0)
        num_bends = 0
        for e in range(edges.shape[0]):
            bound = edge_turns[e, 0] * side[edge_faces[e, 0]]
            if edge_faces[e, 1] >= 0:
                bound += edge_turns[e, 1] * side[edge_faces[e, 1]]
            if bound != 0:
                bends[num_bends] = e
                layers[num_bends] = bound
                num_bends += 1
        for axis in range(2):
            # u runs along the lines, v across them.
            length, lines = (width, height) if axis == 0 else (height, width)
            starts = np.zeros(lines + 1, np.int32)
            for n in range(num_bends):
                v0, v1 = snapped[edges[bends[n], 0], 1 - axis], snapped[edges[bends[n], 1], 1 - axis]
                for line in range(max((min(v0, v1) + 127) >> 8, 0), min((max(v0, v1) - 129) >> 8, lines - 1) + 1):
                    starts[line + 1] += 1
            for line in range(lines):
                starts[line + 1] += starts[line]
            total = starts[lines]
            ends = starts.copy()
            place = np.empty(total, np.int64)  # 2 u, and 1 more where layers end
            change = np.empty(total, np.int8)
            edge = np.empty(total, np.int32)
            for n in range(num_bends):
                e, bound = bends[n], np.int64(layers[n])
                u0, v0 = np.int64(snapped[edges[e, 0], axis]), np.int64(snapped[edges[e, 0], 1 - axis])
                u1, v1 = np.int64(snapped[edges[e, 1], axis]), np.int64(snapped[edges[e, 1], 1 - axis])
                if (v0 > v1) != (axis == 1):
                    bound = -bound
                if v0 > v1:
                    u0, v0, u1, v1 = u1, v1, u0, v0
                for line in range(max((v0 + 127) >> 8, 0), min((v1 - 129) >> 8, lines - 1) + 1):
                    u = u0 * 256 + (line * 256 + 128 - v0) * (u1 - u0) * 256 // (v1 - v0)
                    # Sorted along the line. Of edges met at once, the one of the lowest number begins first and ends
                    # last: where one leg hides the other exactly, both borders are then the same leg's.
                    at = ends[line]
                    while at > starts[line] and place[at - 1] > 2 * u:
                        place[at], change[at], edge[at] = place[at - 1], change[at - 1], edge[at - 1]
                        at -= 1
                    place[at], change[at], edge[at] = 2 * u + (bound < 0), bound, e
                    ends[line] += 1
            if used + total > len(rows):
                grown = np.empty((2 * (used + total), 7), np.int32)
                for n in range(used):
                    for column in range(7):
                        grown[n, column] = rows[n, column]
                rows = grown
            # Walk along each line and count the layers: the border is where they begin and where they end.
            for line in range(lines):
                depth = 0
                for at in range(starts[line], starts[line + 1]):
                    before = depth
                    depth += change[at]
                    u = place[at] >> 1
                    if (before != 0 and depth != 0) or u < 0 or u >= length * 65536:
                        continue
                    rows[used, 0] = b
                    rows[used, 1] = axis
                    rows[used, 2] = line
                    rows[used, 3] = (u - 32769) >> 16
                    rows[used, 4] = -1 if before == 0 else 1
                    rows[used, 5] = edges[edge[at], 0]
                    rows[used, 6] = edges[edge[at], 1]
                    used += 1
    return rows[:used].copy()
