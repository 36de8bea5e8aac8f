"""What stands before people."""

import cv2
import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes.scene import Scene


def occlude(
    scene: Scene, size: tuple[int, int], *, feet: float, height: float
) -> tuple[Float[np.ndarray, "H W 3"], Float[np.ndarray, "H W"]] | None:
    """What stands before the person, and how far it covers each pixel; None where the scene has nothing.

    Args:
        scene: of the photo.
        size: (H, W) of the crop in pixels.
        feet: row on which the person stands.
        height: of the whole person, pixels of the crop.

    Returns:
        lit RGB in [0, 1], and coverage in [0, 1].
    """
    if scene.occluder is None:
        return None
    rng = np.random.default_rng(scene.occluder)
    rows, columns = size
    colours = np.full((rows, columns, 3), rng.uniform(0.1, 0.6, 3), np.float32)
    coverage = np.zeros(size, np.float32)
    left, width, top = (
        rng.uniform(-0.2, 0.8) * columns,
        rng.uniform(0.15, 0.5) * height,
        feet - rng.uniform(0.2, 0.5) * height,
    )
    cv2.rectangle(coverage, (int(left), int(top)), (int(left + width), rows), 1.0, -1)
    return colours, cv2.GaussianBlur(coverage, (0, 0), 0.6)
