"""Poses seen by another camera, and with shorter steps."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from habitus.body.model import BodyModel
from habitus.synthetic.poses.gait import gait
from habitus.synthetic.poses.skeleton import INDEX
from habitus.synthetic.poses.stance import stand
from habitus.synthetic.poses.style import draw_style
from habitus.synthetic.poses.turning import calm, turned
from habitus.types import SMPL_JOINTS

BODY = BodyModel.load()
STYLE = draw_style(np.random.default_rng(0))


def joints(theta: np.ndarray) -> dict[str, np.ndarray]:
    placed = BODY(torch.from_numpy(theta).float()[None], torch.zeros(1, 10)).joints[0].numpy()
    return dict(zip(SMPL_JOINTS, placed, strict=True))


@pytest.mark.parametrize(("yaw", "axis", "sign"), [(0.0, 2, 1), (np.pi, 2, -1), (np.pi / 2, 0, 1), (-np.pi / 2, 0, -1)])
def test_yaw_turns_the_person(yaw: float, axis: int, sign: int) -> None:
    at = joints(turned(stand(STYLE).theta(), yaw=yaw))
    forward = (at["left_foot"] - at["left_ankle"] + at["right_foot"] - at["right_ankle"]) / 2
    assert sign * forward[axis] > 0.1


def test_a_camera_that_looks_down_sees_the_head_nearer() -> None:
    at = joints(turned(stand(STYLE).theta(), yaw=1.0, elevation=0.3))
    assert at["head"][2] - at["left_ankle"][2] > 0.3


def test_narrow_skirts_shorten_the_step() -> None:
    pose = gait(STYLE, 0.0, 1.4)
    stride = [abs(at["left_ankle"][2] - at["right_ankle"][2]) for at in (joints(pose), joints(calm(pose, 0.4)))]
    assert stride[1] < 0.6 * stride[0]
    slow = calm(gait(STYLE, np.array([0.12, 0.2, 0.28]), 1.4), 0.8)
    for theta in slow:  # on soles that still lie flat
        sole = Rotation.from_rotvec(theta[0])
        for part in ("hip", "knee", "ankle"):
            sole = sole * Rotation.from_rotvec(theta[INDEX[f"left_{part}"]])
        assert np.degrees(np.arccos(sole.as_matrix()[1, 1])) < 3
