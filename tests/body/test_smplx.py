"""Our file is a valid SMPL file: the PyPI package smplx makes the same vertices of it."""

import numpy as np
import pytest
import smplx
import torch
from smplx.utils import Struct

from habitus.body.assets import OPEN_BODY
from habitus.body.model import BodyModel


@pytest.fixture(scope="module")
def struct() -> Struct:
    with np.load(OPEN_BODY) as file:
        return Struct(**file)


def test_same_vertices_and_joints_with_pose_betas_and_displacement(struct: Struct) -> None:
    generator = torch.Generator().manual_seed(3)
    theta = 0.5 * torch.randn(4, 24, 3, generator=generator)
    beta = torch.randn(4, 10, generator=generator)
    delta = 0.02 * torch.randn(4, 6890, 3, generator=generator)
    body = BodyModel.load()
    # smplx has no displacement; put into its template, one would move its joints too, while ours leaves them in the
    # body. So compare with displacements that no joint notices.
    delta = delta - torch.linalg.pinv(body.J_regressor) @ (body.J_regressor @ delta)
    ours = body(theta, beta, delta)
    for row in range(4):
        other = smplx.SMPL("", data_struct=struct, v_template=body.v_template + delta[row], create_transl=False)
        theirs = other(
            betas=beta[row : row + 1],
            global_orient=theta[row : row + 1, 0],
            body_pose=theta[row : row + 1, 1:].flatten(1),
        )
        torch.testing.assert_close(ours.vertices[row], theirs.vertices[0].detach(), atol=1e-5, rtol=0)
        torch.testing.assert_close(ours.joints[row], theirs.joints[0, :24].detach(), atol=1e-5, rtol=0)
