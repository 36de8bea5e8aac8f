"""Keypoint files that cover a whole folder: whose entry belongs to which photo, also where photos of several folders
bear the same name."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float32

from habitus.errors import InputError
from habitus.perception.keypoint_files import Keypoints, check_keypoints, named_people
from habitus.perception.skeleton import person_scale

_Parts = tuple[str, ...]


def photos_people(path: str | Path, names: Sequence[str]) -> dict[str, list[list[float]]]:
    """The people that a file holds of each photo, as numbers: x, y, confidence in turn.

    An entry belongs to the photo whose path ends as the entry's does (suffixes aside), or whose name is its number.

    Args:
        path: COCO annotations or results, or AlphaPose's JSON; OpenPose writes a file a photo, which names none.
        names: of photos below the data's folder, with forward slashes.

    Returns:
        By the photos' names; photos of which the file says nothing are not there.

    Raises:
        InputError: no such format, the file does not name photos, it names none of these, or one entry could belong
            to several photos.
    """
    path = Path(path)
    entries = named_people(path)
    by_stem: dict[str, list[_Parts]] = defaultdict(list)
    people: dict[_Parts, list[list[float]]] = defaultdict(list)
    for image, numbers in entries:
        parts = _parts(image)
        if parts not in people:
            by_stem[parts[-1]].append(parts)
        people[parts].append(numbers)
    found: dict[str, list[list[float]]] = {}
    owner: dict[_Parts, str] = {}
    for name in names:
        image = _longest(_images_of(_parts(name), by_stem))
        if image is None:
            continue
        if image in owner:
            raise InputError(
                f"{path}: {'/'.join(image)} may be {owner[image]} or {name}; write image names with their folders"
            )
        owner[image] = name
        found[name] = people[image]
    if not found:
        raise InputError(f"{path}: names none of the photos; check that it belongs to this folder")
    return found


def foremost(
    people: Sequence[Sequence[float]], *, photo_size: tuple[int, int], name: str
) -> Float32[np.ndarray, "17 3"]:
    """COCO-17 of the largest and surest of several people: x, y in pixels of the photo, confidence.

    Args:
        people: the numbers of each.
        photo_size: (height, width).
        name: for messages.

    Raises:
        InputError: numbers that are no keypoints of this photo.
    """
    checked = [check_keypoints(numbers, photo_size=photo_size, name=name) for numbers in people]
    one = max(checked, key=_prominence)
    points = np.where(one.confidence[:, None] > 0, one.points, 0)
    return np.column_stack([points, one.confidence]).astype(np.float32)


def _prominence(one: Keypoints) -> float:
    return person_scale(one.points, one.confidence) * float(one.confidence.mean())


def _parts(name: str) -> _Parts:
    path = PurePosixPath(name.replace("\\", "/"))
    last = path.stem
    # COCO numbers its photos: 139 is 000000000139.jpg.
    return (*path.parts[:-1], str(int(last)) if last.isdecimal() and last.isascii() and len(last) < 20 else last)


def _images_of(photo: _Parts, by_stem: dict[str, list[_Parts]]) -> Iterator[_Parts]:
    """The images whose path ends as the photo's, or the other way round."""
    for image in by_stem.get(photo[-1], ()):
        shared = min(len(image), len(photo))
        if image[-shared:] == photo[-shared:]:
            yield image


def _longest(images: Iterator[_Parts]) -> _Parts | None:
    return max(images, key=len, default=None)
