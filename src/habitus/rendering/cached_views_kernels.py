"""The numba kernels of `cached_views_numba`: pixels that look at a texture, and the soft border between them.

Textures and their coarser levels lie as in `surface_kernels`. Only texels of coarser levels that some pixel looks at
are worked out (they are listed, level by level), so that a large texture costs what is seen of it.
"""

import numpy as np

from habitus.compiled import kernel
from habitus.rendering.surface_kernels import corner, start_of


@kernel
def coarse_texels(size, max_level):
    """Texels of all coarser levels."""
    total = 0
    for n in range(1, max_level + 1):
        total += (size >> n) * (size >> n)
    return total


@kernel
def note(row, column, level, size, seen, lists, counts):
    """Put a texel of a coarser level on its level's list, once: where it lies, and the first of the four below it."""
    side = size >> level
    here = start_of(level, size)
    at = here + row * side + column
    if not seen[at]:
        seen[at] = 1
        place = here + counts[level]
        lists[place, 0] = at
        lists[place, 1] = (0 if level == 1 else start_of(level - 1, size)) + 4 * row * side + 2 * column
        counts[level] += 1


@kernel
def list_seen(uv, level, first, last, size, max_level, seen, lists, counts):
    """List the texels of the coarser levels that pixels `first` to `last` look at, and those that they are means of."""
    for p in range(first, last):
        for n in range(max(np.int64(level[p]), 1), min(np.int64(level[p]) + 2, max_level + 1)):
            if n - level[p] == 1:  # of no weight
                continue
            side = size >> n
            column, _ = corner(uv[p, 0] * side - 0.5, side)
            row, _ = corner((1.0 - uv[p, 1]) * side - 0.5, side)
            for one in range(4 if side > 1 else 1):
                note(row + one // 2, column + one % 2, n, size, seen, lists, counts)
    for n in range(max_level, 1, -1):
        finer = size >> (n - 1)
        here, below = start_of(n, size), start_of(n - 1, size)
        for k in range(here, here + counts[n]):
            row, column = divmod(lists[k, 1] - below, finer)
            for child in range(4):
                note(row + child // 2, column + child % 2, n - 1, size, seen, lists, counts)


@kernel
def halve_listed(texture, size, max_level, lists, counts, coarse):
    """Fill what is listed of the coarser levels of one texture: each texel the mean of four."""
    for n in range(1, max_level + 1):
        here, row = start_of(n, size), size >> (n - 1)
        for c in range(3):
            fine = texture[c] if n == 1 else coarse[c]
            target = coarse[c]
            for k in range(here, here + counts[n]):
                at = lists[k, 1]
                total = fine[at] + fine[at + 1] + fine[at + row] + fine[at + row + 1]
                target[lists[k, 0]] = total * np.float32(0.25)


@kernel
def halve_listed_back(to_texture, size, max_level, lists, counts, to_coarse):
    """The adjoint of `halve_listed`; leaves `to_coarse` at 0 for the next texture."""
    for n in range(max_level, 0, -1):
        here, row = start_of(n, size), size >> (n - 1)
        for c in range(3):
            source = to_coarse[c]
            target = to_texture[c] if n == 1 else to_coarse[c]
            for k in range(here, here + counts[n]):
                amount = source[lists[k, 0]] * np.float32(0.25)
                source[lists[k, 0]] = 0
                at = lists[k, 1]
                target[at] += amount
                target[at + 1] += amount
                target[at + row] += amount
                target[at + row + 1] += amount


@kernel
def look(
    begin, end, starts, pixel, uv, level, border_starts, inner, outer, excess, texture, shared_coarse, size, max_level,
    lists, counts, image,
):  # fmt: skip
    """Paint images `begin` to `end` (B, 3, H * W), which hold the background, and soften the border.

    `shared_coarse` are the coarser levels of a texture that serves all images; those of textures of their own are
    worked out here, image by image, so that they stay in the processor's cache. `lists` and `counts` keep which.
    """
    own = texture.shape[0] > 1
    texels = coarse_texels(size, max_level)
    coarse = np.empty((3, texels), texture.dtype) if own else shared_coarse
    seen = np.empty(texels, np.uint8)
    longest = 0
    for b in range(begin, end):
        longest = max(longest, border_starts[b + 1] - border_starts[b])
    steps = np.empty((longest, 3))
    for b in range(begin, end):
        fine = texture[b if own else 0]
        if own and max_level > 0:
            seen[:] = 0
            list_seen(uv, level, starts[b], starts[b + 1], size, max_level, seen, lists[b], counts[b])
            halve_listed(fine, size, max_level, lists[b], counts[b], coarse)
        for p in range(starts[b], starts[b + 1]):
            red = green = blue = 0.0
            for n in range(np.int64(level[p]), min(np.int64(level[p]) + 2, max_level + 1)):
                share = 1.0 - abs(level[p] - n)
                if share == 0:
                    continue
                side = size >> n
                column, right = corner(uv[p, 0] * side - 0.5, side)
                row, down = corner((1.0 - uv[p, 1]) * side - 0.5, side)
                source = fine if n == 0 else coarse
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
    begin, end, starts, pixel, uv, level, border_starts, inner, outer, excess, size, max_level, lists, counts,
    gradient, to_texture,
):  # fmt: skip
    """The adjoint of `look`: `gradient` becomes the background's; the textures' part is added to `to_texture`, or
    returned with that of the coarser levels where one serves all.
    """
    longest = 0
    for b in range(begin, end):
        longest = max(longest, border_starts[b + 1] - border_starts[b])
    steps = np.empty((longest, 3))
    learns = to_texture.shape[2] > 0
    shared = to_texture.shape[0] == 1
    own_fine = np.zeros((3, to_texture.shape[2] if shared else 0), gradient.dtype)
    rough = np.zeros((3, coarse_texels(size, max_level) if learns else 0), gradient.dtype)
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
        fine = own_fine if shared else to_texture[b]
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
        if learns and not shared:
            halve_listed_back(fine, size, max_level, lists[b], counts[b], rough)
    return own_fine, rough
