"""How somebody holds trunk, head, shoulders and idle arms, whatever their legs do."""

import numpy as np

from habitus.synthetic.poses.posture import Posture
from habitus.synthetic.poses.skeleton import AXIAL, FLEXION, INDEX, SIDES, SIDEWAYS, Side
from habitus.synthetic.poses.style import Style

_MOST_LIFTED = 0.43
"""Radians that the head bends back on the neck."""


def carriage(style: Style, shape: tuple[int, ...] = (), *, lean: float = 0.0) -> Posture:
    """Upright on straight legs, arms hanging, in somebody's style.

    Args:
        style: whose.
        shape: of the batch.
        lean: radians by which the trunk leans forwards.
    """
    angles, pitch = np.zeros((*shape, 24, 3)), np.zeros((*shape, 2))
    bent = {"pelvis": 0.4 * lean, "spine1": 0.3 * lean, "spine2": 0.3 * (lean + style.stoop)}
    bent |= {"spine3": 0.7 * style.stoop, "neck": style.neck}
    # People look where they go, bent or not, as far as the neck allows.
    bent |= {"head": max(style.gaze - lean - style.stoop - style.neck, -_MOST_LIFTED)}
    for joint, flexion in bent.items():
        angles[..., INDEX[joint], FLEXION] = flexion
    angles[..., INDEX["head"], SIDEWAYS] = style.head_tilt
    for (side, sign), toe_out in zip(SIDES.items(), style.toe_out, strict=True):
        angles[..., INDEX[f"{side}_hip"], FLEXION] = angles[..., 0, FLEXION]
        angles[..., INDEX[f"{side}_hip"], SIDEWAYS] = style.step_width
        angles[..., INDEX[f"{side}_hip"], AXIAL] = toe_out
        angles[..., INDEX[f"{side}_collar"], SIDEWAYS] = style.shoulders - sign * style.shoulder_slope
        angles[..., INDEX[f"{side}_collar"], FLEXION] = 0.5 * style.stoop
        hold_arm(
            angles, side, forward=-0.5 * (lean + style.stoop), outward=style.arms_out, inward=0.25 * style.palms_back,
            elbow=style.elbow, palm_back=0.75 * style.palms_back, curl=0.25,
        )  # fmt: skip
    return Posture(angles, pitch)


def hold_arm(
    angles: np.ndarray, side: Side, *, forward: float | np.ndarray, outward: float | np.ndarray,
    inward: float | np.ndarray = 0.0, elbow: float | np.ndarray, palm_back: float | np.ndarray = 0.0,
    wrist: float = 0.0, curl: float = 0.25,
) -> None:  # fmt: skip
    """Place an arm, in place. Radians.

    Args:
        angles: (..., 24, 3).
        side: "left" or "right".
        forward: of the upper arm, from hanging; the shoulder blade follows arms that are raised far.
        outward: of the upper arm, from hanging.
        inward: turn of the upper arm about itself: a bent forearm swings before the body.
        elbow: bent.
        palm_back: pronation of the forearm, shared by elbow and wrist.
        wrist: bent towards the palm.
        curl: of the fingers.
    """
    raised = np.maximum(np.maximum(forward, outward) - 0.6, 0.0)
    angles[..., INDEX[f"{side}_collar"], SIDEWAYS] += 0.2 * raised
    angles[..., INDEX[f"{side}_shoulder"], FLEXION] = forward
    angles[..., INDEX[f"{side}_shoulder"], SIDEWAYS] = outward - 0.2 * raised
    angles[..., INDEX[f"{side}_shoulder"], AXIAL] = inward
    angles[..., INDEX[f"{side}_elbow"], FLEXION] = elbow
    angles[..., INDEX[f"{side}_elbow"], AXIAL] = 0.6 * palm_back
    angles[..., INDEX[f"{side}_wrist"], AXIAL] = 0.4 * palm_back
    angles[..., INDEX[f"{side}_wrist"], FLEXION] = wrist
    angles[..., INDEX[f"{side}_hand"], FLEXION] = curl
