"""The numba kernels of `cached_views_numba`: pixels that look at a texture, and the soft border between them.

Textures and their coarser levels lie as in `surface_kernels`. Only texels of coarser levels that some pixel looks at
are worked out (`seen` marks them), so that a large texture costs what is seen of it. Arithmetic on colours is float64.
"""

import numpy as np

from habitus.compiled import kernel
from habitus.rendering.surface_kernels import corner, start_of


@kernel
def mark(uv, level, first, last, size, max_level, seen):
    """Mark the texels of the coarser levels that pixels `first` to `last` look at, and those that they are means of."""
    for p in range(first, last):
        for n in range(np.int64(level[p]), min(np.int64(level[p]) + 2, max_level + 1)):
            if n == 0:
                continue
            side = size >> n
            column, _ = corner(uv[p, 0] * side - 0.5, side)
            row, _ = corner((1.0 - uv[p, 1]) * side - 0.5, side)
            at = start_of(n, size) + row * side + column
            east, south = (1, side) if side > 1 else (0, 0)
            seen[at] = 1
            seen[at + east] = 1
            seen[at + south] = 1
            seen[at + south + east] = 1
    for n in range(max_level, 1, -1):
        side = size >> n
        here, finer = start_of(n, size), start_of(n - 1, size)
        for row in range(side):
            for column in range(side):
                if seen[here + row * side + column]:
                    at = finer + 4 * row * side + 2 * column
                    seen[at] = 1
                    seen[at + 1] = 1
                    seen[at + 2 * side] = 1
                    seen[at + 2 * side + 1] = 1


@kernel
def halve_seen(begin, end, starts, uv, level, texture, size, max_level, seen, coarse):
    """Fill what is looked at of the coarser levels of textures `begin` to `end`: each texel the mean of four."""
    for b in range(begin, end):
        mark(uv, level, starts[b], starts[b + 1], size, max_level, seen[b])
        for n in range(1, max_level + 1):
            side = size >> n
            here = start_of(n, size)
            below = 0 if n == 1 else start_of(n - 1, size)
            for c in range(3):
                fine = texture[b, c] if n == 1 else coarse[b, c]
                target = coarse[b, c]
                for row in range(side):
                    for column in range(side):
                        if seen[b, here + row * side + column]:
                            at = below + 4 * row * side + 2 * column
                            total = fine[at] + fine[at + 1] + fine[at + 2 * side] + fine[at + 2 * side + 1]
                            target[here + row * side + column] = total * np.float32(0.25)


@kernel
def halve_seen_back(begin, end, to_texture, size, max_level, seen, to_coarse):
    """The adjoint of `halve_seen`."""
    for b in range(begin, end):
        for n in range(max_level, 0, -1):
            side = size >> n
            here = start_of(n, size)
            below = 0 if n == 1 else start_of(n - 1, size)
            for c in range(3):
                source = to_coarse[b, c]
                target = to_texture[b, c] if n == 1 else to_coarse[b, c]
                for row in range(side):
                    for column in range(side):
                        if seen[b, here + row * side + column]:
                            amount = source[here + row * side + column] * np.float32(0.25)
                            at = below + 4 * row * side + 2 * column
                            target[at] += amount
                            target[at + 1] += amount
                            target[at + 2 * side] += amount
                            target[at + 2 * side + 1] += amount


@kernel
def look(
    begin, end, starts, pixel, uv, level, border_starts, inner, outer, excess, texture, coarse, size, max_level, image
):
    """Paint images `begin` to `end` (B, 3, H * W), which hold the background, and soften the border."""
    longest = 0
    for b in range(begin, end):
        longest = max(longest, border_starts[b + 1] - border_starts[b])
    steps = np.empty((longest, 3))
    for b in range(begin, end):
        t = b if texture.shape[0] > 1 else 0
        for p in range(starts[b], starts[b + 1]):
            red = green = blue = 0.0
            for n in range(np.int64(level[p]), min(np.int64(level[p]) + 2, max_level + 1)):
                share = 1.0 - abs(level[p] - n)
                if share == 0:
                    continue
                side = size >> n
                column, right = corner(uv[p, 0] * side - 0.5, side)
                row, down = corner((1.0 - uv[p, 1]) * side - 0.5, side)
                source = texture[t] if n == 0 else coarse[t]
                at = row * side + column + (0 if n == 0 else start_of(n, size))
                east, south = (1, side) if side > 1 else (0, 0)
                w00, w01 = share * (1 - down) * (1 - right), share * (1 - down) * right
                w10, w11 = share * down * (1 - right), share * down * right
                red += w00 * source[0, at] + w01 * source[0, at + east]
                red += w10 * source[0, at + south] + w11 * source[0, at + south + east]
                green += w00 * source[1, at] + w01 * source[1, at + east]
                green += w10 * source[1, at + south] + w11 * source[1, at + south + east]
                blue += w00 * source[2, at] + w01 * source[2, at + east]
                blue += w10 * source[2, at + south] + w11 * source[2, at + south + east]
            image[b, 0, pixel[p]] = red
            image[b, 1, pixel[p]] = green
            image[b, 2, pixel[p]] = blue
        first = border_starts[b]
        for k in range(first, border_starts[b + 1]):
            for c in range(3):
                steps[k - first, c] = excess[k] * (np.float64(image[b, c, inner[k]]) - image[b, c, outer[k]])
        for k in range(first, border_starts[b + 1]):
            target = outer[k] if excess[k] > 0 else inner[k]
            for c in range(3):
                image[b, c, target] += steps[k - first, c]


@kernel
def look_back(
    begin, end, starts, pixel, uv, level, border_starts, inner, outer, excess, size, max_level,
    gradient, to_texture, to_coarse,
):  # fmt: skip
    """The adjoint of `look`: `gradient` becomes the background's; the textures' part is added to the last two arrays,
    or returned where one serves all.
    """
    longest = 0
    for b in range(begin, end):
        longest = max(longest, border_starts[b + 1] - border_starts[b])
    steps = np.empty((longest, 3))
    learns = to_texture.shape[2] > 0
    shared = to_texture.shape[0] == 1
    own_fine = np.zeros((3, to_texture.shape[2] if shared else 0), gradient.dtype)
    own_rough = np.zeros((3, to_coarse.shape[2] if shared else 0), gradient.dtype)
    for b in range(begin, end):
        first = border_starts[b]
        for k in range(first, border_starts[b + 1]):
            target = outer[k] if excess[k] > 0 else inner[k]
            for c in range(3):
                steps[k - first, c] = excess[k] * gradient[b, c, target]
        for k in range(first, border_starts[b + 1]):
            for c in range(3):
                gradient[b, c, inner[k]] += steps[k - first, c]
                gradient[b, c, outer[k]] -= steps[k - first, c]
        fine, rough = (own_fine, own_rough) if shared else (to_texture[b], to_coarse[b])
        for p in range(starts[b], starts[b + 1]):
            if learns:
                red = np.float64(gradient[b, 0, pixel[p]])
                green = np.float64(gradient[b, 1, pixel[p]])
                blue = np.float64(gradient[b, 2, pixel[p]])
                for n in range(np.int64(level[p]), min(np.int64(level[p]) + 2, max_level + 1)):
                    share = 1.0 - abs(level[p] - n)
                    if share == 0:
                        continue
                    side = size >> n
                    column, right = corner(uv[p, 0] * side - 0.5, side)
                    row, down = corner((1.0 - uv[p, 1]) * side - 0.5, side)
                    target = fine if n == 0 else rough
                    at = row * side + column + (0 if n == 0 else start_of(n, size))
                    east, south = (1, side) if side > 1 else (0, 0)
                    w00, w01 = share * (1 - down) * (1 - right), share * (1 - down) * right
                    w10, w11 = share * down * (1 - right), share * down * right
                    for c, amount in enumerate((red, green, blue)):
                        target[c, at] += w00 * amount
                        target[c, at + east] += w01 * amount
                        target[c, at + south] += w10 * amount
                        target[c, at + south + east] += w11 * amount
            gradient[b, 0, pixel[p]] = 0
            gradient[b, 1, pixel[p]] = 0
            gradient[b, 2, pixel[p]] = 0
    return own_fine, own_rough
