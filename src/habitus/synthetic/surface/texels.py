"""The texels of a texture: which of them a garment can touch, and where those beside the charts take their colour."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree

from habitus.compiled import kernel
from habitus.synthetic.surface.fields import Colours
from habitus.synthetic.surface.points import Points


@dataclass(frozen=True)
class Zone:
    """The points that a garment, the hair or a face can touch: the others need no look."""

    index: Int[np.ndarray, "Q"] | slice
    """Into all texels."""
    points: Points

    def repaint(self, colours: Colours, brush: Callable[[Colours, Points], Colours]) -> None:
        """Pass the zone's colours through `brush`, in place."""
        colours[self.index] = brush(colours[self.index], self.points)


@dataclass(frozen=True)
class Texels:
    """The texels of a T x T texture that lie on the surface, the highest first."""

    size: int
    points: Points
    depths: Float[np.ndarray, "P"]
    """Metres down from the template's origin, ascending."""
    rows: Int[np.ndarray, "P"]
    columns: Int[np.ndarray, "P"]
    face: Zone
    """The front of the head."""
    nearest: Int[np.ndarray, "T T"]
    """Index of the nearest texel on the surface: colours continue past the charts, so no seam shows when sampled."""

    def zone(self, *, below: float = np.inf, above: float = -np.inf) -> Zone:
        """The texels between two heights of the template, metres: views, as they lie in the order of height."""
        begin, end = np.searchsorted(self.depths, (-below, -above))
        index = slice(int(begin), int(end))
        return Zone(index, self.points.take(index))

    def image(self, values: Float[np.ndarray, "P 3"]) -> Float[np.ndarray, "3 T T"]:
        """Colours of the texels as an image within [0, 1], continued past the charts."""
        image = np.empty((3, self.size * self.size), np.float32)
        _gather(np.ascontiguousarray(values.T, np.float32), self.nearest.reshape(-1), image)
        return image.reshape(3, self.size, self.size)


def nearest_inside(inside: Bool[np.ndarray, "T T"]) -> Int[np.ndarray, "T T"]:
    """For each texel the nearest one of `inside`, as its number in the order of rows."""
    _, nearest = KDTree(np.argwhere(inside)).query(np.argwhere(np.ones_like(inside)))
    return np.asarray(nearest).reshape(inside.shape)


_ZERO, _ONE = np.float32(0), np.float32(1)


@kernel
def _gather(planes, index, image):
    for c in range(3):
        for i in range(len(index)):
            image[c, i] = min(max(planes[c, index[i]], _ZERO), _ONE)
