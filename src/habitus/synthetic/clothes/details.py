"""What is sewn onto garments: zips, buttons, pockets, ribbing, collars, waistbands, belts, turn-ups.

Each takes the colours of the cloth before folds and gives them with the detail. Metres.
"""

import numpy as np

from habitus.synthetic.clothes.outfits import Bottom, Top
from habitus.synthetic.clothes.patterns import thread
from habitus.synthetic.people.colours import Colour
from habitus.synthetic.surface.fields import Colours, Field, blend, edge, length, line, shaded, smoothstep, tinted
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import ARM, HEAD, Points

METAL = np.array((0.66, 0.65, 0.62))
_LEATHERS = np.array([(0.05, 0.045, 0.04), (0.16, 0.1, 0.06), (0.33, 0.21, 0.12)])


def ribbed(cloth: Colours, colour: Colour, hem: Field, points: Points) -> Colours:
    """Cuffs and the band at the hem of jumpers and bomber jackets; `hem`: metres inside the garment's border."""
    ends = np.maximum(smoothstep(0.28, 0.24, points.y), smoothstep(0.3, 0.34, np.abs(points.x)))  # not the neckline
    band = edge(0.055 - hem, thread(points)) * ends
    ribs = 0.9 - 0.1 * line(hem - 0.055, 0.008, points.texel)
    return blend(cloth, tinted(colour, ribs), band)


def collared(cloth: Colours, colour: Colour, neck: Field, points: Points) -> Colours:
    """A collar or a ribbed neckline of another colour; `neck`: metres inside the garment's border."""
    band = edge(0.03 - neck, thread(points)) * smoothstep(0.36, 0.4, points.y) * (np.abs(points.x) < 0.2)
    return blend(cloth, colour, band)


def zipped(cloth: Colours, colour: Colour, middle: Field, points: Points) -> Colours:
    """A zip down the front; `middle`: metres beside it."""
    return blend(cloth, colour, line(middle, 0.009, points.texel) * points.front)


def buttoned(cloth: Colours, colour: Colour, middle: Field, points: Points, *, size: float) -> Colours:
    """Buttons along the front on a placket."""
    front = points.front
    placket = line(np.abs(middle) - 0.017, 0.004, points.texel) * front
    row = 0.09 * (np.round(points.y / 0.09) - points.y / 0.09)
    buttons = edge(size - length(middle, row), thread(points)) * front
    return blend(shaded(cloth, 1 - 0.25 * placket), colour, buttons * min(1.0, 2 * size / points.texel))


def lapels(cloth: Colours, opening: float, points: Points) -> Colours:
    """The turned-back front of a blazer or an overcoat, from the neck to where it buttons."""
    outer = opening + 0.075 * smoothstep(0.1, 0.36, points.y)
    beside = np.abs(points.x) - outer
    reach = points.front * smoothstep(0.08, 0.12, points.y)
    return shaded(cloth, 1 + (0.12 * (beside < 0) - 0.4 * line(beside, 0.007, points.texel)) * reach)


def hand_pockets(cloth: Colours, points: Points) -> Colours:
    """Slanted pockets of a jacket or a hoodie."""
    mouth = np.abs(points.x) - 0.115 - 0.25 * (points.y - 0.04)
    return shaded(cloth, 1 - 0.45 * line(mouth, 0.008, points.texel) * (np.abs(points.y - 0.04) < 0.065) * points.front)


def patch_pockets(cloth: Colours, x: float, y: float, points: Points) -> Colours:
    """Square pockets with flaps on both sides, `x` beside the middle and `y` up."""
    aside = np.maximum(np.abs(np.abs(points.x) - x) - 0.05, np.abs(points.y - y) - 0.06)
    flap = line(points.y - y - 0.025, 0.006, points.texel) * (aside < 0)
    return shaded(cloth, 1 - 0.35 * np.maximum(line(aside, 0.006, points.texel), flap) * points.front)


def hood_down(cloth: Colours, lining: Colour, neck: Field, points: Points) -> Colours:
    """A hood that lies on the back: its shadowed border, and its lining around the neck; `neck`: metres inside the
    garment's border.
    """
    behind = smoothstep(0.0, -0.2, points.normal[:, 2]) * (points.limb[HEAD] < 0.5)
    border = 1 - length(points.x / 0.14, (points.y - 0.53) / 0.2)
    cloth = shaded(cloth, 1 - (0.4 * line(0.15 * border, 0.012, points.texel) - 0.06 * (border > 0)) * behind)
    inside = edge(0.022 - neck, thread(points)) * smoothstep(0.36, 0.4, points.y) * (np.abs(points.x) < 0.2)
    return blend(cloth, lining, inside)


def tailored_back(cloth: Colours, yoke: float, points: Points) -> Colours:
    """The seams of a back: across, `yoke` metres below the shoulders, and from there down the middle."""
    behind = smoothstep(0.0, -0.2, points.normal[:, 2]) * (points.limb[ARM] < 0.5)
    across = line(points.y - 0.42 + yoke, 0.005, points.texel)
    middle = line(points.x, 0.005, points.texel) * (points.y < 0.42 - yoke)
    return shaded(cloth, 1 - 0.3 * np.maximum(across, middle) * behind)


def belted(cloth: Colours, rng: np.random.Generator, height: Field, points: Points) -> Colours:
    """A leather belt with a buckle; `height`: metres above its middle."""
    belt = edge(0.017 - np.abs(height), thread(points)) * (points.limb[ARM] < 0.5)
    cloth = blend(cloth, _LEATHERS[rng.integers(len(_LEATHERS))], belt)
    buckle = edge(0.022 - np.maximum(np.abs(points.x), np.abs(height)), thread(points)) * (points.normal[:, 2] > 0)
    return blend(cloth, METAL, 0.8 * buckle)


def turned_up(cloth: Colours, above_hem: Field, depth: float, points: Points) -> Colours:
    """The lighter inside of jeans, turned up over the hem."""
    band = edge(depth - above_hem, thread(points))
    return shaded(blend(cloth, 0.5 * cloth + 0.3, band), 1 - 0.35 * line(above_hem - depth, 0.008, points.texel))


def trouser_seams(cloth: Colours, bottom: Bottom, below_waist: Field, mannequin: Mannequin, points: Points) -> Colours:
    """Side seams, fly, front and back pockets, waistband."""
    texel, beside = points.texel, np.abs(points.x)
    low = points.along_leg > 0.2
    side = line(points.z - mannequin.joints["left_knee"][2], 0.005, texel) * (beside > 0.1)
    fly = line(points.x, 0.006, texel) * ~low
    front = line(below_waist - 0.05 - 0.9 * np.abs(beside - 0.1), 0.006, texel) * (points.normal[:, 2] > -0.1)
    patch = np.maximum(np.abs(beside - 0.085) - 0.06, np.abs(below_waist - 0.14) - 0.065)
    back = line(patch, 0.006, texel) * (points.normal[:, 2] < -0.1)
    pockets = np.maximum(front, back) * (points.along_leg < 0.25)
    band = line(below_waist - 0.04, 0.006, texel)
    strength = 0.3 if bottom.pattern == "denim" else 0.2
    return shaded(cloth, 1 - strength * np.clip(side + fly + pockets + band, 0, 1))


def second_or(colour: Colour, top: Top, rng: np.random.Generator, share: float) -> Colour:
    """The garment's second colour in a share of cases, else `colour`."""
    return top.second if rng.uniform() < share else colour
