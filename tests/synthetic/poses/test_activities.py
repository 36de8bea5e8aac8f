"""Poses of the street: possible, upright, on the ground, mostly walking, the hands where the activity says."""

from collections import Counter

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.model import BodyModel
from habitus.synthetic.poses.activities import Pose, draw_pose
from habitus.synthetic.poses.limits import within_limits
from habitus.synthetic.poses.skeleton import AXIAL, INDEX, from_theta
from habitus.synthetic.poses.style import draw_style
from habitus.types import SMPL_JOINTS

BODY = BodyModel.load()
seeds = st.integers(0, 2**32 - 1)


def joints(theta: np.ndarray) -> dict[str, np.ndarray]:
    placed = BODY(torch.from_numpy(theta).float()[None], torch.zeros(1, 10)).joints[0].numpy()
    return dict(zip(SMPL_JOINTS, placed, strict=True))


def draws(count: int, activity: str, *, carrying: bool = False) -> list[Pose]:
    poses = (draw_pose(np.random.default_rng(seed), carrying=carrying) for seed in range(count))
    return [pose for pose in poses if pose.activity == activity]


@settings(deadline=None, max_examples=200)
@given(seeds, st.booleans())
def test_poses_stay_within_what_joints_can_do(seed: int, carrying: bool) -> None:
    pose = draw_pose(np.random.default_rng(seed), carrying=carrying)
    assert pose.theta.shape == (24, 3)
    assert within_limits(pose.theta)


@settings(deadline=None, max_examples=40)
@given(seeds)
def test_people_stand_upright_on_their_feet(seed: int) -> None:
    at = joints(draw_pose(np.random.default_rng(seed)).theta)
    assert at["head"][1] - at["pelvis"][1] > 0.5
    assert min(at["left_ankle"][1], at["right_ankle"][1]) < at["pelvis"][1] - 0.7
    assert at["pelvis"][1] > max(at["left_knee"][1], at["right_knee"][1])


def test_a_seed_gives_the_same_pose() -> None:
    first, again = (draw_pose(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.theta, again.theta)
    assert not np.array_equal(first.theta, draw_pose(np.random.default_rng(6)).theta)


def test_most_people_on_a_street_walk() -> None:
    count = Counter(draw_pose(np.random.default_rng(seed)).activity for seed in range(1500))
    assert 0.59 < count["walking"] / 1500 < 0.66
    assert set(count) == {"walking", "standing", "turning", "phone", "busy"}
    assert min(count.values()) / 1500 > 0.03


def test_a_person_keeps_their_carriage() -> None:
    """Trunk and toes of one person's walks vary less than those of the street."""
    style = draw_style(np.random.default_rng(1))
    own = [draw_pose(np.random.default_rng((1, seed)), style) for seed in range(60)]
    others = [draw_pose(np.random.default_rng((1, seed))) for seed in range(60)]
    spread = []
    for poses in (own, others):
        angles = from_theta(np.stack([pose.theta for pose in poses if pose.activity == "walking"]))
        spread.append(angles[:, [INDEX["spine3"], INDEX["neck"]], 0].std(0).mean())
    assert spread[0] < 0.3 * spread[1]


def test_standing_feet_stand_on_one_floor() -> None:
    for pose in draws(150, "standing"):
        at = joints(pose.theta)
        assert abs(at["left_ankle"][1] - at["right_ankle"][1]) < 0.02
        assert abs(at["left_foot"][1] - at["right_foot"][1]) < 0.02


def test_bags_hang_from_a_straight_arm() -> None:
    for pose in draws(40, "carrying", carrying=True):
        assert pose.hand is not None
        at = joints(pose.theta)
        drop = at[f"{pose.hand}_shoulder"] - at[f"{pose.hand}_hand"]
        assert drop[1] > 0.5
        assert np.hypot(drop[0], drop[2]) < 0.33
    hands = Counter(pose.hand for pose in draws(200, "carrying", carrying=True))
    assert hands["right"] > 2 * hands["left"] > 0


def test_phones_are_held_before_the_chest_or_at_the_ear() -> None:
    phones = draws(400, "phone")
    assert len(phones) > 20
    for pose in phones:
        assert pose.hand is not None
        at = joints(pose.theta)
        hand = at[f"{pose.hand}_hand"]
        assert hand[1] > at["spine2"][1]
        at_ear = np.linalg.norm(hand - at["head"]) < 0.22
        assert at_ear or hand[2] > at["spine3"][2] + 0.15


def test_hands_in_pockets_lie_at_the_hips() -> None:
    pocketed = [pose for pose in draws(500, "busy") if pose.pockets]
    assert pocketed
    for pose in pocketed:
        at = joints(pose.theta)
        for side in pose.pockets:
            assert abs(at[f"{side}_hand"][1] - at[f"{side}_hip"][1]) < 0.2
            assert abs(at[f"{side}_hand"][0]) < 0.3


def test_some_look_round() -> None:
    turns = [
        np.abs(from_theta(pose.theta)[[INDEX["neck"], INDEX["head"]], AXIAL].sum()) for pose in draws(300, "turning")
    ]
    assert np.median(turns) > 0.4
