"""The open body rendered in plain clothes, with keypoints, depth and mask known: the pose models find it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from habitus.body.uv import uv_region
from habitus.rendering.camera import project
from habitus.rendering.render import render
from habitus.rendering.shading import Lambert
from habitus.types import SMPL_JOINTS

HAIR, SHIRT, TROUSERS, SHOES = (0.16, 0.11, 0.08), (0.65, 0.15, 0.18), (0.15, 0.2, 0.4), (0.1, 0.1, 0.1)
CLOTHES = {
    "hair": HAIR, "torso": SHIRT, "left_upper_arm": SHIRT, "right_upper_arm": SHIRT, "left_thigh": TROUSERS,
    "right_thigh": TROUSERS, "left_calf": TROUSERS, "right_calf": TROUSERS, "left_foot": SHOES, "right_foot": SHOES,
}  # fmt: skip
SKIN = (0.82, 0.63, 0.52)


@dataclass(frozen=True)
class Rendered:
    pixels: np.ndarray
    mask: np.ndarray
    keypoints: np.ndarray
    """(17, 3): x, y in pixels and metres towards the camera."""


class Studio:
    def __init__(self):
        self.body = BodyModel.load()
        size = 256
        texture = torch.tensor(SKIN)[:, None, None].expand(3, size, size).clone()
        for name, colour in CLOTHES.items():
            texture[:, uv_region(self.body, name, size)] = torch.tensor(colour)[:, None]
        self.texture = texture[None]

    def photo(self, *, yaw=0.0, stride=0.3, size=(480, 320), height=400.0, centre=None, seed=0) -> Rendered:
        """Someone in mid-stride before a grey, noisy wall.

        Args:
            yaw: degrees; 0 faces the camera, 90 walks to the right of the picture.
            stride: radians of the hips.
            size: (height, width) of the picture.
            height: of the person, pixels.
            centre: (x, y) of the middle of the person; the picture's middle if None.
            seed: of the wall.
        """
        theta = walking(stride)
        turn = axis_angle_to_matrix(torch.tensor([0.0, np.deg2rad(yaw), 0.0]))
        theta[0] = matrix_to_axis_angle(turn)
        body = self.body
        vertices = body(theta[None], torch.zeros(1, body.num_betas)).vertices
        low, high = vertices[0].amin(0), vertices[0].amax(0)
        scale = height / (high[1] - low[1]) * 2 / size[0]
        x, y = centre or (size[1] / 2, size[0] / 2)
        step = 2 / (scale * size[0])  # metres a pixel
        middle = (low + high) / 2
        psi = torch.stack([scale, (x - size[1] / 2) * step - middle[0], (size[0] / 2 - y) * step - middle[1]])[None]
        rng = np.random.default_rng(seed)
        wall = np.linspace(0.45, 0.65, size[0])[:, None] + rng.normal(0, 0.02, size)
        background = torch.from_numpy(wall).float().expand(1, 3, *size)
        seen = render(
            vertices, body.faces, psi, body.uv, body.uv_faces, self.texture, size=size, background=background,
            shading=Lambert(),
        )  # fmt: skip
        keypoints = body.coco_keypoints(vertices)
        flat = project(keypoints, psi, size)[0]
        pixels = (seen.image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
        return Rendered(pixels, (seen.silhouette[0] > 0.5).numpy(), flat.numpy())


def walking(stride: float) -> Tensor:
    """theta (24, 3) of a step with hanging arms."""
    theta = torch.zeros(len(SMPL_JOINTS), 3)

    def joint(name: str) -> int:
        return SMPL_JOINTS.index(name)

    theta[joint("left_shoulder"), 2], theta[joint("right_shoulder"), 2] = -1.1, 1.1
    theta[joint("left_hip"), 0], theta[joint("right_hip"), 0] = -stride, stride
    theta[joint("left_knee"), 0], theta[joint("right_knee"), 0] = 0.1, stride
    theta[joint("left_elbow"), 1] = -0.3
    return theta
