"""Where and how a made person is photographed: camera, light, street, sensor."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.shading import vertex_normals


@dataclass(frozen=True)
class Light:
    """A sun and a sky, in the camera's axes."""

    direction: tuple[float, float, float]
    """Towards the sun, unit length."""
    sun: Float[np.ndarray, "3"]
    """RGB on a surface that faces it."""
    sky: Float[np.ndarray, "3"]
    """RGB on a surface that faces up."""
    ground: Float[np.ndarray, "3"]
    """RGB on a surface that faces down."""


@dataclass(frozen=True)
class Sensor:
    """What a camera does to a picture."""

    blur: float
    """Standard deviation of a Gaussian, pixels of a crop 256 high."""
    noise: float
    """Standard deviation."""
    gain: Float[np.ndarray, "3"]
    """Exposure and white balance, RGB."""
    contrast: float
    """Exponent."""
    quality: int
    """JPEG quality."""


@dataclass(frozen=True)
class Scene:
    """All that is drawn at random about one photo but for the pose."""

    yaw: float
    """Radians; 0 when the person faces the camera, pi from behind."""
    elevation: float
    """Radians by which the camera looks down."""
    fill: float
    """Share of the crop's height (or width, where that is tighter) that the person takes."""
    shift: tuple[float, float]
    """Of the box, shares of the crop's height: a detector's jitter."""
    light: Light
    sensor: Sensor
    street: int
    """Seed of the background."""


def draw_scene(rng: np.random.Generator) -> Scene:
    """A random view of a random street."""
    return Scene(
        yaw=rng.uniform(-np.pi, np.pi),
        elevation=rng.uniform(0.0, 0.3),
        fill=rng.uniform(0.84, 0.95),
        shift=(rng.normal(0, 0.012), rng.normal(0, 0.012)),
        light=_draw_light(rng),
        sensor=_draw_sensor(rng),
        street=int(rng.integers(2**31)),
    )


def _draw_light(rng: np.random.Generator) -> Light:
    azimuth, height = rng.uniform(-np.pi, np.pi), rng.uniform(0.5, 1.2)
    direction = (np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height))
    sunny = rng.uniform(0, 1) ** 1.5
    warmth = rng.normal(0, 0.03)
    tint = np.array((1 + warmth, 1.0, 1 - warmth))
    level = rng.uniform(0.9, 1.3)
    return Light(
        direction,
        sun=0.8 * sunny * tint * level,
        sky=(0.98 - 0.42 * sunny) * (2 - tint) * level,
        ground=(0.48 - 0.16 * sunny) * level * np.ones(3),
    )


_SHOULDER = 0.7
"""Brightness from which a sensor compresses."""


def _draw_sensor(rng: np.random.Generator) -> Sensor:
    return Sensor(
        blur=rng.uniform(0.3, 1.0),
        noise=rng.uniform(0.004, 0.02),
        gain=rng.uniform(0.85, 1.15) * (1 + rng.normal(0, 0.025, 3)),
        contrast=rng.uniform(0.85, 1.15),
        quality=int(rng.integers(55, 96)),
    )


def frame(vertices: Float[Tensor, "N 3"], scene: Scene, size: tuple[int, int]) -> Float[Tensor, "3"]:
    """The camera psi of a crop as a detector would cut it around posed vertices."""
    low, high = vertices.amin(0), vertices.amax(0)
    middle, extent = (low + high) / 2, high - low
    aspect = size[1] / size[0]
    scale = 2 * scene.fill / max(float(extent[1]), float(extent[0]) / aspect * 0.98)
    shift_x, shift_y = (2 * s / scale for s in scene.shift)
    return torch.tensor([scale, shift_x - float(middle[0]), shift_y - float(middle[1])])


def brightness(vertices: Float[Tensor, "1 N 3"], faces: Tensor, light: Light) -> Float[Tensor, "1 N 3"]:
    """RGB brightness of vertices: sun by Lambert's law, the sky from above, the ground's reflection from below."""
    normals = vertex_normals(vertices, faces)
    sun, sky, ground = (torch.tensor(c, dtype=torch.float32) for c in (light.sun, light.sky, light.ground))
    facing = (normals * torch.tensor(light.direction, dtype=torch.float32)).sum(-1, keepdim=True).clamp(min=0)
    up = 0.5 + 0.5 * normals[..., 1:2]
    return ground + (sky - ground) * up + sun * facing


def shadow(
    vertices: Float[Tensor, "1 N 3"], faces: Tensor, psi: Float[Tensor, "1 3"], scene: Scene, size: tuple[int, int]
) -> Float[np.ndarray, "H W"]:
    """How dark the ground is, in [0, 1]: the person's shadow from the sun, and below them from the sky."""
    up = torch.tensor([0.0, float(np.cos(scene.elevation)), float(np.sin(scene.elevation))])
    height = vertices @ up
    height = height - height.min()
    sun = torch.tensor(scene.light.direction, dtype=torch.float32)
    half = (max(1, size[0] // 2), max(1, size[1] // 2))
    dark = np.zeros(half, np.float32)
    share = float(scene.light.sun.mean() / (scene.light.sun.mean() + scene.light.sky.mean()))
    for direction, strength, blur in ((sun, 1.3 * share, 0.8), (up, 0.55, 2.5)):
        steep = float(direction @ up)
        if steep < 0.2:
            continue
        fallen = vertices - direction * (height / steep)[..., None]
        covered = rasterize(project(fallen, psi, half), faces, half).mask[0].numpy().astype(np.float32)
        dark = np.maximum(dark, strength * cv2.GaussianBlur(covered, (0, 0), blur * half[1] / 64))
    return np.clip(cv2.resize(dark, size[::-1], interpolation=cv2.INTER_LINEAR), 0, 0.75)


def expose(image: Float[np.ndarray, "H W 3"], sensor: Sensor, rng: np.random.Generator) -> Float[np.ndarray, "H W 3"]:
    """Blur, gain, contrast, noise and JPEG compression, RGB in [0, 1]."""
    picture = cv2.GaussianBlur(image, (0, 0), max(sensor.blur * image.shape[0] / 256, 0.15))
    picture = picture * sensor.gain.astype(np.float32)
    bright = np.maximum(picture - _SHOULDER, 0)  # highlights bend off instead of burning out
    picture = np.minimum(picture, _SHOULDER) + (1 - _SHOULDER) * np.tanh(bright / (1 - _SHOULDER))
    picture = np.clip(picture, 0, 1) ** np.float32(sensor.contrast)
    picture += sensor.noise * rng.standard_normal(picture.shape, dtype=np.float32)
    coded = (np.clip(picture[..., ::-1], 0, 1) * 255).round().astype(np.uint8)
    _, stream = cv2.imencode(".jpg", coded, (cv2.IMWRITE_JPEG_QUALITY, sensor.quality))
    decoded = np.asarray(cv2.imdecode(stream, cv2.IMREAD_COLOR))
    return decoded[..., ::-1].astype(np.float32) / 255
