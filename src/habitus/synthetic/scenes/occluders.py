"""What stands between the camera and a person: passers-by, cars, poles, bushes, railings, luggage."""

import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes import cards
from habitus.synthetic.scenes.camera import STATURE
from habitus.synthetic.scenes.cards import Card
from habitus.synthetic.scenes.figures import figure
from habitus.synthetic.scenes.scene import Scene
from habitus.synthetic.scenes.things import thing
from habitus.synthetic.scenes.vehicles import vehicle

LEAST, MOST = 0.06, 0.55
"""Share of the person's box that is covered."""
_TRIES = 12
_OUTDOORS = ("person", "car", "lamp", "bush", "railing", "bicycle", "suitcase", "bin", "sign", "tree", "bench")
_OUTDOOR_SHARE = (0.36, 0.12, 0.1, 0.1, 0.07, 0.06, 0.05, 0.04, 0.04, 0.03, 0.03)
_INDOORS = ("person", "suitcase", "plant", "railing", "bin", "sign")
_INDOOR_SHARE = (0.55, 0.15, 0.12, 0.06, 0.06, 0.06)
_NARROW = 0.34
"""Width of the box that counts as the person, shares of the height."""


def occlude(
    scene: Scene, size: tuple[int, int], *, feet: float, height: float
) -> tuple[Float[np.ndarray, "H W 3"], Float[np.ndarray, "H W"]] | None:
    """What stands before the person, and how far it covers each pixel; None where the scene has nothing.

    Args:
        scene: of the photo.
        size: (H, W) of the crop in pixels.
        feet: row of the ground below the person.
        height: of the whole person from there to the head, pixels of the crop.

    Returns:
        lit RGB, 1 is white, and coverage in [0, 1], float32. Between `LEAST` and `MOST` of the person's box, as far as
        it lies in the crop, is covered.
    """
    if scene.occluder is None:
        return None
    rng = np.random.default_rng(scene.occluder)
    kinds, shares = (_INDOORS, _INDOOR_SHARE) if scene.camera.indoor else (_OUTDOORS, _OUTDOOR_SHARE)
    best, miss = np.zeros((*size, 4), np.float32), 1.0
    for _ in range(_TRIES):
        card = _card(kinds[rng.choice(len(kinds), p=shares)], int(rng.integers(2**31)))
        layer = _layer(rng, card, scene, size, feet=feet, height=height)
        covered = _covered(layer[..., 3], scene, feet=feet, height=height)
        off = max(LEAST - covered, covered - MOST, 0.0)
        if off < miss:
            best, miss = layer, off
        if off == 0:
            break
    coverage = best[..., 3]
    return best[..., :3] / np.maximum(coverage, 1 / 255)[..., None], coverage


def _card(kind: str, seed: int) -> Card:
    if kind == "person":
        return figure(seed)
    return vehicle(kind, seed) if kind == "car" else thing(kind, seed)


def _layer(
    rng: np.random.Generator, card: Card, scene: Scene, size: tuple[int, int], *, feet: float, height: float
) -> Float[np.ndarray, "H W 4"]:
    """The card somewhere nearer to the camera, RGB lit and multiplied by the coverage."""
    cos, sin = np.cos(scene.elevation), np.sin(scene.elevation)
    metre = height / (STATURE * cos + 0.25 * sin)
    nearer = min(rng.uniform(0.5, 2.2), 0.4 * scene.distance)  # metres on the ground
    scale = metre * scene.distance / (scene.distance - nearer * cos)
    foot = feet + scale * nearer * sin
    side = rng.choice((-1, 1)) * (0.5 * card.width + rng.uniform(-0.1, 0.25)) * (rng.uniform() < 0.8)
    middle = 0.5 * size[1] + scene.shift[0] * size[0] + scale * (side + rng.normal(0, 0.1))
    half, tall = 0.5 * scale * card.width, scale * card.height * cos
    corners = np.array([(middle - half, foot - tall), (middle + half, foot - tall), (middle + half, foot),
                        (middle - half, foot)])  # fmt: skip
    layer = np.zeros((*size, 4), np.float32)
    warped = cards.warp(card.sprite, corners, size)
    if warped is not None:
        part, where = warped
        layer[where] = part.astype(np.float32) / 255
        layer[..., :3] *= scene.light.upright().astype(np.float32)
    return layer


def _covered(coverage: Float[np.ndarray, "H W"], scene: Scene, *, feet: float, height: float) -> float:
    """Share of the person's box, as far as it lies in the crop, that is covered."""
    rows, columns = coverage.shape
    middle, half = 0.5 * columns + scene.shift[0] * rows, 0.5 * _NARROW * height
    left, right = (int(np.clip(c, 0, columns)) for c in (middle - half, middle + half))
    top, low = (int(np.clip(r, 0, rows)) for r in (feet - height, feet))
    box = coverage[top : max(low, top + 1), left : max(right, left + 1)]
    return float(box.mean()) if box.size else 0.0
