"""What is behind people: the camera's own picture, drawn or read once, and cut out in true perspective."""

import math
import threading
from collections import OrderedDict
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from habitus.perception.photo import read_photo
from habitus.synthetic.scenes.camera import STATURE, Camera
from habitus.synthetic.scenes.scene import HIPS, Scene
from habitus.synthetic.scenes.site import draw_site
from habitus.synthetic.scenes.streets import draw_picture

CACHE_BYTES = 192_000_000
"""Of camera pictures kept in memory, per process."""
_WHITEST = 1.5
"""Brightness that 255 stands for in a kept picture: light from a low sun exceeds 1."""
_LEVELS = 3
_MOST_PIXELS = 900_000
"""Of a kept picture; those of larger cameras are drawn smaller, which their lenses would not show."""


def background(scene: Scene, size: tuple[int, int], *, feet: float, height: float) -> Float[np.ndarray, "H W 3"]:
    """The part of the camera's picture behind the crop, lit, RGB, float32, 1 is white.

    Args:
        scene: of the photo.
        size: (H, W) of the crop in pixels.
        feet: row of the ground below the person.
        height: of the whole person from there to the head, pixels of the crop.

    Raises:
        InputError: the camera's picture is a file that cannot be read.
    """
    levels = _pictures.of(scene.camera)
    to_picture = crop_to_picture(scene, size, feet=feet, height=height)
    finest = len(levels[0]) / scene.camera.size[0]
    pixels = finest * scene.camera.focal / (_metre(scene, height) * scene.distance)  # of the picture in one of the crop
    level = min(round(math.log2(max(pixels, 1.0))), _LEVELS - 1)
    scale = finest * 0.5**level
    reduce = np.array([(scale, 0, 0.5 * scale - 0.5), (0, scale, 0.5 * scale - 0.5), (0, 0, 1)])
    part = cv2.warpPerspective(
        levels[level], reduce @ to_picture, size[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )  # fmt: skip
    return part.astype(np.float32) * np.float32(_WHITEST / 255)


def crop_to_picture(scene: Scene, size: tuple[int, int], *, feet: float, height: float) -> Float[np.ndarray, "3 3"]:
    """The homography from pixel indices of the crop to those of the camera's picture; arguments as of `background`.

    The crop is what the same camera would see, turned so that it looks at the person's hips and holds them upright.
    """
    camera = scene.camera
    metre = _metre(scene, height)
    cos, sin = math.cos(scene.elevation), math.sin(scene.elevation)
    column = 0.5 * size[1] + scene.shift[0] * size[0]
    hips = feet - metre * HIPS * cos / (1 + HIPS * sin / scene.distance)
    focal = metre * scene.distance
    ray = np.array([(1 / focal, 0, (0.5 - column) / focal), (0, -1 / focal, (hips - 0.5) / focal), (0, 0, 1)])
    seen, own = _axes(scene.azimuth, scene.elevation), _axes(0.0, camera.pitch)
    lens = np.array(
        [(camera.focal, 0, 0.5 * camera.size[1] - 0.5), (0, -camera.focal, 0.5 * camera.size[0] - 0.5), (0, 0, 1)]
    )
    return lens @ own @ seen.T @ ray


def check_picture(camera: Camera) -> None:
    """Make sure that the camera's picture is there, reading it where it is a file.

    Raises:
        InputError: the file cannot be read.
    """
    _pictures.of(camera)


def _metre(scene: Scene, height: float) -> float:
    """Pixels of the crop per metre at the person's hips; they are as thick as a stride is long, seen from above."""
    return height / (STATURE * math.cos(scene.elevation) + 0.25 * math.sin(scene.elevation))


def _axes(azimuth: float, elevation: float) -> Float[np.ndarray, "3 3"]:
    """Rows: right, up and forward of a view, on the ground's axes."""
    aside, ahead, down, level = math.sin(azimuth), math.cos(azimuth), math.sin(elevation), math.cos(elevation)
    return np.array([(ahead, -aside, 0.0), (aside * down, ahead * down, level), (aside * level, ahead * level, -down)])


class _Pictures:
    """Camera pictures with their halved copies, the least recently used ones dropped."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Camera, list[UInt8[np.ndarray, "H W 3"]]] = OrderedDict()
        self.lock = threading.Lock()

    def of(self, camera: Camera) -> list[UInt8[np.ndarray, "H W 3"]]:
        with self.lock:
            if camera in self.kept:
                self.kept.move_to_end(camera)
                return self.kept[camera]
        levels = _levels(camera)
        with self.lock:
            self.kept[camera] = levels
            while self.bytes() > CACHE_BYTES and len(self.kept) > 1:
                self.kept.popitem(last=False)
        return levels

    def bytes(self) -> int:
        return sum(level.nbytes for levels in self.kept.values() for level in levels)


_pictures = _Pictures()


def _levels(camera: Camera) -> list[UInt8[np.ndarray, "H W 3"]]:
    if camera.picture is None:
        shrink = min(1.0, (_MOST_PIXELS / (camera.size[0] * camera.size[1])) ** 0.5)
        size = round(shrink * camera.size[0]), round(shrink * camera.size[1])
        lit = draw_picture(replace(camera, size=size, focal=shrink * camera.focal), draw_site(camera))
        full = cv2.convertScaleAbs(lit, alpha=255 / _WHITEST)
    else:
        full = cv2.convertScaleAbs(_read(camera), alpha=1 / _WHITEST)
    levels = [full]
    for _ in range(_LEVELS - 1):
        rows, columns = levels[-1].shape[:2]
        half = (max(1, columns // 2), max(1, rows // 2))
        levels.append(np.asarray(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA)))
    return levels


def _read(camera: Camera) -> UInt8[np.ndarray, "H W 3"]:
    """The user's picture, its middle cut to the shape of the camera's picture."""
    assert camera.picture is not None
    pixels = read_photo(camera.picture).pixels
    scale = max(camera.size[0] / pixels.shape[0], camera.size[1] / pixels.shape[1])
    rows, columns = (max(n, round(scale * m)) for n, m in zip(camera.size, pixels.shape[:2], strict=True))
    large = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (rows - camera.size[0]) // 2, (columns - camera.size[1]) // 2
    return np.ascontiguousarray(large[top : top + camera.size[0], left : left + camera.size[1]])
