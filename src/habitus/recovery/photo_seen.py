"""What is seen of the person in photos that show one each, in the photo's own frame: by the models, or by others."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from habitus.errors import InputError
from habitus.perception.crop import Layer
from habitus.perception.keypoint_lists import foremost
from habitus.perception.mask_folders import mask_file, read_label_mask
from habitus.perception.masks import MaskMethod
from habitus.perception.perceiving import perceive
from habitus.perception.photo import Photo, read_photo
from habitus.perception.resample import affine, apply
from habitus.recovery.seen_file import SeenPerson
from habitus.types import Crop


@dataclass(frozen=True)
class Given:
    """What others saw in a folder's photos. A photo that they do not cover lacks it: the models do not stand in."""

    masks: Path | None = None
    """Folder of label maps with the photos' names (`mask_folders`); None: the models cut people out."""
    keypoints: Mapping[str, list[list[float]]] | None = field(default=None, repr=False)
    """People of each photo by its name (`keypoint_lists.photos_people`); None: the models find them."""

    def mask(self, name: str, size: tuple[int, int]) -> UInt8[np.ndarray, "H W"] | None:
        """The mask of a photo; None: there is none, or it marks nothing.

        Raises:
            InputError: it cannot be read, or is of another size.
        """
        file = None if self.masks is None else mask_file(self.masks, name)
        return None if file is None else read_label_mask(file, photo_size=size)

    def points(self, name: str, size: tuple[int, int]) -> Float32[np.ndarray, "17 3"] | None:
        """The keypoints of the foremost person of a photo; None: there is nobody.

        Raises:
            InputError: they are none of this photo.
        """
        people = (self.keypoints or {}).get(name)
        return foremost(people, photo_size=size, name="--keypoints") if people else None


def see_photos(
    paths: Sequence[Path], names: Sequence[str], given: Given, *, mask_method: MaskMethod = "auto"
) -> list[tuple[tuple[int, int], SeenPerson | str]]:
    """Mask and keypoints of the most prominent person in each photo.

    Args:
        paths: of photos.
        names: the same below the data's folder.
        given: what others saw; the models find the rest.
        mask_method: how people are cut out where no masks are given, see `perceive`.

    Returns:
        In the order of the photos: (H, W), and what is seen, or why nothing is; (0, 0) of one that cannot be read.
    """
    return [_seen(path, name, given, mask_method) for path, name in zip(paths, names, strict=True)]


def perceived(path: Path, mask_method: MaskMethod) -> tuple[tuple[int, int], Crop | str]:
    """(H, W) of a photo, and its most prominent person, or why there is none; (0, 0) of one that cannot be read."""
    size = (0, 0)
    try:
        photo: Photo = read_photo(path)
        size = photo.size
        with quietly():
            return size, perceive(photo, mask_method=mask_method)[0]
    except InputError as error:
        return size, _problem(path, error)


def mask_in_photo(crop: Crop, size: tuple[int, int]) -> UInt8[np.ndarray, "H W"]:
    """A crop's mask on the photo's pixels, 0 to 255; 0 past the crop."""
    layer = Layer((crop.mask * crop.valid).numpy(), crop.to_photo.double().numpy())
    return (layer.on(_SAME, size) * 255).round().astype(np.uint8)


def keypoints_in_photo(crop: Crop) -> Float32[np.ndarray, "17 3"]:
    """A crop's keypoints in the photo's pixels, with confidence."""
    points: Float64[np.ndarray, "17 2"] = apply(crop.to_photo.double().numpy(), crop.keypoints.double().numpy())
    confidence = crop.confidence.numpy()
    return np.column_stack([np.where(confidence[:, None] > 0, points, 0), confidence]).astype(np.float32)


_SAME = affine((1, 1), (0, 0))


@contextmanager
def quietly() -> Iterator[None]:
    """Without a line for everybody who is cut off or not alone: of thousands of photos nobody reads them."""
    log = logging.getLogger("habitus")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _seen(path: Path, name: str, given: Given, mask_method: MaskMethod) -> tuple[tuple[int, int], SeenPerson | str]:
    size = (0, 0)
    try:
        photo = read_photo(path)
        size = photo.size
        mask, points = given.mask(name, size), given.points(name, size)
        if given.masks is None or given.keypoints is None:
            crop = _crop(photo, mask, points, mask_method)
            if isinstance(crop, Crop):
                mask = mask_in_photo(crop, size) if given.masks is None else mask
                points = keypoints_in_photo(crop) if given.keypoints is None else points
            elif mask is None and points is None:
                return size, _problem(path, crop)
    except InputError as error:
        return size, _problem(path, error)
    if mask is None and points is None:
        return size, "neither a mask nor keypoints are given of it"
    return size, SeenPerson(mask, np.zeros((17, 3), np.float32) if points is None else points)


def _crop(
    photo: Photo, mask: UInt8[np.ndarray, "H W"] | None, points: Float32[np.ndarray, "17 3"] | None, method: MaskMethod
) -> Crop | InputError:
    """What the models make of a photo and of what is given; of nothing given the most prominent person."""
    known: dict[str, Any] = {"mask": mask, "keypoints": points}
    try:
        with quietly():
            return perceive(photo, mask_method=method, **known)[0]
    except InputError as error:
        return error


def _problem(path: Path, error: InputError) -> str:
    """Without the photo's name, which stands beside it, and without the cure: for many photos there is none."""
    return str(error).removeprefix(f"{path}: ").partition(";")[0]
