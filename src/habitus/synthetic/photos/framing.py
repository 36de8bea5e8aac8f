"""The camera of a crop: true perspective, and the box that a detector would cut around the person."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from habitus.compiled import kernel
from habitus.synthetic.scenes.scene import Scene


def foreshortened(
    points: Float[np.ndarray, "P 3"], root: Float[np.ndarray, "3"], distance: float
) -> Float[np.ndarray, "P 3"]:
    """Points moved to where weak perspective shows them as a camera `distance` metres from the root would.

    X, Y and Z relative to the root are divided by 1 - Z / distance. The map takes planes to planes and keeps what is
    nearer nearer, so that all that renders weak perspective renders perspective as well.

    Args:
        points: metres, camera axes.
        root: what the camera looks at; it and all points at its depth stay.
        distance: metres.
    """
    return _foreshorten(np.asarray(points, np.float32), root, np.float32(distance))


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
        result = foreshortened(points, self.root, self.distance)
        _project(result, self.psi, size[0], size[1])
        return result


def frame(vertices: Float[np.ndarray, "N 3"], root: np.ndarray, scene: Scene, size: tuple[int, int]) -> View:
    """The view in a crop as a detector would cut it around posed vertices."""
    low, high = bounds(foreshortened(vertices, root, scene.distance))
    low, high = low[:2], high[:2]
    left, top, right, bottom = scene.truncation
    extent = high - low
    low, high = low + extent * (left, bottom), high - extent * (right, top)
    middle, (wide, tall) = (low + high) / 2, high - low
    box = max(tall, wide * size[0] / size[1] * 0.98)
    # A box wider than the crop's shape shows more above or below than is asked for, but never what is cut off.
    spare = np.maximum((box * size[1] / size[0] - wide, box - tall), 0) / 2
    middle = middle + spare * np.sign((left - right, bottom - top))
    scale = 2 * scene.fill / box
    shift = 2 * np.array(scene.shift) / scale - middle
    return View(np.array([scale, *shift], np.float32), root, scene.distance)


def bounds(points: Float[np.ndarray, "P 3"]) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """The least and the greatest of each coordinate."""
    low, high = np.empty(3, np.float32), np.empty(3, np.float32)
    _stretch(points, low, high)
    return low, high


@kernel
def _foreshorten(points, root, distance):
    result = np.empty_like(points)
    for p in range(points.shape[0]):
        x, y, z = points[p, 0] - root[0], points[p, 1] - root[1], points[p, 2] - root[2]
        nearer = 1 / max(1 - z / distance, np.float32(0.05))
        result[p, 0] = root[0] + x * nearer
        result[p, 1] = root[1] + y * nearer
        result[p, 2] = root[2] + z * nearer
    return result


@kernel
def _project(points, psi, height, width):
    """`rendering.camera.project` for one crop, in place."""
    scale = psi[0] * np.float32(height / 2)
    for p in range(points.shape[0]):
        points[p, 0] = np.float32(width / 2) + scale * (points[p, 0] + psi[1])
        points[p, 1] = np.float32(height / 2) - scale * (points[p, 1] + psi[2])


@kernel
def _stretch(points, low, high):
    for axis in range(3):
        least = most = points[0, axis]
        for p in range(points.shape[0]):
            least, most = min(least, points[p, axis]), max(most, points[p, axis])
        low[axis], high[axis] = least, most
