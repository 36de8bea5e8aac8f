"""One photo of a camera: where the person stands, how the box is cut, and what falls on them and before them."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.shading import vertex_normals
from habitus.synthetic.scenes.camera import SMALLEST, STATURE, TALLEST, Camera, draw_camera
from habitus.synthetic.scenes.light import Light
from habitus.synthetic.scenes.sensor import Sensor

STOCK = 32
"""Cameras that photos of no camera in particular are taken with."""
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
    focal = camera.focal
    far = max(focal * STATURE / SMALLEST, 1.3 * camera.height)
    near = min(max(focal * STATURE / min(TALLEST, 0.6 * camera.size[0]), camera.height), 0.8 * far)
    ground = float(np.exp(rng.uniform(np.log(near), np.log(far))))
    azimuth = rng.uniform(-0.8, 0.8) * np.arctan(camera.size[1] / 2 / focal)
    elevation = float(np.arctan2(camera.height - 0.55 * STATURE, ground))
    distance = float(np.hypot(camera.height - 0.55 * STATURE, ground))
    fill = rng.uniform(0.84, 0.95)
    light = _drifted(rng, camera.light).turned(azimuth, elevation)
    pixels = focal * STATURE * np.cos(elevation) / distance
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
        sensor=replace(camera.sensor, rows=float(pixels / fill)),
        occluder=int(rng.integers(2**31)) if rng.uniform() < occluded else None,
        seed=int(rng.integers(2**31)),
    )


def _drifted(rng: np.random.Generator, light: Light) -> Light:
    """Clouds pass: a little more or less sun from photo to photo."""
    cloud = np.clip(rng.normal(1.0, 0.06), 0.8, 1.15)
    red, green, blue = (float(c * cloud) for c in light.sun)
    return replace(light, sun=(red, green, blue))


def _draw_truncation(rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Mostly the legs are cut off, or one side, now and then the head."""
    kind = rng.choice(4, p=(0.6, 0.15, 0.15, 0.1))
    cut = float(rng.uniform(0.12, 0.45) if kind == 0 else rng.uniform(0.06, 0.35))
    return ((0.0, 0.0, 0.0, cut), (cut, 0.0, 0.0, 0.0), (0.0, 0.0, cut, 0.0), (0.0, 0.3 * cut, 0.0, 0.0))[kind]


def frame(vertices: Float[Tensor, "N 3"], scene: Scene, size: tuple[int, int]) -> Float[Tensor, "3"]:
    """The camera psi of a crop as a detector would cut it around posed vertices."""
    low, high = vertices.amin(0), vertices.amax(0)
    left, top, right, bottom = scene.truncation
    extent = high - low
    low = low + extent * torch.tensor([left, bottom, 0.0])
    high = high - extent * torch.tensor([right, top, 0.0])
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
    share = sum(scene.light.sun) / (sum(scene.light.sun) + sum(scene.light.sky))
    for direction, strength, blur in ((sun, 1.3 * share, 0.8), (up, 0.55, 2.5)):
        steep = float(direction @ up)
        if steep < 0.2:
            continue
        fallen = vertices - direction * (height / steep)[..., None]
        covered = rasterize(project(fallen, psi, half), faces, half).mask[0].numpy().astype(np.float32)
        dark = np.maximum(dark, strength * cv2.GaussianBlur(covered, (0, 0), blur * half[1] / 64))
    return np.clip(cv2.resize(dark, size[::-1], interpolation=cv2.INTER_LINEAR), 0, 0.75)
