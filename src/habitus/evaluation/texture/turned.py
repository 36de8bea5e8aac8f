"""The same person seen by other cameras: a texture against the true one where the photo could not look."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix
from habitus.rendering.render import render
from habitus.types import BodyParams

YAWS = (72, 144, 216, 288)
"""Degrees by which the person is turned about the vertical: with the photo's own view, evenly all around."""
SIZE = (128, 64)
"""(H, W) of the pictures, pixels."""
WORDS = f"4 cameras turned by {', '.join(map(str, YAWS))} degrees about the person as posed in the photo"
_FILL = 0.95
"""Share of the picture's height or width that the person fills."""


@torch.no_grad()
def turned_errors(
    body: BodyModel, params: BodyParams, textures: Float[Tensor, "M 3 T T"], truth: Float[Tensor, "3 T T"]
) -> Float[Tensor, "M"]:
    """Mean absolute difference of RGB in [0, 1] from the truth rendered the same way, over the person's pixels.

    Args:
        body: of the textures.
        params: of one person (B = 1).
        textures: to compare.
        truth: in the photo's light, as the textures are.
    """
    vertices, psi = turned(body, params)
    true, cover = _views(body, vertices, psi, truth)
    errors = [(_views(body, vertices, psi, texture)[0] - true).abs().mean(1).sum() for texture in textures]
    return torch.stack(errors) / cover.sum()


def turned(body: BodyModel, params: BodyParams) -> tuple[Float[Tensor, "V N 3"], Float[Tensor, "V 3"]]:
    """The person turned before a camera that sees all of them, and that camera, for each of `YAWS`."""
    vertices = body(params.theta, params.beta, params.delta).vertices[0]
    low, high = vertices.amin(0), vertices.amax(0)
    turns = torch.zeros(len(YAWS), 3)
    turns[:, 1] = torch.tensor(YAWS) * (math.pi / 180)
    around = (vertices - (low + high) / 2) @ axis_angle_to_matrix(turns).transpose(1, 2)
    reach = torch.stack([around[..., 1].abs().amax(), around[..., 0].abs().amax() * SIZE[0] / SIZE[1]])
    scale = _FILL / reach.amax()
    return around, torch.stack([scale, torch.zeros(()), torch.zeros(())]).expand(len(YAWS), -1)


def _views(
    body: BodyModel, vertices: Float[Tensor, "V N 3"], psi: Float[Tensor, "V 3"], texture: Float[Tensor, "3 T T"]
) -> tuple[Float[Tensor, "V 3 H W"], Float[Tensor, "V H W"]]:
    seen = render(vertices, body.faces, psi, body.uv, body.uv_faces, texture[None], size=SIZE)
    return seen.image, seen.silhouette
