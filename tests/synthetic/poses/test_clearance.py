"""Arms keep clear of trunks of every build: how deep hands and forearms lie in the surface of the open body."""

import numpy as np
import pytest
import torch
from scipy.spatial import KDTree

from habitus.body.model import BodyModel
from habitus.rendering.shading import vertex_normals
from habitus.synthetic.people.look import draw_look
from habitus.synthetic.poses.activities import Pose, draw_pose
from habitus.synthetic.poses.clearance import Girth, cleared, girth_of
from habitus.synthetic.poses.limits import within_limits
from habitus.synthetic.poses.skeleton import INDEX, SIDES

BODY = BodyModel.load()
WEIGHTS = BODY.lbs_weights.numpy()
BUILDS = 6
PARTS = ("collar", "shoulder", "elbow", "wrist", "hand")
TRUNK = np.flatnonzero(WEIGHTS[:, [INDEX[f"{side}_{part}"] for side in SIDES for part in PARTS]].sum(1) < 0.02)
FOREARMS = [np.flatnonzero(WEIGHTS[:, [INDEX[f"{side}_{part}"] for part in PARTS[2:]]].sum(1) > 0.9) for side in SIDES]


def build(seed: int) -> tuple[torch.Tensor, Girth]:
    beta = torch.from_numpy(draw_look(np.random.default_rng((1, seed))).beta).float()[None]
    return beta, girth_of(BODY, BODY.rest(beta)[0].numpy(), BODY.rest_joints(beta)[0].numpy())


def sunk(theta: np.ndarray, beta: torch.Tensor) -> np.ndarray:
    """How deep the left and right forearm and hand lie below the trunk's surface, (B, 2), metres; 0 and less: clear."""
    vertices = BODY(torch.from_numpy(theta).float(), beta.expand(len(theta), 10)).vertices
    normals, points = vertex_normals(vertices, BODY.faces).numpy(), vertices.numpy()
    deepest = np.full((len(theta), 2), -1.0)
    for i in range(len(theta)):
        trunk = KDTree(points[i, TRUNK])
        for side, forearm in enumerate(FOREARMS):
            distance, nearest = trunk.query(points[i, forearm])
            depth = ((points[i, TRUNK[nearest]] - points[i, forearm]) * normals[i, TRUNK[nearest]]).sum(1)
            deepest[i, side] = depth[distance < 0.12].max(initial=-1.0)
    return deepest


@pytest.fixture(scope="module")
def street() -> list[tuple[list[Pose], np.ndarray, torch.Tensor]]:
    """Poses, cleared theta and build of several people."""
    people = []
    for seed in range(BUILDS):
        beta, girth = build(seed)
        poses = [draw_pose(np.random.default_rng((seed, i)), carrying=i % 5 == 0) for i in range(25)]
        people.append((poses, cleared(poses, girth), beta))
    return people


def test_hands_and_forearms_stay_out_of_the_body(street: list[tuple[list[Pose], np.ndarray, torch.Tensor]]) -> None:
    depths = []
    for poses, theta, beta in street:
        free = np.array([[side not in pose.pockets for side in SIDES] for pose in poses])
        depths.extend(sunk(theta, beta)[free])
    assert max(depths) < 0.03
    assert np.mean(np.array(depths) > 0.01) < 0.1


def test_hands_in_pockets_are_below_the_surface() -> None:
    beta, girth = build(2)
    poses = [pose for seed in range(150) if (pose := draw_pose(np.random.default_rng(seed))).pockets]
    inside = np.array([[side in pose.pockets for side in SIDES] for pose in poses])
    assert sunk(cleared(poses, girth), beta)[inside].min() > 0.02


def test_only_shoulders_move_and_no_further_than_joints_can(
    street: list[tuple[list[Pose], np.ndarray, torch.Tensor]],
) -> None:
    shoulders = [INDEX[f"{side}_shoulder"] for side in SIDES]
    for poses, theta, _ in street:
        before = np.stack([pose.theta for pose in poses])
        assert np.array_equal(np.delete(theta, shoulders, 1), np.delete(before, shoulders, 1))
        assert within_limits(theta).mean() > 0.97


def test_thick_clothes_hold_the_arms_further_out() -> None:
    poses = [pose for seed in range(30) if (pose := draw_pose(np.random.default_rng(seed))).activity == "walking"]
    beta, naked = build(0)
    rest, joints = BODY.rest(beta)[0], BODY.rest_joints(beta)[0].numpy()
    padded = rest + 0.04 * vertex_normals(rest[None], BODY.faces)[0]
    width = []
    for girth in (naked, girth_of(BODY, padded.numpy(), joints)):
        placed = BODY(torch.from_numpy(cleared(poses, girth)).float(), beta.expand(len(poses), 10)).joints
        width.append(float((placed[:, INDEX["left_wrist"], 0] - placed[:, INDEX["right_wrist"], 0]).mean()))
    assert width[1] > width[0] + 0.04


def test_poses_are_cleared_alike_alone_and_together() -> None:
    _, girth = build(1)
    poses = [draw_pose(np.random.default_rng(seed)) for seed in range(6)]
    together = cleared(poses, girth)
    assert np.array_equal(together[3], cleared([poses[3]], girth)[0])
