"""The mask of one person by whichever method is wanted and can be had."""

import logging
from typing import Literal

import numpy as np
from jaxtyping import Float

from habitus.errors import InputError
from habitus.perception.crop import Layer, Person
from habitus.perception.grabcut import grabcut_mask
from habitus.perception.landmarks import Pose, Roi
from habitus.perception.models import FETCH_COMMAND, missing_models
from habitus.perception.photo import Photo
from habitus.perception.resample import affine, apply, compose, invert, sample
from habitus.perception.segmentation import clean_mask, refine_mask, selfie_segmentation
from habitus.types import Box

log = logging.getLogger("habitus")

MaskMethod = Literal["auto", "pose", "selfie", "grabcut"]

_FINE = 640  # rows of the grid that edges are fitted to the picture on
_COARSE = 256  # rows that GrabCut works on


def person_mask(
    photo: Photo,
    person: Person,
    pose: Pose | None,
    to_photo: Float[np.ndarray, "2 3"],
    size: tuple[int, int],
    *,
    method: MaskMethod = "auto",
) -> Layer:
    """Cover of each pixel by a person, on a grid that is as fine as it is worth.

    Args:
        photo: the picture.
        person: whom to cut out.
        pose: what the pose model saw of them, if it did.
        to_photo: map of crop pixels to `photo.pixels`.
        size: (height, width) of the crop.
        method: see `perceive`.

    Raises:
        InputError: the method needs models that are missing.
    """
    if method in ("pose", "selfie") and missing_models():
        raise InputError(f"{photo.name}: the {method} masks need a model that is missing; run `{FETCH_COMMAND}`")
    if method == "pose" and pose is None:
        log.warning("%s: the pose model sees no person here; the mask is cut by colour", photo.name)
    if method == "selfie":
        roi = pose.roi if pose else Roi.from_box(person.box)
        coarse = Layer(selfie_segmentation(photo.pixels, roi), roi.to_image)
    elif method in ("auto", "pose") and pose is not None:
        coarse = Layer(pose.segmentation, pose.roi.to_image)
    else:
        coarse = _by_colour(photo, person, to_photo, size)
    return _fit_edges(photo, person, coarse, to_photo, size)


def _by_colour(photo: Photo, person: Person, to_photo: Float[np.ndarray, "2 3"], size: tuple[int, int]) -> Layer:
    to_photo, size = _grid(to_photo, size, _COARSE)
    to_crop = invert(to_photo)
    corners = np.array([[person.box.left, person.box.top], [person.box.right, person.box.bottom]])
    (left, top), (right, bottom) = apply(to_crop, corners).tolist()
    image = sample(photo.pixels, to_photo, size)
    box = Box(left, top, right, bottom)
    return Layer(grabcut_mask(image, apply(to_crop, person.keypoints), person.confidence, box), to_photo)


def _fit_edges(
    photo: Photo, person: Person, coarse: Layer, to_photo: Float[np.ndarray, "2 3"], size: tuple[int, int]
) -> Layer:
    """Drop strays and snap the edges to the picture, at up to the photo's own resolution."""
    step = float(np.sqrt(abs(np.linalg.det(to_photo[:, :2]))))
    to_photo, size = _grid(to_photo, size, int(np.clip(size[0] * step, size[0], max(size[0], _FINE))))
    image = sample(photo.pixels, to_photo, size).astype(np.float32) / 255
    mask = coarse.on(to_photo, size)
    keypoints = apply(invert(to_photo), person.keypoints)
    mask = clean_mask(mask, keypoints, person.confidence)
    return Layer(clean_mask(refine_mask(image, mask), keypoints, person.confidence), to_photo)


def _grid(
    to_photo: Float[np.ndarray, "2 3"], size: tuple[int, int], height: int
) -> tuple[Float[np.ndarray, "2 3"], tuple[int, int]]:
    """The same framing with another number of rows."""
    width = max(1, round(size[1] * height / size[0]))
    return compose(to_photo, affine((size[1] / width, size[0] / height), (0, 0))), (height, width)
