"""Pictures of made and recovered people, cut out, so that they stand on a page of any colour."""

import math

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.demo.comparison import Comparison
from habitus.export.pictures import to_picture
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.shading import Lambert, lambert, vertex_normals
from habitus.rendering.surface import surface_colours

LIGHT = Lambert(direction=(-0.35, 0.6, 1.0), ambient=(0.68, 0.68, 0.68), diffuse=(0.34, 0.34, 0.34))
SIZE = (380, 210)
WORST = 0.08
"""Metres: the end of the error map's scale."""
BOTH, MISSED, TOO_MUCH = (133, 155, 178), (224, 142, 52), (205, 62, 120)
"""RGB of pixels that both masks cover, only the true one, only the recovered one."""

Cutout = UInt8[np.ndarray, "H W 4"]


@torch.no_grad()
def view(
    body: BodyModel,
    vertices: Float[Tensor, "N 3"],
    texture: Float[Tensor, "3 T T"],
    *,
    yaw: float,
    like: Float[Tensor, "N 3"],
    tint: Float[Tensor, "N 3"] | None = None,
) -> Cutout:
    """A person turned about the vertical, RGBA.

    Args:
        body: whose faces and UV map these are.
        vertices: upright, metres.
        texture: RGB.
        yaw: radians.
        like: vertices that the framing is taken from, so that two people are shown at one scale.
        tint: RGB by which the vertices' brightness is multiplied.
    """
    low, high = like.amin(0), like.amax(0)
    middle = (low + high) / 2
    scale = 2 * 0.95 / float(high[1] - low[1])
    fine = (2 * SIZE[0], 2 * SIZE[1])
    cos, sin = math.cos(yaw), math.sin(yaw)
    turn = torch.tensor([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    turned = ((vertices - middle) @ turn.T)[None]
    screen = project(turned, torch.tensor([[scale, 0.0, 0.0]]), fine)
    fragments = rasterize(screen, body.faces, fine)
    light = lambert(vertex_normals(turned, body.faces), LIGHT)
    light = light if tint is None else light * tint
    colours = surface_colours(
        screen, body.faces, fragments, body.uv, body.uv_faces, texture[None], brightness=light, max_level=2
    )
    cover = F.avg_pool2d(fragments.mask[:, None].float(), 2)[0]
    colours = F.avg_pool2d(colours, 2)[0] / cover.clamp(min=1e-6)
    return np.concatenate([to_picture(colours), to_picture(cover[0])[..., :1]], -1)


def error_view(body: BodyModel, result: Comparison, upright: Float[Tensor, "3 3"], *, yaw: float) -> Cutout:
    """The true surface, coloured by how far from it the recovered one lies."""
    distance = (result.aligned - result.truth).norm(dim=-1)
    tint = torch.from_numpy(error_colours(distance.numpy()))
    truth = result.truth @ upright.T
    return view(body, truth, torch.ones(3, 4, 4), yaw=yaw, like=truth, tint=tint)


def error_colours(distance: Float[np.ndarray, "P"]) -> Float[np.ndarray, "P 3"]:
    """Colours of the error map, RGB in [0, 1], from 0 to `WORST`."""
    level = (np.clip(distance / WORST, 0, 1) * 255).astype(np.uint8)
    return cv2.applyColorMap(level[:, None], cv2.COLORMAP_VIRIDIS)[:, 0, ::-1].astype(np.float32) / 255


def agreement(ours: Float[Tensor, "H W"], truth: Float[Tensor, "H W"]) -> Cutout:
    """Where two masks agree and where not."""
    one, other = ours.numpy() > 0.5, truth.numpy() > 0.5
    picture = np.zeros((*one.shape, 4), np.uint8)
    for where, colour in ((one & other, BOTH), (other & ~one, MISSED), (one & ~other, TOO_MUCH)):
        picture[where] = (*colour, 255)
    return picture
