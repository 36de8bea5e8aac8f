from dataclasses import replace

import numpy as np
import pytest
import torch
from made_crops import crops_of, params_of

from habitus.body.model import BodyModel
from habitus.body.smooth_basis import smooth_basis
from habitus.errors import InputError
from habitus.recovery.fit import FitSettings, fit, measure
from habitus.recovery.initial import standing_poses
from habitus.recovery.measures import procrustes_error
from habitus.recovery.priors import joint_limits, limit_penalty
from habitus.types import COCO_KEYPOINTS, SMPL_JOINTS, BodyParams

YAWS = np.array([0.0, 0.9, np.pi / 2, np.pi, -2.2])


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


def walking(yaws):
    """Mid-stride, arms swinging."""
    theta = torch.from_numpy(standing_poses(yaws))
    for name, x in (("left_hip", -0.45), ("right_hip", 0.3), ("right_knee", 0.5), ("left_knee", 0.1)):
        theta[:, SMPL_JOINTS.index(name), 0] = x
    theta[:, SMPL_JOINTS.index("left_shoulder"), 1] = 0.4
    theta[:, SMPL_JOINTS.index("right_shoulder"), 1] = 0.3
    return theta


@pytest.fixture(scope="module")
def dressed(body):
    """Walking people of different builds, in clothes that stand off the body."""
    generator = torch.Generator().manual_seed(1)
    beta = torch.randn(len(YAWS), 10, generator=generator).clamp(-1.5, 1.5)
    basis = smooth_basis(body, 60)
    normals = torch.nn.functional.normalize(body.v_template * torch.tensor([1.0, 0.0, 1.0]), dim=1)
    looseness = 0.02 + 0.02 * torch.rand(len(YAWS), 60, 1, generator=generator)
    delta = (basis @ looseness) * normals
    return params_of(body, walking(YAWS), beta=beta, delta=delta)


@pytest.fixture(scope="module")
def fitted(body, dressed):
    return fit(body, crops_of(body, dressed, noise=2.0))


def heading_error(found, truth):
    from scipy.spatial.transform import Rotation

    relative = Rotation.from_rotvec(found.numpy()) * Rotation.from_rotvec(truth.numpy()).inv()
    return np.degrees(relative.magnitude())


def test_the_fit_covers_the_person(fitted):
    assert fitted.mask_iou.median() > 0.95
    assert fitted.mask_iou.min() > 0.92
    assert fitted.keypoint_error_relative.max() < 0.03


def test_front_and_back_are_not_confused(fitted, dressed):
    assert heading_error(fitted.params.theta[:, 0], dressed.theta[:, 0]).max() < 30


def test_joints_are_near_the_truth(body, fitted, dressed):
    ours = body(fitted.params.theta, fitted.params.beta).joints
    truth = body(dressed.theta, dressed.beta).joints
    assert procrustes_error(ours, truth).median() < 0.05


def test_joints_stay_within_their_limits(fitted):
    assert limit_penalty(fitted.params.theta, joint_limits()).max() < 0.2


def test_measure_agrees_with_fit(body, fitted, dressed):
    again = measure(body, crops_of(body, dressed, noise=2.0), fitted.params)
    torch.testing.assert_close(again.mask_iou, fitted.mask_iou)
    torch.testing.assert_close(again.keypoint_error, fitted.keypoint_error)


def test_the_truth_measures_perfect(body, dressed):
    found = measure(body, crops_of(body, dressed), dressed)
    assert found.mask_iou.min() > 0.999
    assert found.keypoint_error.max() < 1e-3


def test_people_are_independent_and_keep_their_order(body, dressed, fitted):
    """Alone, in another crop size's company, or in a batch: the same result."""
    short = FitSettings(keypoint_steps=15, silhouette_steps=5, displacement_steps=5)
    crops = crops_of(body, dressed)[:3]
    wide = crops_of(body, dressed[1], size=(256, 256))[0]
    together = fit(body, [crops[0], wide, crops[2]], settings=short)
    alone = [fit(body, [c], settings=short) for c in (crops[0], wide, crops[2])]
    for i, one in enumerate(alone):
        # Sums in another order differ in the last digit, which Adam's first steps magnify where gradients are tiny.
        torch.testing.assert_close(together.params.theta[i], one.params.theta[0], atol=0.03, rtol=0)
        assert (together.params.theta[i] - one.params.theta[0]).abs().mean() < 1e-3


def test_without_landmarks_the_heading_is_found_from_labels_and_face(body):
    """Keypoints from a file have no depth; the face tells front from back."""
    yaws = np.array([0.0, np.pi, np.pi / 2])
    truth = params_of(body, walking(yaws))
    crops = crops_of(body, truth, landmarks=False)
    face = [COCO_KEYPOINTS.index(n) for n in ("nose", "left_eye", "right_eye")]
    crops[1].confidence[face] = 0.0
    found = fit(body, crops, settings=FitSettings(silhouette_steps=20, displacement_steps=0))
    assert heading_error(found.params.theta[:, 0], truth.theta[:, 0]).max() < 45


def test_missing_keypoints_do_no_harm(body):
    truth = params_of(body, walking(np.array([0.3])))
    crop = crops_of(body, truth)[0]
    gone = [COCO_KEYPOINTS.index(n) for n in ("left_wrist", "right_knee", "right_ankle", "nose")]
    crop.confidence[gone] = 0.0
    crop.keypoints[gone] = float("nan")
    assert crop.landmarks is not None
    crop.landmarks[gone] = float("nan")
    found = fit(body, [crop])
    assert torch.isfinite(found.params.theta).all()
    assert found.mask_iou.item() > 0.9


def test_a_cut_off_person_keeps_possible_legs(body):
    """The photo ends at the knees: what it does not show is neither filled nor folded away."""
    truth = params_of(body, torch.from_numpy(standing_poses(np.array([0.2]))), scale=1.4)
    truth = BodyParams(truth.theta, truth.beta, truth.delta, torch.tensor([[1.4, 0.0, -0.2]]))
    crop = crops_of(body, truth)[0]
    hidden = crop.keypoints[:, 1] > 200
    assert hidden.any()
    confidence = torch.where(hidden, 0.0, 1.0)
    valid = torch.ones(256, 128)
    valid[200:] = 0
    crop = replace(crop, confidence=confidence, valid=valid, mask=crop.mask * valid)
    found = fit(body, [crop])
    assert found.mask_iou.item() > 0.9
    joints = body(found.params.theta, found.params.beta).joints[0]
    knee, ankle = joints[SMPL_JOINTS.index("left_knee")], joints[SMPL_JOINTS.index("left_ankle")]
    assert ankle[1] < knee[1] - 0.25


def test_no_crops_is_a_mistake(body):
    with pytest.raises(ValueError, match="no crops"):
        fit(body, [])


def test_parameters_must_be_as_many_as_crops(body, dressed):
    with pytest.raises(InputError, match="hold 1 people for 5 photos"):
        measure(body, crops_of(body, dressed), dressed[0])


def test_a_crop_without_landmarks_does_not_cost_the_others_theirs(body, dressed):
    short = FitSettings(keypoint_steps=10, silhouette_steps=0, displacement_steps=0)
    crops = crops_of(body, dressed)[:2]
    mixed = fit(body, [replace(crops[0], landmarks=None), crops[1]], settings=short)
    alone = fit(body, [crops[1]], settings=short)
    torch.testing.assert_close(mixed.params.theta[1], alone.params.theta[0], atol=1e-4, rtol=0)


def test_an_unknown_camera_is_solved_from_the_keypoints(body, dressed):
    unknown = BodyParams(dressed.theta, dressed.beta, dressed.delta, torch.full_like(dressed.psi, torch.nan))
    found = measure(body, crops_of(body, dressed), unknown)
    torch.testing.assert_close(found.params.psi, dressed.psi, atol=1e-3, rtol=0)
