"""Silhouette crossings on a CPU, images of the batch in parallel. What a crossing is: see `silhouette`."""

import numpy as np
import torch
from torch import Tensor

from habitus.rendering.compiled import kernel, over_batch
from habitus.rendering.topology import Topology


def find_crossings_numba(screen: Tensor, topology: Topology, face_id: Tensor) -> Tensor:
    """(K, 6) int32 of image, inner pixel, outer pixel, both ends of the edge, axis; for float32 `screen`."""
    found = over_batch(
        trace,
        screen.shape[0],
        screen.numpy(),
        topology.faces.numpy().view(np.uint32),
        topology.edges.numpy().view(np.uint32),
        topology.edge_faces.numpy(),
        face_id.numpy(),
    )
    return torch.from_numpy(np.concatenate(found)) if found else torch.empty((0, 6), dtype=torch.int32)


@kernel
def trace(begin, end, screen, faces, edges, edge_faces, face_id):
    """Rows of `find_crossings_numba` for images `begin` to `end`."""
    height, width = face_id.shape[1], face_id.shape[2]
    pixels = height * width
    count = screen.shape[1]
    snapped = np.empty((count, 2), np.int32)
    usable = np.empty(count, np.bool_)
    side = np.empty(faces.shape[0], np.int8)
    best = np.full(2 * pixels, -1, np.int32)  # the outermost edge between a pixel and its right or lower neighbour
    where = np.empty(2 * pixels, np.int64)
    touched = np.empty(2 * pixels, np.int32)
    rows = np.empty((1024, 6), np.int32)
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
                side[f] = np.sign(area)
        ids = face_id[b].reshape(pixels)
        slots = 0
        for e in range(edges.shape[0]):
            other = edge_faces[e, 1]
            if side[edge_faces[e, 0]] == (side[other] if other >= 0 else 0):
                continue
            for axis in range(2):
                # u runs along the pair of pixels, v across it; the edge is taken in the direction of growing v.
                length, lines = (width, height) if axis == 0 else (height, width)
                step, line_step = (1, width) if axis == 0 else (width, 1)
                u0, v0 = np.int64(snapped[edges[e, 0], axis]), np.int64(snapped[edges[e, 0], 1 - axis])
                u1, v1 = np.int64(snapped[edges[e, 1], axis]), np.int64(snapped[edges[e, 1], 1 - axis])
                if v0 > v1:
                    u0, v0, u1, v1 = u1, v1, u0, v0
                for line in range(max((v0 + 127) >> 8, 0), min((v1 - 129) >> 8, lines - 1) + 1):
                    u = u0 * 256 + (line * 256 + 128 - v0) * (u1 - u0) * 256 // (v1 - v0)
                    place = (u - 32768) >> 16
                    pixel = line * line_step + place * step
                    if place < 0 or place > length - 1:
                        continue
                    if (u - 32768) & 65535 == 0 and place > 0 and (ids[pixel] < 0) != (ids[pixel - step] < 0):
                        place -= 1  # exactly on a centre: the change may lie on its other side
                        pixel -= step
                    if place == length - 1 or (ids[pixel] < 0) == (ids[pixel + step] < 0):
                        continue
                    slot = axis * pixels + pixel
                    if best[slot] < 0:
                        touched[slots] = slot
                        slots += 1
                    elif (u <= where[slot]) if ids[pixel] >= 0 else (u >= where[slot]):
                        continue
                    best[slot] = e
                    where[slot] = u
        if used + slots > len(rows):
            grown = np.empty((2 * (used + slots), 6), np.int32)
            grown[:used] = rows[:used]
            rows = grown
        for i in range(slots):
            slot = touched[i]
            e = best[slot]
            best[slot] = -1
            axis = slot // pixels
            pixel = slot - axis * pixels
            neighbour = pixel + (1 if axis == 0 else width)
            inside = ids[pixel] >= 0
            rows[used, 0] = b
            rows[used, 1] = pixel if inside else neighbour
            rows[used, 2] = neighbour if inside else pixel
            rows[used, 3] = edges[e, 0]
            rows[used, 4] = edges[e, 1]
            rows[used, 5] = axis
            used += 1
    return rows[:used].copy()
