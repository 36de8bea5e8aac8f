"""Fixed surveillance cameras: where they hang, what they see, and the light there."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from habitus.synthetic.scenes.light import Light, draw_light
from habitus.synthetic.scenes.sensor import Sensor, draw_sensor

STATURE = 1.7
"""Metres; how high people stand in the picture is told for this height."""
TALLEST, SMALLEST = 400.0, 96.0
"""Pixels that people are high in the camera's picture."""
_SIZES = ((576, 704), (576, 768), (720, 1280), (960, 1280), (1080, 1920))


@dataclass(frozen=True)
class Camera:
    """A camera of a world. It looks along +Y of the ground's axes: X to the right, Z up, the origin below it."""

    height: float
    """Above the ground, metres."""
    pitch: float
    """Radians by which it looks down."""
    focal: float
    """Focal length in pixels."""
    size: tuple[int, int]
    """(H, W) of its picture."""
    indoor: bool
    light: Light
    """In the axes of a level view."""
    sensor: Sensor
    seed: int
    """Of what stands there."""
    picture: Path | None = None
    """A file of the user's that serves as the camera's picture; None: it is drawn from `seed`."""


def draw_camera(rng: np.random.Generator, *, folder: tuple[Path, ...] = ()) -> Camera:
    """Any camera over any street or hall.

    Args:
        rng: of the camera.
        folder: the user's pictures, from `folder.picture_files`, one of which takes the place of the drawn street.
    """
    indoor = bool(rng.uniform() < 0.2)
    light = draw_light(rng, indoor=indoor)
    rows, columns = _SIZES[rng.choice(len(_SIZES), p=(0.2, 0.2, 0.25, 0.15, 0.2))]
    height = rng.uniform(2.2, 4.0) if indoor else 2.4 + 4.6 * rng.uniform() ** 1.5
    focal = columns * rng.uniform(0.75, 1.25)
    near = focal * STATURE / min(TALLEST, 0.5 * rows)  # people as near as this are TALLEST
    far = focal * STATURE / SMALLEST
    middle = np.sqrt(max(near, 0.8 * height) * max(far, 1.6 * height))
    picture = folder[rng.integers(len(folder))] if folder else None
    sensor = draw_sensor(rng, brightness=sum(light.sky) / 3 + 0.6 * sum(light.sun) / 3)
    if picture is not None:  # nobody knows where the sun stood, and another camera has exposed it already
        light = replace(light, sun=(0.1, 0.1, 0.1))
        sensor = replace(sensor, gain=(1.0, 1.0, 1.0), saturation=1.0, contrast=1.0, sharpening=0.0)
    return Camera(
        height=height,
        pitch=float(np.arctan2(height - 0.5 * STATURE, middle) + rng.uniform(-0.06, 0.08)),
        focal=focal,
        size=(rows, columns),
        indoor=indoor,
        light=light,
        sensor=sensor,
        seed=int(rng.integers(2**31)),
        picture=picture,
    )
