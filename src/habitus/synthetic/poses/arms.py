"""What arms and hands do besides hanging: each function moves a posture's arms, in place.

The angles place the hands on a body of average build; `clearance` fits them to one in clothes.
"""

import numpy as np

from habitus.synthetic.poses.carriage import hold_arm
from habitus.synthetic.poses.posture import Posture
from habitus.synthetic.poses.skeleton import AXIAL, FLEXION, INDEX, SIDES, SIDEWAYS, Side

_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


def read_phone(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """A phone before the chest, the face bent over it; now and then in both hands."""
    angles, low = posture.angles, rng.uniform(0, 1)
    for each in (side, _OTHER[side]) if rng.uniform() < 0.3 else (side,):
        hold_arm(
            angles, each, forward=0.5 - 0.25 * low, outward=rng.uniform(0.08, 0.2), inward=rng.uniform(0.35, 0.55),
            elbow=1.75 - 0.3 * low + rng.normal(0, 0.06), palm_back=-0.75, wrist=0.25, curl=0.35,
        )  # fmt: skip
    angles[INDEX["neck"], FLEXION] = min(angles[INDEX["neck"], FLEXION] + 0.15 + 0.1 * low, 0.42)
    angles[INDEX["head"], FLEXION] = rng.uniform(0.15, 0.4)
    angles[[INDEX["neck"], INDEX["head"]], AXIAL] *= 0.3


def call(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """A phone at the ear, the head a little inclined to it."""
    angles = posture.angles
    hold_arm(
        angles, side, forward=1.3 + rng.normal(0, 0.04), outward=0.62 + rng.normal(0, 0.05), inward=0.68, elbow=2.48,
        palm_back=0.77, wrist=-0.9, curl=0.15,
    )  # fmt: skip
    angles[INDEX["head"], SIDEWAYS] += 0.08 * SIDES[side] * rng.uniform(0, 1)


def carry(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """Something heavy in a hand: the arm straight down and still, that shoulder lower, the trunk leaning away."""
    angles, weight = posture.angles, rng.uniform(0.2, 1.0)
    swing = angles[..., INDEX[f"{side}_shoulder"], FLEXION]
    hold_arm(
        angles, side, forward=0.35 * swing, outward=rng.uniform(0.14, 0.24), elbow=0.08 + rng.exponential(0.1),
        palm_back=rng.uniform(0.0, 0.4), curl=1.3,
    )  # fmt: skip
    angles[..., INDEX[f"{side}_collar"], SIDEWAYS] -= 0.04 * weight
    for joint in ("spine1", "spine2", "spine3"):
        angles[..., INDEX[joint], SIDEWAYS] -= 0.025 * SIDES[side] * weight


def pocket(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """A hand in the pocket of trousers or of a jacket, the elbow out and behind."""
    high = rng.uniform(0, 1)
    hold_arm(
        posture.angles, side, forward=-0.34 - 0.05 * high, outward=0.22 + rng.normal(0, 0.03), inward=0.2,
        elbow=0.88 + 0.25 * high, palm_back=0.1, wrist=0.15 + 0.3 * high, curl=0.4,
    )  # fmt: skip


def cross(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """Arms crossed before the chest, the forearm of `side` above."""
    heights: dict[Side, float] = {side: 1.0, _OTHER[side]: 0.0}
    for each, above in heights.items():
        hold_arm(
            posture.angles, each, forward=0.26 + 0.2 * above, outward=0.16 + rng.normal(0, 0.02),
            inward=1.2 + 0.03 * above, elbow=1.68 + 0.04 * above, palm_back=-0.3, wrist=0.2, curl=0.4,
        )  # fmt: skip


def akimbo(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """A hand on the hip, the elbow out."""
    hold_arm(
        posture.angles, side, forward=-0.42 + rng.normal(0, 0.04), outward=0.68 + rng.normal(0, 0.04), inward=1.12,
        elbow=1.5, palm_back=-0.4, wrist=-0.9, curl=0.2,
    )  # fmt: skip


def behind(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """Both hands behind the back."""
    for each in (side, _OTHER[side]):
        hold_arm(
            posture.angles, each, forward=-0.52 + rng.normal(0, 0.02), outward=0.16, inward=1.4,
            elbow=0.72 + rng.normal(0, 0.03), palm_back=0.4, wrist=-0.2, curl=0.6,
        )  # fmt: skip


def point(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """An arm stretched towards something, ahead or aside."""
    hold_arm(
        posture.angles, side, forward=rng.uniform(0.9, 1.6), outward=rng.uniform(0.0, 0.7), elbow=rng.uniform(0.1, 0.5),
        palm_back=0.3, curl=0.7,
    )  # fmt: skip


def wave(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """A hand raised beside the head."""
    hold_arm(
        posture.angles, side, forward=rng.uniform(1.3, 2.2), outward=rng.uniform(0.6, 1.0),
        inward=rng.uniform(-0.5, -0.1), elbow=rng.uniform(1.0, 1.7),
        palm_back=rng.uniform(-0.2, 0.4), wrist=-0.2, curl=0.15,
    )  # fmt: skip


def explain(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """A hand that talks, before the body."""
    hold_arm(
        posture.angles, side, forward=rng.uniform(0.1, 0.6), outward=rng.uniform(0.1, 0.4),
        inward=rng.uniform(-0.3, 0.3), elbow=rng.uniform(1.0, 1.7),
        palm_back=rng.uniform(-0.8, 0.2), wrist=rng.normal(0, 0.2), curl=0.35,
    )  # fmt: skip


def touch_face(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """Eating, drinking, scratching a cheek."""
    hold_arm(
        posture.angles, side, forward=0.85 + rng.normal(0, 0.08), outward=0.28, inward=0.75 + rng.normal(0, 0.05),
        elbow=2.3, palm_back=-0.9, wrist=0.0, curl=0.9,
    )  # fmt: skip


def touch_hair(posture: Posture, side: Side, rng: np.random.Generator) -> None:
    """Pushing the hair back."""
    hold_arm(
        posture.angles, side, forward=1.7 + rng.normal(0, 0.1), outward=0.35, inward=0.0, elbow=2.25, palm_back=0.2,
        wrist=0.1, curl=0.4,
    )  # fmt: skip
