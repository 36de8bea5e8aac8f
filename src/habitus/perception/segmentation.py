"""Person masks from the segmentation models, cleaned and fitted to the edges of the picture."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from habitus.perception.landmarks import Roi
from habitus.perception.models import load_model
from habitus.perception.resample import sample
from habitus.perception.skeleton import draw_limbs

_EPSILON = 1e-4  # of the guided filter: how much a colour must vary in a window (squared) to count as an edge
_HOLE = 0.004  # of the person's area: smaller holes are noise; larger ones are gaps between arm and body


def selfie_segmentation(image: UInt8[np.ndarray, "H W 3"], roi: Roi) -> Float[np.ndarray, "256 256"]:
    """Probability of a person on the pixels of a region, by the selfie model: it also finds what people carry.

    Raises:
        InputError: the models are missing.
    """
    model = load_model("selfie_segmentation.tflite")
    patch = sample(image, roi.to_image, model.input_size)
    return model(patch.astype(np.float32) / 255)[0][..., 0]


def clean_mask(
    mask: Float[np.ndarray, "H W"], keypoints: Float[np.ndarray, "17 2"], confidence: Float[np.ndarray, "17"]
) -> Float[np.ndarray, "H W"]:
    """Drop what does not hang together with the skeleton, and fill small holes.

    Args:
        mask: in [0, 1].
        keypoints: COCO-17, pixels of the mask.
        confidence: of each keypoint.
    """
    solid = mask > 0.5
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8), connectivity=4)
    if count < 2:
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    limbs = draw_limbs(keypoints, confidence, mask.shape, width=0.0)
    on_limbs = np.bincount(labels[limbs], minlength=count)[1:]
    # A limb that an object hides in the middle goes on behind it, so a part that covers some limb stays.
    kept = (on_limbs >= max(3, 0.02 * limbs.sum())) | (areas == areas.max())
    near = cv2.dilate(np.isin(labels, 1 + np.flatnonzero(kept)).astype(np.uint8), np.ones((3, 3), np.uint8))
    mask = np.where(near.astype(bool), mask, 0.0)
    return np.where(_small_holes(mask > 0.5), 1.0, mask).astype(np.float32)


def refine_mask(
    image: Float[np.ndarray, "H W 3"], mask: Float[np.ndarray, "H W"], *, radius: int | None = None
) -> Float[np.ndarray, "H W"]:
    """Fit the edges of a coarse mask to those of the picture by a colour guided filter (He et al. 2013).

    Args:
        image: RGB in [0, 1], the size of the mask.
        mask: in [0, 1].
        radius: of the filter in pixels; None takes a hundredth of the height.
    """
    radius = radius or max(2, round(image.shape[0] / 100))
    rows, columns = np.flatnonzero(mask.max(1) > 0), np.flatnonzero(mask.max(0) > 0)
    if not len(rows):
        return mask
    # Beyond two windows from the mask nothing changes.
    top, left = max(rows[0] - 4 * radius, 0), max(columns[0] - 4 * radius, 0)
    part = np.s_[top : rows[-1] + 4 * radius, left : columns[-1] + 4 * radius]
    fitted = _guided_filter(image[part].astype(np.float32), mask[part].astype(np.float32), radius)
    refined = np.zeros(mask.shape, np.float32)
    # A matting filter leaves a haze where colours repeat; a steeper ramp about one half makes an edge of it again.
    refined[part] = ((fitted - 0.5) * 2 + 0.5).clip(0, 1)
    return refined


def _guided_filter(
    guide: Float[np.ndarray, "H W 3"], mask: Float[np.ndarray, "H W"], radius: int
) -> Float[np.ndarray, "H W"]:
    """The mask as a linear function of colour in every window, averaged: equations 19 to 21 of the paper."""
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(x: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(x, -1, window, borderType=cv2.BORDER_REPLICATE)

    centre, level = mean(guide), mean(mask)
    together = mean(guide * mask[..., None]) - centre * level[..., None]
    # The covariance is symmetric: six maps, inverted by cofactors, are ten times as fast as a general solver.
    red, green, blue = 0, 1, 2
    pairs = [(red, red), (red, green), (red, blue), (green, green), (green, blue), (blue, blue)]
    rr, rg, rb, gg, gb, bb = (
        mean(guide[..., i] * guide[..., j]) - centre[..., i] * centre[..., j] + (_EPSILON if i == j else 0)
        for i, j in pairs
    )
    crr, crg, crb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    cgg, cgb, cbb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    determinant = rr * crr + rg * crg + rb * crb
    r, g, b = np.moveaxis(together, -1, 0)
    slope = np.stack([crr * r + crg * g + crb * b, crg * r + cgg * g + cgb * b, crb * r + cgb * g + cbb * b], axis=-1)
    slope /= determinant[..., None]
    offset = level - (slope * centre).sum(-1)
    return (mean(slope) * guide).sum(-1) + mean(offset)


def _small_holes(solid: Bool[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~solid).astype(np.uint8), connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < _HOLE * solid.sum()
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    enclosed = (left > 0) & (top > 0) & (right < solid.shape[1]) & (bottom < solid.shape[0])
    chosen = [label for label in range(1, count) if small[label] and enclosed[label]]
    return np.isin(labels, chosen) & ~solid
