"""Where people may be in a photo: BlazePose's detector on the whole photo and on overlapping tiles.

The detector was made for one large person; tiles make the small ones of a street large.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from habitus.perception.landmarks import Roi
from habitus.perception.models import load_model
from habitus.perception.resample import affine, sample

_SIZE = 224
_GRIDS = ((28, 2), (14, 2), (7, 6))  # cells a side, anchors a cell: 2,254 anchors; all have the size of the input
_KEEP_SCORE = 0.35
_OVERLAP = 0.5


@dataclass(frozen=True)
class Proposal:
    """A region that may show a person."""

    roi: Roi
    score: float
    """The detector's, in [0, 1]."""


def scan(image: UInt8[np.ndarray, "H W 3"], side: float) -> list[Proposal]:
    """People whose body takes roughly half to all of a square of `side` pixels, best first.

    Squares that overlap by half cover the image; one larger than the image is padded with black, as the detector's
    authors do.

    Raises:
        InputError: the models are missing.
    """
    step = side / _SIZE
    height, width = (max(1, round(n / step)) for n in image.shape[:2])
    pad_y, pad_x = max(0, _SIZE - height), max(0, _SIZE - width)
    level = sample(image, affine((image.shape[1] / width, image.shape[0] / height), (0, 0)), (height, width))
    level = cv2.copyMakeBorder(
        level, pad_y // 2, pad_y - pad_y // 2, pad_x // 2, pad_x - pad_x // 2, cv2.BORDER_CONSTANT
    )
    found = [
        Proposal(_place(roi, image.shape[1] / width, left - pad_x // 2, top - pad_y // 2), score)
        for top in _starts(level.shape[0])
        for left in _starts(level.shape[1])
        for score, roi in _detect(level[top : top + _SIZE, left : left + _SIZE])
    ]
    return distinct(found)


def count_tiles(size: tuple[int, int], side: float) -> int:
    """How many times `scan` runs the detector."""
    return len(_starts(round(size[0] * _SIZE / side))) * len(_starts(round(size[1] * _SIZE / side)))


def distinct(proposals: list[Proposal]) -> list[Proposal]:
    """Best first, without those that look at nearly the same place as a better one."""
    kept: list[Proposal] = []
    for proposal in sorted(proposals, key=lambda p: -p.score):
        roi = proposal.roi
        if all(np.hypot(roi.x - k.roi.x, roi.y - k.roi.y) > 0.1 * min(roi.side, k.roi.side) for k in kept):
            kept.append(proposal)
    return kept


@cache
def _anchors() -> Float[np.ndarray, "2254 2"]:
    """Centres of the anchors, in [0, 1]."""
    parts = []
    for cells, repeats in _GRIDS:
        centres = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        parts.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeats, axis=0))
    return np.concatenate(parts)


def _detect(tile: UInt8[np.ndarray, "224 224 3"]) -> list[tuple[float, Roi]]:
    raw, logits = load_model("pose_detection.tflite")(tile.astype(np.float32) / 127.5 - 1)
    scores = 1 / (1 + np.exp(-np.clip(logits[:, 0], -60, 60)))
    chosen = np.flatnonzero(scores > _KEEP_SCORE)
    # Four keypoints follow the (face) box: the hips' centre, the full-body point, and two of the upper body.
    points = raw[chosen, 4:8].reshape(-1, 2, 2) + _anchors()[chosen, None] * _SIZE
    return [
        (float(score), Roi.from_points(hips, full_body))
        for score, (hips, full_body) in zip(scores[chosen], points, strict=True)
    ]


def _place(roi: Roi, step: float, left: float, top: float) -> Roi:
    return Roi((roi.x + left) * step, (roi.y + top) * step, roi.side * step, roi.angle)


def _starts(length: int) -> list[int]:
    """Where tiles begin along an axis of a level."""
    free = max(0, length - _SIZE)
    count = 1 + int(np.ceil(free / (_SIZE * (1 - _OVERLAP))))
    return np.linspace(0, free, count).round().astype(int).tolist()
