"""How garments look: painted on the texels, one over the other."""

from dataclasses import replace

import numpy as np

from habitus.synthetic.clothes.cloth import folds, hanging_folds, seam, sheen
from habitus.synthetic.clothes.cut import bottom_distance, from_front, leg_end, top_distance, tops
from habitus.synthetic.clothes.details import (
    METAL,
    belted,
    buttoned,
    collared,
    hand_pockets,
    hood_down,
    lapels,
    patch_pockets,
    ribbed,
    second_or,
    tailored_back,
    trouser_seams,
    turned_up,
    zipped,
)
from habitus.synthetic.clothes.outfits import Bottom, Outfit, Top
from habitus.synthetic.clothes.patterns import woven
from habitus.synthetic.clothes.shoes import paint_shoes
from habitus.synthetic.people.colours import Colour
from habitus.synthetic.surface.fields import Colours, Field, blend, edge, shaded, smoothstep
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import Points
from habitus.synthetic.surface.texels import Texels

HEM = 0.004
"""Metres over which the borders of garments are blended, or a texel where that is more."""
SHADOW = 0.035
"""Metres that a garment's shadow reaches past its border."""
COAT = 0.18
"""Metres below the pelvis from which on a top hangs in folds around both legs, as coats and dresses do."""


def paint_outfit(
    colours: Colours, outfit: Outfit, mannequin: Mannequin, texels: Texels, rng: np.random.Generator
) -> None:
    """Dress the skin in place: socks, trousers, shoes, top, then what is worn over all."""
    joints, bottom = mannequin.joints, outfit.bottom

    def socks(under: Colours, points: Points) -> Colours:
        return blend(under, outfit.socks, edge(joints["left_ankle"][1] + 0.06 - points.y, max(HEM, points.texel)))

    texels.zone(below=joints["left_ankle"][1] + 0.07).repaint(colours, socks)
    legs = texels.zone(below=joints["pelvis"][1] + bottom.waist + 0.01, above=leg_end(bottom, mannequin) - SHADOW)
    legs.repaint(colours, lambda c, p: _paint_bottom(c, bottom, mannequin, p, rng))
    feet = texels.zone(below=joints["left_ankle"][1] + max(outfit.shoes.shaft, 0) + 0.03)
    feet.repaint(colours, lambda c, p: paint_shoes(c, outfit.shoes, mannequin, p))
    for top in tops(outfit):
        trunk = texels.zone(below=joints["neck"][1] + 0.13, above=joints["pelvis"][1] - top.length - SHADOW - 0.03)
        trunk.repaint(colours, lambda c, p, top=top: _paint_top(c, top, mannequin, p, rng))


def _paint_top(colours: Colours, top: Top, mannequin: Mannequin, points: Points, rng: np.random.Generator) -> Colours:
    distance = top_distance(top, mannequin, points)
    beside = from_front(top, mannequin, points) - _parted(top, points)
    coverage = edge(distance, max(HEM, points.texel))
    if top.opening > 0:
        coverage = coverage * np.maximum(edge(beside, max(HEM, points.texel)), 1 - points.front)

    if top.length > COAT:
        points = replace(points, around=points.girth)
    cloth = woven(top.colour, top.second, top.pattern, top.period, points, rng)
    cloth = _trimmed(cloth, top, distance, points, rng)
    cloth = _fastened(cloth, top, beside, points, rng)

    brightness = folds(points, top.looseness, rng)
    if top.length > COAT:
        brightness *= hanging_folds(points, top.looseness, rng)
    brightness *= seam(distance - 0.018, points.texel, depth=0.2)
    brightness *= seam(points.armhole, points.texel, depth=0.3) * (1 - 0.25 * points.shelter)
    worn = shaded(cloth, brightness, sheen=sheen(top.pattern))
    return blend(_shadowed(colours, distance, coverage), worn, coverage)


def _parted(top: Top, points: Points) -> Field | float:
    """Half the width by which the front stands open: more at the hem."""
    return top.opening * (1 + 0.4 * smoothstep(0.35, -0.2, points.y)) if top.opening > 0 else 0.0


def _trimmed(cloth: Colours, top: Top, inside: Field, points: Points, rng: np.random.Generator) -> Colours:
    """Collar or neckline, hood, cuffs and hem."""
    light = rng.uniform(0.8, 1.1)
    if top.collar == "hood":
        cloth = hood_down(cloth, second_or(0.7 * top.colour, top, rng, 0.35), inside, points)
    elif top.collar == "shirt":
        cloth = collared(cloth, second_or(light * top.colour, top, rng, 0.12), inside, points)
    else:
        cloth = collared(cloth, second_or(0.85 * top.colour, top, rng, 0.15), inside, points)
    long_sleeved, knitted = top.sleeve > 1.8, top.collar in ("crew", "v", "hood", "high")
    if long_sleeved and knitted and top.length < COAT:
        cloth = ribbed(cloth, second_or(top.colour, top, rng, 0.15), inside, points)
    return cloth


def _fastened(cloth: Colours, top: Top, beside: Field, points: Points, rng: np.random.Generator) -> Colours:
    """Zip or buttons, lapels, pockets."""
    heavy = top.looseness > 0.03 or top.length > COAT or top.opening > 0
    if top.zipped and top.collar == "shirt":
        if heavy and rng.uniform() < 0.6:
            cloth = lapels(cloth, top.opening, points)
        contrast = rng.choice((0.15, 0.5, 0.9))
        cloth = buttoned(cloth, np.full(3, contrast), beside, points, size=0.011 if heavy else 0.006)
    elif top.zipped:
        colour = second_or(METAL if rng.uniform() < 0.4 else 0.4 * top.colour, top, rng, 0.2)
        cloth = zipped(cloth, colour, beside, points)
    if top.collar == "hood" or (top.zipped and heavy):
        cloth = hand_pockets(cloth, points)
    if top.zipped and top.sleeve > 1.8:
        cloth = tailored_back(cloth, rng.uniform(0.02, 0.1), points)
    if top.zipped and top.collar != "hood" and rng.uniform() < 0.35:
        cloth = patch_pockets(cloth, 0.09, rng.uniform(0.24, 0.3), points)
    return cloth


def _paint_bottom(
    colours: Colours, bottom: Bottom, mannequin: Mannequin, points: Points, rng: np.random.Generator
) -> Colours:
    above_hem = points.y - leg_end(bottom, mannequin)
    below_waist = mannequin.joints["pelvis"][1] + bottom.waist - points.y
    if bottom.kind == "skirt":
        points = replace(points, around=points.girth)
    cloth = woven(bottom.colour, _accent(bottom, rng), bottom.pattern, 0.08, points, rng)
    if bottom.kind == "skirt":
        brightness = hanging_folds(points, bottom.looseness, rng)
    else:
        brightness = folds(points, bottom.looseness, rng) * (1 - 0.3 * points.shelter)
    brightness *= seam(above_hem - 0.022, points.texel)
    if bottom.kind == "trousers":
        cloth = trouser_seams(cloth, bottom, below_waist, mannequin, points)
        if bottom.pattern == "denim" and rng.uniform() < 0.2:
            cloth = turned_up(cloth, above_hem, rng.uniform(0.03, 0.06), points)
        if rng.uniform() < 0.5:
            cloth = belted(cloth, rng, 0.02 - below_waist, points)
    worn = shaded(cloth, brightness, sheen=sheen(bottom.pattern))
    coverage = edge(bottom_distance(bottom, mannequin, points), max(HEM, points.texel))
    return blend(_shadowed(colours, above_hem, coverage), worn, coverage)


def _accent(bottom: Bottom, rng: np.random.Generator) -> Colour:
    """The second colour of trousers and skirts: white, or a lighter shade of the first."""
    return np.full(3, 0.85) if rng.uniform() < 0.4 else bottom.colour * 0.6 + 0.25


def _shadowed(colours: Colours, inside: Field, coverage: Field) -> Colours:
    """What is worn below a garment, in the shadow past its border."""
    return shaded(colours, 1 - 0.33 * smoothstep(-SHADOW, 0.0, inside) * (1 - coverage))
