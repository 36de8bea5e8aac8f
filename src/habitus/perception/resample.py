"""Cut a rotated, scaled rectangle out of an image without aliasing, and affine maps in continuous coordinates.

A map is a (2, 3) float64 matrix A: xy_out = A[:, :2] @ xy_in + A[:, 2]; pixel centres lie at +0.5.
"""

import cv2
import numpy as np
from jaxtyping import Float

_SHRINK_FROM = 1.25
"""Source pixels per output pixel above which the source is averaged first: interpolation alone would alias."""


def affine(scale: tuple[float, float], shift: tuple[float, float]) -> Float[np.ndarray, "2 3"]:
    """The map x -> scale_x * x + shift_x, y -> scale_y * y + shift_y."""
    return np.array([[scale[0], 0.0, shift[0]], [0.0, scale[1], shift[1]]])


def compose(outer: Float[np.ndarray, "2 3"], inner: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "2 3"]:
    """The map that applies `inner`, then `outer`."""
    return np.column_stack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]])


def invert(matrix: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "2 3"]:
    """The map back."""
    inverse = np.linalg.inv(matrix[:, :2])
    return np.column_stack([inverse, -inverse @ matrix[:, 2]])


def apply(matrix: Float[np.ndarray, "2 3"], points: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
    """Map points (x, y)."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def sample(
    image: np.ndarray, to_image: Float[np.ndarray, "2 3"], size: tuple[int, int], *, border: float | None = None
) -> np.ndarray:
    """Resample an image onto a new grid of pixels.

    Where the grid is coarser than the image, the image is averaged by area first; elsewhere it is bicubic.

    Args:
        image: (H, W) or (H, W, C), uint8 or float32.
        to_image: map of output pixels to pixels of `image`.
        size: (height, width) of the output.
        border: value past the image's border; None replicates the border.

    Returns:
        (height, width) or (height, width, C), dtype of `image`.
    """
    height, width = size
    corners = apply(to_image, np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64))
    step = float(np.sqrt(abs(np.linalg.det(to_image[:, :2]))))
    margin = 3 * max(step, 1.0)
    # At least two pixels stay, so that a grid wholly outside still has a border to replicate.
    left, top = (int(v) for v in np.clip(np.floor(corners.min(0) - margin), 0, np.array(image.shape[1::-1]) - 2))
    right, bottom = (int(v) for v in np.ceil(corners.max(0) + margin))
    part = image[top : max(bottom, top + 2), left : max(right, left + 2)]
    matrix = compose(affine((1, 1), (-left, -top)), to_image)
    if step > _SHRINK_FROM:
        small = max(2, round(part.shape[1] / step)), max(2, round(part.shape[0] / step))
        matrix = compose(affine((small[0] / part.shape[1], small[1] / part.shape[0]), (0, 0)), matrix)
        part = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    # OpenCV counts from the centres of pixels.
    centred = compose(affine((1, 1), (-0.5, -0.5)), compose(matrix, affine((1, 1), (0.5, 0.5))))
    result = cv2.warpAffine(
        part, centred, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT, borderValue=[border or 0.0] * 4,
    )  # fmt: skip
    return result.astype(image.dtype, copy=False)
