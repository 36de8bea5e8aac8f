"""Person masks from the segmentation models, cleaned and fitted to the edges of the picture."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from habitus.perception.landmarks import Roi
from habitus.perception.models import load_model
from habitus.perception.resample import sample
from habitus.perception.skeleton import draw_limbs

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
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(x: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(x, -1, window, borderType=cv2.BORDER_REPLICATE)

    guide = image.astype(np.float32)
    centre, level = mean(guide), mean(mask)
    products = guide[..., :, None] * guide[..., None, :]
    covariance = mean(products.reshape(*mask.shape, 9)).reshape(products.shape)
    covariance = covariance - centre[..., :, None] * centre[..., None, :] + 1e-4 * np.eye(3, dtype=np.float32)
    together = mean(guide * mask[..., None]) - centre * level[..., None]
    slope = np.linalg.solve(covariance, together[..., None])[..., 0]
    offset = level - (slope * centre).sum(-1)
    fitted = (mean(slope) * guide).sum(-1) + mean(offset)
    # A matting filter leaves a haze where colours repeat; a steeper ramp about one half makes an edge of it again.
    return ((fitted - 0.5) * 2 + 0.5).clip(0, 1).astype(np.float32)


def _small_holes(solid: Bool[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~solid).astype(np.uint8), connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < _HOLE * solid.sum()
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    enclosed = (left > 0) & (top > 0) & (right < solid.shape[1]) & (bottom < solid.shape[0])
    chosen = [label for label in range(1, count) if small[label] and enclosed[label]]
    return np.isin(labels, chosen) & ~solid
