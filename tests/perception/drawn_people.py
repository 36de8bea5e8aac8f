"""People drawn from capsules, with keypoints and mask known exactly: enough for what needs no learned model."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

# COCO-17 of a person who stands with legs apart, seen from the front, in units of the height, y from the crown down.
STANDING = np.array([
    (0.00, 0.09), (0.02, 0.07), (-0.02, 0.07), (0.04, 0.08), (-0.04, 0.08), (0.10, 0.20), (-0.10, 0.20), (0.16, 0.35),
    (-0.16, 0.35), (0.20, 0.48), (-0.20, 0.48), (0.06, 0.50), (-0.06, 0.50), (0.08, 0.73), (-0.08, 0.73), (0.10, 0.95),
    (-0.10, 0.95),
])  # fmt: skip
SKIN, SHIRT, TROUSERS = (205, 160, 135), (170, 40, 50), (35, 45, 95)


@dataclass(frozen=True)
class Drawn:
    pixels: np.ndarray
    mask: np.ndarray
    keypoints: np.ndarray
    """(17, 3) with confidence 1."""


def draw_person(size=(480, 360), *, height=380.0, centre=None, seed=0):
    """A clothed figure before a grey, noisy wall.

    Args:
        size: (height, width) of the picture.
        height: of the person, pixels.
        centre: x and y of the middle of the body; the picture's middle if None.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    wall = np.linspace(120, 180, size[0])[:, None, None] + rng.normal(0, 6, (*size, 3))
    x, y = centre or (size[1] / 2, size[0] / 2)
    points = STANDING * height + (x, y - height / 2)
    figure, mask = wall.copy(), np.zeros(size, np.uint8)

    def at(index):
        return tuple((points[index] - 0.5).round().astype(int).tolist())

    def part(colour, width, *joints):
        for a, b in pairwise(joints):
            for canvas, value in ((figure, colour), (mask, 1)):
                cv2.line(canvas, at(a), at(b), value, round(width * height))

    part(SKIN, 0.09, 0, 0)
    part(TROUSERS, 0.10, 11, 13, 15)
    part(TROUSERS, 0.10, 12, 14, 16)
    part(SHIRT, 0.06, 5, 7)
    part(SHIRT, 0.06, 6, 8)
    part(SKIN, 0.05, 7, 9)
    part(SKIN, 0.05, 8, 10)
    trunk = np.array([at(5), at(6), at(12), at(11)])
    for canvas, value in ((figure, SHIRT), (mask, 1)):
        cv2.fillConvexPoly(canvas, trunk, value)
        cv2.polylines(canvas, [trunk], True, value, round(0.07 * height))
        cv2.ellipse(
            canvas, at(0), (round(0.055 * height), round(0.085 * height)), 0, 0, 360, SKIN if value != 1 else 1, -1
        )
    figure = figure + rng.normal(0, 4, figure.shape)
    keypoints = np.column_stack([points, np.ones(17)])
    return Drawn(figure.clip(0, 255).astype(np.uint8), mask.astype(bool), keypoints)


def iou(a, b):
    a, b = np.asarray(a) > 0.5, np.asarray(b) > 0.5
    return (a & b).sum() / (a | b).sum()
