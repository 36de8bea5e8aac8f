import numpy as np
import pytest
import torch
from made_crops import params_of
from scipy.spatial.transform import Rotation

from habitus.body.model import BodyModel
from habitus.recovery.initial import standing_poses
from habitus.recovery.upright import upright
from habitus.types import SMPL_JOINTS


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


def seen_from(pitch, yaw):
    theta = standing_poses(np.array([yaw]))
    turned = Rotation.from_euler("x", pitch) * Rotation.from_rotvec(theta[0, 0])
    theta[0, 0] = turned.as_rotvec()
    return torch.from_numpy(theta)


@pytest.mark.parametrize("yaw", [0.0, 1.2, np.pi])
def test_the_cameras_pitch_is_taken_out(body, yaw):
    level = upright(body, params_of(body, seen_from(0.0, yaw)))
    again = upright(body, params_of(body, seen_from(0.35, yaw)))
    difference = Rotation.from_rotvec(again.theta[0, 0]) * Rotation.from_rotvec(level.theta[0, 0]).inv()
    assert difference.magnitude() < 1e-5
    joints = body(again.theta, again.beta).joints[0]
    ankles = joints[[SMPL_JOINTS.index("left_ankle"), SMPL_JOINTS.index("right_ankle")]].mean(0)
    axis = joints[SMPL_JOINTS.index("neck")] - ankles
    assert abs(axis[2]) < 1e-5


def test_limbs_stay_as_they_were(body):
    params = params_of(body, seen_from(0.3, 0.5))
    torch.testing.assert_close(upright(body, params).theta[:, 1:], params.theta[:, 1:])


def test_who_lies_stays_lying(body):
    params = params_of(body, seen_from(1.2, 0.0))
    torch.testing.assert_close(upright(body, params).theta, params.theta, atol=1e-5, rtol=0)
