"""The 24 joints as a clinician moves them, and their way to axis-angle.

A posture is an array of anatomical angles (..., 24, 3): flexion, sideways, axial rotation of each joint, in radians,
mirrored for the right side, so that the same number is the same movement on both sides:

| joint | flexion | sideways | axial |
|---|---|---|---|
| pelvis, spine, neck, head | forwards | to the left | turned to the left |
| hip | thigh forwards | leg outwards | toes outwards |
| knee | bent | - | - |
| ankle | toes up (dorsiflexion) | sole inwards (inversion) | toes outwards |
| foot (toes) | up | - | - |
| collar | forwards | raised | - |
| shoulder | arm forwards, from hanging | outwards, from hanging | inwards |
| elbow | bent | - | palm backwards (pronation) |
| wrist | towards the palm | towards the thumb | palm backwards |
| hand (fingers) | curled | - | - |

Rest pose (theta = 0): upright, facing +Z, arms along +-X with the palms down.
"""

import warnings
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from habitus.compiled import kernel
from habitus.synthetic.poses.quaternions import compose, of_vector, to_vector
from habitus.types import SMPL_JOINTS

Angles = Float[np.ndarray, "*batch 24 3"]
Theta = Float[np.ndarray, "*batch 24 3"]

INDEX = {name: i for i, name in enumerate(SMPL_JOINTS)}
Side = Literal["left", "right"]
SIDES: dict[Side, float] = {"left": 1.0, "right": -1.0}
"""And the sign of x there."""
FLEXION, SIDEWAYS, AXIAL = 0, 1, 2
HANGING = np.pi / 2
"""Radians that an arm falls from the rest pose until it hangs."""

# For each kind of joint, left or in the middle: which angle turns about which axis, the outermost turn first. Legs and
# arms follow the joint coordinate systems of Grood and Suntay (1983): flexion about an axis of the parent, axial
# rotation about one of the limb itself, sideways about the axis between.
_X, _Y, _Z = np.eye(3)
_ORDERS = {
    "trunk": ((AXIAL, _Y), (SIDEWAYS, -_Z), (FLEXION, _X)),
    "hip": ((FLEXION, -_X), (SIDEWAYS, _Z), (AXIAL, _Y)),
    "knee": ((FLEXION, _X), (SIDEWAYS, _Z), (AXIAL, _Y)),
    "ankle": ((FLEXION, -_X), (SIDEWAYS, -_Z), (AXIAL, _Y)),
    "foot": ((FLEXION, -_X), (SIDEWAYS, -_Z), (AXIAL, _Y)),
    "collar": ((FLEXION, -_Y), (SIDEWAYS, _Z), (AXIAL, _X)),
    "shoulder": ((FLEXION, -_X), (SIDEWAYS, _Z), (AXIAL, _X)),
    "elbow": ((FLEXION, -_Y), (SIDEWAYS, _Z), (AXIAL, _X)),
    "wrist": ((FLEXION, -_Z), (SIDEWAYS, -_Y), (AXIAL, _X)),
    "hand": ((FLEXION, -_Z), (SIDEWAYS, -_Y), (AXIAL, _X)),
}
_MIRROR = np.array((1.0, -1.0, -1.0))  # of rotation vectors, in the left-right plane


def _kind(joint: str) -> str:
    name = joint.rsplit("_", maxsplit=1)[-1]
    return name if name in _ORDERS else "trunk"


_COLUMNS = np.array([[column for column, _ in _ORDERS[_kind(joint)]] for joint in SMPL_JOINTS])
_AXES = np.array(
    [[axis * (_MIRROR if j.startswith("right_") else 1) for _, axis in _ORDERS[_kind(j)]] for j in SMPL_JOINTS]
)
_OFFSET = np.zeros((24, 3))
_OFFSET[[INDEX["left_shoulder"], INDEX["right_shoulder"]], SIDEWAYS] = -HANGING


def to_theta(angles: Angles) -> Theta:
    """Axis-angle, radians."""
    turns = np.ascontiguousarray(np.take_along_axis(angles + _OFFSET, np.broadcast_to(_COLUMNS, angles.shape), -1))
    return _compose_turns(turns.reshape(-1, 24, 3), _AXES).reshape(angles.shape)


@kernel
def _compose_turns(
    turns: Float[np.ndarray, "B 24 3"], axes: Float[np.ndarray, "24 3 3"]
) -> Float[np.ndarray, "B 24 3"]:
    theta = np.empty_like(turns)
    for pose in range(len(turns)):
        for joint in range(24):
            outer, middle, inner = turns[pose, joint]
            first, second, third = axes[joint]
            rotation = compose(of_vector(first * outer), of_vector(second * middle))
            theta[pose, joint] = to_vector(compose(rotation, of_vector(third * inner)))
    return theta


def from_theta(theta: Theta) -> Angles:
    """The inverse of `to_theta`, each angle in [-pi, pi]; for an arm straight out to the side, one of many answers."""
    angles = np.empty(theta.shape)
    for joint, name in enumerate(SMPL_JOINTS):
        vectors = theta[..., joint, :] * (_MIRROR if name.startswith("right_") else 1)
        axes = [axis for _, axis in _ORDERS[_kind(name)]]
        letters = "".join("XYZ"[np.abs(axis).argmax()] for axis in axes)
        with warnings.catch_warnings(category=UserWarning, action="ignore"):  # of gimbal lock: see above
            euler = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_euler(letters)
        if letters[0] == letters[2]:  # of the two answers, that of an arm which fell from the rest pose
            other = np.where(euler[:, [0, 2]] > 0, euler[:, [0, 2]] - np.pi, euler[:, [0, 2]] + np.pi)
            euler[:, [0, 2]] = np.where(euler[:, 1:2] > 1e-9, other, euler[:, [0, 2]])
            euler[:, 1] *= -1
        signs = [axis.sum() for axis in axes]
        angles[..., joint, _COLUMNS[joint]] = (euler * signs).reshape(vectors.shape)
    return angles - _OFFSET
