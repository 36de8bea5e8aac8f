"""Bodies held against the truth: exact cases, and every measure worked out again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial import procrustes as disparity

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from habitus.evaluation.recovery.scoring import BodyPhoto, BodyScorer, averaged, explained
from habitus.rendering.camera import project
from habitus.rendering.render import render_silhouette
from habitus.types import BodyParams

BODY = BodyModel.load()
SIZE = (128, 64)
SCORER = BodyScorer(BODY)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def photo() -> BodyPhoto:
    """One that weak perspective shows without fault; an ankle is hidden, and where it is said to be is far off."""
    theta = 0.2 * torch.randn(1, 24, 3, generator=generator())
    theta[0, 16, 2], theta[0, 17, 2] = -1.0, 1.0
    delta = torch.full((1, BODY.num_vertices, 3), 0.004)
    params = BodyParams(theta, torch.randn(1, 10, generator=generator(1)), delta, torch.tensor([[0.95, 0.0, 0.3]]))
    dressed = BODY(params.theta, params.beta, params.delta).vertices
    mask = render_silhouette(dressed, BODY.faces, params.psi, size=SIZE)[0]
    points = project(BODY.coco_keypoints(BODY(params.theta, params.beta).vertices), params.psi, SIZE)[0]
    points[:, 2] = 1
    points[16] = torch.tensor([900.0, -900.0, 0.0])
    return BodyPhoto("a.png", Path("a.png"), 1, torch.zeros(3, *SIZE), mask, points, params)


def test_the_truth_itself_is_without_fault(photo):
    scores = SCORER(photo, photo.params)
    assert scores == pytest.approx({"joints": 0, "aligned": 0, "iou": 1, "keypoints": 0}, abs=1e-2)
    assert scores["iou"] == 1


def test_a_turned_and_larger_skeleton_is_wrong_only_before_it_is_aligned(photo):
    """The root's turn is all that is wrong: Procrustes takes it out. Far away or near by is no fault of a pose."""
    turn = axis_angle_to_matrix(torch.tensor([[0.0, 0.7, 0.0]]))
    theta = photo.params.theta.clone()
    theta[:, 0] = matrix_to_axis_angle(turn @ axis_angle_to_matrix(theta[:, 0]))
    found = replace(photo.params, theta=theta, psi=torch.tensor([[0.4, 0.1, 0.2]]))
    scores = SCORER(photo, found)
    ours, theirs = (BODY(p.theta, p.beta).joints[0].double() for p in (found, photo.params))
    expected = 1000 * float(((ours - ours[0]) - (theirs - theirs[0])).norm(dim=1).mean())
    assert scores["joints"] == pytest.approx(expected, abs=0.01) and expected > 30
    assert scores["aligned"] == pytest.approx(0, abs=0.01)


def test_wrong_bodies_are_measured_as_by_hand(photo):
    found = replace(
        photo.params, theta=photo.params.theta + 0.2 * torch.randn(1, 24, 3, generator=generator(2)),
        psi=torch.tensor([[0.8, 0.02, 0.32]]),
    )  # fmt: skip
    scores = SCORER(photo, found)
    ours, theirs = (BODY(p.theta, p.beta).joints[0].double().numpy() for p in (found, photo.params))
    scaled_truth, scaled_ours, _ = disparity(theirs, ours)  # both at unit size
    unit = np.linalg.norm(theirs - theirs.mean(0))
    expected = 1000 * unit * np.linalg.norm(scaled_truth - scaled_ours, axis=1).mean()
    assert scores["aligned"] == pytest.approx(expected, rel=0.02)
    dressed = BODY(found.theta, found.beta, found.delta).vertices
    ours_mask = render_silhouette(dressed, BODY.faces, found.psi, size=SIZE)[0] > 0.5
    theirs_mask = photo.mask > 0.5
    overlap = (ours_mask & theirs_mask).sum() / (ours_mask | theirs_mask).sum()
    assert scores["iou"] == pytest.approx(float(overlap))
    naked = BODY(found.theta, found.beta).vertices
    distance = (project(BODY.coco_keypoints(naked), found.psi, SIZE)[0, :, :2] - photo.keypoints[:, :2]).norm(dim=1)
    rows = theirs_mask.any(1).sum()
    assert scores["keypoints"] == pytest.approx(float(100 * distance[:16].mean() / rows), rel=1e-4)  # the hidden not


def test_keypoints_that_nobody_sees_are_not_measured(photo):
    hidden = replace(photo, keypoints=photo.keypoints * torch.tensor([1.0, 1.0, 0.0]))
    assert np.isnan(SCORER(hidden, photo.params)["keypoints"])


def test_r2_is_one_for_the_truth_zero_for_the_mean_and_by_component():
    truth = torch.randn(50, 3, generator=generator())
    assert explained(truth, truth) == [1, 1, 1]
    assert explained(truth.mean(0).expand(50, 3), truth) == pytest.approx([0, 0, 0], abs=1e-6)
    found = truth * torch.tensor([1.0, 0.5, -1.0])
    expected = [
        1 - float(((found - truth)[:, k] ** 2).sum() / ((truth - truth.mean(0))[:, k] ** 2).sum()) for k in range(3)
    ]
    assert explained(found, truth) == pytest.approx(expected, rel=1e-5)
    assert explained(truth[:1], truth[:1]) is None
    assert explained(truth, truth * torch.tensor([1.0, 1.0, 0.0])) is None


def test_builds_of_one_person_are_averaged_without_those_that_are_far():
    truth = torch.randn(4, 10, generator=generator())
    people = [0] * 5 + [1] * 8 + [2] * 4 + [3] * 3
    betas = truth[people] + 0.1 * torch.randn(20, 10, generator=generator(1))
    betas[2] += 50  # somebody else in the first person's photos
    means, rows = averaged(betas, people, 4)
    assert [people[row] for row in rows] == [0, 1, 1, 2]  # whole groups, nobody of three photos
    assert (means[0] - truth[0]).norm() < 0.4
    torch.testing.assert_close(means[3], betas[13:17].mean(0), atol=0.06, rtol=0)
    none, nobody = averaged(betas, people, 9)
    assert none.shape == (0, 10) and nobody == []
