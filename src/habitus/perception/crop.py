"""Make the Crop of one person, with its exact transform to the photo, at any resolution."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.perception.photo import Photo
from habitus.perception.resample import affine, apply, compose, invert, sample
from habitus.perception.segmentation import refine_mask
from habitus.types import Box, Crop

CROP_SIZE = (256, 128)
WIDE_SIZE = (256, 256)
_WIDE_FROM = 0.55  # width per height of a person, above which arms, a seat or a lunge would shrink too much in 2 : 1
_PAD_HEIGHT, _PAD_WIDTH = 1.14, 1.10  # room around the person's box


@dataclass(frozen=True)
class Layer:
    """A map of values in [0, 1] with its own pixels, such as a segmentation model's output."""

    values: Float[np.ndarray, "h w"]
    to_photo: Float[np.ndarray, "2 3"]
    """Map of its pixels to those of `Photo.pixels`."""

    def on(self, to_photo: Float[np.ndarray, "2 3"], size: tuple[int, int]) -> Float[np.ndarray, "H W"]:
        """Its values on another grid; 0 past its border."""
        values = self.values.astype(np.float32, copy=False)
        return sample(values, compose(invert(self.to_photo), to_photo), size, border=0.0).clip(0, 1)


@dataclass(frozen=True)
class Person:
    """What is known of one person, in pixels of `Photo.pixels`, before a crop is cut."""

    box: Box
    keypoints: Float[np.ndarray, "17 2"]
    confidence: Float[np.ndarray, "17"]
    landmarks: Float[np.ndarray, "17 3"] | None = None
    feet: Float[np.ndarray, "4 3"] | None = None


def frame(box: Box, size: tuple[int, int] | None = None) -> tuple[Float[np.ndarray, "2 3"], tuple[int, int]]:
    """Where a crop lies about a person's box: its map to the photo, and its size.

    Args:
        box: around the person.
        size: (height, width) of the crop; None chooses 256 x 128, or 256 x 256 for a wide pose.
    """
    width, height = box.right - box.left, box.bottom - box.top
    if size is None:
        size = WIDE_SIZE if width > _WIDE_FROM * height else CROP_SIZE
    step = max(height * _PAD_HEIGHT / size[0], width * _PAD_WIDTH / size[1])
    centre_x, centre_y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return affine((step, step), (centre_x - step * size[1] / 2, centre_y - step * size[0] / 2)), size


def make_crop(
    photo: Photo, person: Person, mask: Layer, to_photo: Float[np.ndarray, "2 3"], size: tuple[int, int]
) -> Crop:
    """Cut a person out of a photo.

    Args:
        photo: the picture.
        person: in pixels of `photo.pixels`.
        mask: how much of each pixel the person covers.
        to_photo: map of crop pixels to `photo.pixels`, as `frame` gives it.
        size: (height, width) of the crop.
    """
    inside = _valid(photo, to_photo, size)
    to_crop = invert(to_photo)
    feet = person.feet
    if feet is not None:
        feet = np.column_stack([apply(to_crop, feet[:, :2]), feet[:, 2]])
    return Crop(
        image=_image(photo, to_photo, size),
        mask=_tensor(mask.on(to_photo, size) * inside),
        valid=_tensor(inside),
        keypoints=_tensor(np.where(person.confidence[:, None] > 0, apply(to_crop, person.keypoints), 0.0)),
        confidence=_tensor(person.confidence),
        # float64: float32 would lose a thousandth of a pixel on large photos
        to_photo=torch.from_numpy(compose(affine(photo.scale, (0, 0)), to_photo)),
        landmarks=None if person.landmarks is None else _tensor(person.landmarks),
        feet=None if feet is None else _tensor(feet),
        source=photo.name,
    )


def native_height(crop: Crop) -> int:
    """How many pixels of the photo's file the crop's height covers: more resolution than that shows nothing new."""
    return max(1, round(crop.size[0] * float(torch.linalg.det(crop.to_photo[:, :2].double()).abs().sqrt())))


def recrop(photo: Photo, crop: Crop, height: int) -> Crop:
    """The same framing at another resolution; the camera psi of the crop serves it unchanged.

    Args:
        photo: the picture that `crop` was cut from.
        crop: of `perceive`.
        height: of the new crop, pixels; the width follows. The mask's edges are refined on the finer image.
    """
    size = height, max(1, round(crop.size[1] * height / crop.size[0]))
    zoom_x, zoom_y = size[1] / crop.size[1], size[0] / crop.size[0]
    to_old = affine((1 / zoom_x, 1 / zoom_y), (0, 0))
    to_file = compose(crop.to_photo.double().numpy(), to_old)
    to_photo = compose(affine((1 / photo.scale[0], 1 / photo.scale[1]), (0, 0)), to_file)
    image = _image(photo, to_photo, size)
    inside = _valid(photo, to_photo, size)
    mask = Layer(crop.mask.numpy(), affine((1, 1), (0, 0))).on(to_old, size)
    if zoom_y > 1:
        mask = refine_mask(np.ascontiguousarray(image.permute(1, 2, 0).numpy()), mask)
    zoom = torch.tensor([zoom_x, zoom_y])
    feet = crop.feet
    return replace(
        crop,
        image=image,
        mask=_tensor(mask * inside),
        valid=_tensor(inside),
        keypoints=crop.keypoints * zoom,
        to_photo=torch.from_numpy(to_file),
        feet=None if feet is None else torch.cat([feet[:, :2] * zoom, feet[:, 2:]], dim=1),
    )


def _image(photo: Photo, to_photo: Float[np.ndarray, "2 3"], size: tuple[int, int]) -> Float[Tensor, "3 H W"]:
    pixels = sample(photo.pixels, to_photo, size)
    return torch.from_numpy(pixels).permute(2, 0, 1).float().div(255).contiguous()


def _valid(photo: Photo, to_photo: Float[np.ndarray, "2 3"], size: tuple[int, int]) -> Float[np.ndarray, "H W"]:
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    x, y = np.moveaxis(apply(to_photo, np.stack([columns, rows], axis=-1)), -1, 0)
    height, width = photo.pixels.shape[:2]
    return ((x >= 0) & (x <= width) & (y >= 0) & (y <= height)).astype(np.float32)


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
