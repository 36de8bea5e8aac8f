"""Patterns of cloth: the colours of a garment before folds and light, as functions of where a point of it lies."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from habitus.synthetic.clothes.outfits import Pattern
from habitus.synthetic.clothes.prints import badge, picture
from habitus.synthetic.people.colours import Colour
from habitus.synthetic.surface.fields import Colours, bands, blend, bump, edge, length, line, smoothstep, tinted
from habitus.synthetic.surface.points import ARM, Points

_THREAD = 0.003
"""Metres over which the borders of a pattern are blended: a texel at 512."""


class Dye(NamedTuple):
    """The colours of a cloth."""

    ground: Colour
    second: Colour
    """Of stripes, checks and prints."""
    period: float
    """Of what repeats, metres."""

    @property
    def third(self) -> Colour:
        """Between both, more vivid."""
        middle = 0.5 * (self.ground + self.second)
        return np.clip(middle + 0.8 * (middle - middle.mean()), 0, 1)


def woven(
    colour: Colour, second: Colour, pattern: Pattern, period: float, points: Points, rng: np.random.Generator
) -> Colours:
    """The colours of a cloth without its folds.

    Args:
        colour: the ground.
        second: of stripes, checks and prints.
        pattern: which one.
        period: of the pattern, metres.
        points: where.
        rng: phases, proportions, prints.
    """
    return _PATTERNS[pattern](Dye(colour, second, period), points, rng)


def thread(points: Points) -> float:
    """Metres over which borders are blended on these points."""
    return max(_THREAD, points.texel)


def _plain(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    return tinted(dye.ground, 1 + 0.03 * points.grain.draw(rng))


def _heather(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    return tinted(dye.ground, 1 + 0.1 * points.grit + 0.03 * points.grain.draw(rng))


def _tweed(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    yarn = 0.5 + 0.5 * points.grit + 0.12 * points.folds.draw(rng)
    return blend(_heather(dye, points, rng), dye.second, 0.45 * np.clip(yarn, 0, 1))


def _denim(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """Washed out on thighs, knees and seat, in streaks where it creases."""
    washed = bump(points.along_leg, 0.5, 0.3) * (0.35 + 0.65 * smoothstep(0.1, 0.9, np.abs(points.normal[:, 2])))
    streaks = np.clip(points.wrinkles.draw(rng), -1, 1.5) * (0.03 + 0.08 * points.bends)
    tone = 1 + rng.uniform(0.05, 0.5) * washed + streaks + 0.04 * points.grain.draw(rng) + 0.12 * points.grit
    return tinted(dye.ground, tone)


def _stripes(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    phase, share = rng.uniform(0, 1), rng.uniform(0.2, 0.6)
    stripes = bands(points.down, dye.period, phase, share, thread(points))
    if rng.uniform() < 0.25:  # only a few of them, across the chest
        begin = rng.uniform(0.12, 0.22)
        stripes = stripes * edge(points.down - begin, 0.01) * edge(begin + rng.uniform(0.1, 0.25) - points.down, 0.01)
    return blend(_plain(dye, points, rng), dye.second, stripes)


def _pinstripes(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    stripes = bands(points.around, 0.5 * dye.period, rng.uniform(0, 1), 0.25, thread(points))
    return blend(_plain(dye, points, rng), dye.second, 0.6 * stripes)


def _checks(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """Gingham, or a tartan with fine lines of a third colour between its bars."""
    phase, share = rng.uniform(0, 1, 2), rng.uniform(0.3, 0.5)
    cloth = _plain(dye, points, rng)
    for place, start in zip((points.down, points.around), phase, strict=True):
        cloth = blend(cloth, dye.second, 0.5 * bands(place, dye.period, start, share, thread(points)))
    if rng.uniform() < 0.5:
        fine = max(0.1, 1.2 * points.texel / dye.period)
        for place, start in zip((points.down, points.around), phase + 0.5, strict=True):
            cloth = blend(cloth, dye.third, 0.6 * bands(place, dye.period, start, fine, thread(points)))
    return cloth


def _dots(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    rows = points.down / dye.period + rng.uniform(0, 1)
    places = points.around / dye.period + 0.5 * (np.floor(rows) % 2)
    from_middle = length(rows - np.floor(rows) - 0.5, places - np.floor(places) - 0.5) * dye.period
    dots = edge(rng.uniform(0.2, 0.36) * dye.period - from_middle, thread(points))
    return blend(_plain(dye, points, rng), dye.second, dots)


def _floral(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """Blots of two colours."""
    cloth = _plain(dye, points, rng)
    for colour in (dye.third, dye.second):
        blots = edge(points.folds.draw(rng) * np.abs(points.wrinkles.draw(rng)) - rng.uniform(0.25, 0.45), 0.25)
        cloth = blend(cloth, colour, blots)
    return cloth


def _camouflage(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    cloth = _plain(dye, points, rng)
    for colour, share in ((0.6 * dye.ground, 0.25), (dye.third, 0.45), (0.25 * dye.ground, 0.95)):
        patches = 0.8 * points.folds.draw(rng) + 0.6 * points.wrinkles.draw(rng)
        cloth = blend(cloth, colour, edge(patches - share, 0.2))
    return cloth


def _gradient(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    begin = rng.uniform(0.0, 0.25)
    return blend(_plain(dye, points, rng), dye.second, smoothstep(begin, begin + rng.uniform(0.2, 0.5), points.down))


def _quilted(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """Tubes of down: light above, dark below, and puckered at the seams."""
    turns = points.down / dye.period + rng.uniform(0, 1)
    seams = line((turns - np.floor(turns) - 0.5) * dye.period, 0.008, points.texel)
    pucker = 0.07 * points.wrinkles.draw(rng)
    return tinted(dye.ground, 1 + 0.16 * np.sin(2 * np.pi * turns) - 0.45 * seams + pucker)


def _knit(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """Ribs from top to bottom, some of them cables."""
    phase = rng.uniform(0, 1)
    ribs = bands(points.around, 0.25 * dye.period, phase, 0.3, thread(points))
    cables = bands(points.around, 2 * dye.period, phase, 0.2, thread(points))
    twist = np.sin(2 * np.pi * points.down / dye.period)
    return tinted(dye.ground, 1.05 - 0.14 * ribs + 0.12 * cables * twist + 0.06 * points.grit)


def _block(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """Two colours: yoke and sleeves, or below a line, or a broad band across the chest, or panels at the sides."""
    soft, line_at = thread(points), rng.uniform(0.1, 0.3)
    kind = rng.choice(4, p=(0.4, 0.25, 0.2, 0.15))
    if kind == 0:
        yoke = edge(line_at + 0.35 * np.abs(points.x) - 0.05 - points.down, soft) * (points.limb[ARM] < 0.5)
        covered = np.maximum(yoke, points.limb[ARM] > 0.5)
    elif kind == 1:
        covered = edge(0.45 - points.y - line_at, soft)
    elif kind == 2:
        covered = edge(0.06 - np.abs(points.down - line_at), soft)
    else:
        covered = edge(np.abs(points.girth) - 0.17, soft) * (points.limb[ARM] < 0.5)
    return blend(_plain(dye, points, rng), dye.second, covered)


def _sleeves(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """Sleeves of the other colour, set in at the shoulder or at the neck."""
    raglan = rng.uniform() < 0.4
    inner = 0.17 - 0.9 * np.clip(points.y - 0.36, 0, 0.15) if raglan else 0.19
    sleeve = edge(np.abs(points.x) - inner, thread(points)) * smoothstep(0.2, 0.3, points.y)
    return blend(_plain(dye, points, rng), dye.second, sleeve)


def _sporty(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """One to three stripes down the outside of sleeves and legs."""
    on_arm = points.limb[ARM] > 0.5
    side = np.abs(points.around) - (0.11 + 0.5 * np.pi * 0.08) * ~on_arm
    legs = (points.normal[:, 0] * points.x > 0) & (points.along_leg > -0.1) & ~on_arm.any()
    outside = on_arm | legs  # a top has them on its sleeves alone
    width, count = rng.uniform(0.01, 0.03), int(rng.integers(1, 4))
    cloth = _plain(dye, points, rng)
    for k in range(count):
        stripe = line(side - 1.7 * width * (k - 0.5 * (count - 1)), width, points.texel)
        cloth = blend(cloth, dye.second, stripe * outside)
    return cloth


def _reflective(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """Working clothes: signal yellow or orange with grey bands around trunk and sleeves."""
    signal = np.array((0.78, 0.9, 0.12)) if rng.uniform() < 0.65 else np.array((0.97, 0.42, 0.08))
    trunk = (points.limb[ARM] < 0.5).astype(np.float32)
    rows = np.minimum(np.abs(points.down - 0.25), np.abs(points.down - 0.4)) + (1 - trunk)
    braces = np.abs(np.abs(points.x) - 0.1) + (points.down > 0.25) + (1 - trunk)
    sleeves = np.minimum(np.abs(points.down - 0.35), np.abs(points.down - 0.55)) + trunk
    tape = line(np.minimum(np.minimum(rows, braces), sleeves), 0.05, points.texel)
    return blend(_plain(dye._replace(ground=signal), points, rng), np.full(3, 0.74), tape)


def _print(dye: Dye, points: Points, rng: np.random.Generator) -> Colours:
    """A picture on the chest or on the back, or a badge."""
    cloth = _plain(dye, points, rng)
    kind = rng.choice(4, p=(0.4, 0.2, 0.15, 0.25))
    if kind != 3:
        cloth = picture(cloth, (dye.second, dye.third), points, rng, back=kind == 1)
    if kind >= 2:
        cloth = badge(cloth, dye.second, points, rng)
    return cloth


_PATTERNS: dict[Pattern, Callable[[Dye, Points, np.random.Generator], Colours]] = {
    "plain": _plain, "heather": _heather, "stripes": _stripes, "pinstripes": _pinstripes, "checks": _checks,
    "print": _print, "block": _block, "denim": _denim, "quilted": _quilted, "tweed": _tweed, "knit": _knit,
    "dots": _dots, "floral": _floral, "camouflage": _camouflage, "gradient": _gradient, "sleeves": _sleeves,
    "sporty": _sporty, "leather": _plain, "reflective": _reflective,
}  # fmt: skip
