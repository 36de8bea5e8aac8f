"""Standing: weight on both legs or on one, feet flat on the ground, and the trunk turned to look round."""

import numpy as np

from habitus.synthetic.poses.carriage import carriage
from habitus.synthetic.poses.posture import Posture
from habitus.synthetic.poses.skeleton import AXIAL, FLEXION, INDEX, SIDES, SIDEWAYS
from habitus.synthetic.poses.style import Style

_HIPS = 0.26
"""From one hip joint to the other, in lengths of a leg: 0.22 m / 0.84 m on the open body."""


def stand(style: Style, *, apart: float = 0.05, weight: float = 0.0, forward: float = 0.0) -> Posture:
    """Stand upright.

    Args:
        style: whose way to stand.
        apart: radians by which the legs are spread, each.
        weight: in [-1, 1]: how much of the weight the right leg (1) or the left leg (-1) takes. The hip of the other
            leg drops and its knee gives (contrapposto).
        forward: radians by which the idle leg reaches forwards.
    """
    posture = carriage(style, lean=0.5 * style.lean)
    angles = posture.angles
    drop = 0.11 * weight  # to the left
    angles[0, SIDEWAYS] += drop
    for joint, share in (("spine1", 0.4), ("spine2", 0.4), ("spine3", 0.4), ("neck", -0.1), ("head", -0.1)):
        angles[INDEX[joint], SIDEWAYS] -= share * drop
    for side, sign in SIDES.items():
        idle = max(sign * weight, 0.0)
        bend = 2 * np.arccos(1 - _HIPS * np.sin(abs(drop)) * (idle > 0))  # as far as its hip drops
        angles[INDEX[f"{side}_knee"], FLEXION] = 0.03 + bend
        angles[INDEX[f"{side}_hip"], FLEXION] += 0.015 + bend / 2 + idle * forward
        angles[INDEX[f"{side}_hip"], SIDEWAYS] = apart + sign * drop - 0.07 * max(-sign * weight, 0.0)
        angles[INDEX[f"{side}_hip"], AXIAL] += 0.08 + 0.15 * idle
    return posture


def look_round(posture: Posture, turn: float) -> None:
    """Turn trunk and face to the left by `turn` radians in all, in place: the further, the more of the trunk."""
    angles = posture.angles
    for joint, share in (("head", 0.38), ("neck", 0.33), ("spine3", 0.14), ("spine2", 0.1), ("spine1", 0.05)):
        angles[..., INDEX[joint], AXIAL] += share * turn


def turn_on_the_spot(posture: Posture, turn: float) -> None:
    """Turn the pelvis to the left by `turn` radians over feet that stay, in place."""
    angles = posture.angles
    angles[..., 0, AXIAL] += turn
    for side, sign in SIDES.items():
        angles[..., INDEX[f"{side}_hip"], AXIAL] -= sign * turn
