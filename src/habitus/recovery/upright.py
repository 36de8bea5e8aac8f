"""Take the camera's pitch out of a pose, so that the person stands on the ground and not aslant in its axes."""

import torch

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from habitus.types import SMPL_JOINTS, BodyParams


def upright(body: BodyModel, params: BodyParams, *, most: float = 0.6) -> BodyParams:
    """The same people turned about the picture's horizontal until their long axis has no depth.

    Recovery works in the camera's axes. A camera that looks down sees people on their feet lean towards it by its
    pitch; seen from other sides they would seem to fall. The pitch itself is not known, so the axis from the ankles to
    the neck is taken to be vertical in depth. What leans by more than `most` radians is really lying or bowing and is
    left as it is.

    The result no longer projects onto the photo: keep the parameters given for that.
    """
    joints = body(params.theta, params.beta).joints
    place = {name: joints[:, i] for i, name in enumerate(SMPL_JOINTS)}
    axis = place["neck"] - (place["left_ankle"] + place["right_ankle"]) / 2
    lean = torch.atan2(axis[:, 2], axis[:, 1])
    lean = torch.where(lean.abs() <= most, lean, torch.zeros_like(lean))
    back = torch.zeros_like(params.theta[:, 0])
    back[:, 0] = -lean
    root = axis_angle_to_matrix(back) @ axis_angle_to_matrix(params.theta[:, 0])
    theta = torch.cat([matrix_to_axis_angle(root)[:, None], params.theta[:, 1:]], 1)
    return BodyParams(theta, params.beta, params.delta, params.psi)
