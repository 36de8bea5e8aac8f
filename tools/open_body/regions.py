"""Named regions of the body as labels of its faces."""

import numpy as np

REGIONS = (
    "hair", "face", "neck", "torso", "left_upper_arm", "right_upper_arm", "left_forearm", "right_forearm", "left_hand",
    "right_hand", "left_thigh", "right_thigh", "left_calf", "right_calf", "left_foot", "right_foot",
)  # fmt: skip
OF_JOINT = (
    "torso", "left_thigh", "right_thigh", "torso", "left_calf", "right_calf", "torso", "left_foot", "right_foot",
    "torso", "left_foot", "right_foot", "neck", "torso", "torso", "face", "left_upper_arm", "right_upper_arm",
    "left_forearm", "right_forearm", "left_hand", "right_hand", "left_hand", "right_hand",
)  # fmt: skip
"""Region of what each joint moves; the head is then split into face and hair."""

HAIRLINE = (
    (-0.12, 0.14), (-0.045, 0.2), (-0.03, 0.3), (-0.018, 0.5), (0.0, 0.6), (0.02, 0.6), (0.035, 0.66), (0.055, 0.8),
    (0.075, 0.84), (0.2, 0.86),
)  # fmt: skip
"""The lower border of the hair seen from the side: (z - ear z in metres at a head 0.23 m high, fraction of the head's
height above the chin), from the nape to the forehead."""


def label_faces(vertices: np.ndarray, faces: np.ndarray, weights: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Region (F,) of each face of the average body, left-right symmetric.

    Args:
        vertices: (N, 3) average body in the T-pose.
        weights: (N, 24) skinning weights.
    """
    belongs = np.zeros((24, len(REGIONS)))
    belongs[np.arange(24), [REGIONS.index(name) for name in OF_JOINT]] = 1
    label = (weights @ belongs)[faces].sum(1).argmax(1)
    head = label == REGIONS.index("face")
    label[head & _hairy(vertices, faces, head)] = REGIONS.index("hair")
    return _symmetric(label, vertices, faces, mirror)


def ear_vertices(vertices: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The left ear: what stands out sideways from the head."""
    head = weights.argmax(1) == 15
    x = np.where(head, vertices[:, 0], 0)
    level = vertices[x.argmax(), 1]
    # The ear's shell is the only part of the head within a millimetre or so of its greatest width.
    return np.flatnonzero((x > 0.93 * x.max()) & (np.abs(vertices[:, 1] - level) < 0.05))


def _hairy(vertices: np.ndarray, faces: np.ndarray, head: np.ndarray) -> np.ndarray:
    points = vertices[np.unique(faces[head])]
    front = points[points[:, 2] > np.quantile(points[:, 2], 0.6)]
    top, chin = points[:, 1].max(), front[:, 1].min()
    height = top - chin
    ear = points[points[:, 0].argmax()]
    centre = vertices[faces].mean(1)
    z = (centre[:, 2] - ear[2]) * 0.23 / height
    border = np.interp(z, *np.array(HAIRLINE).T)
    level = (centre[:, 1] - chin) / height
    shell = (np.abs(centre[:, 0]) > 0.86 * ear[0]) & (np.abs(centre[:, 1] - ear[1]) < 0.2 * height)
    return (level > border) & ~(shell & (np.abs(z) < 0.032))


def _symmetric(label: np.ndarray, vertices: np.ndarray, faces: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Copy the labels of the left half to the right half."""
    swap = np.array([
        REGIONS.index(n.replace("left", "right") if "left" in n else n.replace("right", "left")) for n in REGIONS
    ])  # fmt: skip
    index = {tuple(sorted(face)): k for k, face in enumerate(faces.tolist())}
    mate = np.array([index[tuple(sorted(face))] for face in mirror[faces].tolist()])
    right = vertices[faces, 0].sum(1) < 0
    return np.where(right, swap[label[mate]], label)
