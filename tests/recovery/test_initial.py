import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.recovery.initial import pose_from_landmarks, standing_poses
from habitus.recovery.priors import joint_limits, limit_penalty
from habitus.types import COCO_KEYPOINTS, SMPL_JOINTS

LIMBS = [("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")]


def limb_directions(points, names):
    index = {name: i for i, name in enumerate(names)}
    bones = [points[index[f"{s}_{b}"]] - points[index[f"{s}_{a}"]] for s in ("left", "right") for a, b in LIMBS]
    return np.stack([b / np.linalg.norm(b) for b in bones])


def angles(a, b):
    return np.degrees(np.arccos(np.clip((a * b).sum(-1), -1, 1)))


def random_pose(seed):
    """Any heading, limbs anywhere within the joints' limits."""
    generator = torch.Generator().manual_seed(seed)
    low, high = joint_limits()
    theta = torch.zeros(1, 24, 3)
    for name in SMPL_JOINTS[1:]:
        if any(part in name for part in ("hip", "knee", "shoulder", "elbow", "spine")):
            i = SMPL_JOINTS.index(name)
            theta[0, i] = low[i] + (high[i] - low[i]) * torch.rand(3, generator=generator)
    theta[0, 0, 1] = 2 * np.pi * (torch.rand(1, generator=generator) - 0.5)
    return theta


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


@pytest.mark.parametrize("seed", range(20))
def test_limbs_point_where_landmarks_point(body, seed):
    theta, beta = random_pose(seed), torch.zeros(1, 10)
    posed = body(theta, beta)
    landmarks = body.coco_keypoints(posed.vertices)[0].numpy()
    rest = body.rest_joints(beta)[0].numpy()
    found = pose_from_landmarks(landmarks, np.ones(17, np.float32), rest)
    again = body(torch.from_numpy(found)[None], beta)
    error = angles(
        limb_directions(again.joints[0].numpy(), SMPL_JOINTS), limb_directions(posed.joints[0].numpy(), SMPL_JOINTS)
    )
    assert np.median(error) < 12
    assert error.max() < 40


@pytest.mark.parametrize("yaw", np.linspace(-3, 3, 7))
def test_heading_is_kept(body, yaw):
    theta = torch.from_numpy(standing_poses(np.array([yaw])))
    landmarks = body.coco_keypoints(body(theta, torch.zeros(1, 10)).vertices)[0].numpy()
    found = pose_from_landmarks(landmarks, np.ones(17), body.rest_joints(torch.zeros(1, 10))[0].numpy())
    from scipy.spatial.transform import Rotation

    relative = Rotation.from_rotvec(found[0]) * Rotation.from_euler("y", yaw).inv()
    assert np.degrees(relative.magnitude()) < 15


def test_unseen_arms_hang(body):
    theta = torch.from_numpy(standing_poses(np.array([0.0])))
    beta = torch.zeros(1, 10)
    landmarks = body.coco_keypoints(body(theta, beta).vertices)[0].numpy()
    confidence = np.ones(17)
    confidence[[COCO_KEYPOINTS.index(n) for n in ("left_elbow", "left_wrist", "right_elbow", "right_wrist")]] = 0
    landmarks[confidence == 0] = np.nan
    found = pose_from_landmarks(landmarks, confidence, body.rest_joints(beta)[0].numpy())
    assert np.isfinite(found).all()
    joints = body(torch.from_numpy(found)[None], beta).joints[0]
    for side in ("left", "right"):
        wrist, shoulder = (joints[SMPL_JOINTS.index(f"{side}_{n}")] for n in ("wrist", "shoulder"))
        assert wrist[1] < shoulder[1] - 0.35


def test_nothing_seen_gives_a_finite_pose(body):
    found = pose_from_landmarks(np.full((17, 3), np.nan), np.zeros(17), body.rest_joints(torch.zeros(1, 10))[0].numpy())
    assert np.isfinite(found).all()


def test_standing_poses_are_possible():
    theta = torch.from_numpy(standing_poses(np.linspace(0, 6, 8)))
    assert limit_penalty(theta, joint_limits()).max() < 1e-3


def test_limits_of_the_right_mirror_the_left():
    low, high = joint_limits()
    mirror = torch.tensor([1.0, -1.0, -1.0])
    for name in SMPL_JOINTS:
        if name.startswith("left_"):
            i, j = SMPL_JOINTS.index(name), SMPL_JOINTS.index(name.replace("left_", "right_"))
            pair = torch.stack([low[i], high[i]]) * mirror
            torch.testing.assert_close(pair.amin(0), low[j])
            torch.testing.assert_close(pair.amax(0), high[j])
