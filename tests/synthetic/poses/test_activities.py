"""Poses: possible for a body, seen from where they should be."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.model import BodyModel
from habitus.recovery.priors import joint_limits
from habitus.synthetic.poses.activities import draw_pose, standing, walking
from habitus.synthetic.poses.turning import calm, turned, with_berth
from habitus.types import SMPL_JOINTS

BODY = BodyModel.load()


def joints(theta: np.ndarray) -> dict[str, np.ndarray]:
    placed = BODY(torch.from_numpy(theta.astype(np.float32))[None], torch.zeros(1, 10)).joints[0].numpy()
    return dict(zip(SMPL_JOINTS, placed, strict=True))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_poses_stay_within_what_joints_can_do(seed: int) -> None:
    theta = torch.from_numpy(draw_pose(np.random.default_rng(seed)).theta)[1:]
    low, high = (limit[1:] for limit in joint_limits())
    assert bool((theta > low - 0.15).all())
    assert bool((theta < high + 0.15).all())


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_people_stand_upright_on_their_feet(seed: int) -> None:
    at = joints(draw_pose(np.random.default_rng(seed)).theta)
    assert at["head"][1] - at["pelvis"][1] > 0.45
    assert min(at["left_ankle"][1], at["right_ankle"][1]) < at["pelvis"][1] - 0.6
    assert at["pelvis"][1] > max(at["left_knee"][1], at["right_knee"][1])


def test_arms_swing_with_the_other_leg() -> None:
    together = []
    for seed in range(40):
        at = joints(walking(np.random.default_rng(seed)))
        legs = at["left_ankle"][2] - at["right_ankle"][2]
        arms = at["left_wrist"][2] - at["right_wrist"][2]
        together.append(legs * arms)
    assert np.mean(np.array(together) < 0) > 0.8


@pytest.mark.parametrize(("yaw", "axis", "sign"), [(0.0, 2, 1), (np.pi, 2, -1), (np.pi / 2, 0, 1), (-np.pi / 2, 0, -1)])
def test_yaw_turns_the_person(yaw: float, axis: int, sign: int) -> None:
    at = joints(turned(standing(np.random.default_rng(0)), yaw=yaw))
    forward = (at["left_foot"] - at["left_ankle"] + at["right_foot"] - at["right_ankle"]) / 2
    assert sign * forward[axis] > 0.1


def test_a_camera_that_looks_down_sees_the_head_nearer() -> None:
    at = joints(turned(standing(np.random.default_rng(0)), yaw=1.0, elevation=0.3))
    assert at["head"][2] - at["left_ankle"][2] > 0.3


def test_berth_and_calm_do_what_they_say() -> None:
    pose = walking(np.random.default_rng(1))
    near, far = joints(pose), joints(with_berth(pose, 0.3))
    for side, sign in (("left", 1), ("right", -1)):
        assert sign * (far[f"{side}_wrist"][0] - near[f"{side}_wrist"][0]) > 0.05
    stride = [abs(at["left_ankle"][2] - at["right_ankle"][2]) for at in (near, joints(calm(pose, 0.4)))]
    assert stride[1] < stride[0]
