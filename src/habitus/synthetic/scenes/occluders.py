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

LEAST, MOST = 0.06, 0.5
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
    box = _box(scene, size, feet=feet, height=height)
    best, miss = None, np.inf
    for _ in range(_TRIES):
        card = _card(kinds[rng.choice(len(kinds), p=shares)], int(rng.integers(2**31)))
        corners = _corners(rng, card, scene, size, feet=feet, height=height)
        covered = _covered(card, corners, box)
        off = max(LEAST - covered, covered - MOST, 0.0)
        if off < miss:
            best, miss = (card, corners), off
        if off == 0:
            break
    assert best is not None
    return _laid(*best, scene, size)


def _card(kind: str, seed: int) -> Card:
    if kind == "person":
        return figure(seed)
    return vehicle(kind, seed) if kind == "car" else thing(kind, seed)


def _corners(
    rng: np.random.Generator, card: Card, scene: Scene, size: tuple[int, int], *, feet: float, height: float
) -> Float[np.ndarray, "4 2"]:
    """The card's corners in the crop, from the upper left clockwise, somewhere nearer to the camera."""
    cos, sin = np.cos(scene.elevation), np.sin(scene.elevation)
    metre = height / (STATURE * cos + 0.25 * sin)
    nearer = min(rng.uniform(0.5, 2.2), 0.4 * scene.distance)  # metres on the ground
    scale = metre * scene.distance / (scene.distance - nearer * cos)
    foot = feet + scale * nearer * sin
    side = rng.choice((-1, 1)) * (0.5 * card.width + rng.uniform(-0.1, 0.2)) * (rng.uniform() < 0.8)
    middle = 0.5 * size[1] + scene.shift[0] * size[0] + scale * (side + rng.normal(0, 0.1))
    left, right, top = (
        middle - 0.5 * scale * card.width,
        middle + 0.5 * scale * card.width,
        foot - scale * card.height * cos,
    )
    return np.array([(left, top), (right, top), (right, foot), (left, foot)])


def _box(scene: Scene, size: tuple[int, int], *, feet: float, height: float) -> Float[np.ndarray, "4"]:
    """Left, top, right and bottom of the person, as far as they are in the crop."""
    middle, half = 0.5 * size[1] + scene.shift[0] * size[0], 0.5 * _NARROW * height
    return np.array((max(middle - half, 0), max(feet - height, 0), min(middle + half, size[1]), min(feet, size[0])))


def _covered(card: Card, corners: Float[np.ndarray, "4 2"], box: Float[np.ndarray, "4"]) -> float:
    """Share of the box that the card covers."""
    rows, columns = card.sprite.shape[:2]
    low, high = corners[0], corners[2]
    texels = np.array((columns, rows)) / (high - low)
    start = np.clip((box[:2] - low) * texels, 0, (columns, rows)).astype(int)
    stop = np.clip((box[2:] - low) * texels, 0, (columns, rows)).astype(int)
    part = card.sprite[start[1] : stop[1] : 3, start[0] : stop[0] : 3, 3]
    if part.size == 0:
        return 0.0
    area = np.prod((stop - start) / texels) / np.prod(box[2:] - box[:2])
    return float(part.mean() / 255 * area)


def _laid(
    card: Card, corners: Float[np.ndarray, "4 2"], scene: Scene, size: tuple[int, int]
) -> tuple[Float[np.ndarray, "H W 3"], Float[np.ndarray, "H W"]]:
    """Lit RGB and coverage of the crop's pixels."""
    layer = np.zeros((*size, 4), np.float32)
    warped = cards.warp(card.sprite, corners, size)
    if warped is not None:
        part, where = warped
        layer[where] = part
    coverage = layer[..., 3]
    colours = layer[..., :3] * scene.light.upright().astype(np.float32) / np.maximum(coverage, 1)[..., None]
    return colours, coverage / 255
