"""The one call: a photo in, the Crops of its people out."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeVar

import cv2
import numpy as np
from jaxtyping import Bool, Float

from habitus.errors import InputError
from habitus.perception.crop import Layer, Person, frame, make_crop
from habitus.perception.keypoint_files import Keypoints, check_keypoints, check_mask, read_keypoints, read_mask
from habitus.perception.landmarks import COCO_OF_33, FEET_OF_33, Pose, Roi, estimate_pose
from habitus.perception.masks import MaskMethod, person_mask
from habitus.perception.models import FETCH_COMMAND, missing_models
from habitus.perception.people import find_people
from habitus.perception.photo import Photo, as_photo
from habitus.perception.resample import affine, apply, invert
from habitus.perception.segmentation import clean_mask
from habitus.perception.skeleton import keypoint_box, oks
from habitus.types import Box, Crop

log = logging.getLogger("habitus")

T = TypeVar("T")

_ALSO_PROMINENT = 0.5  # of the largest person: smaller people in the background need not be chosen from
_STRAY, _LEAST_TRUST = 0.025, 0.3  # distance off the mask, in its height, that makes a landmark doubtful; how much
_AGREES = 0.4  # OKS above which the pose model and given keypoints speak of the same person
_HEAD_AND_FEET = (0.12, 0.06)  # of the person's height, beyond the outermost keypoints: skull, soles


def perceive(
    photo: str | Path | np.ndarray | Photo,
    *,
    box: Box | Sequence[float] | None = None,
    keypoints: str | Path | np.ndarray | None = None,
    mask: str | Path | np.ndarray | None = None,
    person: int | Literal["all"] | None = None,
    mask_method: MaskMethod = "auto",
    size: tuple[int, int] | None = None,
) -> list[Crop]:
    """Find people in a photo and cut each out with mask and keypoints.

    What is given is used as it is; the models find the rest. Without the models a photo with `keypoints` is complete,
    with `box` or `mask` alone it lacks the keypoints.

    Args:
        photo: a file, or an RGB array (H, W, 3).
        box: (left, top, right, bottom) of the person, in pixels of the photo.
        keypoints: a COCO, OpenPose or AlphaPose JSON file, or an array (17, 3) of x, y in pixels and confidence.
        mask: a picture of the photo's size, or an array (H, W).
        person: which of several people, 1 the most prominent (or the first of the keypoint file); "all" for all;
            None for the first, with a logged warning when there are more.
        mask_method: "pose" is the pose model's own segmentation, "selfie" another model, "grabcut" needs no model;
            "auto" is "pose" where the models are there.
        size: (height, width) of the crops; None chooses 256 x 128, or 256 x 256 for wide poses.

    Returns:
        One crop a person, the most prominent first.

    Raises:
        InputError: nothing that can be used was given or found; says what and how to mend it.
    """
    photo = as_photo(photo)
    given_mask = None if mask is None else _given_mask(photo, mask)
    given_box = None if box is None else _given_box(photo, box)
    if keypoints is not None:
        given = _given_keypoints(photo, keypoints)
        if given_box is not None:
            given = [_most_inside(given, given_box)]
        found = [_from_keypoints(photo, one) for one in _choose(given, person, photo.name)]
    elif given_box is not None:
        found = [_from_box(photo, given_box)]
    elif given_mask is not None:
        found = [_from_box(photo, _mask_box(given_mask))]
    else:
        found = [(_from_pose(photo, pose), pose) for pose in _choose(_everyone(photo, person), person, photo.name)]
    if given_mask is not None and len(found) > 1:
        raise InputError(f"{photo.name}: one mask cannot serve {len(found)} people; choose one with --person N")
    return [_crop(photo, who, pose, mask=given_mask, method=mask_method, size=size) for who, pose in found]


def _crop(
    photo: Photo,
    person: Person,
    pose: Pose | None,
    *,
    mask: Layer | None,
    method: MaskMethod,
    size: tuple[int, int] | None,
) -> Crop:
    to_photo, size = frame(person.box, size)
    if mask is None:
        mask = person_mask(photo, person, pose, to_photo, size, method=method)
    crop = make_crop(photo, person, mask, to_photo, size)
    if sides := _cut_off(photo, person):
        log.warning("%s: the person is cut off at the %s; what the photo does not show is guessed", photo.name, sides)
    if not (crop.mask > 0.5).any():
        raise InputError(f"{photo.name}: no person can be told from the background; give --mask or a closer --box")
    return crop


def _everyone(photo: Photo, person: int | Literal["all"] | None) -> list[Pose]:
    if missing_models():
        raise InputError(
            f"{photo.name}: the models that find people are missing; run `{FETCH_COMMAND}`, or give --keypoints or "
            "--box"
        )
    poses = find_people(photo.pixels, down_to=_ALSO_PROMINENT if person is None else 0.0)
    if not poses:
        raise InputError(f"{photo.name}: no person was found; give --box LEFT TOP RIGHT BOTTOM around the person")
    return poses


def _choose(people: list[T], person: int | Literal["all"] | None, name: str) -> list[T]:
    if person == "all":
        return people
    if person is None:
        if len(people) > 1:
            log.warning(
                "%s: shows %d people; the first is taken, --person 1 to %d or --all choose among them",
                name, len(people), len(people),
            )  # fmt: skip
        return people[:1]
    if not 1 <= person <= len(people):
        raise InputError(f"{name}: there is no person {person}, {len(people)} found; give --person 1 to {len(people)}")
    return [people[person - 1]]


def _from_pose(photo: Photo, pose: Pose) -> Person:
    to_roi = invert(pose.roi.to_image)
    mask = clean_mask(pose.segmentation.astype(np.float32), apply(to_roi, pose.keypoints), pose.keypoint_confidence)
    confidence = pose.confidence * _trust(mask > 0.5, apply(to_roi, pose.points))
    rows, columns = np.nonzero(mask > 0.5)
    covered = apply(pose.roi.to_image, np.stack([columns + 0.5, rows + 0.5], axis=1))
    extent = np.concatenate([covered, pose.points[confidence > 0.5]])
    if not len(extent):
        extent = pose.points
    extent = extent.clip(0, photo.pixels.shape[1::-1])
    (left, top), (right, bottom) = extent.min(0).tolist(), extent.max(0).tolist()
    return Person(
        box=Box(left, top, right, bottom, pose.score),
        keypoints=pose.keypoints,
        confidence=confidence[list(COCO_OF_33)],
        landmarks=pose.world[list(COCO_OF_33)],
        feet=np.column_stack([pose.points, confidence])[list(FEET_OF_33)],
    )


def _trust(mask: Bool[np.ndarray, "256 256"], points: Float[np.ndarray, "K 2"]) -> Float[np.ndarray, "K"]:
    """Less for landmarks off the person's own cut-out: hidden, or led astray by a rail that looks like an arm.

    The model itself is sure of such points.
    """
    if not mask.any():
        return np.ones(len(points))
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    nearest = points.clip(0, np.array(mask.shape[::-1]) - 1)
    columns, rows = nearest.astype(int).T
    distance = away[rows, columns] + np.linalg.norm(points - nearest, axis=1)
    return _LEAST_TRUST + (1 - _LEAST_TRUST) * np.exp(-((distance / (_STRAY * mask.shape[0])) ** 2))


def _from_box(photo: Photo, box: Box) -> tuple[Person, Pose | None]:
    """The person of a box: with the models what they see there, without them the box alone."""
    if missing_models():
        log.warning(
            "%s: the pose models are missing, so the person has no keypoints and the pose will be poor; run `%s` or "
            "give --keypoints", photo.name, FETCH_COMMAND,
        )  # fmt: skip
        return Person(box, np.zeros((17, 2)), np.zeros(17)), None
    pose = estimate_pose(photo.pixels, Roi.from_box(box), rounds=3)
    if pose.score < 0.5:
        log.warning("%s: the pose model sees no person in the box; the result will be poor", photo.name)
        return Person(box, pose.keypoints, pose.keypoint_confidence * pose.score), None
    person = _from_pose(photo, pose)
    return Person(box, person.keypoints, person.confidence, person.landmarks, person.feet), pose


def _from_keypoints(photo: Photo, given: Keypoints) -> tuple[Person, Pose | None]:
    """The person of given keypoints; the pose model adds depth and a mask where it sees the same person."""
    scale = np.array(photo.scale)
    points, feet = given.points / scale, given.feet
    if feet is not None:
        feet = np.column_stack([feet[:, :2] / scale, feet[:, 2]])
    around = keypoint_box(points, given.confidence)
    if around is None:
        raise InputError(f"{photo.name}: no keypoint has a confidence above 0.2; give better keypoints or --box")
    height = around.bottom - around.top
    side = 0.1 * height
    box = Box(
        max(around.left - side, 0.0), max(around.top - _HEAD_AND_FEET[0] * height, 0.0),
        min(around.right + side, float(photo.pixels.shape[1])),
        min(around.bottom + _HEAD_AND_FEET[1] * height, float(photo.pixels.shape[0])),
    )  # fmt: skip
    person = Person(box, points, given.confidence, None, feet)
    if missing_models():
        return person, None
    pose = estimate_pose(photo.pixels, Roi.from_box(box))
    if pose.score < 0.5 or oks(points, pose.keypoints, given.confidence) < _AGREES:
        return person, None
    seen = _from_pose(photo, pose)
    return Person(seen.box, points, given.confidence, seen.landmarks, seen.feet if feet is None else feet), pose


def _given_keypoints(photo: Photo, keypoints: str | Path | np.ndarray) -> list[Keypoints]:
    if isinstance(keypoints, np.ndarray):
        return [check_keypoints(keypoints, photo_size=photo.size)]
    return read_keypoints(keypoints, photo_name=photo.name, photo_size=photo.size)


def _given_mask(photo: Photo, mask: str | Path | np.ndarray) -> Layer:
    if isinstance(mask, np.ndarray):
        if mask.shape != photo.size:
            raise InputError(f"mask: its shape {mask.shape} is not the photo's {photo.size}; make them equal")
        values = check_mask(mask)
    else:
        values = read_mask(mask, photo_size=photo.size)
    return Layer(values, affine((1 / photo.scale[0], 1 / photo.scale[1]), (0, 0)))


def _given_box(photo: Photo, box: Box | Sequence[float]) -> Box:
    """A user's box in working pixels."""
    left, top, right, bottom = (box.left, box.top, box.right, box.bottom) if isinstance(box, Box) else box
    height, width = photo.size
    if not np.isfinite([left, top, right, bottom]).all() or right - left < 2 or bottom - top < 2:
        raise InputError(
            f"{photo.name}: --box {left:g} {top:g} {right:g} {bottom:g} is empty; give left top right bottom"
        )
    if right <= 0 or bottom <= 0 or left >= width or top >= height:
        raise InputError(f"{photo.name}: --box lies outside the {width} x {height} photo; give pixels of this photo")
    x, y = photo.scale
    return Box(max(left, 0) / x, max(top, 0) / y, min(right, width) / x, min(bottom, height) / y)


def _mask_box(mask: Layer) -> Box:
    rows, columns = np.nonzero(mask.values > 0.5)
    corners = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]], dtype=np.float64)
    (left, top), (right, bottom) = apply(mask.to_photo, corners).tolist()
    return Box(left, top, right, bottom)


def _most_inside(people: list[Keypoints], box: Box) -> Keypoints:
    def inside(one: Keypoints) -> float:
        x, y = one.points.T
        return float(one.confidence[(x >= box.left) & (x <= box.right) & (y >= box.top) & (y <= box.bottom)].sum())

    return max(people, key=inside)


def _cut_off(photo: Photo, person: Person) -> str:
    """The sides of the photo that a person is cut off at, in words; empty when all of them is seen."""
    height, width = photo.pixels.shape[:2]
    x, y = person.keypoints[person.confidence > 0].T
    if not len(x):
        return ""
    beyond = {
        "left": (x < 0).any(), "right": (x > width).any(), "top": (y < 0).any(), "bottom": (y > height).any(),
    }  # fmt: skip
    return " and ".join(side for side, is_so in beyond.items() if is_so)
