"""Find the people of a photo: proposals of the detector, checked and told apart by their skeletons."""

import math
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import UInt8

from habitus.perception.detector import Proposal, count_tiles, distinct, scan
from habitus.perception.landmarks import Pose, Roi, estimate_pose
from habitus.perception.resample import affine, compose, invert, sample
from habitus.perception.skeleton import draw_limbs, oks, person_scale
from habitus.types import Box

_RATIO = 1.5  # between the tile sizes of the pyramid
_TILE_PER_HEIGHT = 1.5  # a tile of this many heights finds a person at the latest
_SMALLEST_TILE = 100.0  # pixels: shows people of about 50 pixels
_MOST_TILES = 240  # bounds the time on large photos to about 2 s
_MIN_SCORE = 0.9  # of the landmark model, that it sees a person
_MIN_DETECTION = 0.62  # of the detector
_MIN_DETECTION_LYING = 0.9  # barrier tapes and clothes on the ground look like people who lie
_LYING = math.radians(55)  # of the body's axis from upright
_MIN_KEYPOINTS = 0.6  # mean confidence of the 17
_MIN_COVER = 0.6  # of the skeleton by the segmentation
_SAME_PERSON = 0.5  # OKS
_SAME_MASK = 0.65  # of the smaller one's cut-out
_HIDING_SIDE = 336.0  # pixels a tile when people are hidden: half as many again as the detector looks at
_MOST_PEOPLE = 50  # at each size: a crowd ends here


def find_people(image: UInt8[np.ndarray, "H W 3"], *, down_to: float = 0.0) -> list[Pose]:
    """The people of a photo, the most prominent (large and certain) first.

    Args:
        image: RGB.
        down_to: stop looking at people smaller than this share of the largest one's height; 0 looks for everyone.

    Raises:
        InputError: the models are missing.
    """
    people = [pose for pose in (_whole_picture(image),) if pose is not None]
    for side in _tile_sides(image.shape[:2]):
        if people and side < _TILE_PER_HEIGHT * down_to * max(map(height_of, people)):
            break
        found = _check(image, scan(image, side), people)
        while found:
            people = _merge(people, found)
            # The detector sees one of several people who stand together: look again without those known.
            found = _new(_check(image, _scan_without(image, people, side), people), people)
    return people


def prominence(pose: Pose) -> float:
    """Large and certain people come first."""
    return person_scale(pose.keypoints, pose.keypoint_confidence) * pose.score


def height_of(pose: Pose) -> float:
    """Longer side of the box around the keypoints, pixels."""
    extent = np.ptp(pose.keypoints[pose.keypoint_confidence > 0.2], axis=0) if pose.score > 0 else np.zeros(2)
    return float(extent.max())


def _tile_sides(size: tuple[int, int]) -> list[float]:
    sides = [float(max(size))]
    side, tiles = float(min(size)), count_tiles(size, sides[0])
    if side > 0.8 * sides[0]:
        side /= _RATIO
    while side >= _SMALLEST_TILE:
        tiles += count_tiles(size, side)
        if tiles > _MOST_TILES:
            break
        sides.append(side)
        side /= _RATIO
    return sides


def _whole_picture(image: UInt8[np.ndarray, "H W 3"]) -> Pose | None:
    """The person of a tight crop, which leaves the detector no margin to see them in."""
    height, width = image.shape[:2]
    if height < 1.2 * width:
        return None
    pose = estimate_pose(image, Roi.from_box(Box(0, 0, width, height)))
    if height_of(pose) < 0.6 * height or not _is_person(pose, 1.0):
        return None
    return pose


def _check(image: UInt8[np.ndarray, "H W 3"], proposals: list[Proposal], known: list[Pose]) -> list[Pose]:
    """The new proposals that the landmark model takes for people too."""
    found: list[Pose] = []
    for proposal in distinct(proposals):
        if proposal.score < _MIN_DETECTION or len(found) >= _MOST_PEOPLE:
            break
        if any(_is_near(proposal.roi, pose.roi) for pose in known):
            continue
        pose = estimate_pose(image, proposal.roi)
        if _is_person(pose, proposal.score):
            found.append(pose)
    return found


def _new(found: list[Pose], known: list[Pose]) -> list[Pose]:
    return [pose for pose in found if not any(_is_same(pose, other) for other in known)]


def _scan_without(image: UInt8[np.ndarray, "H W 3"], people: list[Pose], side: float) -> list[Proposal]:
    """Proposals in the picture with people blurred into what is around them, at the resolution that the tiles need."""
    shrink = min(1.0, _HIDING_SIDE / side)
    height, width = (max(1, round(shrink * length)) for length in image.shape[:2])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    to_small = affine((width / image.shape[1], height / image.shape[0]), (0, 0))
    hidden = np.zeros((height, width), np.float32)
    for pose in people:
        place = compose(to_small, pose.roi.to_image)
        there = cv2.warpAffine(pose.segmentation.astype(np.float32), place, (width, height), flags=cv2.INTER_AREA)
        grown = max(3, round(0.03 * shrink * pose.roi.side)) | 1
        np.maximum(hidden, cv2.dilate((there > 0.3).astype(np.float32), np.ones((grown, grown), np.uint8)), out=hidden)
    # Where nothing is known the surroundings flow in: a blur of the colours over a blur of where there are any.
    coarse = (max(8, width // 8), max(8, height // 8))
    weight = cv2.resize(1 - hidden, coarse, interpolation=cv2.INTER_AREA)
    colour = cv2.resize(small * (1 - hidden)[..., None], coarse, interpolation=cv2.INTER_AREA)
    spread = 0.05 * max(coarse) + 1
    colour, weight = (cv2.GaussianBlur(a, (0, 0), spread) for a in (colour, weight))
    around = cv2.resize(colour / np.maximum(weight, 1e-3)[..., None], (width, height))
    without = np.where(hidden[..., None] > 0, around, small).clip(0, 255).astype(np.uint8)
    return [
        replace(p, roi=Roi(p.roi.x / shrink, p.roi.y / shrink, p.roi.side / shrink, p.roi.angle))
        for p in scan(without, side * shrink)
    ]


def _is_near(a: Roi, b: Roi) -> bool:
    """Whether two regions frame the same person; the second look would correct differences as small as these."""
    apart = math.hypot(a.x - b.x, a.y - b.y)
    return apart < 0.06 * b.side and 0.75 < a.side / b.side < 1.33


def _is_person(pose: Pose, detection: float) -> bool:
    lying = _LYING < abs(pose.roi.angle) < math.pi - _LYING
    if pose.score < _MIN_SCORE or detection < (_MIN_DETECTION_LYING if lying else _MIN_DETECTION):
        return False
    confidence = pose.keypoint_confidence
    if confidence.mean() < _MIN_KEYPOINTS:
        return False
    to_roi = invert(pose.roi.to_image)
    limbs = draw_limbs(pose.keypoints @ to_roi[:, :2].T + to_roi[:, 2], confidence, (256, 256), width=0.0)
    return bool(limbs.any() and pose.segmentation[limbs].mean() > _MIN_COVER)


def _merge(known: list[Pose], found: list[Pose]) -> list[Pose]:
    """Both lists without duplicates, the most prominent first."""
    people: list[Pose] = []
    for pose in sorted(known + found, key=lambda p: -p.score * p.keypoint_confidence.mean()):
        if not any(_is_same(pose, other) for other in people):
            people.append(pose)
    return sorted(people, key=lambda p: -prominence(p))


def _is_same(a: Pose, b: Pose) -> bool:
    """Whether two poses are two opinions of one person: like skeletons, or one cut-out inside the other."""
    if math.hypot(a.roi.x - b.roi.x, a.roi.y - b.roi.y) > (a.roi.side + b.roi.side) / 2:
        return False
    seen = np.minimum(a.keypoint_confidence, b.keypoint_confidence)
    if max(oks(a.keypoints, b.keypoints, seen), oks(b.keypoints, a.keypoints, seen)) > _SAME_PERSON:
        return True
    small, large = sorted((a, b), key=lambda pose: pose.roi.side)
    to_large = compose(invert(large.roi.to_image), small.roi.to_image)
    there = sample(large.segmentation.astype(np.float32), to_large, small.segmentation.shape, border=0.0) > 0.5
    here = small.segmentation > 0.5
    return bool((here & there).sum() > _SAME_MASK * here.sum())
