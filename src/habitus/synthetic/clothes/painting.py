"""How garments look: painted on the texels, one over the other."""

import numpy as np

from habitus.synthetic.clothes.cloth import folds, seam, woven
from habitus.synthetic.clothes.cut import bottom_distance, leg_end, top_distance, tops
from habitus.synthetic.clothes.outfits import Bottom, Outfit, Top
from habitus.synthetic.clothes.shoes import paint_shoes
from habitus.synthetic.surface.fields import Colours, blend, bump, edge, shaded, smoothstep
from habitus.synthetic.surface.mannequin import ARM, HEAD, Mannequin, Points
from habitus.synthetic.surface.texels import Texels

HEM = 0.004
"""Metres over which the borders of garments are blended."""
SHADOW = 0.035
"""Metres that a garment's shadow reaches past its border."""


def paint_outfit(
    colours: Colours, outfit: Outfit, mannequin: Mannequin, texels: Texels, rng: np.random.Generator
) -> None:
    """Dress the skin in place: socks, trousers, shoes, top, then what is worn over all."""
    joints = mannequin.joints

    def socks(under: Colours, points: Points) -> Colours:
        return blend(under, outfit.socks, edge(joints["left_ankle"][1] + 0.06 - points.y, HEM))

    texels.zone(below=joints["left_ankle"][1] + 0.07).repaint(colours, socks)
    legs = texels.zone(
        below=joints["pelvis"][1] + outfit.bottom.waist + 0.01, above=leg_end(outfit.bottom, mannequin) - SHADOW
    )
    legs.repaint(colours, lambda c, p: _paint_bottom(c, outfit.bottom, mannequin, p, rng))
    feet = texels.zone(below=joints["left_ankle"][1] + max(outfit.shoes.shaft, 0) + 0.03)
    feet.repaint(colours, lambda c, p: paint_shoes(c, outfit.shoes, mannequin, p))
    for top in tops(outfit):
        trunk = texels.zone(above=joints["pelvis"][1] - top.length - SHADOW - 0.03)
        trunk.repaint(colours, lambda c, p, top=top: _paint_top(c, top, mannequin, p, rng))


def _paint_top(colours: Colours, top: Top, mannequin: Mannequin, points: Points, rng: np.random.Generator) -> Colours:
    distance = top_distance(top, mannequin, points)
    coverage = edge(distance, HEM)
    middle = np.abs(points.x)
    front = smoothstep(0.0, 0.2, points.normal[:, 2]) * (points.limb[HEAD] < 0.5)
    if top.opening > 0:
        parted = top.opening * (1 + 0.4 * smoothstep(0.35, -0.2, points.y))
        coverage = coverage * (1 - edge(parted - middle, HEM) * front)
    cloth = woven(top.colour, top.second, top.pattern, top.period, points, rng)
    brightness = folds(points, top.looseness, rng)
    brightness *= seam(distance - 0.015, depth=0.18)  # the hem's stitching
    armhole = np.where(np.abs(points.limb[ARM] - 0.5) < 0.3, np.abs(points.limb[ARM] - 0.5) * 0.08, 1.0)
    brightness *= seam(armhole, depth=0.15)
    if top.zipped:
        at = top.opening * (1 + 0.4 * smoothstep(0.35, -0.2, points.y)) if top.opening > 0 else 0.0
        brightness *= 1 - 0.35 * bump(middle - at, 0.0, 0.0035) * front
    if top.collar in ("shirt", "hood"):  # a collar lies folded along the neckline
        brightness *= seam(distance - 0.035, depth=0.3) ** (points.y > mannequin.joints["spine3"][1] + 0.1)
    # The garment's own shadow on what is worn below it, and in the armpit.
    shadow = smoothstep(-0.035, 0.0, distance) * (1 - coverage)
    colours = shaded(colours, 1 - 0.3 * shadow)
    armpit = bump(points.along_arm, 0.0, 0.25) * smoothstep(0.2, -0.7, points.normal[:, 1])
    return blend(colours, shaded(cloth, brightness * (1 - 0.25 * armpit)), coverage)


def _paint_bottom(
    colours: Colours, bottom: Bottom, mannequin: Mannequin, points: Points, rng: np.random.Generator
) -> Colours:
    cloth = woven(bottom.colour, bottom.colour * 0.6 + 0.25, bottom.pattern, 0.08, points, rng)
    distance = points.y - leg_end(bottom, mannequin)
    brightness = folds(points, bottom.looseness, rng) * seam(distance - 0.018, depth=0.2)
    waist = mannequin.joints["pelvis"][1] + bottom.waist - points.y
    brightness *= seam(waist - 0.04, depth=0.25)
    inner = smoothstep(0.03, 0.0, np.abs(points.x)) * smoothstep(-0.2, 0.1, points.along_leg)
    if bottom.kind == "trousers":
        outseam = np.abs(points.z - mannequin.joints["left_knee"][2]) + 10.0 * (np.abs(points.x) < 0.1)
        brightness *= seam(outseam, depth=0.22) * seam(points.x + 10.0 * (points.along_leg > 0.2), depth=0.3)
        pocket = waist - 0.06 - 0.9 * np.abs(np.abs(points.x) - 0.1)
        brightness *= 1 - 0.3 * bump(pocket, 0, 0.003) * (points.along_leg < 0.15)
        brightness *= 1 - 0.3 * inner
    colours = shaded(colours, 1 - 0.35 * smoothstep(-0.03, 0.0, distance) * (distance < 0))
    return blend(colours, shaded(cloth, brightness), edge(bottom_distance(bottom, mannequin, points), HEM))
