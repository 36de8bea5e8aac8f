"""The COCO-17 skeleton drawn into masks, and measures on it."""

import cv2
import numpy as np
from jaxtyping import Bool, Float

from habitus.types import Box

LIMBS = (
    (5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (11, 12), (5, 11), (6, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip
"""Pairs of COCO-17 keypoints with flesh between them."""
_THICKNESS = {(5, 11): 0.8, (6, 12): 0.8, (5, 6): 0.8, (11, 12): 0.8, (11, 13): 0.75, (12, 14): 0.75}  # others: 0.5
_FOOT = 0.12  # of the shin's length
_CONFIDENT = 0.2
# Spread of human annotators per keypoint, as a fraction of the object's scale, from the COCO keypoint evaluation.
_SIGMAS = np.array(
    [0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087,
     0.089, 0.089]
)  # fmt: skip


def draw_limbs(
    keypoints: Float[np.ndarray, "17 2"], confidence: Float[np.ndarray, "17"], size: tuple[int, ...], *, width: float
) -> Bool[np.ndarray, "H W"]:
    """Capsules along the limbs, the trunk and the head.

    Args:
        keypoints: (x, y) in pixels.
        confidence: keypoints below 0.2 are left out.
        size: (height, width) of the mask.
        width: of a trunk capsule, as a fraction of the person's scale (the square root of the keypoints' box area);
            0 draws lines.
    """
    canvas = np.zeros(size[:2], np.uint8)
    seen = confidence > _CONFIDENT
    if not seen.any():
        return canvas.astype(bool)
    unit = width * person_scale(keypoints, confidence)

    def at(point: np.ndarray) -> tuple[int, int]:
        x, y = np.clip(point - 0.5, -1e6, 1e6).round().astype(int).tolist()
        return x, y

    for a, b in LIMBS:
        if seen[a] and seen[b]:
            thickness = max(1, round(unit * _THICKNESS.get((a, b), 0.5)))
            end = keypoints[b]
            if width and b in (15, 16):  # the foot lies beyond the ankle
                end = end + _FOOT * (end - keypoints[a])
            cv2.line(canvas, at(keypoints[a]), at(end), 1, thickness)
    trunk = [k for k in (5, 6, 12, 11) if seen[k]]
    if len(trunk) > 2:
        cv2.fillConvexPoly(canvas, np.array([at(keypoints[k]) for k in trunk]), 1)
    face = [k for k in range(5) if seen[k]]
    if face:
        cv2.circle(canvas, at(keypoints[face].mean(0)), max(1, round(unit * 0.6)), 1, -1)
        if seen[5] and seen[6]:
            neck = (keypoints[5] + keypoints[6]) / 2
            cv2.line(canvas, at(keypoints[face].mean(0)), at(neck), 1, max(1, round(unit * 0.4)))
    return canvas.astype(bool)


def keypoint_box(keypoints: Float[np.ndarray, "17 2"], confidence: Float[np.ndarray, "17"]) -> Box | None:
    """Around the confident keypoints; None when there are none."""
    seen = keypoints[confidence > _CONFIDENT]
    if not len(seen):
        return None
    (left, top), (right, bottom) = seen.min(0).tolist(), seen.max(0).tolist()
    return Box(left, top, right, bottom)


def person_scale(keypoints: Float[np.ndarray, "17 2"], confidence: Float[np.ndarray, "17"]) -> float:
    """The square root of the area of the keypoints' box, which is taken to be at least a third as wide as high."""
    box = keypoint_box(keypoints, confidence)
    if box is None:
        return 0.0
    width, height = box.right - box.left, box.bottom - box.top
    return float(np.sqrt(max(width, height / 3) * max(height, width / 3)))


def oks(a: Float[np.ndarray, "17 2"], b: Float[np.ndarray, "17 2"], confidence: Float[np.ndarray, "17"]) -> float:
    """Object keypoint similarity of two skeletons in [0, 1] (the COCO keypoint evaluation), at the scale of `a`."""
    seen = confidence > _CONFIDENT
    scale = person_scale(a, confidence)
    if not seen.any() or scale == 0:
        return 0.0
    distance = ((a - b) ** 2).sum(1)
    return float(np.exp(-distance / (2 * (2 * _SIGMAS * scale) ** 2))[seen].mean())
