"""Keypoints and masks from files: COCO, OpenPose and AlphaPose JSON; mask pictures."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float

from habitus.errors import InputError
from habitus.perception.photo import read_levels

log = logging.getLogger("habitus")

_MAX_BYTES = 300_000_000
_MAX_PEOPLE = 1000
# Index of each COCO-17 keypoint, and of (left heel, right heel, left toe, right toe), in the layouts of other tools.
_COCO = tuple(range(17))
_BODY_25 = (0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11)
_COCO_18 = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
_LAYOUTS: dict[int, tuple[tuple[int, ...], tuple[int, ...] | None]] = {
    17: (_COCO, None),
    18: (_COCO_18, None),
    25: (_BODY_25, (21, 24, 19, 22)),
    26: (_COCO, (24, 25, 20, 21)),  # Halpe-26
    133: (_COCO, (19, 22, 17, 20)),  # COCO whole body
    136: (_COCO, (24, 25, 20, 21)),  # Halpe-136
}


@dataclass(frozen=True)
class Keypoints:
    """One person of a keypoint file, in pixels of the photo's file."""

    points: Float[np.ndarray, "17 2"]
    confidence: Float[np.ndarray, "17"]
    feet: Float[np.ndarray, "4 3"] | None = None
    """(x, y, confidence) of left heel, right heel, left toe, right toe."""


def read_keypoints(path: str | Path, *, photo_name: str, photo_size: tuple[int, int]) -> list[Keypoints]:
    """The people that a keypoint file holds for one photo, as the file orders them.

    Reads COCO annotations and results, OpenPose (BODY_25, COCO-18) and AlphaPose (COCO, Halpe) JSON.

    Args:
        path: the file.
        photo_name: a file that covers many photos is searched for this one.
        photo_size: (height, width), against which the coordinates are checked.

    Raises:
        InputError: no such format, nothing for this photo, wrong counts, or numbers that are none.
    """
    path = Path(path)
    people = _people(path, _load(path), PurePath(photo_name))
    if not people:
        raise InputError(
            f"{path}: holds no person for {PurePath(photo_name).name}; check that it belongs to this photo"
        )
    if len(people) > _MAX_PEOPLE:
        raise InputError(f"{path}: holds {len(people)} people for one photo (limit {_MAX_PEOPLE}); check the file")
    return [check_keypoints(values, photo_size=photo_size, name=str(path)) for values in people]


def named_people(path: str | Path) -> list[tuple[str, Any]]:
    """The people of a file that covers many photos: the photo as the file names it, and x, y, confidence in turn.

    Args:
        path: COCO annotations or results, or AlphaPose's JSON.

    Raises:
        InputError: no such format, or one that names no photos (OpenPose's).
    """
    path = Path(path)
    data = _load(path)
    if isinstance(data, dict) and ("people" in data or "keypoints" in data) and "annotations" not in data:
        raise InputError(f"{path}: names no photos; give COCO or AlphaPose JSON that covers them all")
    with _complete_entries(path):
        entries, numbers = _entries(path, data)
        return [(str(entry["image_id"]), numbers(entry["keypoints"])) for entry in entries]


def check_keypoints(values: Any, *, photo_size: tuple[int, int], name: str = "keypoints") -> Keypoints:
    """Keypoints of one person from numbers (K, 3) or flat: x, y, confidence.

    Args:
        values: in one of the layouts that are told apart by their K: 17, 18, 25, 26, 133 or 136.
        photo_size: (height, width).
        name: for messages.

    Raises:
        InputError: wrong counts, NaN, or coordinates that are not pixels of the photo.
    """
    try:
        array = np.asarray(values, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name}: keypoints are no list of numbers; give x, y, confidence for each") from None
    if array.size % 3 or array.size // 3 not in _LAYOUTS:
        counts = ", ".join(str(count) for count in _LAYOUTS)
        raise InputError(f"{name}: {array.size} numbers are no skeleton; give x, y, confidence for {counts} keypoints")
    if not np.isfinite(array).all():
        raise InputError(f"{name}: holds NaN or infinite keypoints; set missing ones to 0, 0, 0")
    points = array.reshape(-1, 3)
    order, feet = _LAYOUTS[len(points)]
    body = points[list(order)]
    confidence = body[:, 2].clip(0, 1)
    seen = body[confidence > 0, :2]
    if not len(seen):
        raise InputError(f"{name}: all keypoints of a person are missing (confidence 0); drop that person")
    height, width = photo_size
    if seen.max() <= 2:
        raise InputError(f"{name}: coordinates lie in 0..1; give pixels of the photo")
    middle = np.median(seen, axis=0)
    if not (-0.2 * width <= middle[0] <= 1.2 * width and -0.2 * height <= middle[1] <= 1.2 * height):
        raise InputError(f"{name}: keypoints lie outside the {width} x {height} photo; give pixels of this photo")
    return Keypoints(body[:, :2], confidence, None if feet is None else points[list(feet)].clip(-1e5, [1e5, 1e5, 1]))


def read_mask(path: str | Path, *, photo_size: tuple[int, int]) -> Float[np.ndarray, "H W"]:
    """A person's mask from a picture of the photo's size: white, opaque or any palette entry but 0 is the person.

    Args:
        path: PNG or any other picture; grey levels are partial cover.
        photo_size: (height, width) that it must have.

    Raises:
        InputError: no picture, another size, or nothing is marked.
    """
    levels = read_levels(path)
    if levels.shape != photo_size:
        raise InputError(
            f"{path}: the mask is {levels.shape[1]} x {levels.shape[0]} but the photo {photo_size[1]} x "
            f"{photo_size[0]}; make them equal"
        )
    return check_mask(levels, name=str(path))


def check_mask(mask: np.ndarray, *, name: str = "mask") -> Float[np.ndarray, "H W"]:
    """A mask as float32 in [0, 1], from bool, 0..1 or 0..255.

    Raises:
        InputError: nothing is marked, or it is no (H, W) of numbers.
    """
    if mask.ndim != 2 or mask.dtype.kind not in "biuf" or not np.isfinite(mask).all():
        raise InputError(f"{name}: no mask; give one number per pixel, 0 to 1 or 0 to 255")
    values = mask.astype(np.float32)
    values = (values / (255.0 if values.max(initial=0) > 1 else 1.0)).clip(0, 1)
    if not (values > 0.5).any():
        raise InputError(f"{name}: marks nothing as the person; paint the person white")
    return values


def _load(path: Path) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise InputError(f"{path}: holds {constant}; set missing keypoints to 0, 0, 0")

    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: is larger than {_MAX_BYTES // 1_000_000} MB; cut out this photo's entries")
        return json.loads(path.read_bytes(), parse_constant=refuse)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the name") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a JSON file") from error
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON; give a COCO, OpenPose or AlphaPose keypoint file") from error


def _people(path: Path, data: Any, photo: PurePath) -> list[Any]:
    """Each person's numbers, x y confidence in turn."""
    with _complete_entries(path):
        if isinstance(data, dict) and "people" in data:
            return [person["pose_keypoints_2d"] for person in data["people"] if any(person["pose_keypoints_2d"])]
        if isinstance(data, dict) and "keypoints" in data and "annotations" not in data:
            return [data["keypoints"]]
        entries, numbers = _entries(path, data)
        return [numbers(entry["keypoints"]) for entry in _for_photo(path, entries, photo)]


@contextmanager
def _complete_entries(path: Path) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: an entry lacks its keypoints ({error}); write the file again") from error


def _entries(path: Path, data: Any) -> tuple[list[dict[str, Any]], Callable[[Any], Any]]:
    """What a file that names photos holds of each person, and what makes confidences of its keypoints."""
    if isinstance(data, dict) and "annotations" in data:
        names = {image["id"]: str(image["file_name"]) for image in data.get("images", ())}
        entries = [
            {"image_id": names.get(entry["image_id"], entry["image_id"]), "keypoints": entry["keypoints"]}
            for entry in data["annotations"]
            if entry.get("num_keypoints", 1) and not entry.get("iscrowd", 0)
        ]
        return entries, _of_visibility
    if isinstance(data, list) and all("keypoints" in entry for entry in data):
        return data, lambda numbers: numbers
    raise InputError(f"{path}: is no keypoint file; give COCO, OpenPose or AlphaPose JSON")


def _of_visibility(numbers: Any) -> list[Any]:
    """COCO annotations: visibility 1 means hidden, 2 visible, and becomes a confidence of 0.5 or 1."""
    points = np.asarray(numbers, dtype=object).reshape(-1)
    points[2::3] = [visibility / 2 for visibility in points[2::3]]
    return points.tolist()


def _for_photo(path: Path, entries: Sequence[Any], photo: PurePath) -> list[Any]:
    """The entries of one photo: by its name, or by the number in its name as COCO's files have it."""
    images = {str(entry.get("image_id", "")) for entry in entries}

    def names_photo(image: str) -> bool:
        name = PurePath(image)
        if photo.name == name.name or photo.stem in (name.name, name.stem):
            return True
        return image.isdecimal() and photo.stem.isdecimal() and int(image) == int(photo.stem)

    matching = {image for image in images if names_photo(image)}
    if not matching and len(images) == 1:
        (image,) = images
        if image and not image.isdecimal():
            log.warning("%s: names the photo %s, not %s; used all the same", path, image, photo.name)
        matching = images
    return [entry for entry in entries if str(entry.get("image_id", "")) in matching]
