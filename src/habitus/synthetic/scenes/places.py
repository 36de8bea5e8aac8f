"""Where people can stand before a camera: whole in its picture, in front of everything, large enough."""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float

from habitus.synthetic.scenes import fronts, vehicles
from habitus.synthetic.scenes.camera import SMALLEST, STATURE, TALLEST, Camera
from habitus.synthetic.scenes.cards import project
from habitus.synthetic.scenes.site import Site, Thing, draw_site
from habitus.synthetic.scenes.street_kernels import in_shadow
from habitus.synthetic.scenes.things import extent

_PLACE = 73
_TRIES = 600
_FEW = 12
_ON_GRASS = 0.15


@lru_cache(maxsize=128)
def places(camera: Camera) -> Float[np.ndarray, "P 3"]:
    """Places on the ground where people stand: x and y in metres, and how far they are in shadow, in [0, 1].

    Standing there, people are between `SMALLEST` and `TALLEST` pixels high, whole in the picture, and neither a wall
    nor a thing is before them. Every camera has some.
    """
    rng = np.random.default_rng((_PLACE, camera.seed))
    near, far = reach(camera)
    ground = np.exp(rng.uniform(np.log(near), np.log(far), _TRIES))
    azimuth = rng.uniform(-0.85, 0.85, _TRIES) * np.arctan(camera.size[1] / 2 / camera.focal)
    spots = np.stack([ground * np.sin(azimuth), ground * np.cos(azimuth)], 1)
    whole = spots[_whole(camera, spots)]
    whole = whole if len(whole) >= _FEW else spots[:_FEW]
    if camera.picture is not None:
        return np.concatenate([whole, np.zeros((len(whole), 1))], 1)
    site = draw_site(camera)
    free = whole[[_free(rng, camera, site, spot) for spot in whole]]
    free = free if len(free) else whole[:_FEW]
    right, up, back = camera.light.direction
    sun = np.array((right, -back, 0.0 if camera.indoor else up))
    dark = [in_shadow(x, y, sun, site.shading, 0.4) for x, y in free]
    return np.concatenate([free, np.array(dark)[:, None]], 1)


def reach(camera: Camera) -> tuple[float, float]:
    """The smallest and the greatest distance on the ground at which people stand, metres."""
    far = max(camera.focal * STATURE / SMALLEST, 1.5 * camera.height)
    near = max(camera.focal * STATURE / min(TALLEST, 0.6 * camera.size[0]), 0.9 * camera.height)
    return min(near, 0.7 * far), far


def _whole(camera: Camera, spots: Float[np.ndarray, "n 2"]) -> Bool[np.ndarray, "n"]:
    """Whether somebody at each spot is whole in the picture, and of a size to be seen."""
    feet, heads = (project(camera, np.insert(spots, 2, z, axis=1)) for z in (0.0, STATURE))
    tall = np.hypot(*(feet - heads).T)
    margin = 0.2 * tall
    inside = (heads[:, 1] > -0.5 * margin) & (feet[:, 1] < camera.size[0] + 0.3 * margin)
    inside &= (feet[:, 0] > margin) & (feet[:, 0] < camera.size[1] - margin)
    return inside & (tall >= SMALLEST) & (tall <= TALLEST)


def _free(rng: np.random.Generator, camera: Camera, site: Site, spot: Float[np.ndarray, "2"]) -> bool:
    """Whether somebody may stand at a spot: few walk on grass."""
    if any(fronts.hides(wall, spot[0], spot[1]) for wall in site.walls):
        return False
    if site.on_grass(spot[0], spot[1]) and rng.uniform() > _ON_GRASS:
        return False
    box = _box(camera, spot[0], spot[1], 0.7, 1.8)
    return not any(_before(camera, thing, spot, box) for thing in site.things)


def _before(camera: Camera, thing: Thing, spot: Float[np.ndarray, "2"], box: Float[np.ndarray, "4"]) -> bool:
    """Whether a thing is in the way of somebody at a spot, or of seeing them."""
    wide, tall = (4.6, vehicles.height(thing.kind)) if thing.kind in vehicles.KINDS else extent(thing.kind)
    away = np.hypot(thing.x - spot[0], thing.y - spot[1])
    if away < (2.4 if thing.kind in vehicles.KINDS else 0.7):
        return True
    if thing.y - (0.3 * wide if thing.kind in vehicles.KINDS else 0.0) > spot[1]:
        return False
    left, top, right, low = _box(camera, thing.x, thing.y, wide, tall)
    return bool(left < box[2] and right > box[0] and top < box[3] and low > box[1])


def _box(camera: Camera, x: float, y: float, wide: float, tall: float) -> Float[np.ndarray, "4"]:
    """Left, top, right and bottom in the picture of something that stands at (x, y)."""
    corners = [(x + side * 0.5 * wide, y, z) for side in (-1, 1) for z in (0.0, tall)]
    columns, rows = project(camera, np.array(corners)).T
    return np.array((columns.min(), rows.min(), columns.max(), rows.max()))
