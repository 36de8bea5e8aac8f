"""The numba kernels of `surface_numba`: everything that happens to one visible pixel, and the texture's coarser levels.

Textures are (B, 3, T * T), or (1, 3, T * T) for one that serves all; the coarser levels, half the size each, lie one
behind the other in a second array. Arithmetic is float64 whatever the arrays hold.
"""

import numpy as np

from habitus.compiled import kernel


@kernel
def start_of(level, size):
    """Where a level begins in the array of coarser ones: levels 1 to n - 1 have (size^2 - 4 side^2) / 3 texels."""
    side = size >> level
    return (size * size - 4 * side * side) // 3


@kernel
def halve(begin, end, texture, size, max_level, coarse):
    """Fill the coarser levels of textures `begin` to `end`: each texel the mean of four."""
    for b in range(begin, end):
        for c in range(3):
            fine = texture[b, c]
            at = 0
            for level in range(1, max_level + 1):
                side = size >> level
                target = coarse[b, c, start_of(level, size) :]
                for row in range(side):
                    for column in range(side):
                        n = at + 4 * row * side + 2 * column
                        total = fine[n] + fine[n + 1] + fine[n + 2 * side] + fine[n + 2 * side + 1]
                        target[row * side + column] = total * np.float32(0.25)
                fine = coarse[b, c]
                at = start_of(level, size)


@kernel
def halve_back(begin, end, to_texture, size, max_level, to_coarse):
    """The adjoint of `halve`; what no pixel saw is not touched."""
    for b in range(begin, end):
        for c in range(3):
            for level in range(max_level, 0, -1):
                side = size >> level
                source = to_coarse[b, c, start_of(level, size) :]
                target = to_texture[b, c] if level == 1 else to_coarse[b, c, start_of(level - 1, size) :]
                for row in range(side):
                    for column in range(side):
                        amount = source[row * side + column] * np.float32(0.25)
                        if amount != 0:
                            n = 4 * row * side + 2 * column
                            target[n] += amount
                            target[n + 1] += amount
                            target[n + 2 * side] += amount
                            target[n + 2 * side + 1] += amount


@kernel
def corner(coordinate, size):
    """The first of the two texels around a coordinate, clamped to the border, and the weight of the second."""
    clamped = min(max(coordinate, 0.0), size - 1.0)
    first = min(np.int64(clamped), max(size - 2, 0))
    return first, clamped - first


@kernel
def coordinates(screen, b, i, j, k, x, y):
    """Barycentric coordinates of (x, y), and their gradients on the screen (0 for a thin triangle)."""
    x0, y0 = np.float64(screen[b, i, 0]), np.float64(screen[b, i, 1])
    x1, y1 = np.float64(screen[b, j, 0]), np.float64(screen[b, j, 1])
    x2, y2 = np.float64(screen[b, k, 0]), np.float64(screen[b, k, 1])
    area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
    if abs(area) < 1e-3:  # interpolation.SMALLEST_AREA
        return 1.0 / 3, 1.0 / 3, 1.0 / 3, 0.0, 0.0, 0.0, 0.0, abs(area)
    inverse = 1.0 / area
    dx1, dy1 = (y2 - y0) * inverse, (x0 - x2) * inverse
    dx2, dy2 = (y0 - y1) * inverse, (x1 - x0) * inverse
    b1 = (x - x0) * dx1 + (y - y0) * dy1
    b2 = (x - x0) * dx2 + (y - y0) * dy2
    b0 = min(max(1.0 - b1 - b2, 0.0), 1.0)
    b1 = min(max(b1, 0.0), 1.0)
    b2 = min(max(b2, 0.0), 1.0)
    total = 1.0 / (b0 + b1 + b2)
    return b0 * total, b1 * total, b2 * total, dx1, dy1, dx2, dy2, abs(area)


@kernel
def detail(uv, i, j, k, size, area, max_level):
    """Level of detail of a triangle, in [0, max_level]; see `texture_sampling.level_of_detail`."""
    u1, v1 = np.float64(uv[j, 0]) - uv[i, 0], np.float64(uv[j, 1]) - uv[i, 1]
    u2, v2 = np.float64(uv[k, 0]) - uv[i, 0], np.float64(uv[k, 1]) - uv[i, 1]
    texels = abs(u1 * v2 - v1 * u2) * size * size
    level = 0.5 * np.log2(max(texels / max(area, 1e-3), 1e-12))
    return min(max(level, 0.0), np.float64(max_level))


@kernel
def paint(begin, end, screen, texture, coarse, brightness, faces, uv, uv_faces, face_id, size, max_level, colours):
    """Fill `colours` (B, 3, H * W) where images `begin` to `end` see a face."""
    width = face_id.shape[2]
    lit = brightness.shape[1] > 0
    for b in range(begin, end):
        ids = face_id[b].reshape(-1)
        t = b if texture.shape[0] > 1 else 0
        for pixel in range(ids.size):
            f = ids[pixel]
            if f < 0:
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            p, q, r = uv_faces[f, 0], uv_faces[f, 1], uv_faces[f, 2]
            b0, b1, b2, _, _, _, _, area = coordinates(screen, b, i, j, k, pixel % width + 0.5, pixel // width + 0.5)
            u = b0 * uv[p, 0] + b1 * uv[q, 0] + b2 * uv[r, 0]
            v = b0 * uv[p, 1] + b1 * uv[q, 1] + b2 * uv[r, 1]
            level = detail(uv, p, q, r, size, area, max_level) if max_level > 0 else 0.0
            red = green = blue = 0.0
            for n in range(np.int64(level), min(np.int64(level) + 2, max_level + 1)):
                share = 1.0 - abs(level - n)
                side = size >> n
                column, right = corner(u * side - 0.5, side)
                row, down = corner((1.0 - v) * side - 0.5, side)
                image = texture[t] if n == 0 else coarse[t]
                at = row * side + column + (0 if n == 0 else start_of(n, size))
                east, south = (1, side) if side > 1 else (0, 0)
                w00, w01 = share * (1 - down) * (1 - right), share * (1 - down) * right
                w10, w11 = share * down * (1 - right), share * down * right
                red += w00 * image[0, at] + w01 * image[0, at + east]
                red += w10 * image[0, at + south] + w11 * image[0, at + south + east]
                green += w00 * image[1, at] + w01 * image[1, at + east]
                green += w10 * image[1, at + south] + w11 * image[1, at + south + east]
                blue += w00 * image[2, at] + w01 * image[2, at + east]
                blue += w10 * image[2, at + south] + w11 * image[2, at + south + east]
            if lit:
                red *= b0 * brightness[b, i, 0] + b1 * brightness[b, j, 0] + b2 * brightness[b, k, 0]
                green *= b0 * brightness[b, i, 1] + b1 * brightness[b, j, 1] + b2 * brightness[b, k, 1]
                blue *= b0 * brightness[b, i, 2] + b1 * brightness[b, j, 2] + b2 * brightness[b, k, 2]
            colours[b, 0, pixel] = red
            colours[b, 1, pixel] = green
            colours[b, 2, pixel] = blue


@kernel
def trace_back(
    begin, end, screen, texture, coarse, brightness, faces, uv, uv_faces, face_id, size, max_level,
    gradient, to_screen, to_texture, to_coarse, to_brightness,
):  # fmt: skip
    """The adjoint of `paint`: adds to the last four arrays, or returns the textures' part where one serves all."""
    width = face_id.shape[2]
    lit = brightness.shape[1] > 0
    learns = to_texture.shape[2] > 0
    shared = texture.shape[0] == 1
    own_fine = np.zeros((3, to_texture.shape[2] if shared else 0), texture.dtype)
    own_rough = np.zeros((3, to_coarse.shape[2] if shared else 0), texture.dtype)
    light = np.ones(3)
    to_light = np.empty(3)
    for b in range(begin, end):
        ids = face_id[b].reshape(-1)
        t = 0 if shared else b
        fine, rough = (own_fine, own_rough) if shared else (to_texture[b], to_coarse[b])
        for pixel in range(ids.size):
            f = ids[pixel]
            if f < 0:
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            p, q, r = uv_faces[f, 0], uv_faces[f, 1], uv_faces[f, 2]
            x, y = pixel % width + 0.5, pixel // width + 0.5
            b0, b1, b2, dx1, dy1, dx2, dy2, area = coordinates(screen, b, i, j, k, x, y)
            u = b0 * uv[p, 0] + b1 * uv[q, 0] + b2 * uv[r, 0]
            v = b0 * uv[p, 1] + b1 * uv[q, 1] + b2 * uv[r, 1]
            if lit:
                for c in range(3):
                    light[c] = b0 * brightness[b, i, c] + b1 * brightness[b, j, c] + b2 * brightness[b, k, c]
                    to_light[c] = 0.0
            level = detail(uv, p, q, r, size, area, max_level) if max_level > 0 else 0.0
            to_u = to_v = 0.0
            for n in range(np.int64(level), min(np.int64(level) + 2, max_level + 1)):
                share = 1.0 - abs(level - n)
                side = size >> n
                across, along = u * side - 0.5, (1.0 - v) * side - 0.5
                column, right = corner(across, side)
                row, down = corner(along, side)
                image = texture[t] if n == 0 else coarse[t]
                target = fine if n == 0 else rough
                at = row * side + column + (0 if n == 0 else start_of(n, size))
                east, south = (1, side) if side > 1 else (0, 0)
                w00, w01 = share * (1 - down) * (1 - right), share * (1 - down) * right
                w10, w11 = share * down * (1 - right), share * down * right
                to_column = to_row = 0.0
                for c in range(3):
                    amount = gradient[b, c, pixel] * light[c]
                    t00, t01 = np.float64(image[c, at]), np.float64(image[c, at + east])
                    t10, t11 = np.float64(image[c, at + south]), np.float64(image[c, at + south + east])
                    to_column += amount * ((1 - down) * (t01 - t00) + down * (t11 - t10))
                    to_row += amount * ((1 - right) * (t10 - t00) + right * (t11 - t01))
                    if lit:
                        to_light[c] += gradient[b, c, pixel] * (w00 * t00 + w01 * t01 + w10 * t10 + w11 * t11)
                    if learns:
                        target[c, at] += w00 * amount
                        target[c, at + east] += w01 * amount
                        target[c, at + south] += w10 * amount
                        target[c, at + south + east] += w11 * amount
                if 0 < across < side - 1:
                    to_u += share * side * to_column
                if 0 < along < side - 1:
                    to_v -= share * side * to_row
            to_b0 = to_u * uv[p, 0] + to_v * uv[p, 1]
            to_b1 = to_u * uv[q, 0] + to_v * uv[q, 1]
            to_b2 = to_u * uv[r, 0] + to_v * uv[r, 1]
            if lit:
                for c in range(3):
                    to_b0 += to_light[c] * brightness[b, i, c]
                    to_b1 += to_light[c] * brightness[b, j, c]
                    to_b2 += to_light[c] * brightness[b, k, c]
                    to_brightness[b, i, c] += b0 * to_light[c]
                    to_brightness[b, j, c] += b1 * to_light[c]
                    to_brightness[b, k, c] += b2 * to_light[c]
            # A corner that moves by d shifts the pixel by -bary * d within the triangle.
            shift_x = (to_b1 - to_b0) * dx1 + (to_b2 - to_b0) * dx2
            shift_y = (to_b1 - to_b0) * dy1 + (to_b2 - to_b0) * dy2
            to_screen[b, i, 0] -= b0 * shift_x
            to_screen[b, i, 1] -= b0 * shift_y
            to_screen[b, j, 0] -= b1 * shift_x
            to_screen[b, j, 1] -= b1 * shift_y
            to_screen[b, k, 0] -= b2 * shift_x
            to_screen[b, k, 1] -= b2 * shift_y
    return own_fine, own_rough
