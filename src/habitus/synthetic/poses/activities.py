"""How made people stand and walk: natural by construction, every angle drawn within what its joint can do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation

from habitus.synthetic.poses.skeleton import INDEX, SIDES, Theta
from habitus.synthetic.poses.style import Style, draw_style


@dataclass(frozen=True)
class Pose:
    """What somebody does at the moment of a photo."""

    theta: Theta
    """Axis-angle, radians: upright, facing the camera."""
    activity: str
    hand: Literal["left", "right"] | None
    """That holds a phone or a bag."""


def draw_pose(rng: np.random.Generator, style: Style | None = None, *, carrying: bool = False) -> Pose:
    """A random pose of the street: mostly walking, some standing or busy.

    Args:
        rng: of this photo.
        style: the person's; None: anybody's.
        carrying: a bag hangs in a hand.
    """
    style = draw_style(rng) if style is None else style
    kinds: dict[str, Callable[[np.random.Generator], Theta]] = {
        "walking": walking, "standing": standing, "busy": busy,
    }  # fmt: skip
    activity = str(rng.choice(list(kinds), p=(0.6, 0.22, 0.18)))
    theta = kinds[activity](rng)
    if not carrying:
        return Pose(theta, activity, None)
    hand, sign = ("right", -1.0) if style.handed > 0 else ("left", 1.0)
    _set_arm(theta, hand + "_", sign, forward=rng.normal(0, 0.06), outward=rng.uniform(0.08, 0.16), elbow=0.12)
    return Pose(theta, activity, hand)


def walking(rng: np.random.Generator) -> Theta:
    """A moment of a walk: phase, stride, arm swing, lean and stiffness drawn at random.

    Hips follow a cosine, knees two bumps (loading, swing), ankles push off: the textbook curves of level gait
    (Perry, Gait Analysis, 1992), simplified.
    """
    theta = _relaxed(rng)
    phase, stride = rng.uniform(0, 1), rng.uniform(0.15, 0.36)
    swing, bend = rng.uniform(0.1, 0.45), rng.uniform(0.08, 0.3)
    pelvis_turn = rng.uniform(0.03, 0.1)
    for side, sign in SIDES:
        leg = phase if sign > 0 else phase + 0.5
        hip = stride * np.cos(2 * np.pi * leg) + 0.04
        knee = 0.08 + 0.2 * _bump(leg, 0.14, 0.07) + (0.55 + stride) * _bump(leg, 0.72, 0.09)
        ankle = 0.05 - 0.12 * _bump(leg, 0.45, 0.1) + 0.3 * _bump(leg, 0.63, 0.06) - 0.1 * _bump(leg, 0.0, 0.08)
        _set(theta, side + "hip", _turn(x=-hip) * Rotation.from_rotvec(theta[INDEX[side + "hip"]]))
        theta[INDEX[side + "knee"]] = knee, 0, 0
        theta[INDEX[side + "ankle"]] += ankle, 0, 0
        arm = -swing * np.cos(2 * np.pi * leg)  # the arm goes with the other leg
        elbow = bend + 0.35 * swing * (1 + np.sign(arm) * abs(arm) / max(swing, 1e-6))
        _set_arm(theta, side, sign, forward=arm, outward=rng.uniform(0.08, 0.22), elbow=elbow)
    twist = pelvis_turn * np.cos(2 * np.pi * phase)
    theta[0] = rng.uniform(0.0, 0.08), -twist, 0.02 * np.sin(2 * np.pi * phase)
    for joint in ("spine1", "spine2", "spine3"):
        theta[INDEX[joint]] += 0, 0.6 * twist, 0
    return theta


def standing(rng: np.random.Generator) -> Theta:
    """Weight on both legs or on one, arms hanging, crossed behind, or on the hips."""
    theta = _relaxed(rng)
    lean = rng.uniform(-1, 1) * rng.integers(0, 2)
    theta[0] = 0, 0, 0.04 * lean
    theta[INDEX["spine1"]] += 0, 0, -0.05 * lean
    theta[INDEX["left_knee"]] = max(0.0, 0.35 * lean) + 0.03, 0, 0
    theta[INDEX["right_knee"]] = max(0.0, -0.35 * lean) + 0.03, 0, 0
    theta[INDEX["left_hip"]] += -max(0.0, 0.2 * lean), 0, 0
    theta[INDEX["right_hip"]] += -max(0.0, -0.2 * lean), 0, 0
    on_hips = rng.uniform() < 0.15
    for side, sign in SIDES:
        if on_hips:
            _set_arm(theta, side, sign, forward=-0.3, outward=0.75, elbow=1.7, twist=1.2)
        else:
            _set_arm(theta, side, sign, forward=rng.normal(0, 0.1), outward=rng.uniform(0.08, 0.3),
                     elbow=rng.uniform(0.1, 0.5))  # fmt: skip
    return theta


def busy(rng: np.random.Generator) -> Theta:
    """Walking or standing with a hand at a phone, at an ear, in the pockets, or waving."""
    theta = walking(rng) if rng.uniform() < 0.5 else standing(rng)
    side, sign = SIDES[rng.integers(0, 2)]
    what = rng.integers(0, 4)
    if what == 0:  # reading a phone
        _set_arm(theta, side, sign, forward=0.35, outward=0.12, elbow=1.7, twist=0.5)
        theta[INDEX["neck"]] += 0.3, 0, 0
    elif what == 1:  # phone at the ear
        _set_arm(theta, side, sign, forward=0.7, outward=0.45, elbow=2.3, twist=0.25)
    elif what == 2:  # both hands in the pockets
        for each, way in SIDES:
            _set_arm(theta, each, way, forward=-0.12, outward=0.3, elbow=0.75, twist=0.75)
    else:  # a gesture
        _set_arm(theta, side, sign, forward=rng.uniform(0.2, 1.0), outward=rng.uniform(0.2, 0.9),
                 elbow=rng.uniform(0.4, 1.6))  # fmt: skip
    return theta


def _relaxed(rng: np.random.Generator) -> Theta:
    """The back and the head nearly straight, feet slightly apart and turned out, everything a little uneven."""
    theta = np.zeros((24, 3))
    for joint in ("spine1", "spine2", "spine3"):
        theta[INDEX[joint]] = rng.normal(0.01, 0.03), rng.normal(0, 0.03), rng.normal(0, 0.015)
    theta[INDEX["neck"]] = rng.normal(0.06, 0.07), rng.normal(0, 0.12), rng.normal(0, 0.04)
    theta[INDEX["head"]] = rng.normal(0.04, 0.07), rng.normal(0, 0.2), rng.normal(0, 0.04)
    out, apart = rng.uniform(0.0, 0.18), rng.uniform(-0.02, 0.06)
    for side, sign in SIDES:
        theta[INDEX[side + "hip"]] = 0, sign * out, sign * apart
        theta[INDEX[side + "ankle"]] = 0, 0, -sign * apart
        theta[INDEX[side + "collar"]] = 0, 0, -sign * rng.uniform(0.02, 0.12)
        theta[INDEX[side + "wrist"]] = rng.normal(0, 0.15), 0, sign * rng.normal(0, 0.1)
        theta[INDEX[side + "hand"]] = 0, 0, -sign * rng.uniform(0.0, 0.2)
    return theta


def _set_arm(
    theta: Theta, side: str, sign: float, *, forward: float, outward: float, elbow: float, twist: float = 0.0
) -> None:
    """Place an arm: radians forward of hanging, out from the body, of the bent elbow; `twist` turns a bent forearm
    inwards, before the body (about the arm's own axis, x in the rest pose).
    """
    lowered = np.pi / 2 - outward - 0.06
    _set(theta, side + "shoulder", _turn(x=-forward) * _turn(z=-sign * lowered) * _turn(x=twist))
    theta[INDEX[side + "elbow"]] = 0, -sign * elbow, 0


def _turn(*, x: float = 0.0, z: float = 0.0) -> Rotation:
    return Rotation.from_rotvec((x, 0.0, z))


def _set(theta: Theta, joint: str, rotation: Rotation) -> None:
    theta[INDEX[joint]] = rotation.as_rotvec()


def _bump(phase: float, at: float, width: float) -> float:
    """A smooth bump of height 1 on the circle of phases."""
    away = (phase - at + 0.5) % 1.0 - 0.5
    return float(np.exp(-0.5 * (away / width) ** 2))
