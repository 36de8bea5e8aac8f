"""Streets behind people: ground, walls, foliage, and the clutter of any street out of focus."""

import cv2
import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes.scene import Scene

Image = Float[np.ndarray, "H W 3"]

_GROUNDS = np.array(
    [
        (0.45, 0.45, 0.46),
        (0.55, 0.53, 0.50),
        (0.36, 0.36, 0.37),
        (0.62, 0.58, 0.52),
        (0.33, 0.40, 0.20),
        (0.50, 0.43, 0.38),
    ]
)
_WALLS = np.array(
    [
        (0.52, 0.36, 0.28),
        (0.66, 0.62, 0.55),
        (0.50, 0.50, 0.50),
        (0.74, 0.73, 0.70),
        (0.36, 0.33, 0.31),
        (0.42, 0.46, 0.50),
    ]
)
_LEAVES = np.array([(0.20, 0.28, 0.12), (0.28, 0.34, 0.16), (0.16, 0.22, 0.13)])
_SKY = np.array([(0.78, 0.83, 0.90), (0.86, 0.87, 0.88), (0.62, 0.73, 0.88)])


def background(scene: Scene, size: tuple[int, int], *, feet: float, height: float) -> Float[np.ndarray, "H W 3"]:
    """The part of the camera's picture behind the crop, lit, RGB in [0, 1], float32.

    Args:
        scene: of the photo.
        size: (H, W) of the crop in pixels.
        feet: row on which the person stands.
        height: of the whole person, pixels of the crop.
    """
    street = _draw(np.random.default_rng(scene.camera.seed), size, feet=feet, height=height, elevation=scene.elevation)
    light = scene.light
    lit = np.array([sky + 0.65 * sun for sky, sun in zip(light.sky, light.sun, strict=True)], np.float32)
    return street * lit


def _draw(rng: np.random.Generator, size: tuple[int, int], *, feet: float, height: float, elevation: float) -> Image:
    """A random street, RGB in [0, 1], float32.

    Args:
        rng: of the scene.
        size: (H, W) in pixels.
        feet: row on which the person stands.
        height: of the person, pixels.
        elevation: radians by which the camera looks down; it lifts the horizon.
    """
    rows, columns = size
    horizon = feet - height * (0.92 + 4.5 * np.tan(max(elevation, 0.0)))
    base = rng.uniform(max(horizon, feet - 1.1 * height), feet - 0.08 * height)  # where the ground ends
    picture = _ground(rng, size, base)
    far = _wall(rng, size, base, height) if rng.uniform() < 0.65 else _open(rng, size, horizon, base)
    slope = rng.uniform(-0.25, 0.25)
    border = base + slope * (np.arange(columns) - columns / 2)
    above = np.clip(border - np.arange(rows)[:, None], 0, 1)[..., None]
    picture = picture + above * (far - picture)
    _clutter(picture, rng, base, height)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.006, 0.02) * columns)
    return np.clip(picture + 0.012 * _noise(rng, size, 1)[..., None], 0, 1).astype(np.float32)


def _ground(rng: np.random.Generator, size: tuple[int, int], base: float) -> Image:
    rows, columns = size
    colour = _GROUNDS[rng.integers(len(_GROUNDS))] * rng.uniform(0.8, 1.45)
    depth = np.clip((np.arange(rows) - base) / max(rows - base, 1), 0, 1)
    tone = (1 + rng.uniform(-0.15, 0.15) * depth)[:, None] + 0.05 * _noise(rng, size, 12, flat=3.0)
    tone += 0.03 * _noise(rng, size, 3, flat=2.0)
    picture = np.clip(colour * tone[..., None], 0, 1).astype(np.float32)
    for _ in range(rng.integers(0, 4)):  # kerbs, joints of slabs, painted lines
        left, right = rng.uniform(base, rows * 1.1, 2)
        shade = float(rng.choice((0.6, 0.75, 1.3)))
        line = np.zeros(size, np.float32)
        cv2.line(line, (-2, int(left)), (columns + 2, int(right)), 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
        picture *= 1 + (shade - 1) * line[..., None]
    if rng.uniform() < 0.35:  # a building's shadow
        edge = np.clip((np.arange(rows)[:, None] - rng.uniform(base, rows)) / 6 + rng.uniform(-1, 1) * 0.1
                       * np.arange(columns), 0, 1)  # fmt: skip
        picture *= (1 - 0.35 * edge)[..., None]
    return picture


def _wall(rng: np.random.Generator, size: tuple[int, int], base: float, height: float) -> Image:
    """A front of brick, plaster or glass, with windows or doors in a row."""
    columns = size[1]
    colour = _WALLS[rng.integers(len(_WALLS))] * rng.uniform(0.7, 1.2)
    picture = np.clip(colour * (1 + 0.05 * _noise(rng, size, 16) + 0.02 * _noise(rng, size, 2))[..., None], 0, 1)
    picture = picture.astype(np.float32)
    if rng.uniform() < 0.4:  # courses of brick, or cladding
        course = int(max(3, height * rng.uniform(0.02, 0.12)))
        picture[rng.integers(0, course) :: course] *= 0.85
    if rng.uniform() < 0.75:
        width, gap = height * rng.uniform(0.2, 0.5), height * rng.uniform(0.1, 0.5)
        bottom, tall = base - height * rng.uniform(0.0, 0.4), height * rng.uniform(0.4, 1.0)
        glass = np.array((0.2, 0.23, 0.26)) * rng.uniform(0.5, 2.2)
        start = -rng.uniform(0, width + gap)
        while start < columns:
            box = ((int(start), int(bottom - tall)), (int(start + width), int(bottom)))
            cv2.rectangle(picture, *box, tuple(float(c) for c in glass * rng.uniform(0.8, 1.3)), -1)
            cv2.rectangle(picture, *box, tuple(float(c) for c in colour * rng.choice((0.6, 1.3))), 1)
            start += width + gap
    picture[max(0, int(base - 0.04 * height)) : max(0, int(base))] *= 0.8
    return picture


def _open(rng: np.random.Generator, size: tuple[int, int], horizon: float, base: float) -> Image:
    """Lawn or paving up to the horizon, then foliage and sky."""
    rows = size[0]
    lawn = _GROUNDS[rng.integers(len(_GROUNDS))] * rng.uniform(0.8, 1.2)
    picture = np.clip(lawn * (1 + 0.08 * _noise(rng, size, 6, flat=2.5))[..., None], 0, 1).astype(np.float32)
    row = np.arange(rows)[:, None]
    leaves = _LEAVES[rng.integers(len(_LEAVES))] * rng.uniform(0.7, 1.3)
    foliage = np.clip(leaves * (1 + 0.3 * _noise(rng, size, 8) + 0.2 * _noise(rng, size, 3))[..., None], 0, 1)
    edge = min(horizon + 0.3 * (base - horizon), base)
    picture += np.clip(edge - row + 4 * _noise(rng, size, 8), 0, 1)[..., None] * (foliage - picture)
    sky = _SKY[rng.integers(len(_SKY))]
    top = horizon - rng.uniform(0.0, 0.5) * rows + rows * 0.06 * _noise(rng, size, 14)
    return picture + np.clip(top - row, 0, 1)[..., None] * (sky - picture)


def _clutter(picture: Image, rng: np.random.Generator, base: float, height: float) -> None:
    """Poles, bins, cars and people far off, as shapes without detail."""
    columns = picture.shape[1]
    for _ in range(rng.integers(0, 6)):
        colour = rng.uniform(0.05, 0.8) * (1 + rng.normal(0, 0.07, 3))
        if rng.uniform() < 0.12:
            colour = 0.15 + 0.5 * rng.uniform(0.0, 1.0, 3)
        tone = tuple(float(c) for c in np.clip(colour, 0, 1))
        x, y = rng.uniform(-0.1, 1.1) * columns, base + rng.uniform(-0.1, 0.15) * height
        kind = rng.integers(0, 4)
        if kind == 0:  # a pole
            width = max(1, int(height * rng.uniform(0.008, 0.03)))
            cv2.line(picture, (int(x), int(y)), (int(x + rng.uniform(-2, 2)), -5), tone, width, cv2.LINE_AA)
        elif kind == 1:  # a car
            half = (int(height * rng.uniform(0.3, 0.6)), int(height * rng.uniform(0.1, 0.16)))
            glass = tuple(float(c) for c in np.clip(0.25 + 0.2 * colour, 0, 1))
            left, right = int(x - half[0]), int(x + half[0])
            cv2.rectangle(picture, (left, int(y - 1.4 * half[1])), (right, int(y)), tone, -1)
            cabin = (left + half[0] // 3, int(y - 2.3 * half[1])), (right - half[0] // 2, int(y - 1.4 * half[1]))
            cv2.rectangle(picture, *cabin, glass, -1)
            cv2.rectangle(picture, (left, int(y - 0.25 * half[1])), (right, int(y)), (0.1, 0.1, 0.1), -1)
        elif kind == 2:  # somebody far away
            tall = height * rng.uniform(0.15, 0.4)
            torso, legs = (int(x), int(y - 0.66 * tall)), (int(x), int(y - 0.25 * tall))
            cv2.ellipse(picture, legs, (max(1, int(0.09 * tall)), int(0.27 * tall)), 0, 0, 360, (0.12, 0.13, 0.17), -1)
            cv2.ellipse(picture, torso, (max(1, int(0.13 * tall)), int(0.2 * tall)), 0, 0, 360, tone, -1)
            cv2.circle(picture, (int(x), int(y - 0.93 * tall)), max(1, int(0.06 * tall)), (0.5, 0.4, 0.33), -1)
        else:  # a bin, a box, a sign
            half = height * rng.uniform(0.05, 0.2, 2)
            cv2.rectangle(picture, (int(x - half[0]), int(y - 2 * half[1])), (int(x + half[0]), int(y)), tone, -1)


def _noise(
    rng: np.random.Generator, size: tuple[int, int], grain: int, *, flat: float = 1.0
) -> Float[np.ndarray, "H W"]:
    """Smooth noise of standard deviation about 1, `grain` pixels in 128 across and `flat` times flatter than wide."""
    rows, columns = size
    step = max(1.0, grain * columns / 128)
    shape = (int(rows / step * flat) + 2, int(columns / step) + 2)
    coarse = rng.standard_normal(shape, dtype=np.float32)
    return cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR)
