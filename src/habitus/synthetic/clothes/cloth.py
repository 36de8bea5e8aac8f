"""How cloth looks: patterns, folds, seams. All of it as functions of where on the template a texel lies."""

from collections.abc import Callable

import numpy as np

from habitus.synthetic.clothes.outfits import Pattern
from habitus.synthetic.people.colours import Colour
from habitus.synthetic.surface.fields import Colours, Field, bands, blend, bump, edge, smoothstep
from habitus.synthetic.surface.mannequin import Points

_THREAD = 0.003
"""Metres over which the borders of a pattern are blended: a texel at 512."""


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
    ground = np.broadcast_to(colour.astype(np.float32), (len(points), 3))
    if pattern in _FIGURES:
        return blend(ground, second.astype(np.float32), _FIGURES[pattern](points, period, rng))
    return ground * _TONES[pattern](points, period, rng)[:, None]


def _stripes(points: Points, period: float, rng: np.random.Generator) -> Field:
    return bands(points.down, period, rng.uniform(0, 1), rng.uniform(0.25, 0.6), _THREAD)


def _pinstripes(points: Points, period: float, rng: np.random.Generator) -> Field:
    return 0.6 * bands(points.around, 0.5 * period, rng.uniform(0, 1), 0.25, _THREAD)


def _checks(points: Points, period: float, rng: np.random.Generator) -> Field:
    phase = rng.uniform(0, 1)
    return 0.4 * (bands(points.down, period, phase, 0.45, _THREAD) + bands(points.around, period, phase, 0.45, _THREAD))


def _block(points: Points, _: float, rng: np.random.Generator) -> Field:
    return edge(points.down - rng.uniform(0.0, 0.25), _THREAD)


def _plain(points: Points, _: float, rng: np.random.Generator) -> Field:
    return 1 + 0.025 * points.grain.draw(rng)


def _heather(points: Points, _: float, rng: np.random.Generator) -> Field:
    return 1 + 0.09 * points.grit + 0.03 * points.grain.draw(rng)


def _quilted(points: Points, period: float, rng: np.random.Generator) -> Field:
    turns = points.down / period + rng.uniform(0, 1)
    return 1 + 0.08 * np.sin(2 * np.pi * turns) - 0.4 * bump(turns % 1.0, 0.5, 0.06)


def _denim(points: Points, _: float, rng: np.random.Generator) -> Field:
    worn = bump(points.along_leg, 0.55, 0.4) * smoothstep(0.2, 0.9, points.normal[:, 2])
    return 1 + rng.uniform(0.05, 0.4) * worn + 0.05 * points.grain.draw(rng) + 0.07 * points.grit


def folds(points: Points, looseness: float, rng: np.random.Generator) -> Field:
    """Brightness of creases, about 1: where limbs bend and cloth hangs, stronger in loose garments."""
    wave = points.folds.draw(rng)
    crease = np.tanh(1.3 * wave) + 0.5 * points.grain.draw(rng)
    joints = bump(points.along_arm, 1.0, 0.25) + bump(points.along_leg, 1.05, 0.2) + bump(points.along_leg, 1.9, 0.18)
    joints += 0.8 * bump(points.along_leg, 0.05, 0.15) + 0.6 * bump(points.along_arm, 1.85, 0.15)
    strength = 0.028 + 0.07 * np.clip(joints, 0, 1) + 0.9 * looseness
    return (1 + strength * crease).astype(np.float32)


def seam(distance: Field, *, depth: float = 0.25, width: float = 0.003) -> Field:
    """Brightness factor of a dark line where `distance` is 0."""
    return 1 - depth * bump(distance, 0.0, width)


def _motif(points: Points, _: float, rng: np.random.Generator) -> Field:
    """A print on the chest, sometimes on the back: a disc, a bar of letters, or a blot."""
    size = rng.uniform(0.05, 0.12)
    centre = rng.uniform(0.28, 0.38)
    front = smoothstep(0.1, 0.3, points.normal[:, 2])
    if rng.uniform() < 0.15:
        front = smoothstep(-0.1, -0.3, points.normal[:, 2])
    x, y = points.x, points.y - centre
    kind = rng.integers(0, 3)
    if kind == 0:
        shape = edge(size - np.hypot(x, y), _THREAD)
        shape = shape - 0.8 * edge(0.6 * size - np.hypot(x, y), _THREAD)
    elif kind == 1:
        letters = _letters(x, size, rng)
        shape = edge(size - np.abs(x), _THREAD) * edge(0.25 * size - np.abs(y), _THREAD) * letters
    else:
        blot = size * (0.8 + 0.35 * points.folds.draw(rng)) - np.hypot(x, y)
        shape = edge(blot, _THREAD)
    return (0.9 * shape * front).astype(np.float32)


def _letters(x: Field, size: float, rng: np.random.Generator) -> Field:
    """Vertical bars of uneven widths, which a word is from afar."""
    gaps = np.sort(rng.uniform(-size, size, 7))
    distance = np.min(np.abs(x[:, None] - gaps.astype(np.float32)), axis=1)
    return smoothstep(0.002, 0.005, distance)


_Pattern = Callable[[Points, float, np.random.Generator], Field]
_FIGURES: dict[str, _Pattern] = {
    "stripes": _stripes, "pinstripes": _pinstripes, "checks": _checks, "block": _block, "print": _motif,
}  # fmt: skip
"""How much of the second colour lies over the first."""
_TONES: dict[str, _Pattern] = {"plain": _plain, "heather": _heather, "quilted": _quilted, "denim": _denim}
"""Brightness of the one colour."""
