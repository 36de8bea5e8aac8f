"""Bodies as clay figures, or painted by vertex, to look at beside photos."""

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.stature import levelled, stature
from habitus.export.pictures import PAPER
from habitus.rendering.render import render_colours
from habitus.rendering.shading import Lambert
from habitus.types import SMPL_JOINTS, BodyParams

CLAY = (0.78, 0.74, 0.70)
LIGHT = Lambert(direction=(-0.35, 0.45, 1.0))
"""From the viewer's upper left."""
_HANGING = 1.2
"""Radians by which a standing figure's arms are turned down from the T-pose: free of the trunk."""
_ROOM = 1.1
"""Height of a standing figure's picture, in statures of the template: hair and soles need some."""


@torch.no_grad()
def draw_figures(
    body: BodyModel,
    vertices: Float[Tensor, "B N 3"],
    psi: Float[Tensor, "B 3"],
    *,
    size: tuple[int, int],
    colours: Float[Tensor, "B N 3"] | None = None,
    light: Lambert = LIGHT,
) -> Float[Tensor, "B 3 H W"]:
    """Bodies on paper.

    Args:
        body: whose faces the vertices have.
        vertices: metres.
        psi: camera of each.
        size: (H, W) in pixels.
        colours: of the vertices, RGB in [0, 1]; None: clay.
        light: that they are seen in.
    """
    if colours is None:
        colours = vertices.new_tensor(CLAY).expand_as(vertices)
    paper = (vertices.new_tensor(PAPER) / 255).view(1, 3, 1, 1).expand(-1, -1, *size)
    return render_colours(vertices, body.faces, psi, colours, size=size, background=paper, shading=light).image


def draw_as_seen(body: BodyModel, params: BodyParams, *, size: tuple[int, int]) -> Float[Tensor, "B 3 H W"]:
    """Clay figures as bodies stand in their photos: pixel by pixel where the photo shows the person.

    Args:
        body: of the parameters' topology.
        params: with the cameras of the photos.
        size: (H, W) in pixels, of the photos' proportions.
    """
    vertices = body(params.theta, params.beta, params.delta).vertices
    return draw_figures(body, vertices, params.psi, size=size)


def standing(
    body: BodyModel, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"] | None = None
) -> Float[Tensor, "B N 3"]:
    """Bodies that stand with hanging arms, facing +Z, as tall as the template, on y = 0 (`body.stature.levelled`).

    No photo alone tells how tall somebody is, so figures of one height are what can be compared.
    """
    theta = beta.new_zeros(len(beta), body.num_joints, 3)
    theta[:, SMPL_JOINTS.index("left_shoulder"), 2] = -_HANGING
    theta[:, SMPL_JOINTS.index("right_shoulder"), 2] = _HANGING
    return levelled(body, beta, body(theta, beta, delta).vertices)


def standing_camera(body: BodyModel) -> Float[Tensor, "1 3"]:
    """The camera that has a `standing` figure fill a picture half as wide as high."""
    height = stature(body, body.v_template.new_zeros(1, body.num_betas))
    return torch.stack([2 / (_ROOM * height), torch.zeros_like(height), -height / 2], 1)


def from_behind(vertices: Float[Tensor, "B N 3"]) -> Float[Tensor, "B N 3"]:
    """Figures turned about by half a turn."""
    return vertices * vertices.new_tensor((-1.0, 1.0, -1.0))
