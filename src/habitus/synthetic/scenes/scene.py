"""One photo of a camera: where the person stands, how the box is cut, and what falls on them and before them."""

from dataclasses import dataclass, replace

import numpy as np

from habitus.synthetic.chance import bounded
from habitus.synthetic.scenes.camera import STATURE, Camera, draw_camera
from habitus.synthetic.scenes.light import Light
from habitus.synthetic.scenes.places import places
from habitus.synthetic.scenes.sensor import Sensor

STOCK = 16
"""Cameras that photos of no camera in particular are taken with."""
HIPS = 0.55 * STATURE
"""Metres above the ground at which the camera's distance and elevation are told."""
_STOCK = 71


@dataclass(frozen=True)
class Scene:
    """All that is drawn at random about one photo but for the person and the pose."""

    camera: Camera
    yaw: float
    """Radians; 0 when the person faces the camera, pi from behind."""
    azimuth: float
    """Radians by which the person stands to the right of the camera's axis."""
    elevation: float
    """Radians by which the camera looks down at the person's hips."""
    distance: float
    """From the camera to the person's hips, metres."""
    fill: float
    """Share of the crop's height (or width, where that is tighter) that the detected box takes."""
    shift: tuple[float, float]
    """Of the box, shares of the crop's height: a detector's jitter."""
    truncation: tuple[float, float, float, float]
    """Shares of the person that the box leaves out at the left, the top, the right and the bottom."""
    light: Light
    """On the person, in the axes of the view: +X to the right of the crop, +Y up, +Z to the camera."""
    sensor: Sensor
    """Of the camera at this moment."""
    occluder: int | None
    """Seed of what stands before the person; None: nothing does."""
    seed: int
    """Of the noise in the picture."""


def draw_scene(
    rng: np.random.Generator,
    camera: Camera | None = None,
    *,
    occluded: float = 0.0,
    truncated: float = 0.0,
    jitter: float = 0.012,
) -> Scene:
    """A random moment before a camera.

    Args:
        rng: of the scene.
        camera: of the world; None: any of `STOCK` cameras, so that their pictures need not be drawn anew each time.
        occluded: share of scenes in which something stands before the person.
        truncated: share of scenes in which the box leaves out a part of the person.
        jitter: standard deviation of the box's place, shares of the crop's height.
    """
    if camera is None:
        camera = draw_camera(np.random.default_rng((_STOCK, int(rng.integers(STOCK)))))
    spots = places(camera)
    x, y, dark = spots[rng.integers(len(spots))]
    ground, azimuth = float(np.hypot(x, y)), float(np.arctan2(x, y))
    elevation = float(np.arctan2(camera.height - HIPS, ground))
    distance = float(np.hypot(camera.height - HIPS, ground))
    fill = rng.uniform(0.84, 0.95)
    light = _drifted(rng, camera.light, 1 - dark).turned(azimuth, elevation)
    pixels = camera.focal * STATURE * np.cos(elevation) / distance
    return Scene(
        camera=camera,
        yaw=rng.uniform(-np.pi, np.pi),
        azimuth=azimuth,
        elevation=elevation,
        distance=distance,
        fill=fill,
        shift=(rng.normal(0, jitter), rng.normal(0, jitter)),
        truncation=_draw_truncation(rng) if rng.uniform() < truncated else (0.0, 0.0, 0.0, 0.0),
        light=light,
        sensor=_exposed(rng, camera.sensor, float(pixels / fill)),
        occluder=int(rng.integers(2**31)) if rng.uniform() < occluded else None,
        seed=int(rng.integers(2**31)),
    )


def _drifted(rng: np.random.Generator, light: Light, open_: float) -> Light:
    """A little more or less sun from photo to photo; a share `open_` of it comes past the walls."""
    cloud = open_ * bounded(rng.normal(1.0, 0.06), 0.8, 1.15)
    red, green, blue = (float(c * cloud) for c in light.sun)
    return replace(light, sun=(red, green, blue))


def _exposed(rng: np.random.Generator, sensor: Sensor, rows: float) -> Sensor:
    """The camera corrects its exposure a little all the time."""
    exposure = bounded(rng.normal(1.0, 0.035), 0.9, 1.1)
    red, green, blue = (exposure * gain for gain in sensor.gain)
    return replace(sensor, rows=rows, gain=(red, green, blue))


def _draw_truncation(rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Mostly the legs are cut off, or one side, now and then the head."""
    kind = rng.choice(4, p=(0.6, 0.15, 0.15, 0.1))
    cut = float(rng.uniform(0.12, 0.45) if kind == 0 else rng.uniform(0.06, 0.35))
    return ((0.0, 0.0, 0.0, cut), (cut, 0.0, 0.0, 0.0), (0.0, 0.0, cut, 0.0), (0.0, 0.3 * cut, 0.0, 0.0))[kind]
