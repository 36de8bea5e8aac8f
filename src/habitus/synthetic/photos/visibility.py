"""Which keypoints and joints a picture shows."""

import numpy as np
from jaxtyping import Bool, Float

from habitus.compiled import kernel
from habitus.synthetic.photos.drawing import Seen
from habitus.types import COCO_KEYPOINTS, SMPL_JOINTS

# How far below the clothes' surface points lie, metres: so far behind what the camera sees there they count as seen.
_DEPTHS = {
    "nose": 0.03, "eye": 0.03, "ear": 0.05, "head": 0.12, "neck": 0.1, "collar": 0.1, "shoulder": 0.1, "elbow": 0.08,
    "wrist": 0.06, "hand": 0.05, "spine1": 0.16, "spine2": 0.16, "spine3": 0.16, "pelvis": 0.17, "hip": 0.15,
    "knee": 0.1, "ankle": 0.08, "foot": 0.07,
}  # fmt: skip
DEPTHS = np.array([_DEPTHS[name.split("_")[-1]] for name in (*COCO_KEYPOINTS, *SMPL_JOINTS)], np.float32)
"""Of COCO-17, then of SMPL-24."""


def visible(
    points: Float[np.ndarray, "P 3"],
    depths: Float[np.ndarray, "P"],
    centres: Seen,
    clear: Bool[np.ndarray, "H W"],
) -> Bool[np.ndarray, "P"]:
    """Whether points lie in the picture, not far behind the surface that it shows there, and nothing blocks it.

    Args:
        points: of the screen.
        depths: how far behind a surface they may lie, metres.
        centres: what the picture's pixels show.
        clear: where nothing stands before the person.
    """
    shown = np.zeros(len(points), np.bool_)
    _look_at(points, depths, centres.face, centres.z, clear, shown)
    return shown


@kernel
def _look_at(points, depths, face, z, clear, shown):
    height, width = face.shape
    for p in range(points.shape[0]):
        column, row = np.int64(np.floor(points[p, 0])), np.int64(np.floor(points[p, 1]))
        if 0 <= column < width and 0 <= row < height:
            hidden = face[row, column] >= 0 and z[row, column] > points[p, 2] + depths[p]
            shown[p] = clear[row, column] and not hidden
