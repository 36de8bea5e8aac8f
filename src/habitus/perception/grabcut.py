"""Masks without any model: GrabCut (Rother et al. 2004) seeded with a skeleton or a box."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from habitus.perception.skeleton import draw_limbs, person_scale
from habitus.types import Box

_ITERATIONS = 4
_FLESH, _REACH = 0.10, 0.55  # widths of the trunk's capsules, in the person's scale: surely the person; at most


def grabcut_mask(
    image: UInt8[np.ndarray, "H W 3"],
    keypoints: Float[np.ndarray, "17 2"],
    confidence: Float[np.ndarray, "17"],
    box: Box,
) -> Float[np.ndarray, "H W"]:
    """Cut a person out by colour, from what the skeleton says of where they are.

    Args:
        image: RGB crop; about 256 pixels high is best, and takes 40 ms.
        keypoints: COCO-17, pixels of the crop.
        confidence: of each keypoint; with fewer than four above 0.2 the box alone is the seed.
        box: around the person, pixels of the crop.

    Returns:
        1 on the person, 0 elsewhere.
    """
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width] + 0.5
    inside = (columns > box.left) & (columns < box.right) & (rows > box.top) & (rows < box.bottom)
    if (confidence > 0.2).sum() >= 4 and person_scale(keypoints, confidence) > 0:
        labels = _skeleton_labels(keypoints, confidence, inside)
    else:
        labels = np.where(inside, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    if not ((labels == cv2.GC_BGD) | (labels == cv2.GC_PR_BGD)).any() or not inside.any():
        return inside.astype(np.float32)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # its k-means starts at random; the same photo must give the same mask
    cv2.grabCut(np.ascontiguousarray(image), labels, (0, 0, 1, 1), *models, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)


def _skeleton_labels(
    keypoints: Float[np.ndarray, "17 2"], confidence: Float[np.ndarray, "17"], inside: Bool[np.ndarray, "H W"]
) -> UInt8[np.ndarray, "H W"]:
    reach = draw_limbs(keypoints, confidence, inside.shape, width=_REACH) & inside
    likely = draw_limbs(keypoints, confidence, inside.shape, width=(_FLESH + _REACH) / 2) & inside
    flesh = draw_limbs(keypoints, confidence, inside.shape, width=_FLESH) & inside
    labels = np.full(inside.shape, cv2.GC_BGD, np.uint8)
    labels[reach] = cv2.GC_PR_BGD
    labels[likely] = cv2.GC_PR_FGD
    labels[flesh] = cv2.GC_FGD
    return labels
