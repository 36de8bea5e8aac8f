"""What is printed on clothes: pictures on chest or back, writing, badges."""

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour
from habitus.synthetic.surface.fields import Colours, Field, blend, edge, length, smoothstep
from habitus.synthetic.surface.points import ARM, Points


def picture(
    cloth: Colours, inks: tuple[Colour, Colour], points: Points, rng: np.random.Generator, *, back: bool
) -> Colours:
    """A large print in two inks: a disc or a frame round something, lines of writing, a number, or a scene."""
    size = rng.uniform(0.06, 0.13)
    z = points.normal[:, 2]
    facing = smoothstep(0.1, 0.3, -z if back else z) * (points.limb[ARM] < 0.5)
    u, v = points.x / (-size if back else size), (points.y - rng.uniform(0.22, 0.34)) / size
    soft = max(0.003, points.texel) / size
    motif = _MOTIFS[rng.choice(len(_MOTIFS), p=_SHARE)]
    near = np.flatnonzero((np.abs(u) < 1.6) & (np.abs(v) < 1.6) & (facing > 0))
    noise = points.folds.draw(rng)[near]
    painted = cloth.copy(order="K")
    for ink, coverage in zip(inks, motif(u[near], v[near], soft, noise, rng), strict=True):
        painted[near] = blend(painted[near], ink, 0.92 * coverage * facing[near])
    return painted


def badge(cloth: Colours, ink: Colour, points: Points, rng: np.random.Generator) -> Colours:
    """A small mark on one side of the chest."""
    side, size = (-1) ** int(rng.integers(2)), rng.uniform(0.012, 0.03)
    away = np.maximum(np.abs(points.x - 0.085 * side), 1.3 * np.abs(points.y - 0.31))
    mark = edge(size - away, max(0.003, points.texel)) * (points.normal[:, 2] > 0.2) * (points.limb[ARM] < 0.5)
    return blend(cloth, ink, 0.9 * mark)


_Coverages = tuple[Field, Field]


def _disc(u: Field, v: Field, soft: float, noise: Field, rng: np.random.Generator) -> _Coverages:
    """A disc in the first ink with something of the second in it."""
    round_ = edge(1 - length(u, v), soft)
    return round_, round_ * edge(0.7 * noise - rng.uniform(-0.3, 0.3), 0.3)


def _framed(u: Field, v: Field, soft: float, noise: Field, rng: np.random.Generator) -> _Coverages:
    """A picture in a rectangle: a sky of the second ink, a ground of the first."""
    frame = edge(1 - np.maximum(np.abs(u), np.abs(v) / rng.uniform(0.7, 1.3)), soft)
    ground = edge(0.35 * noise - v + rng.uniform(-0.4, 0.4), 0.2)
    return frame * (1 - 0.2 * ground), frame * ground


def _writing(u: Field, v: Field, soft: float, noise: Field, rng: np.random.Generator) -> _Coverages:  # noqa: ARG001
    """One to four lines of words, the first one larger."""
    text, top = np.zeros_like(u), 0.5
    for k in range(rng.integers(1, 5)):
        height = 0.45 if k == 0 else 0.2
        inside = edge(0.5 * height - np.abs(v - (top - 0.5 * height)), soft) * edge(
            rng.uniform(0.6, 1.1) - np.abs(u), soft
        )
        text = np.maximum(text, inside * _letters(u, height, soft, rng))
        top -= height + 0.12
    return text, np.zeros_like(u)


def _number(u: Field, v: Field, soft: float, noise: Field, rng: np.random.Generator) -> _Coverages:  # noqa: ARG001
    """Two figures of a player's shirt, seven strokes each."""
    shown = np.zeros_like(u)
    for centre in (-0.5, 0.5):
        x = u - centre
        for stroke in _FIGURES[rng.integers(10)]:
            cx, cy, w, h = _STROKES[int(stroke)]
            shown = np.maximum(shown, edge(np.minimum(w - np.abs(x - cx), h - np.abs(v - cy)), soft))
    return shown, np.zeros_like(u)


def _blot(u: Field, v: Field, soft: float, noise: Field, rng: np.random.Generator) -> _Coverages:
    """A figure of no name, such as animals and faces are from afar."""
    body = edge(0.75 + 0.35 * noise - length(u, v), 2 * soft)
    return body, body * edge(0.3 + 0.3 * noise - length(u - rng.uniform(-0.3, 0.3), v - 0.25), 2 * soft)


def _letters(u: Field, height: float, soft: float, rng: np.random.Generator) -> Field:
    """Strokes and gaps of uneven widths, which a word is from afar."""
    width = 0.55 * height * rng.uniform(0.6, 1.4, 24)
    ends = np.cumsum(width) - 1.3
    gap = _from_nearest(u, ends.astype(np.float32))
    return 0.25 + 0.75 * edge(gap - 0.06 * height, max(soft, 0.08 * height))


def _from_nearest(x: Field, places: Float[np.ndarray, "K"]) -> Field:
    """Distance to the nearest of sorted places."""
    right = np.clip(np.searchsorted(places, x), 1, len(places) - 1)
    return np.minimum(np.abs(x - places[right - 1]), np.abs(places[right] - x))


_STROKES = (
    (0.0, 0.6, 0.36, 0.1), (0.0, 0.0, 0.36, 0.1), (0.0, -0.6, 0.36, 0.1), (-0.3, 0.3, 0.1, 0.36), (0.3, 0.3, 0.1, 0.36),
    (-0.3, -0.3, 0.1, 0.36), (0.3, -0.3, 0.1, 0.36),
)  # fmt: skip
"""Middle and half extent of the strokes of a figure: top, middle, bottom, then left and right, above and below."""
_FIGURES = ("023456", "46", "01245", "01246", "1346", "01236", "012356", "046", "0123456", "012346")
"""The strokes of 0 to 9."""
_MOTIFS, _SHARE = (_disc, _framed, _writing, _number, _blot), (0.15, 0.2, 0.35, 0.1, 0.2)
