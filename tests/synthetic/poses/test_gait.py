"""Walking: smooth, periodic, on feet that lie flat, as the textbooks have it, and different from person to person."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from habitus.body.model import BodyModel
from habitus.synthetic.poses.gait import gait
from habitus.synthetic.poses.limits import within_limits
from habitus.synthetic.poses.skeleton import AXIAL, FLEXION, INDEX, SIDES, SIDEWAYS, from_theta
from habitus.synthetic.poses.style import Style, draw_style

BODY = BodyModel.load()
FEET = [
    (BODY.lbs_weights[:, [INDEX[f"{side}_ankle"], INDEX[f"{side}_foot"]]].sum(1) > 0.5).nonzero()[:, 0]
    for side in SIDES
]
CYCLE = np.arange(100) / 100
styles = st.integers(0, 10_000).map(lambda seed: draw_style(np.random.default_rng(seed)))
speeds = st.floats(0.5, 2.2)


def mean_style() -> Style:
    drawn = [draw_style(np.random.default_rng(seed)) for seed in range(200)]
    middle: dict[str, Any] = {
        field.name: np.median([getattr(style, field.name) for style in drawn], axis=0) for field in fields(Style)
    }
    return Style(**middle)


def lowest(theta: np.ndarray) -> np.ndarray:
    """Height of the lowest vertex of the left and the right foot, (B, 2), metres."""
    vertices = BODY(torch.from_numpy(theta).float(), torch.zeros(len(theta), 10)).vertices
    return torch.stack([vertices[:, foot, 1].min(1).values for foot in FEET], 1).numpy()


def feet_in_the_world(theta: np.ndarray) -> np.ndarray:
    """Rotation matrices of the left and right foot, (2, B, 3, 3)."""
    turns = []
    for side in SIDES:
        chain = [
            Rotation.from_rotvec(theta[:, INDEX[n]]) for n in ("pelvis", *(f"{side}_{p}" for p in ("hip", "knee")))
        ]
        ankle = Rotation.from_rotvec(theta[:, INDEX[f"{side}_ankle"]])
        turns.append((chain[0] * chain[1] * chain[2] * ankle).as_matrix())
    return np.stack(turns)


@settings(deadline=None, max_examples=30)
@given(styles, speeds)
def test_a_walk_is_smooth_and_repeats_itself(style: Style, speed: float) -> None:
    assert np.allclose(gait(style, 0.37, speed), gait(style, 1.37, speed), atol=1e-9)
    theta = gait(style, np.arange(0, 400) / 400, speed)
    turns = Rotation.from_rotvec(theta.reshape(-1, 3)).as_matrix().reshape(400, -1)
    step = np.roll(turns, -1, axis=0) - turns
    jerk = np.roll(step, -1, axis=0) - step
    assert np.abs(step).max() < 0.07
    assert np.abs(jerk).max() < 0.006


@settings(deadline=None, max_examples=30)
@given(styles, speeds)
def test_joints_keep_within_their_limits(style: Style, speed: float) -> None:
    assert within_limits(gait(style, CYCLE, speed)).all()


@settings(deadline=None, max_examples=30)
@given(styles, speeds)
def test_the_sole_of_the_standing_foot_lies_flat(style: Style, speed: float) -> None:
    for side, foot in enumerate(feet_in_the_world(gait(style, CYCLE, speed))):
        leg = (CYCLE + 0.5 * side) % 1.0
        up = foot[(leg > 0.1) & (leg < 0.31), :, 1]
        assert np.degrees(np.arccos(up[:, 1].clip(-1, 1))).max() < 2.0
        at_contact = foot[np.argmin(leg), :, 2]
        assert at_contact[1] > 0.1  # the heel comes first


@settings(deadline=None, max_examples=12)
@given(styles, st.floats(0.8, 1.5))
def test_both_feet_bear_when_both_stand(style: Style, speed: float) -> None:
    """Neither floats more than a heel's rise above the other while the weight goes over."""
    heights = lowest(gait(style, np.array([0.0, 0.02, 0.04, 0.5, 0.52, 0.54]), speed))
    assert np.abs(heights[:, 0] - heights[:, 1]).max() < 0.04


@settings(deadline=None, max_examples=12)
@given(styles, st.floats(0.8, 1.8))
def test_the_swinging_foot_clears_the_ground(style: Style, speed: float) -> None:
    heights = lowest(gait(style, np.array([0.7, 0.75, 0.8, 0.86]), speed))
    assert (heights[:, 0] - heights[:, 1]).min() > -0.01


def test_joints_follow_the_textbook() -> None:
    """Peaks of level walking at 1.4 m/s and when they come (Perry and Burnfield, 2010; Winter, 1991), in degrees."""
    angles = np.degrees(from_theta(gait(mean_style(), CYCLE, 1.4)))
    hip, knee, ankle = (angles[:, INDEX[f"left_{name}"], FLEXION] for name in ("hip", "knee", "ankle"))
    assert hip.max() == pytest.approx(27, abs=6)
    assert hip.min() == pytest.approx(-17, abs=6)
    assert CYCLE[hip.argmin()] == pytest.approx(0.51, abs=0.03)
    assert knee.max() == pytest.approx(60, abs=5)
    assert CYCLE[knee.argmax()] == pytest.approx(0.72, abs=0.03)
    assert knee[8:20].max() == pytest.approx(18, abs=5)
    assert ankle.min() == pytest.approx(-18, abs=6)
    assert CYCLE[ankle.argmin()] == pytest.approx(0.62, abs=0.04)
    assert ankle[20:50].max() == pytest.approx(10, abs=4)
    assert np.ptp(angles[:, 0, AXIAL]) == pytest.approx(10, abs=4)
    assert np.ptp(angles[:, 0, SIDEWAYS]) == pytest.approx(8, abs=4)
    arm = angles[:, INDEX["left_shoulder"], FLEXION]
    assert np.ptp(arm) == pytest.approx(30, abs=8)
    assert 0.4 < CYCLE[arm.argmax()] < 0.65  # with the right leg


def test_faster_steps_are_longer() -> None:
    style = mean_style()
    spread = []
    for speed in (0.7, 1.1, 1.5, 1.9):
        joints = BODY(torch.from_numpy(gait(style, np.zeros(1), speed)).float(), torch.zeros(1, 10)).joints[0]
        spread.append(float(joints[INDEX["left_ankle"], 2] - joints[INDEX["right_ankle"], 2]))
    assert np.all(np.diff(spread) > 0.05)
    assert 0.5 < spread[2] < 0.75  # ankle to ankle at 1.5 m/s


def test_the_head_stays_level() -> None:
    theta = gait(mean_style(), CYCLE, 1.4)
    frames = BODY.frames(torch.from_numpy(theta).float(), torch.zeros(len(theta), 10))
    head = frames.transforms[:, INDEX["head"], :3, :3].numpy()
    swing = Rotation.from_matrix(head).mean().inv() * Rotation.from_matrix(head)
    assert np.degrees(swing.magnitude()).max() < 3.0


def test_people_walk_in_their_own_way() -> None:
    """The same moment of two people differs more than most neighbouring moments of one."""
    people = [draw_style(np.random.default_rng(seed)) for seed in range(30)]
    moments = np.stack([from_theta(gait(style, 0.2, style.speed)) for style in people])
    between = moments.std(0).max(-1)
    moved = [INDEX[n] for n in ("spine3", "neck", "left_hip", "left_shoulder", "left_elbow", "left_collar")]
    assert np.degrees(between[moved]).min() > 1.5
