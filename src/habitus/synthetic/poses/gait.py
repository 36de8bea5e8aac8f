"""Level walking: the textbooks' curves of the joints, in somebody's style, at any phase and speed.

Sources: J. Perry and J. Burnfield, Gait Analysis (2nd ed., 2010), and D. Winter, The Biomechanics and Motor Control of
Human Gait (2nd ed., 1991), for legs, pelvis and trunk over the cycle; N. Sekiya and H. Nagasaki, Reproducibility of the
walking patterns of normal young adults (Gait & Posture, 1998), for the step at a speed; P. Meyns et al., The how and
why of arm swing during human walking (Gait & Posture, 2013), for the arms.
"""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline

from habitus.synthetic.poses.carriage import carriage, hold_arm
from habitus.synthetic.poses.posture import Posture
from habitus.synthetic.poses.skeleton import AXIAL, FLEXION, INDEX, SIDES, SIDEWAYS, Side, Theta
from habitus.synthetic.poses.style import Style

NORMAL_SPEED = 1.4
"""Metres a second, of the textbooks' curves."""
_MIDDLE = np.radians(2.5)
"""Of the thigh's swing."""
_MOST_REACH = 0.6
"""Radians that an upper arm swings forwards at most."""

# Degrees at percents of the cycle of one leg, from its heel's contact on; the toes leave the ground at 62 %.
_PERCENT = (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_THIGH = (21, 20, 18, 11, 0, -11, -19, -13, 7, 20, 24, 21)  # forwards of the vertical
_KNEE_SWING = (4, 3, 3, 4, 5, 5, 11, 36, 62, 54, 23, 4)  # bent
_KNEE_LOADED = (0, 8, 13, 13, 4, 0, 0, 0, 0, 0, 0, 0)  # how much more, where it takes the weight
_PITCH = (18, 7, 0, 0, 0, -6, -25, -66, -66, -30, 5, 18)  # of the sole, toes up
_TOES = (8, 3, 0, 0, 0, 6, 25, 36, 14, 4, 6, 8)  # up; shoes let them bend less than bare feet do


_legs = CubicSpline(
    np.array(_PERCENT) / 100, np.radians([_THIGH, _KNEE_SWING, _KNEE_LOADED, _PITCH, _TOES]).T, bc_type="periodic"
)


def gait(style: Style, phase: Float[np.ndarray, "*batch"] | float, speed: float) -> Theta:
    """Poses of a walk, axis-angle (..., 24, 3), radians: smooth in the phase and of period 1.

    Args:
        style: whose walk.
        phase: share of the cycle (two steps) since the left heel met the ground.
        speed: metres a second, 0.5 to 2.2.

    Example:
        >>> from habitus.synthetic.poses.style import draw_style
        >>> style = draw_style(np.random.default_rng(0))
        >>> gait(style, np.linspace(0, 1, 25), speed=1.3).shape
        (25, 24, 3)
    """
    return walk(style, phase, speed).theta()


def walk(style: Style, phase: Float[np.ndarray, "*batch"] | float, speed: float) -> Posture:
    """The same as a posture, for arms and head to do something else."""
    phase = np.asarray(phase, dtype=np.float64)
    step = style.stride * np.sqrt(speed / NORMAL_SPEED)
    pace = speed / NORMAL_SPEED
    posture = carriage(style, phase.shape, lean=style.lean * (0.7 + 0.3 * pace))
    angles, pitch = posture.angles, posture.pitch
    around = 2 * np.pi * phase

    turn = -style.pelvis_turn * step * np.cos(around)
    drop = -style.sway * np.sqrt(pace) * np.cos(around - 2 * np.pi * 0.13)
    angles[..., 0, AXIAL] += turn
    angles[..., 0, SIDEWAYS] += drop
    for joint, share in (("spine1", 0.2), ("spine2", 0.3), ("spine3", 0.5)):
        angles[..., INDEX[joint], AXIAL] -= share * style.trunk_turn * turn
        angles[..., INDEX[joint], SIDEWAYS] -= 0.27 * drop
    for joint in ("neck", "head"):  # the face stays where it looks
        angles[..., INDEX[joint], AXIAL] += 0.5 * (style.trunk_turn - 1) * turn
        angles[..., INDEX[joint], SIDEWAYS] -= 0.1 * drop

    legs = np.stack((phase % 1.0, (phase + 0.5) % 1.0))
    curves = np.moveaxis(_legs(legs), -1, 1)
    for column, (side, sign) in enumerate(SIDES.items()):
        leg, (thigh, swinging, loaded, sole, toes) = legs[column], curves[column]
        thigh = _MIDDLE + step * (thigh - _MIDDLE)
        angles[..., INDEX[f"{side}_hip"], FLEXION] = thigh + angles[..., 0, FLEXION]
        angles[..., INDEX[f"{side}_hip"], SIDEWAYS] += sign * drop
        angles[..., INDEX[f"{side}_hip"], AXIAL] -= sign * turn
        knee = (0.4 + 0.6 * step) * swinging + style.bounce * np.sqrt(pace) * loaded
        angles[..., INDEX[f"{side}_knee"], FLEXION] = knee
        pitch[..., column] = step * sole
        angles[..., INDEX[f"{side}_foot"], FLEXION] = step * toes
        _swing_arm(angles, style, side, np.cos(2 * np.pi * (leg + 0.5 - 0.03)), pace)
    return posture


def _swing_arm(angles: np.ndarray, style: Style, side: Side, swing: np.ndarray, pace: float) -> None:
    """Swing an arm, in place; `swing` is 1 where it is foremost."""
    share = 1 + style.arm_asymmetry if side == "left" else 1 - style.arm_asymmetry
    reach = _MOST_REACH * np.tanh(0.5 * share * pace * style.arm_swing / _MOST_REACH)
    hold_arm(
        angles, side,
        forward=reach * swing - 0.25 * reach - 0.5 * (style.lean + style.stoop),
        outward=style.arms_out - 0.04 * swing,
        inward=0.25 * style.palms_back + 0.15 * reach * swing,
        elbow=style.elbow + 0.5 * reach * (1 + swing),
        palm_back=0.75 * style.palms_back,
    )  # fmt: skip
