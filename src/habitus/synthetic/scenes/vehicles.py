"""Parked cars and vans as a few dozen polygons, lit, in true perspective."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes.camera import Camera
from habitus.synthetic.scenes.cards import Card, project
from habitus.synthetic.scenes.light import Light
from habitus.synthetic.scenes.sensor import PLAIN
from habitus.synthetic.scenes.site import Thing

VARIANTS = 16
"""How many different ones of each kind stand before people."""
_VEHICLE = 75
_EVEN = Light((0.0, 1.0, 0.0), sun=(0.0, 0.0, 0.0), sky=(1.1, 1.1, 1.1), ground=(0.7, 0.7, 0.7))
KINDS = ("car", "van")
_PAINT = np.array([(0.75, 0.75, 0.76), (0.85, 0.85, 0.85), (0.10, 0.10, 0.11), (0.32, 0.33, 0.35), (0.14, 0.19, 0.33),
                   (0.48, 0.10, 0.10), (0.55, 0.57, 0.60), (0.20, 0.30, 0.26), (0.62, 0.56, 0.44)])  # fmt: skip
_GLASS, _TYRE, _PLASTIC = (0.13, 0.15, 0.17), (0.06, 0.06, 0.065), (0.09, 0.09, 0.1)
# Half profiles from the front to the back: metres along, up, and half the width there.
_CAR = np.array(
    [
        (2.10, 0.28, 0.72), (2.12, 0.55, 0.78), (1.95, 0.72, 0.80), (1.00, 0.92, 0.82), (0.25, 1.38, 0.62),
        (-1.10, 1.42, 0.62), (-1.75, 0.98, 0.78), (-2.10, 0.85, 0.80), (-2.12, 0.50, 0.78), (-2.08, 0.28, 0.74),
    ]
)  # fmt: skip
_VAN = np.array(
    [
        (2.50, 0.30, 0.85), (2.52, 0.70, 0.92), (2.30, 1.05, 0.95), (2.00, 1.20, 0.95), (1.35, 2.05, 0.82),
        (-2.30, 2.15, 0.84), (-2.45, 1.20, 0.95), (-2.47, 0.90, 0.95), (-2.47, 0.60, 0.93), (-2.40, 0.30, 0.90),
    ]
)  # fmt: skip
_MIDDLE = np.array((0.0, 0.0, 0.8))
_SUPER = 3
"""Samples a pixel across."""


@dataclass(frozen=True)
class _Face:
    corners: Float[np.ndarray, "n 3"]
    colour: np.ndarray


def lay_vehicle(picture: Float[np.ndarray, "H W 3"], camera: Camera, car: Thing) -> None:
    """Draw a car or a van into the camera's picture."""
    drawn = _drawn(camera, car)
    if drawn is not None:
        part, where = drawn
        picture[where] = picture[where] * (1 - part[..., 3:]) + part[..., :3]


def vehicle(kind: str, seed: int) -> Card:
    """A car or a van seen from a few metres off in even light, one of `VARIANTS`."""
    return _card(kind, seed % VARIANTS)


@cache
def _card(kind: str, variant: int) -> Card:
    rng = np.random.default_rng((_VEHICLE, KINDS.index(kind), variant))
    far, metre = 14.0, 80.0
    camera = Camera(
        height=2.5, pitch=0.12, focal=metre * far, size=(400, 640), indoor=False, light=_EVEN, sensor=PLAIN, seed=0
    )
    drawn = _drawn(camera, Thing(kind, 0.0, far, rng.uniform(-np.pi, np.pi), int(rng.integers(2**31))))
    assert drawn is not None
    part = drawn[0]
    return Card((part.clip(0, 1) * 255).astype(np.uint8), part.shape[1] / metre, part.shape[0] / metre)


def _drawn(camera: Camera, car: Thing) -> tuple[Float[np.ndarray, "h w 4"], tuple[slice, slice]] | None:
    """Its lit RGB, multiplied by its coverage, and that, and where in the picture they lie."""
    rng = np.random.default_rng(car.seed)
    faces = _placed(_faces(rng, _VAN if car.kind == "van" else _CAR, car.kind == "van"), car.x, car.y, car.heading)
    every = project(camera, np.concatenate([face.corners for face in faces]))
    left, top = np.maximum(np.floor(every.min(0)).astype(int) - 1, 0)
    right, low = np.minimum(np.ceil(every.max(0)).astype(int) + 1, camera.size[::-1])
    if left >= right or top >= low:
        return None
    canvas = np.zeros(((low - top) * _SUPER, (right - left) * _SUPER, 4), np.uint8)
    eye = np.array((0.0, 0.0, camera.height))
    for face in sorted(faces, key=lambda face: -float(np.linalg.norm(face.corners.mean(0) - eye))):
        normal = np.cross(face.corners[1] - face.corners[0], face.corners[2] - face.corners[0])
        normal /= max(float(np.linalg.norm(normal)), 1e-9)
        if normal @ (eye - face.corners[0]) > 0:
            points = ((project(camera, face.corners) - (left, top)) * _SUPER).round().astype(np.int32)
            colour = np.clip(face.colour * _brightness(normal, camera.light) / 2, 0, 1) * 255
            cv2.fillPoly(canvas, [points], (*(float(c) for c in colour), 255.0))
    part = cv2.resize(canvas, (right - left, low - top), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    part[..., :3] *= 2 + 0.06 * rng.standard_normal((low - top, right - left, 1), dtype=np.float32)
    return part, (slice(top, low), slice(left, right))


def footprint(kind: str, x: float, y: float, heading: float) -> Float[np.ndarray, "4 3"]:
    """The corners of the ground below it, metres."""
    half = np.array((2.5, 0.95) if kind == "van" else (2.15, 0.82))
    corners = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)]) * half
    return _turn(np.concatenate([corners, np.zeros((4, 1))], 1), x, y, heading)


def height(kind: str) -> float:
    """Metres."""
    return 2.1 if kind == "van" else 1.4


def _faces(rng: np.random.Generator, profile: Float[np.ndarray, "10 3"], van: bool) -> list[_Face]:
    """All faces about the origin, the front towards +X, corners counter-clockwise from outside."""
    paint = _PAINT[rng.integers(len(_PAINT))] * rng.uniform(0.8, 1.1)
    glass, plastic, tyre = np.array(_GLASS) * rng.uniform(0.7, 1.6), np.array(_PLASTIC), np.array(_TYRE)
    shape = profile * (rng.uniform(0.9, 1.08), rng.uniform(0.94, 1.06), 1.0)
    faces = []
    colours = (plastic, paint, paint, glass, paint, paint if van else glass, paint, paint, plastic)
    for (a, b), colour in zip(pairwise(shape), colours, strict=True):
        strip = np.array([(a[0], a[2], a[1]), (b[0], b[2], b[1]), (b[0], -b[2], b[1]), (a[0], -a[2], a[1])])
        faces.append(_Face(_outward(strip), colour))
    for side in (1, -1):
        lower = shape[[0, 1, 2, 3, 6, 7, 8, 9]]
        _side(faces, lower, side, paint)
        _side(faces, shape[3:7], side, paint)
        _side(faces, _pulled(shape[3:7], 0.12), side, glass, lift=0.012)
        post = shape[3:7].mean(0)[0]
        bar = np.array([(post + 0.05, 0.9, 0), (post + 0.05, 1.36, 0), (post - 0.05, 1.36, 0), (post - 0.05, 0.9, 0)])
        bar[:, 1] *= shape[4, 1] / 1.38
        _flat(faces, bar, side, shape[3:7, 2].mean() + 0.05, paint)
        if van:
            rear = np.array([(post, 1.2, 0), (post, 2.0, 0), (-2.2, 2.05, 0), (-2.3, 1.2, 0)])
            _flat(faces, rear, side, 0.96, paint)
        for hub in (0.62 * shape[0, 0], 0.6 * shape[-1, 0]):
            _wheel(faces, hub, side, shape[1, 2] + 0.03, tyre)
    lamp, red = np.array((0.85, 0.85, 0.82)), np.array((0.5, 0.06, 0.05))
    for side in (1, -1):
        for end, colour in ((shape[1], lamp), (shape[8], red)):
            reach = end[0] + np.sign(end[0]) * 0.02
            quad = np.array([(reach, side * 0.75, 0.55), (reach, side * 0.45, 0.55), (reach, side * 0.45, 0.72),
                             (reach, side * 0.75, 0.72)])  # fmt: skip
            faces.append(_Face(_outward(quad), colour))
    return faces


def _side(faces: list[_Face], outline: np.ndarray, side: int, colour: np.ndarray, *, lift: float = 0.0) -> None:
    points = np.stack([outline[:, 0], side * (outline[:, 2] + lift), outline[:, 1]], 1)
    faces.append(_Face(_outward(points), colour))


def _flat(faces: list[_Face], outline: np.ndarray, side: int, width: float, colour: np.ndarray) -> None:
    points = np.stack([outline[:, 0], np.full(len(outline), side * width), outline[:, 1]], 1)
    faces.append(_Face(_outward(points), colour))


def _wheel(faces: list[_Face], hub: float, side: int, width: float, tyre: np.ndarray) -> None:
    turn = np.linspace(0, 2 * np.pi, 15)[:-1]
    for radius, colour, lift in ((0.34, tyre, 0.0), (0.2, np.array((0.42, 0.42, 0.43)), 0.015)):
        ring = np.stack([hub + radius * np.cos(turn), 0.33 + radius * np.sin(turn), turn * 0], 1)
        _flat(faces, ring, side, width + lift, colour)


def _outward(points: np.ndarray) -> np.ndarray:
    """The corners in the order that makes their normal point away from the middle of the vehicle."""
    normal = np.cross(points[1] - points[0], points[2] - points[0])
    return points if normal @ (points.mean(0) - _MIDDLE) > 0 else points[::-1]


def _pulled(outline: np.ndarray, share: float) -> np.ndarray:
    return outline + share * (outline.mean(0) - outline)


def _placed(faces: list[_Face], x: float, y: float, heading: float) -> list[_Face]:
    return [_Face(_turn(face.corners, x, y, heading), face.colour) for face in faces]


def _turn(points: np.ndarray, x: float, y: float, heading: float) -> np.ndarray:
    cos, sin = np.cos(heading), np.sin(heading)
    return points @ np.array([(cos, sin, 0), (-sin, cos, 0), (0, 0, 1)]) + (x, y, 0)


def _brightness(normal: np.ndarray, light: Light) -> np.ndarray:
    right, up, back = light.direction
    facing = max(0.0, float(normal @ (right, -back, up)))
    sky, ground, sun = np.array(light.sky), np.array(light.ground), np.array(light.sun)
    return ground + (sky - ground) * (0.5 + 0.5 * normal[2]) + sun * facing + 0.12 * max(normal[2], 0.0)
