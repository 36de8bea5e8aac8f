"""Caps, beanies, brimmed hats and hoods worn up: a shell over the skull, and brims that stand out from its border."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour, draw_outer, draw_top
from habitus.synthetic.people.skull import Part, Skull
from habitus.synthetic.surface.fields import Colours, Field, blend, bump, edge, shaded, smoothstep

HatKind = Literal["cap", "beanie", "brimmed", "hood"]

# The border of a hat: elevation (degrees above the middle of the skull) by azimuth (0 the front, 180 the back).
_AZIMUTHS = (0, 30, 55, 75, 95, 120, 180)
_BORDERS: dict[HatKind, tuple[float, ...]] = {
    "cap": (20, 19, 16, 11, 5, -8, -20),
    "beanie": (19, 17, 8, -8, -20, -28, -34),
    "brimmed": (19, 18, 15, 11, 7, 0, -6),
    "hood": (40, 36, 6, -75, -90, -90, -90),
}
_THICKNESS: dict[HatKind, float] = {"cap": 0.013, "beanie": 0.016, "brimmed": 0.015, "hood": 0.024}
_CROWN: dict[HatKind, float] = {"cap": 0.016, "beanie": 0.02, "brimmed": 0.038, "hood": 0.012}
"""Metres more at the top."""
_BAND = 0.009
"""Metres above and below the border of what becomes the brim: as much as makes sure of two rings of vertices."""


@dataclass(frozen=True)
class Hat:
    """On the head."""

    kind: HatKind
    colour: Colour
    second: Colour
    """Of the brim, the ribbon, the badge, the fold of a beanie."""
    brim: float
    """Metres that it stands out: of a cap in front, of a brimmed hat all around."""
    badge: bool
    """A patch on the front."""


def draw_hat(rng: np.random.Generator, cold: float) -> Hat:
    """A cap, a beanie (the likelier the colder it is, in [0, 1]) or a brimmed hat; hoods come with their garment."""
    kinds: tuple[HatKind, ...] = ("cap", "beanie", "brimmed")
    kind = kinds[rng.choice(3, p=(0.75 - 0.5 * cold, 0.08 + 0.54 * cold, 0.17 - 0.04 * cold))]
    colour = draw_outer(rng) if rng.uniform() < 0.7 else draw_top(rng)
    second = colour if rng.uniform() < 0.6 else draw_top(rng)
    if kind == "brimmed":
        second = 0.4 * colour
    brim = {"cap": rng.uniform(0.065, 0.085), "brimmed": rng.uniform(0.045, 0.075)}.get(kind, 0.0)
    return Hat(kind, colour, second, brim, badge=bool(kind != "brimmed" and rng.uniform() < 0.45))


def hat_displacement(hat: Hat, hair: Float[np.ndarray, "N 3"], skull: Skull) -> Float[np.ndarray, "N 3"]:
    """Displacement of the rest pose by a hat and by the hair below it, metres.

    Args:
        hat: which one.
        hair: displacement by the hair of the bare head: what is under the hat is pressed flat.
        skull: of the body.
    """
    part = skull.vertices.scalp
    above = _above_border(hat, part)
    under = edge(above + 0.004, 0.008) * smoothstep(0.15, 0.4, part.head)
    top = smoothstep(0.2, 1.2, part.elevation)
    if hat.kind == "brimmed":  # a crown with a flat top
        top = smoothstep(0.35, 0.8, part.elevation)
    amount = _THICKNESS[hat.kind] + _CROWN[hat.kind] * top
    if hat.kind == "hood":
        amount = amount + 0.03 * smoothstep(1.5, 2.8, part.azimuth) * smoothstep(-0.6, 0.2, part.elevation)
    moved = hair.copy()
    moved[part.index] *= (1 - under)[:, None]
    scalp, mane = skull.scalp_spread, skull.mane_spread
    moved[scalp.index] += (scalp.matrix @ (under * amount))[:, None] * skull.away[scalp.index]
    moved[part.index, 0] += under * skull.sunk_ears
    if hat.kind == "hood":
        moved[mane.index] += mane.matrix @ _around_neck(skull, skull.vertices.mane)
    if hat.brim > 0:
        moved[part.index] += _brim(hat, part, above)
    return moved


def _around_neck(skull: Skull, part: Part) -> Float[np.ndarray, "Q 3"]:
    """A hood hangs straight from the head to the shoulders."""
    beside, behind = part.x, part.z - skull.ear[2]
    reach = np.maximum(np.hypot(beside, behind), 0.02)
    wide = 0.084 + 0.022 * smoothstep(skull.mannequin.joints["neck"][1], skull.ear[1] - 0.03, part.y)
    fill = np.maximum(wide - reach, 0.0) * _neck(skull, part) * smoothstep(0.7, 0.3, part.head)
    return np.stack([fill * beside / reach, np.zeros_like(fill), fill * behind / reach], 1)


def _neck(skull: Skull, part: Part) -> Field:
    """Sides and back of the neck, which a hood hides."""
    low = skull.mannequin.joints["neck"][1]
    between = smoothstep(low - 0.03, low + 0.02, part.y) * smoothstep(0.3, 0.1, part.y - skull.ear[1])
    return between * smoothstep(0.05, 0.02, part.z - skull.ear[2])


def _brim(hat: Hat, part: Part, above: Field) -> Float[np.ndarray, "Q 3"]:
    """The vertices along the border, drawn out to a thin fin: forward and a little down, or outwards all around."""
    stands = edge(_BAND - np.abs(above), 0.006) * (part.head > 0.5)
    if hat.kind == "cap":
        reach = hat.brim * smoothstep(1.15, 0.55, part.azimuth)
        way = np.stack([0.25 * part.away[:, 0], np.full_like(above, -0.22), np.ones_like(above)], 1)
    else:
        reach = np.full_like(above, hat.brim)
        level = np.maximum(np.hypot(part.away[:, 0], part.away[:, 2]), 0.2)
        way = np.stack([part.away[:, 0] / level, np.full_like(above, -0.12), part.away[:, 2] / level], 1)
    flat = np.stack([np.zeros_like(above), -0.8 * above, np.zeros_like(above)], 1)
    return ((stands * reach)[:, None] * way + (stands * (reach > 0.01))[:, None] * flat).astype(np.float32)


def paint_hat(colours: Colours, hat: Hat, skull: Skull, size: int) -> None:
    """The hat and its shadow on hair and face, in place; colours (P, 3) of all texels of a texture."""
    head = skull.texels(size)
    part, soft = head.head, max(0.005, head.pitch)
    above = _above_border(hat, part)
    visor = _brimmed(hat, part)
    coverage = edge(above + 0.9 * _BAND * visor, soft) * smoothstep(0.12, 0.3, part.head)
    if hat.kind == "hood":
        mane = head.mane
        colours[mane.index] = blend(colours[mane.index], 0.8 * hat.colour, _neck(skull, mane))
    cloth = np.broadcast_to(hat.colour.astype(np.float32), (len(part), 3))
    tone = 1 + 0.05 * np.sin(9 * part.azimuth + 3 * part.elevation)
    if hat.kind == "beanie":
        fold = edge(0.05 - above, soft)
        cloth = blend(cloth, hat.second, fold)
        tone = tone * (1 - 0.3 * bump(above, 0.05, 0.004)) * (1 + 0.06 * np.sin(95 * part.azimuth))
    elif hat.kind == "brimmed":
        cloth = blend(cloth, hat.second, edge(0.014 - np.abs(above - 0.026), soft))
    elif hat.kind == "cap":
        cloth = blend(cloth, hat.second, visor * edge(0.021 - above, soft))
        panels = np.abs(np.sin(3 * part.azimuth)) * np.cos(part.elevation) * 0.03
        tone = tone * (1 - 0.2 * bump(panels, 0.0, 0.0025)) * (1 - 0.3 * visor * bump(above, 0.021, 0.004))
    else:
        tone = tone * (1 - 0.3 * bump(above, 0.025, 0.004)) * (1 - 0.12 * bump(above, 0.06, 0.025))
    if hat.badge:
        patch = edge(0.016 - np.abs(part.x), soft) * edge(0.012 - np.abs(above - 0.036), soft) * (part.z > 0)
        cloth = blend(cloth, np.full(3, 0.85 if hat.colour.mean() < 0.5 else 0.15), 0.8 * patch)
    tone = tone * (1 - 0.45 * visor * edge(-above, soft))  # the brim from below
    shade = 0.15 + 4.0 * hat.brim * visor
    shadow = shade * smoothstep(-0.02 - 0.6 * hat.brim, -0.004, above) * smoothstep(0.2, 0.5, part.head)
    below = shaded(colours[part.index], 1 - shadow)
    colours[part.index] = blend(below, shaded(cloth, tone), coverage)


def _above_border(hat: Hat, part: Part) -> Field:
    """Metres above the border of a hat, along the skull."""
    line = np.interp(np.degrees(part.azimuth), _AZIMUTHS, _BORDERS[hat.kind])
    return ((part.elevation - np.radians(line)) * part.radius).astype(np.float32)


def _brimmed(hat: Hat, part: Part) -> Field:
    """Where the border has a brim, in [0, 1]."""
    if hat.kind == "cap":
        return smoothstep(1.1, 0.8, part.azimuth)
    return np.full(len(part), float(hat.brim > 0), np.float32)
