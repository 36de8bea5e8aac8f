"""Things of the street drawn as cards: trees, lamps, signs, bins, benches, bicycles, cones."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from habitus.synthetic.scenes.cards import Card, Sprite, premultiplied

VARIANTS = 12
"""How many different ones there are of each kind."""
_THING = 74
_STEEL = ((70, 72, 75), (120, 123, 125), (52, 66, 58), (38, 38, 40))
_PLATES = ((30, 70, 150), (175, 35, 35), (35, 120, 90), (220, 220, 215), (225, 190, 40), (60, 150, 150))


def thing(kind: str, seed: int) -> Card:
    """A thing of a kind, one of `VARIANTS`."""
    return _drawn(kind, seed % VARIANTS)


@cache
def _drawn(kind: str, variant: int) -> Card:
    rng = np.random.default_rng((_THING, list(_KINDS).index(kind), variant))
    width, height, draw = _KINDS[kind]
    scale = rng.uniform(0.85, 1.2)
    width, height = width * scale, height * scale
    metre = 256 / max(width, height)
    sprite = np.zeros((max(8, round(height * metre)), max(8, round(width * metre)), 4), np.uint8)
    draw(rng, sprite, metre / scale)
    tone = 1 + 0.03 * _speckle(rng, sprite.shape[:2], 1) + 0.06 * _speckle(rng, sprite.shape[:2], 12)
    tone *= np.linspace(1.1, 0.85, len(sprite))[:, None]  # the sky lights what is above
    sprite[..., :3] = np.clip(sprite[..., :3] * tone[..., None], 0, 255)
    return Card(premultiplied(sprite), width, height)


def extent(kind: str) -> tuple[float, float]:
    """Width and height of a kind of thing or of a person, metres; those of a single one differ by a fifth at most."""
    return (0.8, 1.9) if kind == "person" else _KINDS[kind][:2]


def _tree(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    bark = tuple(int(c) for c in np.array((92, 80, 66)) * rng.uniform(0.6, 1.2))
    foot, fork = (columns // 2, rows), (columns // 2 + int(rng.normal(0, 4)), int(rows * rng.uniform(0.55, 0.68)))
    cv2.line(sprite, foot, fork, (*bark, 255), max(2, int(0.25 * metre)), cv2.LINE_AA)
    bare = rng.uniform() < 0.3
    _branches(rng, sprite, np.array(fork, float), -np.pi / 2, 0.3 * rows, 0.16 * metre, bark, 6 if bare else 3)
    if bare:
        return
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    middle = 0.36 * rows
    shape = 1 - ((x - columns / 2) / (0.47 * columns)) ** 2 - ((y - middle) / (0.36 * rows)) ** 2
    shape += 0.35 * _speckle(rng, (rows, columns), 26) + 0.25 * _speckle(rng, (rows, columns), 9)
    shape += 0.2 * _speckle(rng, (rows, columns), 3)
    cover = np.clip(shape * 4 - 0.4, 0, 1)
    lump = _speckle(rng, (rows, columns), 16) + 0.8 * _speckle(rng, (rows, columns), 5)
    leaf = np.array((62, 80, 34)) * rng.uniform(0.7, 1.25) + rng.normal(0, 6, 3)
    tone = 0.9 + 0.22 * lump + 0.25 * _speckle(rng, (rows, columns), 1.5) + 0.25 * (middle - y) / (0.4 * rows)
    _blend(sprite, np.clip(leaf * np.clip(tone, 0.2, 2)[..., None], 0, 255), cover)


def _branches(
    rng: np.random.Generator, sprite: Sprite, start: np.ndarray, angle: float, length: float, width: float,
    colour: tuple[int, ...], depth: int,
) -> None:  # fmt: skip
    end = start + length * np.array((np.cos(angle), np.sin(angle)))
    ends = tuple(int(c) for c in start), tuple(int(c) for c in end)
    cv2.line(sprite, *ends, (*colour, 255 if width >= 1 else 170), max(1, round(width)), cv2.LINE_AA)
    if depth:
        for turn in (rng.uniform(0.2, 0.8), rng.uniform(-0.8, -0.2)):
            size = rng.uniform(0.6, 0.85)
            _branches(rng, sprite, end, angle + turn, size * length, 0.62 * width, colour, depth - 1)


def _bush(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    shape = 1 - ((x - columns / 2) / (0.46 * columns)) ** 2 - (np.minimum(y - 0.5 * rows, 0) / (0.44 * rows)) ** 2
    shape += 0.25 * _speckle(rng, (rows, columns), 30) + 0.18 * _speckle(rng, (rows, columns), 8)
    leaf = np.array((58, 76, 36)) * rng.uniform(0.7, 1.3) + rng.normal(0, 6, 3)
    lump = _speckle(rng, (rows, columns), 0.16 * metre) + _speckle(rng, (rows, columns), 0.05 * metre)
    tone = 0.8 + 0.2 * lump + 0.18 * _speckle(rng, (rows, columns), 2) + 0.5 * (0.5 - y / rows)
    _blend(sprite, np.clip(leaf * np.clip(tone, 0.2, 2)[..., None], 0, 255), np.clip(shape * 5, 0, 1))


def _plant(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    _bush(rng, sprite[: int(0.7 * rows)], metre)
    pot = tuple(int(c) for c in np.array((150, 110, 85)) * rng.uniform(0.5, 1.3))
    _box(sprite, 0.3 * columns, 0.66 * rows, 0.7 * columns, rows, pot)


def _lamp(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    steel = _STEEL[rng.integers(len(_STEEL))]
    x = columns // 2
    _box(sprite, x - 0.055 * metre, 0.04 * rows, x + 0.055 * metre, rows, steel)
    _box(sprite, x - 0.09 * metre, 0.8 * rows, x + 0.09 * metre, rows, steel)
    side = 1 if rng.uniform() < 0.5 else -1
    end = (int(x + side * 0.42 * columns), int(0.02 * rows) + 2)
    cv2.line(sprite, (x, int(0.06 * rows)), end, (*steel, 255), max(1, int(0.07 * metre)), cv2.LINE_AA)
    cv2.line(sprite, end, (end[0] - side * int(0.5 * metre), end[1]), (170, 170, 165, 255), max(2, int(0.15 * metre)))


def _sign(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    x = columns // 2
    _box(sprite, x - 0.035 * metre, 0, x + 0.035 * metre, rows, _STEEL[rng.integers(2)])
    plate = tuple(int(c) for c in np.array(_PLATES[rng.integers(len(_PLATES))]) * rng.uniform(0.7, 1.0))
    half, low = rng.uniform(0.25, 0.48) * columns, rng.uniform(0.16, 0.34) * rows
    if rng.uniform() < 0.4:
        cv2.circle(sprite, (x, int(0.5 * low)), int(0.5 * low), (*plate, 255), -1, cv2.LINE_AA)
        cv2.circle(sprite, (x, int(0.5 * low)), int(0.34 * low), (225, 225, 220, 255), -1, cv2.LINE_AA)
    else:
        _box(sprite, x - half, 2, x + half, low, plate)
        for y in np.arange(0.25, 0.9, 0.22) * low:
            reach = rng.uniform(0.2, 0.8) * half
            _box(sprite, x - reach, y, x + reach, y + 0.08 * low, (225, 225, 220) if sum(plate) < 450 else (40, 40, 45))


def _bollard(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    colour = ((60, 60, 62), (150, 148, 142), (90, 75, 60))[rng.integers(3)]
    _box(sprite, 0.22 * columns, 0.05 * rows, 0.78 * columns, rows, colour)
    _box(sprite, 0.22 * columns, 0.14 * rows, 0.78 * columns, 0.22 * rows, (205, 205, 200))
    _rounded(sprite)
    sprite[: int(0.1 * metre)] = cv2.GaussianBlur(sprite[: int(0.1 * metre)], (0, 0), 2)


def _bin(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    colour = ((45, 60, 48), (70, 72, 74), (40, 55, 90), (125, 60, 45), (110, 112, 110))[rng.integers(5)]
    _box(sprite, 0.12 * columns, 0.1 * rows, 0.88 * columns, 0.97 * rows, colour)
    _box(sprite, 0.05 * columns, 0.03 * rows, 0.95 * columns, 0.13 * rows, tuple(int(0.7 * c) for c in colour))
    _box(sprite, 0.25 * columns, 0.2 * rows, 0.75 * columns, 0.2 * rows + 0.1 * metre, (18, 18, 18))
    _rounded(sprite)


def _bench(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    wood = tuple(int(c) for c in np.array((135, 98, 66)) * rng.uniform(0.6, 1.2))
    for top in (0.02, 0.18, 0.34, 0.56):
        _box(sprite, 2, top * rows, columns - 2, (top + 0.1) * rows, wood)
    for x in (0.12, 0.85):
        _box(sprite, x * columns, 0.1 * rows, x * columns + 0.05 * metre, rows, (45, 45, 47))


def _bicycle(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    paint = tuple(int(c) for c in rng.uniform(20, 190, 3))
    wheel, thick = int(0.33 * metre), max(1, int(0.035 * metre))
    back, front = (wheel + 3, rows - wheel - 3), (columns - wheel - 3, rows - wheel - 3)
    for hub in (back, front):
        cv2.circle(sprite, hub, wheel, (28, 28, 28, 255), thick, cv2.LINE_AA)
        cv2.circle(sprite, hub, wheel - thick, (90, 90, 90, 40), -1, cv2.LINE_AA)
    seat, head, crank = (int(0.36 * columns), int(0.2 * rows)), (int(0.68 * columns), int(0.22 * rows)), (
        int(0.46 * columns), rows - wheel)  # fmt: skip
    for one, two in ((back, crank), (back, seat), (seat, crank), (seat, head), (crank, head), (head, front)):
        cv2.line(sprite, one, two, (*paint, 255), thick, cv2.LINE_AA)
    cv2.line(sprite, head, (head[0] - 4, int(0.05 * rows)), (40, 40, 40, 255), thick, cv2.LINE_AA)
    _box(sprite, seat[0] - 0.12 * metre, 0.1 * rows, seat[0] + 0.12 * metre, 0.16 * rows, (25, 25, 25))


def _cone(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    orange = (215, int(rng.uniform(90, 150)), 40)
    outline = np.array([(0.45, 0.02), (0.55, 0.02), (0.8, 0.92), (0.2, 0.92)]) * (columns, rows)
    cv2.fillConvexPoly(sprite, outline.astype(np.int32), (*orange, 255), cv2.LINE_AA)
    _box(sprite, 0.32 * columns, 0.4 * rows, 0.68 * columns, 0.4 * rows + 0.12 * metre, (215, 215, 210))
    _box(sprite, 0.05 * columns, 0.92 * rows, 0.95 * columns, rows, orange)


def _railing(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    steel = _STEEL[rng.integers(len(_STEEL))]
    thick = max(1, round(0.025 * metre))
    for y in (0.02 * rows, 0.85 * rows):
        _box(sprite, 0, y, columns, y + 2 * thick, steel)
    for x in np.arange(2, columns, max(3.0, 0.13 * metre)):
        _box(sprite, x, 0.02 * rows, x + thick, 0.87 * rows, steel)
    for x in (4, columns - 4 - 3 * thick):
        _box(sprite, x, 0, x + 3 * thick, rows, steel)


def _suitcase(rng: np.random.Generator, sprite: Sprite, metre: float) -> None:
    rows, columns = sprite.shape[:2]
    colour = tuple(
        int(c) for c in np.array(((40, 42, 50), (120, 40, 45), (50, 70, 110), (90, 90, 92))[rng.integers(4)])
    )
    _box(sprite, 0.1 * columns, 0.3 * rows, 0.9 * columns, 0.95 * rows, colour)
    for x in (0.3, 0.7):
        _box(sprite, x * columns, 0.02 * rows, x * columns + 0.02 * metre, 0.3 * rows, (60, 60, 62))
        _box(sprite, x * columns - 0.03 * metre, 0.95 * rows, x * columns + 0.04 * metre, rows, (15, 15, 15))
    _box(sprite, 0.3 * columns, 0.02 * rows, 0.72 * columns, 0.05 * rows, (30, 30, 30))
    _rounded(sprite)


_KINDS: dict[str, tuple[float, float, Callable[[np.random.Generator, Sprite, float], None]]] = {
    "tree": (4.5, 6.5, _tree),
    "bush": (1.6, 1.2, _bush),
    "plant": (0.8, 1.5, _plant),
    "lamp": (1.8, 6.0, _lamp),
    "sign": (0.75, 2.6, _sign),
    "bollard": (0.22, 0.95, _bollard),
    "bin": (0.55, 1.0, _bin),
    "bench": (1.7, 0.85, _bench),
    "bicycle": (1.75, 1.05, _bicycle),
    "cone": (0.42, 0.6, _cone),
    "railing": (3.2, 1.1, _railing),
    "suitcase": (0.5, 0.95, _suitcase),
}
"""Width and height in metres, and how each is drawn."""


def _box(sprite: Sprite, left: float, top: float, right: float, low: float, colour: tuple[int, ...]) -> None:
    cv2.rectangle(sprite, (round(left), round(top)), (round(right), round(low)), (*colour, 255), -1)


def _rounded(sprite: Sprite) -> None:
    """Shade as if the thing were round about the vertical."""
    x = np.linspace(-1, 1, sprite.shape[1])
    sprite[..., :3] = np.clip(sprite[..., :3] * (1.15 - 0.55 * x**2)[None, :, None], 0, 255)


def _blend(sprite: Sprite, colours: np.ndarray, cover: np.ndarray) -> None:
    opacity = cover[..., None]
    sprite[..., :3] = sprite[..., :3] * (1 - opacity) + colours * opacity
    sprite[..., 3] = np.maximum(sprite[..., 3], 255 * cover)


def _speckle(rng: np.random.Generator, size: tuple[int, int], grain: float) -> np.ndarray:
    """Smooth noise of standard deviation about 1, `grain` pixels across."""
    shape = (int(size[0] / grain) + 3, int(size[1] / grain) + 3)
    coarse = rng.standard_normal(shape, dtype=np.float32)
    large = cv2.resize(coarse, None, fx=grain, fy=grain, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large)[: size[0], : size[1]]
