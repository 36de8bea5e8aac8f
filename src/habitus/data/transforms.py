"""What is done to photos before networks see them: functions of the photo and of a generator, uint8 in and out.

A photo is resampled once, to the size that the network takes; what follows moves pixels, and recolours them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from habitus.errors import InputError

Picture = UInt8[np.ndarray, "H W 3"]
Transform = Callable[[Picture, np.random.Generator], Picture]
"""Takes a picture and may write into it: pass one that nobody else keeps."""

_ERASED = (0.02, 0.4)
"""Least and largest share of the area that is erased; this and the shape as in Zhong et al. 2020, section 4."""
_FLATTEST = 0.3
"""Least ratio of the erased box's sides; the largest is its inverse."""
_ATTEMPTS = 20
_MEAN = np.array([124, 116, 104], np.uint8)
"""What erased boxes are filled with: ImageNet's mean colour, which networks see as zero."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def train_transform(
    size: tuple[int, int], *, flip: float = 0.5, pad: int = 10, erase: float = 0.5, jitter: float = 0.0
) -> Transform:
    """Resize, flip, pad and crop, recolour, erase: what re-ID networks are trained with.

    Args:
        size: (H, W) of the result, pixels.
        flip: probability of a mirror image.
        pad: pixels by which the picture is shifted at most, over black.
        erase: probability that a box of it is erased.
        jitter: strength of random brightness, contrast and saturation; factors are drawn from 1 - jitter to 1 + jitter.

    Raises:
        InputError: a number outside its range.
    """
    check_augmentation(size, flip=flip, pad=pad, erase=erase, jitter=jitter)
    steps: list[Transform] = [Resize(size)]
    if flip:
        steps.append(Flip(flip))
    if pad:
        steps.append(PadCrop(pad))
    if jitter:
        steps.append(Jitter(jitter))
    if erase:
        steps.append(Erase(erase))
    return Chain(tuple(steps))


def check_augmentation(size: tuple[int, int], *, flip: float, pad: int, erase: float, jitter: float) -> None:
    """See that pictures can be augmented so; see `train_transform`.

    Raises:
        InputError: a number outside its range.
    """
    for name, value in (("flip", flip), ("erase", erase), ("jitter", jitter)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} {value}: must be from 0 to 1")
    if not 0 <= pad < min(size):
        raise InputError(f"pad {pad}: must be from 0 to below the size {size[0]}x{size[1]}")


def test_transform(size: tuple[int, int]) -> Transform:
    """Resize alone.

    Args:
        size: (H, W) of the result, pixels.
    """
    return Resize(size)


test_transform.__test__ = False  # type: ignore[attr-defined]  # no test, whatever pytest reads in the name


@dataclass(frozen=True)
class Chain:
    """One transform after the other."""

    steps: tuple[Transform, ...]

    def __call__(self, picture: Picture, generator: np.random.Generator) -> Picture:
        """Apply all."""
        for step in self.steps:
            picture = step(picture, generator)
        return picture


@dataclass(frozen=True)
class Resize:
    """Resample to a size: averaged by area along a side that shrinks, bilinear along one that grows."""

    size: tuple[int, int]

    def __call__(self, picture: Picture, _generator: np.random.Generator) -> Picture:
        """Resample."""
        return resized(picture, self.size)


def resized(picture: UInt8[np.ndarray, "h w *C"], size: tuple[int, int]) -> UInt8[np.ndarray, "H W *C"]:
    """A picture of the size (H, W): averaged by area along a side that shrinks, bilinear along one that grows."""
    height, width = size
    shrinks = (height < picture.shape[0], width < picture.shape[1])
    if shrinks[0] != shrinks[1]:  # OpenCV averages along both sides or neither
        first = (height, picture.shape[1]) if shrinks[0] else (picture.shape[0], width)
        picture = np.asarray(cv2.resize(picture, first[::-1], interpolation=cv2.INTER_AREA))
    if picture.shape[:2] == (height, width):
        return picture
    method = cv2.INTER_AREA if all(shrinks) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method))


@dataclass(frozen=True)
class Flip:
    """Mirror left and right."""

    probability: float

    def __call__(self, picture: Picture, generator: np.random.Generator) -> Picture:
        """Mirror or not."""
        return mirrored(picture) if self.draw(generator) else picture

    def draw(self, generator: np.random.Generator) -> bool:
        """Whether to mirror."""
        return bool(generator.random() < self.probability)


@dataclass(frozen=True)
class PadCrop:
    """Shift by up to `pad` pixels along each side: a crop, somewhere, of the picture padded with black."""

    pad: int

    def __call__(self, picture: Picture, generator: np.random.Generator) -> Picture:
        """Shift."""
        return shifted(picture, *self.draw(generator))

    def draw(self, generator: np.random.Generator) -> tuple[int, int]:
        """How far down and to the right, pixels."""
        down, right = generator.integers(-self.pad, self.pad + 1, 2).tolist()
        return down, right


def mirrored(picture: UInt8[np.ndarray, "H W *C"]) -> UInt8[np.ndarray, "H W *C"]:
    """Left for right."""
    return np.asarray(cv2.flip(picture, 1))


def shifted(picture: UInt8[np.ndarray, "H W *C"], down: int, right: int) -> UInt8[np.ndarray, "H W *C"]:
    """Moved by whole pixels, over black."""
    height, width = picture.shape[:2]
    moved = np.zeros_like(picture)
    moved[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = picture[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return moved


@dataclass(frozen=True)
class Jitter:
    """Other brightness, contrast and saturation, each by a factor from 1 - strength to 1 + strength."""

    strength: float

    def __call__(self, picture: Picture, generator: np.random.Generator) -> Picture:
        """Recolour: all three are one linear map of colours, so values are clipped and rounded once."""
        brightness, contrast, saturation = 1 + self.strength * generator.uniform(-1, 1, 3)
        grey = float(_LUMA @ np.array(cv2.mean(picture)[:3], np.float32))
        linear = brightness * contrast * (saturation * np.eye(3) + (1 - saturation) * _LUMA[None])
        offset = np.full((3, 1), brightness * (1 - contrast) * grey)
        return np.asarray(cv2.transform(picture, np.hstack([linear, offset])))


@dataclass(frozen=True)
class Erase:
    """Cover a random box of 2 to 40 % of the area (Zhong et al. 2020, algorithm 1) with a mean colour."""

    probability: float

    def __call__(self, picture: Picture, generator: np.random.Generator) -> Picture:
        """Erase or not, in place."""
        if generator.random() >= self.probability:
            return picture
        height, width = picture.shape[:2]
        for _ in range(_ATTEMPTS):
            area = height * width * generator.uniform(*_ERASED)
            ratio = generator.uniform(_FLATTEST, 1 / _FLATTEST)
            rows, columns = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if 0 < rows < height and 0 < columns < width:
                top, left = generator.integers(0, (height - rows + 1, width - columns + 1)).tolist()
                picture[top : top + rows, left : left + columns] = _MEAN
                break
        return picture
