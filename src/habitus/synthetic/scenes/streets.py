"""The picture of a camera, drawn once: the street, and the things on it with their shadows."""

import cv2
import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes import cards, things, vehicles
from habitus.synthetic.scenes.camera import Camera
from habitus.synthetic.scenes.cards import Card
from habitus.synthetic.scenes.figures import figure
from habitus.synthetic.scenes.site import Site, Thing
from habitus.synthetic.scenes.street_kernels import draw_street

_HORIZON, _ZENITH = np.array((0.93, 0.94, 0.96)), np.array((0.66, 0.77, 0.92))
_CEILING = np.array((0.72, 0.72, 0.70))


def draw_picture(camera: Camera, site: Site) -> Float[np.ndarray, "H W 3"]:
    """What the camera would see without anybody before it, lit, RGB, float32, 1 is white."""
    picture, ground = _street(camera, site)
    stand = [(thing, None if thing.kind in vehicles.KINDS else _card(thing)) for thing in site.things]
    dark = np.zeros(camera.size, np.float32)
    share = sum(camera.light.sun) / (sum(camera.light.sun) + sum(camera.light.sky))
    for thing, card in stand:
        _shadows(dark, camera, thing, card, 1.1 * share)
    dark = cv2.GaussianBlur(dark, (0, 0), 0.0008 * camera.focal)
    picture *= 1 - (dark * ground)[..., None]
    light = camera.light.upright()
    for thing, card in stand:
        if card is None:
            vehicles.lay_vehicle(picture, camera, thing)
        else:
            cards.lay_over(picture, card.sprite, cards.upright(card, camera, thing.x, thing.y), light)
    return picture


def _card(thing: Thing) -> Card:
    return figure(thing.seed) if thing.kind == "person" else things.thing(thing.kind, thing.seed)


def _street(camera: Camera, site: Site) -> tuple[Float[np.ndarray, "H W 3"], Float[np.ndarray, "H W"]]:
    """The picture without things, and how far each pixel is ground."""
    picture, ground = np.empty((*camera.size, 3), np.float32), np.empty(camera.size, np.float32)
    view = np.array((camera.focal, np.cos(camera.pitch), np.sin(camera.pitch), camera.height))
    x, up, back = camera.light.direction
    sun, sky = np.array(camera.light.sun), np.array(camera.light.sky)
    cloud = 1 - min(1.0, float(sun.mean()))
    above = (_CEILING, _CEILING) if camera.indoor else (_HORIZON, _ZENITH + cloud * (0.9 - _ZENITH))
    light = np.stack([sky, sun * up, *(sky.mean() * colour * 1.1 for colour in above)])
    direction = np.array((x, -back, up if sun.mean() > 0.08 and not camera.indoor else 0.0))
    draw_street(
        picture, ground, _tile(camera.seed), view, site.road, site.bands, site.marks, site.patches, site.walls,
        site.shading, direction, light,
    )  # fmt: skip
    return picture, ground


def _shadows(dark: Float[np.ndarray, "H W"], camera: Camera, thing: Thing, card: Card | None, sun: float) -> None:
    """Darken the ground by what a thing keeps off: the sun's light, and the sky's close by."""
    if card is None:
        _below_vehicle(dark, camera, thing, sun)
        return
    corners = cards.fallen(card, camera, thing.x, thing.y)
    if corners is not None:
        cards.darken(dark, card.sprite, corners, sun)
    wide = 0.6 * min(card.width, 1.2)
    foot = np.array([(-1, 1), (1, 1), (1, -1), (-1, -1)]) * 0.5 * wide + (thing.x, thing.y)
    cards.darken(dark, _SPOT, cards.project(camera, np.concatenate([foot, np.zeros((4, 1))], 1)), 0.45)


def _below_vehicle(dark: Float[np.ndarray, "H W"], camera: Camera, thing: Thing, sun: float) -> None:
    base = vehicles.footprint(thing.kind, thing.x, thing.y, thing.heading)
    right, up, back = camera.light.direction
    outlines = [(base, 0.65)]
    if not camera.indoor and up > 0.1:
        roof = base - np.array((right, -back, 0.0)) / up * vehicles.height(thing.kind)
        outlines.append((np.concatenate([base, roof]), sun))
    for corners, strength in outlines:
        if (corners[:, 1] > 0.8).all():
            hull = cv2.convexHull(cards.project(camera, corners).astype(np.float32))
            shade = np.zeros(dark.shape, np.uint8)
            cv2.fillConvexPoly(shade, hull.round().astype(np.int32), 255)
            np.maximum(dark, shade * np.float32(strength / 255), out=dark)


def _spot() -> np.ndarray:
    """A soft round spot."""
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    sprite = np.zeros((32, 32, 4), np.uint8)
    sprite[..., 3] = 255 * np.clip(1.2 - 1.2 * np.hypot(x, y), 0, 1)
    return sprite


_SPOT = _spot()


def _tile(seed: int) -> Float[np.ndarray, "256 256"]:
    """Noise of standard deviation 1, periodic."""
    return np.random.default_rng((seed, 256)).standard_normal((256, 256), dtype=np.float32)
