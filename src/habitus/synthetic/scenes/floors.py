"""What the ground is made of: asphalt, paving, lawns, indoor floors, and what is painted or mended on them."""

import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes.ground_kernels import ASPHALT, BOARDS, GRASS, GRAVEL, LINE, SLABS, SMOOTH, ZEBRA

Floor = tuple[float, ...]
"""Material, RGB, length and width of its stones, how much these differ, how strong the grain is."""
WHITE, YELLOW = (0.80, 0.80, 0.78), (0.78, 0.64, 0.22)
FOREVER = 999.0

_PAVING = np.array([(0.57, 0.56, 0.54), (0.53, 0.53, 0.54), (0.60, 0.58, 0.54), (0.55, 0.49, 0.45), (0.47, 0.46, 0.45)])
_TILES = np.array([(0.70, 0.68, 0.64), (0.60, 0.60, 0.60), (0.76, 0.73, 0.66), (0.45, 0.43, 0.41), (0.62, 0.52, 0.42)])
_WOODS = np.array([(0.58, 0.43, 0.28), (0.66, 0.52, 0.36), (0.42, 0.30, 0.21), (0.60, 0.55, 0.48)])


def asphalt(rng: np.random.Generator) -> Floor:
    """Grey, old and pale or new and dark."""
    grey = rng.uniform(0.40, 0.62)
    return ASPHALT, *_tinted(rng, (grey, grey, 1.02 * grey), 0.006), 1.0, 1.0, 0.0, rng.uniform(0.03, 0.07)


def paving(rng: np.random.Generator) -> Floor:
    """Slabs, cobbles or blocks; or poured concrete."""
    kind = rng.choice(4, p=(0.45, 0.13, 0.17, 0.25))
    length, width = ((0.6, 0.4), (0.14, 0.11), (0.21, 0.105), (3.0, 3.0))[kind]
    if kind == 0:
        length, width = rng.uniform(0.35, 0.9), rng.uniform(0.3, 0.6)
    colour = _tinted(rng, _PAVING[rng.integers(len(_PAVING))] * rng.uniform(0.8, 1.08), 0.008)
    return SLABS, *colour, length, width, rng.uniform(0.015, 0.06), rng.uniform(0.025, 0.06)


def lawn(rng: np.random.Generator) -> Floor:
    """Grass, from lush to dry."""
    dry = rng.uniform() ** 1.5
    colour = (0.24 + 0.14 * dry, 0.34 + 0.04 * dry, 0.13 + 0.07 * dry)
    return GRASS, *_tinted(rng, colour, 0.012), 1.0, 1.0, 0.0, rng.uniform(0.05, 0.1)


def path(rng: np.random.Generator) -> Floor:
    """Asphalt, paving or gravel."""
    kind = rng.integers(3)
    gravel = (GRAVEL, *_tinted(rng, (0.60, 0.53, 0.43), 0.02), 1.0, 1.0, 0.0, 0.05)
    return (asphalt(rng), paving(rng), gravel)[kind]


def indoors(rng: np.random.Generator) -> Floor:
    """Tiles, boards, or a poured floor."""
    kind = rng.choice(3, p=(0.5, 0.2, 0.3))
    if kind == 0:
        colour, side = _TILES[rng.integers(len(_TILES))] * rng.uniform(0.8, 1.1), rng.choice((0.3, 0.45, 0.6, 0.9))
        return SLABS, *_tinted(rng, colour, 0.01), side, side, rng.uniform(0.005, 0.05), rng.uniform(0.01, 0.03)
    if kind == 1:
        colour = _WOODS[rng.integers(len(_WOODS))] * rng.uniform(0.8, 1.15)
        return BOARDS, *_tinted(rng, colour, 0.01), 1.6, rng.uniform(0.08, 0.2), rng.uniform(0.03, 0.1), 0.03
    colour = _TILES[rng.integers(len(_TILES))] * rng.uniform(0.75, 1.05)
    return SMOOTH, *_tinted(rng, colour, 0.015), 1.0, 1.0, 0.0, rng.uniform(0.01, 0.04)


def band(end: float, floor: Floor, *, kerb: int = 0) -> list[float]:
    """A row of `Site.bands`: `floor` up to `end` metres across the road; a kerb there, its gutter on that side."""
    return [end, *floor[:7], kerb, floor[7]]


def road_marks(rng: np.random.Generator, half: float, s: float) -> list[list[float]]:
    """Lines and a crossing on a road of half width `half`; s: about where the camera is."""
    marks = []
    wear = rng.uniform(0.1, 0.8)
    if rng.uniform() < 0.75:
        dash, gap = ((3.0, 3.0), (2.0, 4.0), (1.0, 0.0))[rng.integers(3)]
        marks.append([LINE, -FOREVER, FOREVER, 0.0, 0.12, dash, gap, wear, *WHITE])
    for side in (-1, 1):
        if rng.uniform() < 0.45:
            for offset in (0.3, 0.52)[: rng.integers(1, 3)]:
                marks.append([LINE, -FOREVER, FOREVER, side * (half - offset), 0.09, 1.0, 0.0, wear, *YELLOW])
    if rng.uniform() < 0.35:
        start = s + rng.uniform(3, 22) * rng.choice((-1, 1))
        marks.append([ZEBRA, start, start + 3.0, 0.0, 2 * half, 0.55, 0.5, 0.8 * wear, *WHITE])
    return marks


def patches(rng: np.random.Generator, reach: float) -> Float[np.ndarray, "P 8"]:
    """Repairs, covers and stains within `reach` metres; none within 0."""
    rows = []
    for _ in range(rng.integers(2, 9) if reach > 0 else 0):
        turn, kind = rng.uniform(0, np.pi), rng.choice(3, p=(0.3, 0.35, 0.35))
        half = ((rng.uniform(0.4, 2.5), rng.uniform(0.3, 0.9)), (0.32, 0.32), rng.uniform(0.1, 0.6, 2))[kind]
        tone = (rng.uniform(0.75, 1.1), rng.uniform(0.45, 0.75), rng.uniform(0.7, 0.93))[kind]
        where = rng.uniform(-0.5, 0.5) * reach, rng.uniform(0.1, 1.0) * reach
        rows.append((*where, np.cos(turn), np.sin(turn), *half, float(kind > 0), tone))
    return np.array(rows, np.float64).reshape(-1, 8)


def _tinted(rng: np.random.Generator, colour: tuple[float, ...] | np.ndarray, spread: float) -> tuple[float, ...]:
    return tuple(float(c) for c in np.asarray(colour) + rng.normal(0, spread, 3))
