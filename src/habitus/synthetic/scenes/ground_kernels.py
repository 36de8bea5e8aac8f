"""What the ground looks like at a point: asphalt, slabs, blocks, grass, boards, gravel; lines and repairs on it.

Every pattern is told the size of a pixel on the ground and fades before it would alias. Compiled by numba.
"""

import math

from habitus.compiled import kernel

ASPHALT, SLABS, GRASS, BOARDS, GRAVEL, SMOOTH = range(6)
"""Materials. SLABS of any size are paving stones, cobbles and tiles; SMOOTH is poured floor or concrete."""
LINE, ZEBRA, BAYS = range(3)
"""Markings: a line along the road (dashed or not), a crossing, parking bays."""
END, MATERIAL, RED, LENGTH, WIDTH, VARIETY, KERB, ROUGH = 0, 1, 2, 5, 6, 7, 8, 9
"""Columns of a band of ground: where it ends across the road, what it is, RGB, stones' size, how much they differ in
tone, whether a kerb ends it, how strong the grain is."""


@kernel
def grain(tile, x, y):
    """Smooth noise at (x, y) of a periodic 256 x 256 tile."""
    i, j = math.floor(x), math.floor(y)
    u, v = x - i, y - j
    a, b = int(i) & 255, int(j) & 255
    c, d = (a + 1) & 255, (b + 1) & 255
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    top = tile[b, a] + u * (tile[b, c] - tile[b, a])
    low = tile[d, a] + u * (tile[d, c] - tile[d, a])
    return top + v * (low - top)


@kernel
def octave(tile, x, y, wave, pixel):
    """Noise of wavelength `wave` metres that fades where a pixel is as large."""
    fade = 1.6 - 1.2 * pixel / wave
    if fade <= 0:
        return 0.0
    return min(fade, 1.0) * grain(tile, x / wave, y / wave)


@kernel
def stripe(distance, width, pixel):
    """Share of a pixel `pixel` wide, `distance` from the middle of a stripe, that the stripe covers."""
    cover = (0.5 * (width + pixel) - abs(distance)) / pixel
    return max(0.0, min(cover, 1.0, width / pixel))


@kernel
def inside(low, high, x, pixel):
    """Share of a pixel at x that lies between low and high."""
    return stripe(x - 0.5 * (low + high), high - low, pixel)


@kernel
def _stones(tile, s, t, ps, pt, length, width, variety):
    """Tone of stones in running bond: each its own, with dark joints."""
    row = math.floor(t / width)
    along = s / length + 0.5 * (int(row) & 1)
    column = math.floor(along)
    across = (t / width - row - 0.5) * width
    ahead = (along - column - 0.5) * length
    share = min(1.0, 1.6 - 0.8 * max(ps / length, pt / width))
    tone = 1.0
    if share > 0:
        own = tile[int(row * 7 + column * 3) & 255, int(column * 11 + row * 5) & 255]
        tone += share * variety * own
    joint = 0.008 + 0.012 * length
    gap = max(stripe(abs(across) - 0.5 * width, joint, pt), stripe(abs(ahead) - 0.5 * length, joint, ps))
    return tone * (1 - 0.28 * gap)


@kernel
def ground_tone(tile, x, y, s, t, ps, pt, band):
    """RGB of bare ground at (x, y) metres, (s, t) along and across the road, pixels ps and pt metres long."""
    pixel = math.sqrt(ps * pt)
    rough = band[ROUGH]
    broad = 0.5 * grain(tile, x / 6.3 + 9, y / 5.1) + 0.5 * grain(tile, x / 1.7, y / 1.9 + 31)
    fine = octave(tile, x, y, 0.35, pixel) + octave(tile, x + 71, y, 0.11, pixel) + octave(tile, x, y, 0.035, pixel)
    material = int(band[MATERIAL])
    red, green, blue = band[RED], band[RED + 1], band[RED + 2]
    if material == GRASS:
        tuft = octave(tile, x, y + 13, 0.8, pixel) + octave(tile, 1.7 * x, y, 0.18, pixel)
        tone = 1 + rough * (0.45 * broad + 0.9 * fine + 0.6 * tuft)
        dry = rough * (0.45 * broad + 0.3 * tuft)
        return red * (tone + dry), green * tone, blue * (tone - 0.3 * dry)
    tone = 1 + rough * (0.4 * broad + 0.5 * fine)
    if material == SLABS:
        tone *= _stones(tile, s, t, ps, pt, band[LENGTH], band[WIDTH], band[VARIETY])
    elif material == BOARDS:
        tone *= _stones(tile, s + 0.7 * grain(tile, 0.0, math.floor(t / band[WIDTH])), t, ps, pt, band[LENGTH],
                        band[WIDTH], band[VARIETY])  # fmt: skip
        tone *= 1 + 0.05 * octave(tile, 0.15 * s, t, 0.02, pt)
    elif material == GRAVEL:
        tone *= 1 + rough * (1.5 * octave(tile, x, y, 0.06, pixel) + 1.2 * octave(tile, x, y + 3, 0.15, pixel))
    else:
        crack = abs(octave(tile, x + 40, y, 2.9, pixel) + 0.25 * octave(tile, x, y, 0.5, pixel))
        if material == ASPHALT and crack < 0.02:
            tone *= 1 - 0.3 * min(1.0, 0.02 / max(pixel, 0.02)) * (1 - crack / 0.02)
        wet = grain(tile, x / 2.3 + 100, y / 3.1)
        if wet > 1.5:
            tone *= 1 - 0.12 * min((wet - 1.5) * 3, 1.0)
    warm = 0.1 * broad * rough
    return red * tone * (1 + warm), green * tone, blue * tone * (1 - warm)


@kernel
def marking_cover(tile, x, y, s, t, ps, pt, mark):
    """Share of a pixel that worn paint covers. A mark: kind, s from and to, t middle, width, dash, gap, wear, RGB."""
    kind = int(mark[0])
    if s < mark[1] - ps or s > mark[2] + ps:
        return 0.0
    cover = 0.0
    if kind == LINE:
        cover = stripe(t - mark[3], mark[4], pt)
        if cover > 0 and mark[6] > 0:
            period = mark[5] + mark[6]
            cover *= stripe(s - math.floor(s / period) * period - 0.5 * mark[5], mark[5], ps)
    elif kind == ZEBRA:  # stripes along the road, side by side across it
        if abs(t - mark[3]) < 0.5 * mark[4]:
            period = mark[5] + mark[6]
            cover = stripe(t - math.floor(t / period) * period - 0.5 * mark[5], mark[5], pt)
            cover *= inside(mark[1], mark[2], s, ps)
    elif abs(t - mark[3]) < 0.5 * mark[4]:  # BAYS: lines across, every `gap`
        cover = stripe(s - math.floor(s / mark[6]) * mark[6] - 0.5 * mark[6], mark[5], ps)
    if cover > 0:
        wear = grain(tile, x / 0.21, y / 0.23) + grain(tile, x / 1.3, y / 1.1 + 5)
        cover *= max(0.0, min(1.0, 1.1 - mark[7] * (1 + 0.7 * wear)))
    return cover


@kernel
def patch_tone(x, y, pixel, patch):
    """Tone of a repair, a cover or a stain. A patch: x, y, cosine and sine, half sizes, round or not, tone."""
    dx, dy = x - patch[0], y - patch[1]
    a, b = abs(dx * patch[2] + dy * patch[3]), abs(dy * patch[2] - dx * patch[3])
    if a > patch[4] + pixel or b > patch[5] + pixel:
        return 1.0
    if patch[6] > 0:
        away = math.sqrt((a / patch[4]) ** 2 + (b / patch[5]) ** 2) - 1
        away *= patch[4]
    else:
        away = max(a - patch[4], b - patch[5])
    cover = max(0.0, min(1.0, 0.5 - away / pixel))
    rim = stripe(away, 0.04, pixel)
    return 1 + cover * (patch[7] - 1) - 0.25 * rim
