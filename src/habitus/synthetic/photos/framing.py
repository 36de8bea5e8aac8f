"""The camera of a crop: true perspective, and the box that a detector would cut around the person."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes.scene import Scene


def foreshortened(
    points: Float[np.ndarray, "P 3"], root: Float[np.ndarray, "3"], distance: float
) -> Float[np.ndarray, "P 3"]:
    """Points moved to where weak perspective shows them as a camera `distance` metres from the root would.

    X and Y relative to the root, and Z too, are divided by 1 - Z / distance. The map takes planes to planes and keeps
    what is nearer nearer, so that all that renders weak perspective renders perspective as well.

    Args:
        points: metres, camera axes.
        root: what the camera looks at; it and all points at its depth stay.
        distance: metres.
    """
    offset = points - root
    return root + offset / np.maximum(1 - offset[:, 2:] / np.float32(distance), np.float32(0.05))


@dataclass(frozen=True)
class View:
    """A perspective camera on a crop."""

    psi: Float[np.ndarray, "3"]
    """(s, tx, ty): exact at the depth of the root."""
    root: Float[np.ndarray, "3"]
    """Metres, camera axes."""
    distance: float
    """From the camera to the root, metres."""

    def screen(self, points: Float[np.ndarray, "P 3"], size: tuple[int, int]) -> Float[np.ndarray, "P 3"]:
        """x, y in pixels of a crop (H, W), and foreshortened Z in metres: larger is nearer."""
        scale = self.psi[0] * np.float32(size[0] / 2)
        result = foreshortened(points, self.root, self.distance)
        result[:, 0] = np.float32(size[1] / 2) + scale * (result[:, 0] + self.psi[1])
        result[:, 1] = np.float32(size[0] / 2) - scale * (result[:, 1] + self.psi[2])
        return result

    def depth(self, z: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W"]:
        """Metres towards the camera from the root, of foreshortened Z."""
        offset = z - self.root[2]
        return offset / (1 + offset / np.float32(self.distance))


def frame(vertices: Float[np.ndarray, "N 3"], root: np.ndarray, scene: Scene, size: tuple[int, int]) -> View:
    """The view in a crop as a detector would cut it around posed vertices."""
    seen = foreshortened(vertices, root, scene.distance)[:, :2]
    low, high = seen.min(0), seen.max(0)
    left, top, right, bottom = scene.truncation
    extent = high - low
    low, high = low + extent * (left, bottom), high - extent * (right, top)
    middle, (wide, tall) = (low + high) / 2, high - low
    scale = 2 * scene.fill / max(tall, wide * size[0] / size[1] * 0.98)
    shift = 2 * np.array(scene.shift) / scale - middle
    return View(np.array([scale, *shift], np.float32), root, scene.distance)
