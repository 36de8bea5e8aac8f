"""What upright surfaces look like at a point: house fronts, hedges, fences, indoor walls, the far end of the street.

Compiled by numba. A wall is a row of numbers, see the columns below.
"""

import math

from habitus.compiled import kernel
from habitus.synthetic.scenes.ground_kernels import grain, inside, octave, stripe

BRICK, PLASTER, PANELS, HEDGE, RAILING, BOARD, TREELINE, INDOOR = range(8)
"""Materials."""
(X, Y, UX, UY, LENGTH, HEIGHT, MATERIAL, RED, PERIOD, WINDOW, STOREY, SILL, TALL, FRAME, GLASS, SHOP, SIGN, SEED,
 LIT, COLUMNS) = (0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 18, 19, 20, 23, 24, 27)  # fmt: skip
"""Columns: the foot's start, its direction, size, what it is, RGB; windows: spacing, width, height of a storey, sill,
height, RGB of the frame, tone of the glass; share of the ground floor that is shops; RGB of their signs; a seed; RGB of
the light on it."""


@kernel
def _chance(tile, seed, i, j):
    """A number in [0, 1) for a cell."""
    value = tile[int(i * 5 + j * 17 + seed) & 255, int(j * 3 + i * 29 + 7 * seed) & 255] * 37.7
    return value - math.floor(value)


@kernel
def _masonry(tile, u, z, pu, pz, wall):
    """Tone of a bare front: courses, panels or plaster, dirt at the foot, streaks from above."""
    material = int(wall[MATERIAL])
    tone = 1 + 0.05 * grain(tile, u / 2.7, z / 2.1) + 0.04 * octave(tile, u, z, 0.4, max(pu, pz))
    tone += 0.05 * grain(tile, u / 0.35, z / 4.0 + 11)  # streaks
    if material == BRICK:
        row = math.floor(z / 0.075)
        along = u / 0.23 + 0.5 * (int(row) & 1)
        share = max(0.0, min(1.0, 1.5 - 2.0 * pz / 0.15))
        if share > 0:
            tone += share * 0.13 * tile[int(row) & 255, (math.floor(along) * 7) & 255]
        tone *= 1 + 0.25 * max(
            stripe(z - (row + 0.5) * 0.075 - 0.0375, 0.012, pz), stripe((along - math.floor(along)) * 0.23, 0.012, pu)
        )
        tone += 0.08 * octave(tile, u / 1.6, z, 0.3, pz)
    elif material == PANELS:
        tone *= 1 - 0.3 * max(
            stripe(z - math.floor(z / wall[STOREY]) * wall[STOREY] - 0.02, 0.03, pz),
            stripe(u - math.floor(u / wall[PERIOD]) * wall[PERIOD] - 0.02, 0.03, pu),
        )
        tone += 0.05 * tile[int(3 * (u // wall[PERIOD])) & 255, int(z // wall[STOREY]) & 255]
    if z < 0.5:
        tone *= 0.8 + 0.4 * z
    return tone


@kernel
def _pane(tile, u, z, pu, pz, left, low, wide, tall, wall, tone):
    """RGB and cover of a window with a frame, a bar, curtains or what the glass mirrors."""
    cover = inside(left, left + wide, u, pu) * inside(low, low + tall, z, pz)
    if cover <= 0:
        return 0.0, 0.0, 0.0, 0.0
    x, y = (u - left) / wide, (z - low) / tall
    glass = wall[GLASS] * tone * (0.75 + 0.5 * y + 0.25 * grain(tile, u * 1.1 + 3 * tone, z * 0.9 + wall[SEED]))
    if tone > 1.25:  # a curtain or a blind
        glass += 0.28 * (1 + 0.2 * grain(tile, u * 9, 0.0)) * (y > 2.0 * (1.6 - tone))
    edge = max(inside(left, left + 0.07, u, pu), inside(left + wide - 0.07, left + wide, u, pu))
    edge = max(edge, inside(low, low + 0.07, z, pz), inside(low + tall - 0.07, low + tall, z, pz))
    edge = max(edge, stripe(x * wide - 0.5 * wide, 0.05, pu))
    deep = 1 - 0.45 * inside(low + tall - 0.2, low + tall, z, pz)  # the lintel's shadow
    red = (glass * 0.95 + edge * (wall[FRAME] - glass)) * deep
    green = (glass + edge * (wall[FRAME + 1] - glass)) * deep
    blue = (glass * 1.06 + edge * (wall[FRAME + 2] - glass)) * deep
    return red, green, blue, cover


@kernel
def _shop(tile, u, z, pu, pz, wall, tone):
    """RGB and cover of a shop: goods behind glass, a door, a sign with letters above."""
    wide = 1.6 * wall[PERIOD]
    cell = math.floor(u / wide)
    own = _chance(tile, wall[SEED] + 40, cell, 3)
    x = u - cell * wide
    if z > 2.6:
        letter = grain(tile, u * 9.0, 9.0 * own + z * 8) + 0.5 * grain(tile, u * 3.1, 40.0) > 0.3
        script = letter * inside(2.82, 3.08, z, pz) * (abs(x - 0.5 * wide) < 0.3 * wide)
        shade = 0.8 + 0.4 * own
        ink = 0.85 if wall[SIGN] + wall[SIGN + 1] < 1.0 else 0.15
        return (
            wall[SIGN] * shade + script * (ink - wall[SIGN] * shade),
            wall[SIGN + 1] * shade + script * (ink - wall[SIGN + 1] * shade),
            wall[SIGN + 2] * (1.9 - shade) * 0.8 + script * (ink - wall[SIGN + 2] * (1.9 - shade) * 0.8),
            0.95 * inside(0.15, wide - 0.15, x, pu),
        )
    goods = octave(tile, u, 0.6 * z + 8 * own, 0.22, pu) + 0.7 * octave(tile, u + 9, 2 * z, 0.13, pu)
    hue = 0.35 * grain(tile, u / 0.3 + 50, z / 0.6)
    base = wall[GLASS] * tone * (0.95 + 0.22 * goods * (z < 1.7) + 0.2 * grain(tile, u / 1.6, z / 1.3 + 20))
    door = inside(0.2, 1.2, x, pu)
    frame = max(stripe(x - 0.2, 0.09, pu), stripe(x - 1.2, 0.09, pu), stripe(x - 0.5 * (wide + 1.2), 0.07, pu))
    frame = max(frame, stripe(x - wide + 0.18, 0.12, pu), stripe(z - 2.15, 0.08, pz))
    foot = inside(0.0, 0.45, z, pz) * (1 - door)
    frame = max(frame, foot)
    red, green, blue = base * (1 + 0.25 * hue), base, base * (1 - 0.2 * hue)
    return (
        red + frame * (wall[FRAME] * 0.7 - red),
        green + frame * (wall[FRAME + 1] * 0.7 - green),
        blue + frame * (wall[FRAME + 2] * 0.7 - blue),
        inside(0.1, wide - 0.1, x, pu),
    )


@kernel
def _front(tile, u, z, pu, pz, wall):
    """RGB of a house front."""
    tone = _masonry(tile, u, z, pu, pz, wall)
    red, green, blue = wall[RED] * tone, wall[RED + 1] * tone, wall[RED + 2] * tone
    storey = math.floor(z / wall[STOREY])
    cell = math.floor(u / wall[PERIOD])
    own = 0.55 + 0.95 * _chance(tile, wall[SEED], cell, storey)
    r, g, b, cover = 0.0, 0.0, 0.0, 0.0
    if z < 3.3 and _chance(tile, wall[SEED], math.floor(u / (wall[PERIOD] * 4.8)), 99) < wall[SHOP]:
        r, g, b, cover = _shop(tile, u, z, pu, pz, wall, own)
    else:
        low = storey * wall[STOREY] + wall[SILL]
        left = cell * wall[PERIOD] + 0.5 * (wall[PERIOD] - wall[WINDOW])
        if storey == 0 and _chance(tile, wall[SEED] + 9, cell, 5) < 0.22:  # a door
            r, g, b, cover = _pane(tile, u, z, pu, pz, left, 0.0, min(wall[WINDOW], 1.1), 2.1, wall, 0.6)
            if z < 1.1:
                r, g, b = wall[SIGN] * 0.6, wall[SIGN + 1] * 0.6, wall[SIGN + 2] * 0.6
        elif wall[WINDOW] > 0:
            r, g, b, cover = _pane(tile, u, z, pu, pz, left, low, wall[WINDOW], wall[TALL], wall, own)
            ledge = stripe(z - low + 0.05, 0.1, pz) * inside(left - 0.08, left + wall[WINDOW] + 0.08, u, pu)
            red, green, blue = red * (1 + 0.25 * ledge), green * (1 + 0.25 * ledge), blue * (1 + 0.25 * ledge)
    if cover > 0:
        red, green, blue = red + cover * (r - red), green + cover * (g - green), blue + cover * (b - blue)
    pipe = stripe(u - math.floor(u / 11.3) * 11.3 - 4.0, 0.1, pu)
    return red * (1 - 0.35 * pipe), green * (1 - 0.35 * pipe), blue * (1 - 0.35 * pipe)


@kernel
def _leaves(tile, u, z, pixel, wall):
    """RGB of foliage: lumps, twigs and light from above."""
    lump = octave(tile, u, z, 0.6, pixel) + 0.8 * octave(tile, u + 5, z, 0.21, pixel)
    leaf = octave(tile, u, z + 9, 0.08, pixel) + 0.5 * octave(tile, u, z, 0.03, pixel)
    tone = 0.85 + 0.28 * lump + 0.3 * leaf + 0.2 * (z / wall[HEIGHT] - 0.5)
    tone = max(0.25, tone)
    warm = 0.1 * octave(tile, u + 60, z, 1.3, pixel)
    return wall[RED] * tone * (1 + warm), wall[RED + 1] * tone, wall[RED + 2] * tone * (1 - warm)


@kernel
def _far(tile, u, z, pixel, wall):
    """RGB and cover of what stands at the street's end: crowns and roofs, hazy, ragged above."""
    top = wall[HEIGHT] * (0.75 + 0.13 * grain(tile, u / 7.0 + wall[SEED], 0.5) + 0.06 * grain(tile, u / 1.9, 1.5))
    roof = _chance(tile, wall[SEED], math.floor(u / 13.0), 2)
    if roof < 0.5:
        top = wall[HEIGHT] * (0.5 + roof)
        dark = inside(0.3, 0.65, (u / 2.7) % 1.0, pixel / 2.7) * inside(0.3, 0.75, (z / 3.0) % 1.0, pixel / 3.0)
        tone = 0.8 + 0.6 * roof - 0.35 * dark
        red, green, blue = 0.62 * tone, 0.57 * tone, 0.53 * tone
    else:
        red, green, blue = _leaves(tile, 0.35 * u, 0.35 * z, 0.35 * pixel, wall)
    haze = 0.25
    cover = max(0.0, min(1.0, 0.5 + (top - z) / max(pixel, 0.25)))
    return red + haze * (0.75 - red), green + haze * (0.77 - green), blue + haze * (0.8 - blue), cover


@kernel
def wall_colour(tile, u, z, pu, pz, wall):
    """Lit RGB and cover of a wall at u metres along it and z above the ground, of pixels pu by pz metres."""
    material = int(wall[MATERIAL])
    cover = inside(0.0, wall[LENGTH], u, pu) * inside(-1.0, wall[HEIGHT], z, pz)
    red, green, blue = wall[RED], wall[RED + 1], wall[RED + 2]
    if material == HEDGE:
        red, green, blue = _leaves(tile, u, z, max(pu, pz), wall)
        top = wall[HEIGHT] * (1 + 0.05 * grain(tile, u / 0.5, 2.5)) + 0.05 * grain(tile, u / 0.1, 7.5)
        cover = max(0.0, min(1.0, 0.5 + (top - z) / max(pz, 0.04)))
    elif material == TREELINE:
        red, green, blue, cover = _far(tile, u, z, max(pu, pz), wall)
    elif material == RAILING:
        post = stripe(u - math.floor(u / wall[PERIOD]) * wall[PERIOD] - 0.1, 0.03, pu)
        rail = max(stripe(z - wall[HEIGHT] + 0.04, 0.05, pz), stripe(z - 0.15, 0.04, pz))
        cover *= max(post, rail)
    elif material == BOARD:
        board = math.floor(u / wall[PERIOD])
        tone = 1 + 0.1 * tile[int(board) & 255, int(wall[SEED]) & 255] + 0.06 * octave(tile, u * 6, z, 0.3, pu)
        tone *= 1 - 0.45 * stripe(u - board * wall[PERIOD], 0.015, pu)
        red, green, blue = red * tone, green * tone, blue * tone
    elif material == INDOOR:
        tone = _masonry(tile, u, z, pu, pz, wall)
        dado = 0.82 if z < 1.0 else 1.0
        tone *= dado * (1 - 0.5 * inside(0.0, 0.12, z, pz))
        red, green, blue = red * tone, green * tone, blue * tone * (0.96 if z < 1.0 else 1.0)
        own = 0.8 + 1.0 * _chance(tile, wall[SEED], math.floor(u / wall[PERIOD]), 0)
        left = math.floor(u / wall[PERIOD]) * wall[PERIOD] + 0.5 * (wall[PERIOD] - wall[WINDOW])
        r, g, b, pane = _pane(tile, u, z, pu, pz, left, wall[SILL], wall[WINDOW], wall[TALL], wall, own)
        red, green, blue = red + pane * (r - red), green + pane * (g - green), blue + pane * (b - blue)
    else:
        red, green, blue = _front(tile, u, z, pu, pz, wall)
    return red * wall[LIT], green * wall[LIT + 1], blue * wall[LIT + 2], cover
