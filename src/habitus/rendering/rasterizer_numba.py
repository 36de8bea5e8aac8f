"""The rasteriser for CPUs: triangle by triangle with a depth buffer, images of the batch in parallel."""

import numpy as np
import torch
from torch import Tensor

from habitus.compiled import kernel, over_batch


def rasterize_numba(screen: Tensor, faces: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """`rasterizer.rasterize` for float32 `screen` and int32 `faces`: face ids and depths."""
    batch = screen.shape[0]
    face_id = torch.empty((batch, *size), dtype=torch.int32)
    depth = torch.empty((batch, *size), dtype=torch.float32)
    # Indices are given to the kernels as unsigned: numba then leaves out the test for negative ones.
    over_batch(draw, batch, screen.numpy(), faces.numpy().view(np.uint32), face_id.numpy(), depth.numpy())
    return face_id, depth


@kernel
def draw(begin, end, screen, faces, face_id, depth):
    """Fill `face_id` and `depth` of images `begin` to `end`. The rules are in `rasterizer`'s docstring."""
    height, width = face_id.shape[1], face_id.shape[2]
    count = screen.shape[1]
    xs = np.empty(count, np.int32)
    ys = np.empty(count, np.int32)
    zs = np.empty(count, np.float32)
    unusable = np.int32(2**31 - 1)
    for b in range(begin, end):
        for i in range(count):
            x, y, z = screen[b, i, 0], screen[b, i, 1], screen[b, i, 2]
            if abs(x) <= np.float32(131072) and abs(y) <= np.float32(131072) and abs(z) < np.float32(np.inf):
                xs[i] = np.int32(np.floor(x * np.float32(256) + np.float32(0.5)))
                ys[i] = np.int32(np.floor(y * np.float32(256) + np.float32(0.5)))
                zs[i] = z
            else:
                xs[i] = unusable
        ids = face_id[b]
        nearest = depth[b]
        ids[:] = -1
        nearest[:] = 0
        for f in range(faces.shape[0]):
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            x0, x1, x2 = np.int64(xs[i]), np.int64(xs[j]), np.int64(xs[k])
            y0, y1, y2 = np.int64(ys[i]), np.int64(ys[j]), np.int64(ys[k])
            # The pixels whose centres lie within the bounds: most small triangles end here.
            right = max(x0, x1, x2)
            if right == unusable:
                continue
            left = max((min(x0, x1, x2) + 127) >> 8, 0)
            right = min((right - 128) >> 8, width - 1)
            top = max((min(y0, y1, y2) + 127) >> 8, 0)
            bottom = min((max(y0, y1, y2) - 128) >> 8, height - 1)
            if left > right or top > bottom:
                continue
            area = (x2 - x0) * (y1 - y0) - (y2 - y0) * (x1 - x0)
            if area == 0:
                continue
            z0, z1, z2 = np.float64(zs[i]), np.float64(zs[j]), np.float64(zs[k])
            if area < 0:
                area = -area
                x1, x2, y1, y2, z1, z2 = x2, x1, y2, y1, z2, z1
            inverse = 1.0 / np.float64(area)
            # Edge functions at the first pixel, each less one where its edge does not own the centres on it.
            bias0 = 0 if (y2 > y1 or (y2 == y1 and x2 < x1)) else 1
            bias1 = 0 if (y0 > y2 or (y0 == y2 and x0 < x2)) else 1
            bias2 = 0 if (y1 > y0 or (y1 == y0 and x1 < x0)) else 1
            px, py = left * 256 + 128, top * 256 + 128
            row0 = (px - x1) * (y2 - y1) - (py - y1) * (x2 - x1) - bias0
            row1 = (px - x2) * (y0 - y2) - (py - y2) * (x0 - x2) - bias1
            row2 = (px - x0) * (y1 - y0) - (py - y0) * (x1 - x0) - bias2
            for r in range(top, bottom + 1):
                w0, w1, w2 = row0, row1, row2
                for c in range(left, right + 1):
                    if (w0 | w1 | w2) >= 0:
                        weighted = np.float64(w0 + bias0) * z0 + np.float64(w1 + bias1) * z1
                        z = np.float32((weighted + np.float64(w2 + bias2) * z2) * inverse)
                        if ids[r, c] < 0 or z > nearest[r, c]:
                            ids[r, c] = f
                            nearest[r, c] = z
                    w0 += 256 * (y2 - y1)
                    w1 += 256 * (y0 - y2)
                    w2 += 256 * (y1 - y0)
                row0 -= 256 * (x2 - x1)
                row1 -= 256 * (x0 - x2)
                row2 -= 256 * (x1 - x0)
