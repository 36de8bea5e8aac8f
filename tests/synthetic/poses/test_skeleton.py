"""Anatomical angles: each movement goes where its name says, on both sides, and comes back from axis-angle."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.model import BodyModel
from habitus.synthetic.poses.limits import joint_ranges, within_limits
from habitus.synthetic.poses.skeleton import AXIAL, FLEXION, INDEX, SIDES, SIDEWAYS, from_theta, to_theta
from habitus.types import SMPL_JOINTS

BODY = BodyModel.load()


def hanging() -> np.ndarray:
    return np.zeros((24, 3))


def joints(angles: np.ndarray) -> dict[str, np.ndarray]:
    theta = torch.from_numpy(to_theta(angles).astype(np.float32))[None]
    placed = BODY(theta, torch.zeros(1, 10)).joints[0].numpy()
    return dict(zip(SMPL_JOINTS, placed, strict=True))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32 - 1))
def test_angles_come_back_from_axis_angle(seed: int) -> None:
    low, high = np.moveaxis(joint_ranges(), -1, 0)
    rng = np.random.default_rng(seed)
    angles = rng.uniform(low, high, (5, 24, 3))
    angles[:, 0] *= 0.45  # the free root keeps off the poles of its Euler angles
    theta = to_theta(angles)
    assert np.allclose(from_theta(theta), angles, atol=1e-6)
    assert within_limits(theta).all()


def test_arms_hang_at_zero() -> None:
    at, rest = joints(hanging()), joints(from_theta(np.zeros((24, 3))))
    for side, sign in SIDES.items():
        assert at[f"{side}_elbow"][1] - at[f"{side}_shoulder"][1] < -0.2
        assert sign * rest[f"{side}_elbow"][0] > 0.35


# joint, angle, the joint that it moves, along which axis (x: outwards), which way
SIDE_MOVES = [
    ("hip", FLEXION, "ankle", 2, 1.0), ("hip", SIDEWAYS, "ankle", 0, 1.0), ("hip", AXIAL, "foot", 0, 1.0),
    ("knee", FLEXION, "ankle", 2, -1.0), ("ankle", FLEXION, "foot", 1, 1.0), ("ankle", AXIAL, "foot", 0, 1.0),
    ("collar", SIDEWAYS, "shoulder", 1, 1.0), ("collar", FLEXION, "shoulder", 2, 1.0),
    ("shoulder", FLEXION, "wrist", 2, 1.0), ("shoulder", SIDEWAYS, "wrist", 0, 1.0),
    ("elbow", FLEXION, "wrist", 2, 1.0), ("wrist", FLEXION, "hand", 0, -1.0), ("wrist", SIDEWAYS, "hand", 2, 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("joint", "angle", "moved", "axis", "way"), SIDE_MOVES)
@pytest.mark.parametrize(("side", "sign"), SIDES.items())
def test_limbs_move_alike_on_both_sides(
    side: str, sign: float, joint: str, angle: int, moved: str, axis: int, way: float
) -> None:
    still, bent = hanging(), hanging()
    bent[INDEX[f"{side}_{joint}"], angle] = 0.3
    mirror = sign if axis == 0 else 1.0
    step = joints(bent)[f"{side}_{moved}"][axis] - joints(still)[f"{side}_{moved}"][axis]
    assert mirror * way * step > 0.01


@pytest.mark.parametrize(("side", "sign"), SIDES.items())
def test_turning_a_bent_arm_inwards_brings_the_hand_before_the_body(side: str, sign: float) -> None:
    bent, turned = hanging(), hanging()
    bent[INDEX[f"{side}_elbow"], FLEXION] = turned[INDEX[f"{side}_elbow"], FLEXION] = 1.2
    turned[INDEX[f"{side}_shoulder"], AXIAL] = 0.5
    assert sign * (joints(turned)[f"{side}_wrist"][0] - joints(bent)[f"{side}_wrist"][0]) < -0.05


@pytest.mark.parametrize(("joint", "angle", "axis", "way"), [
    ("spine1", FLEXION, 2, 1.0), ("spine1", SIDEWAYS, 0, 1.0), ("pelvis", FLEXION, 2, 1.0),
    ("pelvis", SIDEWAYS, 0, 1.0),
])  # fmt: skip
def test_the_trunk_leans_where_it_says(joint: str, angle: int, axis: int, way: float) -> None:
    bent = hanging()
    bent[INDEX[joint], angle] = 0.2
    assert way * (joints(bent)["head"][axis] - joints(hanging())["head"][axis]) > 0.05


def test_a_knee_that_bends_forwards_is_refused() -> None:
    angles = hanging()
    assert within_limits(to_theta(angles))
    angles[INDEX["left_knee"], FLEXION] = -0.3
    assert not within_limits(to_theta(angles))
    assert list(within_limits(np.stack([to_theta(angles), to_theta(hanging())]))) == [False, True]
