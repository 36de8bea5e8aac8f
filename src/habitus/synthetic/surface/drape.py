"""How loose cloth hangs: straight down from chest and shoulder blades, not into the waist."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter, map_coordinates, maximum_filter

_BINS, _STEP = 48, 0.02
_FALL = 0.12
"""Metres by which hanging cloth falls back inwards on each metre down."""
_MOST = 0.07


def hanging(vertices: Float[np.ndarray, "N 3"], trunk: Bool[np.ndarray, "N"]) -> Float[np.ndarray, "N"]:
    """Horizontal metres from each vertex of the trunk out to cloth that hangs from what is above it; 0 elsewhere.

    Args:
        vertices: the rest pose.
        trunk: the vertices below the armpits, without the arms; of the legs only what is seen from outside counts.
    """
    x, y, z = vertices.T
    radius, turn = np.hypot(x, z), (np.arctan2(x, z) / (2 * np.pi) % 1.0) * _BINS
    top = y[trunk].max()
    row = (top - y) / _STEP
    rows = int(row[trunk].max()) + 2
    outline = np.zeros((rows, _BINS))
    np.maximum.at(outline, (row[trunk].astype(int), turn[trunk].astype(int) % _BINS), radius[trunk])
    modes: Any = ("nearest", "wrap")  # one an axis, which the stubs do not know
    outline = maximum_filter(outline, (3, 3), mode=modes)
    for below in range(1, rows):
        outline[below] = np.maximum(outline[below], outline[below - 1] - _FALL * _STEP)
    outline = gaussian_filter(outline, (1, 1.5), mode=modes)
    padded = np.concatenate([outline[:, -1:], outline, outline[:, :1]], 1)
    cloth = map_coordinates(padded, [row - 0.5, turn + 0.5], order=1, mode="nearest")
    fade = np.clip(row / 4, 0, 1)
    return np.where(trunk, fade * np.clip(cloth - radius, 0, _MOST), 0.0).astype(np.float32)
