"""Pose landmarks and person segmentation of one person (BlazePose, Bazarevsky et al. 2020, full model)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, UInt8

from habitus.perception.models import load_model
from habitus.perception.resample import apply, sample
from habitus.types import Box

COCO_OF_33 = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""Index of each COCO-17 keypoint among the model's 33 landmarks."""
FEET_OF_33 = (29, 30, 31, 32)
"""left_heel, right_heel, left_toe, right_toe."""
_SIZE = 256  # of the model's input and of its segmentation
_ROI_SCALE = 1.25  # of the circle through the full-body point, the framing that the model was trained on
_BOX_TO_RADIUS = 0.58  # the full-body circle's radius per height (or long side) of a person's box
_HEAT_REACH = 3  # cells of the heatmap about a landmark that refine it
_HIPS, _FULL_BODY = 33, 34  # the two auxiliary landmarks that give the next region


@dataclass(frozen=True)
class Roi:
    """The rotated square that the landmark model looks at, in pixels of the image."""

    x: float
    y: float
    side: float
    angle: float
    """Radians, clockwise on the picture; 0 for an upright person."""

    @staticmethod
    def from_points(hips: Float[np.ndarray, "2"], full_body: Float[np.ndarray, "2"]) -> "Roi":
        """The square around a circle about the hips through the full-body point, turned so that the point is on top."""
        dx, dy = (full_body - hips).tolist()
        angle = float(np.arctan2(dx, -dy))
        return Roi(float(hips[0]), float(hips[1]), 2 * _ROI_SCALE * float(np.hypot(dx, dy)), angle)

    @staticmethod
    def from_box(box: Box) -> "Roi":
        """A first guess for an upright person that fills a box."""
        radius = _BOX_TO_RADIUS * max(box.bottom - box.top, box.right - box.left)
        return Roi((box.left + box.right) / 2, (box.top + box.bottom) / 2, 2 * _ROI_SCALE * radius, 0.0)

    @cached_property
    def to_image(self) -> Float[np.ndarray, "2 3"]:
        """Map of the model's 256 x 256 pixels to pixels of the image."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turn = np.array([[cos, -sin], [sin, cos]]) * (self.side / _SIZE)
        return np.column_stack([turn, np.array([self.x, self.y]) - turn @ np.full(2, _SIZE / 2)])


@dataclass(frozen=True)
class Pose:
    """What the landmark model says of one person."""

    points: Float[np.ndarray, "33 2"]
    """(x, y) in pixels of the image."""
    confidence: Float[np.ndarray, "33"]
    """Visible and in the picture, in [0, 1]."""
    world: Float[np.ndarray, "33 3"]
    """Metres about the hips: +X right in the picture, +Y up, +Z towards the camera."""
    score: float
    """That this is a person at all, in [0, 1]."""
    segmentation: Float[np.ndarray, "256 256"]
    """Probability of the person, on the pixels of `roi`."""
    roi: Roi
    next_roi: Roi
    """Where to look for a second, better aligned opinion."""

    @property
    def keypoints(self) -> Float[np.ndarray, "17 2"]:
        """COCO-17."""
        return self.points[list(COCO_OF_33)]

    @property
    def keypoint_confidence(self) -> Float[np.ndarray, "17"]:
        """Of each COCO-17 keypoint."""
        return self.confidence[list(COCO_OF_33)]


def estimate_pose(image: UInt8[np.ndarray, "H W 3"], roi: Roi, *, rounds: int = 2) -> Pose:
    """Landmarks of the person in a region; each further round looks again where the last one says the person is.

    Args:
        image: RGB.
        roi: where to look first, from the detector or a box.
        rounds: how often to look; stops early when the region no longer moves.

    Raises:
        InputError: the models are missing.
    """
    pose = _look(image, roi)
    for _ in range(rounds - 1):
        if pose.score < 0.1 or _same(pose.roi, pose.next_roi):
            break
        again = _look(image, pose.next_roi)
        if again.score < 0.5 * pose.score:
            break
        pose = again
    return pose


def _look(image: UInt8[np.ndarray, "H W 3"], roi: Roi) -> Pose:
    model = load_model("pose_landmark_full.tflite")
    patch = sample(image, roi.to_image, (_SIZE, _SIZE))
    raw, flag, segmentation, heatmaps, world = model(patch.astype(np.float32) / 255)
    landmarks = raw.reshape(39, 5)
    points = apply(roi.to_image, _refine(landmarks[:, :2].astype(np.float64), heatmaps))
    cos, sin = np.cos(roi.angle), np.sin(roi.angle)
    x, y, z = world.reshape(39, 3)[:33].astype(np.float64).T
    return Pose(
        points=points[:33],
        confidence=_sigmoid(landmarks[:33, 3]) * _sigmoid(landmarks[:33, 4]),
        world=np.stack([cos * x - sin * y, -(sin * x + cos * y), -z], axis=1),
        score=float(flag[0]),
        segmentation=_sigmoid(segmentation[..., 0]),
        roi=roi,
        next_roi=Roi.from_points(points[_HIPS], points[_FULL_BODY]),
    )


def _refine(points: Float[np.ndarray, "39 2"], heatmaps: Float[np.ndarray, "64 64 39"]) -> Float[np.ndarray, "39 2"]:
    """Move each regressed point to the centroid of its heatmap nearby, if the heatmap is sure of anything there.

    The regression pulls bent limbs towards common poses; this moves them back onto the body.
    """
    cells = heatmaps.shape[0]
    refined = points.copy()
    for index, (column, row) in enumerate(np.floor(points * (cells / _SIZE)).astype(int)):
        if not (0 <= column < cells and 0 <= row < cells):
            continue
        left, top = max(column - _HEAT_REACH, 0), max(row - _HEAT_REACH, 0)
        heat = _sigmoid(heatmaps[top : row + _HEAT_REACH + 1, left : column + _HEAT_REACH + 1, index])
        if heat.max() < 0.5:
            continue
        # Cell i stands for pixel 4 i, not for its own centre: measured on people turned all round, whose errors in x
        # must cancel.
        x = (heat.sum(0) * (np.arange(heat.shape[1]) + left)).sum() / heat.sum()
        y = (heat.sum(1) * (np.arange(heat.shape[0]) + top)).sum() / heat.sum()
        refined[index] = np.array([x, y]) * (_SIZE / cells)
    return refined


def _same(a: Roi, b: Roi) -> bool:
    """Whether a second look would see the same picture."""
    turn = abs((a.angle - b.angle + np.pi) % (2 * np.pi) - np.pi)
    return max(abs(a.x - b.x), abs(a.y - b.y), abs(a.side - b.side)) < 0.02 * a.side and turn < 0.03


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))
