"""How somebody carries themselves and walks: constant over all their photos, so a soft cue to who they are."""

from dataclasses import dataclass

import numpy as np

from habitus.synthetic.chance import bounded


@dataclass(frozen=True)
class Style:
    """A way of walking and standing. Angles in radians."""

    speed: float
    """Metres a second, the walking speed that the person prefers."""
    stride: float
    """Step length as a share of what people take at that speed."""
    arm_swing: float
    """Range of the upper arms at 1.4 m/s, forward and back together."""
    arm_asymmetry: float
    """In [-1, 1]: how much more the left arm swings than the right."""
    elbow: float
    """How far the elbows are bent when the arms hang."""
    arms_out: float
    """How far the arms hang away from the body."""
    palms_back: float
    """How far the hanging forearms turn the palms backwards."""
    toe_out: tuple[float, float]
    """Left, right."""
    step_width: float
    """How far the legs are spread, each."""
    sway: float
    """How far the pelvis drops to the side of the swinging leg."""
    pelvis_turn: float
    """How far the pelvis turns with the leading leg."""
    trunk_turn: float
    """How far the shoulders turn against the pelvis, as a share of `pelvis_turn`."""
    lean: float
    """Of the trunk, forwards."""
    stoop: float
    """Rounding of the upper back, forwards."""
    neck: float
    """How far the neck leans forwards."""
    gaze: float
    """How far the face looks down."""
    head_tilt: float
    """To the left."""
    bounce: float
    """How far the standing knee gives, as a share of the textbook's."""
    shoulders: float
    """How far the shoulders are raised."""
    shoulder_slope: float
    """How far the left shoulder hangs lower than the right, each."""
    handed: float
    """1: does things with the right hand; -1: with the left."""


def draw_style(rng: np.random.Generator) -> Style:
    """A random person's style: speeds and step lengths as measured on streets, the rest as told by textbooks."""
    toes = rng.normal(0.12, 0.07)
    return Style(
        speed=bounded(rng.normal(1.33, 0.17), 0.85, 1.8),
        stride=bounded(rng.normal(0.98, 0.07), 0.8, 1.15),
        arm_swing=bounded(rng.lognormal(np.log(0.5), 0.4), 0.12, 1.0),
        arm_asymmetry=bounded(rng.normal(0.1, 0.25), -0.6, 0.6),
        elbow=bounded(rng.normal(0.32, 0.12), 0.1, 0.7),
        arms_out=bounded(rng.normal(0.12, 0.04), 0.05, 0.25),
        palms_back=bounded(rng.normal(0.35, 0.25), -0.1, 0.9),
        toe_out=(bounded(toes + rng.normal(0, 0.03), -0.06, 0.32),
                 bounded(toes + rng.normal(0.02, 0.03), -0.06, 0.32)),
        step_width=bounded(rng.normal(0.02, 0.015), -0.01, 0.07),
        sway=bounded(rng.normal(0.07, 0.03), 0.0, 0.16),
        pelvis_turn=bounded(rng.normal(0.08, 0.03), 0.02, 0.18),
        trunk_turn=bounded(rng.normal(1.7, 0.3), 1.0, 2.5),
        lean=bounded(rng.normal(0.035, 0.03), -0.03, 0.12),
        stoop=bounded(rng.normal(0.05, 0.07), -0.08, 0.28),
        neck=bounded(rng.normal(0.1, 0.08), -0.08, 0.32),
        gaze=bounded(rng.normal(0.08, 0.08), -0.12, 0.32),
        head_tilt=bounded(rng.normal(0, 0.03), -0.09, 0.09),
        bounce=bounded(rng.normal(0.9, 0.22), 0.4, 1.4),
        shoulders=bounded(rng.normal(0.02, 0.05), -0.08, 0.16),
        shoulder_slope=bounded(rng.normal(0, 0.018), -0.045, 0.045),
        handed=1.0 if rng.uniform() < 0.88 else -1.0,
    )  # fmt: skip
