"""A camera's picture without the things that stand about: ground, walls, sky, and the walls' shadows.

One ray a pixel, compiled by numba.
"""

import math

from habitus.compiled import kernel
from habitus.synthetic.scenes import ground_kernels, wall_kernels
from habitus.synthetic.scenes.ground_kernels import GRASS, ground_tone, inside, marking_cover, patch_tone, stripe
from habitus.synthetic.scenes.wall_kernels import wall_colour

_END, _KERB, _MATERIAL_OF = ground_kernels.END, ground_kernels.KERB, ground_kernels.MATERIAL
_X, _Y, _UX, _UY = wall_kernels.X, wall_kernels.Y, wall_kernels.UX, wall_kernels.UY
_LENGTH, _HEIGHT, _MATERIAL = wall_kernels.LENGTH, wall_kernels.HEIGHT, wall_kernels.MATERIAL
_RAILING, _TREELINE = wall_kernels.RAILING, wall_kernels.TREELINE
_FARTHEST = 400.0
"""Metres; ground beyond is sky."""


@kernel
def in_shadow(x, y, sun, walls, soft):
    """How far walls keep the sun off a point of the ground, in [0, 1]. `soft`: width of the shadow's border, metres."""
    dark = 0.0
    if sun[2] <= 0.05:
        return dark
    for n in range(walls.shape[0]):
        if walls[n, _MATERIAL] == _RAILING or walls[n, _MATERIAL] == _TREELINE:
            continue
        across = sun[0] * walls[n, _UY] - sun[1] * walls[n, _UX]
        if abs(across) < 1e-6:
            continue
        away = ((walls[n, _X] - x) * walls[n, _UY] - (walls[n, _Y] - y) * walls[n, _UX]) / across
        if away <= 0:
            continue
        u = (x + away * sun[0] - walls[n, _X]) * walls[n, _UX] + (y + away * sun[1] - walls[n, _Y]) * walls[n, _UY]
        z = away * sun[2]
        dark = max(dark, inside(0.0, walls[n, _LENGTH], u, soft) * inside(-9.0, walls[n, _HEIGHT], z, soft * sun[2]))
    return dark


@kernel
def _bare(tile, x, y, s, t, ps, pt, bands, marks, patches):
    """RGB of the ground without light."""
    last = bands.shape[0] - 1
    n = 0
    while n < last and t > bands[n, _END]:
        n += 1
    red, green, blue = ground_tone(tile, x, y, s, t, ps, pt, bands[n])
    pixel = max(ps, pt)
    mended = patches.shape[0] if bands[n, _MATERIAL_OF] != GRASS else 0
    for m in range(mended):
        tone = patch_tone(x, y, pixel, patches[m])
        red, green, blue = red * tone, green * tone, blue * tone
    for m in range(marks.shape[0]):
        cover = marking_cover(tile, x, y, s, t, ps, pt, marks[m])
        if cover > 0:
            red += cover * (marks[m, 8] - red)
            green += cover * (marks[m, 9] - green)
            blue += cover * (marks[m, 10] - blue)
    for m in range(max(0, n - 1), min(n + 1, last)):
        if bands[m, _KERB] > 0:
            edge = t - bands[m, _END]
            stone, gutter = stripe(edge, 0.14, pt), stripe(edge - 0.1 * bands[m, _KERB], 0.05, pt)
            joint = 1 - 0.3 * stripe(s - math.floor(s / 0.9) * 0.9, 0.02, ps)
            red += stone * (0.62 * joint - red)
            green += stone * (0.61 * joint - green)
            blue += stone * (0.59 * joint - blue)
            red, green, blue = red * (1 - 0.45 * gutter), green * (1 - 0.45 * gutter), blue * (1 - 0.45 * gutter)
        else:
            edge = 1 - 0.25 * stripe(t - bands[m, _END], 0.05, pt)
            red, green, blue = red * edge, green * edge, blue * edge
    return red, green, blue


@kernel
def _mirrored(tile, x, y, z, k, height, walls):
    """RGB that a polished floor throws back: the nearest wall, upside down; else the lamps' glow."""
    best, red, green, blue = 1e9, 0.9, 0.9, 0.9
    for n in range(walls.shape[0]):
        across = x * walls[n, _UY] - y * walls[n, _UX]
        if abs(across) < 1e-6:
            continue
        far = (walls[n, _X] * walls[n, _UY] - walls[n, _Y] * walls[n, _UX]) / across
        if far <= k or far > best:
            continue
        u = (far * x - walls[n, _X]) * walls[n, _UX] + (far * y - walls[n, _Y]) * walls[n, _UY]
        up = -height - far * z
        if 0 <= u <= walls[n, _LENGTH] and up <= walls[n, _HEIGHT]:
            red, green, blue, _ = wall_colour(tile, u, up, 0.3, 0.3, walls[n])
            best = far
    return red, green, blue


@kernel
def _upright(tile, x, y, z, far, focal, height, walls):
    """RGB of the walls that a ray meets before `far`, and how much of what is behind them still shows."""
    red, green, blue, open_ = 0.0, 0.0, 0.0, 1.0
    for n in range(walls.shape[0]):
        across = x * walls[n, _UY] - y * walls[n, _UX]
        if abs(across) < 1e-6:
            continue
        k = (walls[n, _X] * walls[n, _UY] - walls[n, _Y] * walls[n, _UX]) / across
        if k <= 0.5 or k > far:
            continue
        u = (k * x - walls[n, _X]) * walls[n, _UX] + (k * y - walls[n, _Y]) * walls[n, _UY]
        up = height + k * z
        if u < -0.5 or u > walls[n, _LENGTH] + 0.5 or up > 1.3 * walls[n, _HEIGHT] + 0.5:
            continue
        wide = k / focal * math.sqrt(x * x + y * y) / abs(across)
        r, g, b, cover = wall_colour(tile, u, up, wide, k / focal, walls[n])
        red, green, blue = red + open_ * cover * r, green + open_ * cover * g, blue + open_ * cover * b
        open_ *= 1 - cover
        if open_ < 0.01:
            break
    return red, green, blue, open_


@kernel
def _ground(tile, x, y, z, far, view, road, bands, marks, patches, walls, shading, sun, light):
    """Lit RGB of the ground that a ray meets at `far`."""
    px, py = far * x, far * y
    s0, t0 = px * road[1] + py * road[0], px * road[0] - py * road[1]
    s, t = s0 + road[2], t0 + road[3] - 0.5 * road[4] * s0 * s0
    step, cos, sin = far / view[0], view[1], view[2]
    # What a row further down adds to (px, py); the ray's own direction changes with the row, too.
    rx, ry = step * x * cos / -z, step * (sin + y * cos / -z)
    ps = abs(step * road[1]) + abs(rx * road[1] + ry * road[0])
    pt = abs(step * road[0]) + abs(rx * road[0] - ry * road[1])
    red, green, blue = _bare(tile, px, py, s, t, ps, pt, bands, marks, patches)
    open_ = 1 - in_shadow(px, py, sun, shading, 0.12 + max(ps, pt))
    red *= light[0, 0] + open_ * light[1, 0]
    green *= light[0, 1] + open_ * light[1, 1]
    blue *= light[0, 2] + open_ * light[1, 2]
    if road[5] > 0:
        r, g, b = _mirrored(tile, x, y, z, far, view[3], walls)
        gloss = road[5] * (1 + z / math.sqrt(x * x + y * y + z * z)) ** 2
        red, green, blue = red + gloss * (r - red), green + gloss * (g - green), blue + gloss * (b - blue)
    return red, green, blue


@kernel
def draw_street(picture, bare, tile, view, road, bands, marks, patches, walls, shading, sun, light):
    """Fill `picture` (H, W, 3), float32 RGB, and `bare` (H, W): how far each pixel is ground.

    view: focal length in pixels, cosine and sine of the pitch, height. road: cosine and sine of its direction, offset
    along and across, curvature, gloss. walls: from near to far; shading: those that throw shadows. sun: towards it, on
    the ground's axes. light: rows of RGB: sky on the ground, sun on the ground, the sky at the horizon and above.
    """
    rows, columns = picture.shape[0], picture.shape[1]
    focal, cos, sin, height = view[0], view[1], view[2], view[3]
    for i in range(rows):
        down = (0.5 * rows - (i + 0.5)) / focal
        y, z = cos + down * sin, -sin + down * cos
        far = height / -z if z < -1e-4 else 1e9
        for j in range(columns):
            x = (j + 0.5 - 0.5 * columns) / focal
            red, green, blue, open_ = _upright(tile, x, y, z, far, focal, height, walls)
            bare[i, j] = open_ if far < _FARTHEST else 0.0
            if open_ >= 0.01 and far < _FARTHEST:
                r, g, b = _ground(tile, x, y, z, far, view, road, bands, marks, patches, walls, shading, sun, light)
                red, green, blue = red + open_ * r, green + open_ * g, blue + open_ * b
            elif open_ >= 0.01:
                rise = min(1.0, max(0.0, 2.5 * z))
                red += open_ * (light[2, 0] + rise * (light[3, 0] - light[2, 0]))
                green += open_ * (light[2, 1] + rise * (light[3, 1] - light[2, 1]))
                blue += open_ * (light[2, 2] + rise * (light[3, 2] - light[2, 2]))
            picture[i, j, 0], picture[i, j, 1], picture[i, j, 2] = red, green, blue
