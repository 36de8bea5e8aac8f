"""Area gradients of single limbs of the open body, seen from the front, against 8x supersampled finite differences.

A crop samples the border once a pixel row or column, so one crop's gradient of a limb scatters with where the pixels
happen to lie: by about 1 % of the area that the limb sweeps, which for a turn in the picture's plane (as much swept as
freed) can exceed the net change. Over all positions of the pixel grid it is right, which is what is held here.
"""

import itertools

import pytest
import torch

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.silhouette import silhouette
from habitus.types import SMPL_JOINTS

SIZE, FINER, STEP = (256, 128), 8, 0.02
SHIFTS = [-0.375, -0.125, 0.125, 0.375]  # pixels
MOTIONS = [("left_hip", 0), ("left_knee", 0), ("left_elbow", 1), ("left_shoulder", 0)]
PSI = torch.tensor([[0.95, 0.0, 0.07]])
BETA = torch.zeros(1, 10)


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


@pytest.fixture(scope="module")
def walking(body):
    theta = torch.zeros(1, body.num_joints, 3)
    for name, turn in {
        "left_hip": (-0.4, 0, 0), "right_hip": (0.3, 0, 0), "left_knee": (0.1, 0, 0), "right_knee": (0.4, 0, 0),
        "left_shoulder": (0, 0.3, -1.25), "right_shoulder": (0, 0.3, 1.25), "left_elbow": (0, -0.3, 0),
        "right_elbow": (0, 0.3, 0),
    }.items():  # fmt: skip
        theta[0, SMPL_JOINTS.index(name)] = torch.tensor(turn)
    return theta


@pytest.fixture(scope="module")
def gradient(body, walking):
    """Of the silhouette's area by theta, the mean over positions of the pixel grid."""
    theta = walking.clone().requires_grad_()
    vertices = body(theta, BETA).vertices
    for x, y in itertools.product(SHIFTS, SHIFTS):
        screen = project(vertices, PSI, SIZE) + torch.tensor([x, y, 0.0])
        area = silhouette(screen, body.faces, rasterize(screen.detach(), body.faces, SIZE)).sum()
        (area / len(SHIFTS) ** 2).backward(retain_graph=True)
    assert theta.grad is not None
    return theta.grad


def fine_area(body, theta):
    size = (SIZE[0] * FINER, SIZE[1] * FINER)
    screen = project(body(theta, BETA).vertices, PSI, size)
    return float((rasterize(screen, body.faces, size).face_id >= 0).sum()) / FINER**2


@pytest.mark.parametrize(("joint", "axis"), MOTIONS)
def test_a_limb_within_a_tenth(body, walking, gradient, joint, axis):
    index = SMPL_JOINTS.index(joint)
    moved = [walking.clone(), walking.clone()]
    moved[0][0, index, axis] += STEP
    moved[1][0, index, axis] -= STEP
    expected = (fine_area(body, moved[0]) - fine_area(body, moved[1])) / (2 * STEP)
    assert abs(expected) > 40  # pixels a radian: there is something to be right about
    assert float(gradient[0, index, axis]) == pytest.approx(expected, rel=0.1)
