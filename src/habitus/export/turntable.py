"""turntable.gif and .mp4: the person, as posed in the photo, turning once about the vertical axis."""

import math
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor
from torch.nn import functional

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix
from habitus.export.pictures import to_picture
from habitus.files import writing
from habitus.rendering.render import render
from habitus.rendering.shading import Lambert
from habitus.types import BodyParams, TexturedPerson

FRAMES = 36
SIZE = (320, 240)
FRAMES_PER_SECOND = 18
BACKDROP = (0.925, 0.918, 0.902)
# Brightness 1 where a surface faces the viewer's upper left, never below 0.7: form shows, the colours stay true.
LIGHT = Lambert(direction=(-0.35, 0.45, 1.0), ambient=(0.7, 0.7, 0.7), diffuse=(0.32, 0.32, 0.32))
SHADOW, SHADOW_REACH = 0.42, 1.2  # how dark, and how far from the middle in metres
CAMERA_PITCH = 0.10
"""Radians: seen a little from above, so that the ground shows."""


def turntable_frames(
    person: TexturedPerson, body: BodyModel, *, count: int = FRAMES, size: tuple[int, int] = SIZE
) -> list[UInt8[np.ndarray, "H W 3"]]:
    """Pictures of one turn; the first shows the person as the photo does, the next ones from its left.

    Args:
        person: B = 1.
        body: of the person's topology.
        count: of pictures.
        size: (H, W) of each, pixels.
    """
    return turned_frames(body, person.params, person.texture.image, count=count, size=size)


@torch.no_grad()
def turned_frames(
    body: BodyModel,
    params: BodyParams,
    texture: Float[Tensor, "3 T T"],
    *,
    count: int,
    size: tuple[int, int] = SIZE,
) -> list[UInt8[np.ndarray, "H W 3"]]:
    """`turntable_frames` of a body (B = 1) and a texture."""
    standing = body(params.theta, params.beta, params.delta).vertices[0]
    low, high = standing.amin(0), standing.amax(0)
    middle = (low + high) / 2
    standing = standing - torch.stack([middle[0], low[1], middle[2]])
    psi, shadow = _camera(standing, size), _contact_shadow(standing)
    frames = []
    for yaw in (-torch.arange(count) * (2 * math.pi / count)).split(12):  # in pieces: memory stays low
        rendering = render(
            _turned(standing, yaw),
            body.faces,
            psi.expand(len(yaw), -1),
            body.uv,
            body.uv_faces,
            texture[None],
            size=size,
            background=_backdrop(shadow, yaw, psi, size),
            shading=LIGHT,
        )
        frames += [to_picture(image) for image in rendering.image]
    return frames


def write_turntable(path: str | Path, frames: Sequence[UInt8[np.ndarray, "H W 3"]]) -> list[Path]:
    """Write the pictures as a looping GIF and, when ffmpeg is on the PATH, an MP4 beside it.

    Args:
        path: of the .gif file.
        frames: of one turn.

    Returns:
        The files written.

    Raises:
        InputError: a file cannot be written.
    """
    path = Path(path)
    images = _with_one_palette(frames)
    with writing(path) as temporary:
        images[0].save(
            temporary,
            save_all=True,
            append_images=images[1:],
            duration=round(1000 / FRAMES_PER_SECOND),
            loop=0,
            optimize=False,
        )
    movie = _mp4(frames)
    if movie is None:
        return [path]
    with writing(path.with_suffix(".mp4")) as temporary:
        temporary.write_bytes(movie)
    return [path, path.with_suffix(".mp4")]


def _with_one_palette(frames: Sequence[UInt8[np.ndarray, "H W 3"]]) -> list[Image.Image]:
    """Frames in 256 colours, the same for all: they do not flicker while the person turns.

    Dithering would, so there is none. The last colour is the backdrop's own, which quantising would tint.
    """
    backdrop = [round(255 * c) for c in BACKDROP]
    sample = Image.fromarray(np.concatenate(frames[:: max(1, len(frames) // 6)], axis=1))
    palette = sample.quantize(255, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    colours = ((palette.getpalette() or []) + [0] * 765)[:765] + backdrop
    images = []
    for frame in frames:
        index = np.array(Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE))
        index[(frame == backdrop).all(-1)] = 255
        images.append(Image.fromarray(index))
        images[-1].putpalette(colours)
    return images


def _turned(vertices: Float[Tensor, "N 3"], yaw: Float[Tensor, "B"]) -> Float[Tensor, "B N 3"]:
    """Copies turned about the vertical axis, then tilted towards the camera."""
    turns = torch.zeros(len(yaw), 2, 3)
    turns[:, 0, 0] = CAMERA_PITCH
    turns[:, 1, 1] = yaw
    tilt, turn = axis_angle_to_matrix(turns).unbind(1)
    return vertices @ (tilt @ turn).transpose(1, 2)


def _camera(standing: Float[Tensor, "N 3"], size: tuple[int, int]) -> Float[Tensor, "1 3"]:
    """The weak-perspective camera that sees the whole turn of a person standing on y = 0."""
    radius = standing[:, [0, 2]].norm(dim=1).amax()
    height = standing[:, 1].amax() * math.cos(CAMERA_PITCH)
    front = radius * math.sin(CAMERA_PITCH)  # the near rim of the ground, below the feet
    scale = torch.minimum(1.84 / (height + 2 * front), 0.94 * size[1] / size[0] / radius)
    return torch.stack([scale, torch.zeros_like(scale), -height / 2])[None]


def _contact_shadow(standing: Float[Tensor, "N 3"]) -> Float[Tensor, "1 1 G G"]:
    """How dark the ground is under a person on y = 0, over (x, z) in [-SHADOW_REACH, SHADOW_REACH]."""
    cells = 128
    x, y, z = standing.cpu().double().numpy().T
    near = np.exp(-np.maximum(y, 0) / 0.10)
    limits = [(-SHADOW_REACH, SHADOW_REACH)] * 2
    density, _, _ = np.histogram2d(z, x, bins=cells, range=limits, weights=near)
    blur = 0.055 * cells / (2 * SHADOW_REACH)
    density = cv2.GaussianBlur(density, (0, 0), blur) + 0.6 * cv2.GaussianBlur(density, (0, 0), 3 * blur)
    darkness = SHADOW * (1 - np.exp(-2.5 * density / density.max()))
    return torch.as_tensor(darkness, dtype=torch.float32)[None, None]


def _backdrop(
    shadow: Float[Tensor, "1 1 G G"],
    yaw: Float[Tensor, "B"],
    psi: Float[Tensor, "1 3"],
    size: tuple[int, int],
) -> Float[Tensor, "B 3 H W"]:
    """An even backdrop with the shadow lying on the ground, turned as the person is."""
    height, width = size
    scale = psi[0, 0] * height / 2
    x = (torch.arange(width) + 0.5 - width / 2) / scale
    y = -(torch.arange(height) + 0.5 - height / 2) / scale - psi[0, 2]
    z = -y / math.sin(CAMERA_PITCH)
    z, x = torch.meshgrid(z, x, indexing="ij")
    sine, cosine = yaw.sin()[:, None, None], yaw.cos()[:, None, None]
    ground = torch.stack([cosine * x - sine * z, sine * x + cosine * z], -1) / SHADOW_REACH
    dark = functional.grid_sample(shadow.expand(len(yaw), -1, -1, -1), ground, align_corners=False)
    return torch.tensor(BACKDROP)[:, None, None] * (1 - dark)


def _mp4(frames: Sequence[UInt8[np.ndarray, "H W 3"]]) -> bytes | None:
    """None when there is no ffmpeg, or one without H.264: the GIF is enough then, and `habitus doctor` tells."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    height, width = (side - side % 2 for side in frames[0].shape[:2])  # yuv420p halves the colours
    pixels = b"".join(np.ascontiguousarray(f[:height, :width]).tobytes() for f in frames)
    with tempfile.TemporaryDirectory() as folder:
        movie = Path(folder, "turntable.mp4")
        command = [program, "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
        command += ["-r", str(FRAMES_PER_SECOND), "-i", "-", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20"]
        command += ["-preset", "veryfast", "-movflags", "+faststart", str(movie)]
        done = subprocess.run(command, input=pixels, capture_output=True, check=False)
        return movie.read_bytes() if done.returncode == 0 else None
