"""What a camera sees of the surface: where each texel lands in the picture, and how well it is seen there."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.shading import vertex_normals
from habitus.texture.surface import SurfaceTexels
from habitus.types import BodyParams

DEPTH_ROWS = 1024
"""Rows of the depth buffer, whatever the photo's resolution: occlusion is the body's, not the photo's."""
DEPTH_JUMP = 0.03
"""Metres between neighbouring pixels of the depth buffer from which one part of the body hides another."""
DEPTH_TOLERANCE = 0.008
"""Metres that a visible texel may lie behind the depth buffer, beside what its slope explains."""
FACING = (0.12, 0.55)
"""Cosines between normal and view between which the confidence rises from 0 to 1: about 83 and 57 degrees."""
EDGE_MARGIN = (0.005, 0.018)
"""Distances from the outline of the body or of one of its parts, in units of the person's height, between which the
confidence rises from 0 to 1. The recovered pose is never exact: nearer than that, the photo may show what is beside."""


@dataclass(frozen=True)
class View:
    """Of each of the K texels."""

    xy: Float[np.ndarray, "K 2"]
    """Pixels of the photo, continuous."""
    pixels_per_texel: Float[np.ndarray, "K"]
    """Side, in photo pixels, of a square as large as the texel's image."""
    confidence: Float[np.ndarray, "K"]
    """In [0, 1]: seen, not at a grazing angle, and away from where one part of the body hides another."""
    person_height: float
    """Of the whole body in photo pixels, its visible parts or not."""


@torch.no_grad()
def view_texels(body: BodyModel, params: BodyParams, texels: SurfaceTexels, size: tuple[int, int]) -> View:
    """Pose the body and look at its texels through the camera of `params` (B = 1) on a photo of `size` (H, W)."""
    vertices = body(params.theta, params.beta, params.delta).vertices
    screen = project(vertices, params.psi, size)
    place = texels.spread @ screen[0].cpu().numpy()
    facing = texels.spread @ vertex_normals(vertices, body.faces)[0, :, 2].cpu().numpy()
    height = float(screen[0, :, 1].max() - screen[0, :, 1].min())
    slope = np.sqrt(1 - facing.clip(0.1, 1) ** 2) / facing.clip(0.1, 1)
    tolerance = DEPTH_TOLERANCE + slope * 2 / (DEPTH_ROWS * float(params.psi[0, 0]))
    seen = smoothstep(*FACING, facing) * _clear_of_edges(screen, body, place, tolerance, size, height)
    return View(place[:, :2], _pixels_per_texel(screen, body, texels), seen.astype(np.float32), height)


def smoothstep(low: float, high: float, value: Float[np.ndarray, "*S"]) -> Float[np.ndarray, "*S"]:
    """0 below `low`, 1 above `high`, smooth between."""
    t = ((value - low) / (high - low)).clip(0, 1)
    return t * t * (3 - 2 * t)


def _clear_of_edges(
    screen: Float[Tensor, "1 N 3"],
    body: BodyModel,
    place: Float[np.ndarray, "K 3"],
    tolerance: Float[np.ndarray, "K"],
    size: tuple[int, int],
    height: float,
) -> Float[np.ndarray, "K"]:
    """0 for texels that the body itself hides, rising to 1 with the distance from outlines and occluding edges."""
    zoom = DEPTH_ROWS / size[0]
    buffer = rasterize(screen * screen.new_tensor([zoom, zoom, 1.0]), body.faces, (DEPTH_ROWS, int(zoom * size[1]) + 1))
    depth = buffer.depth[0].cpu().numpy()
    covered = buffer.mask[0].cpu().numpy()
    edge = np.zeros(depth.shape, np.uint8)
    for a, b in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        jump = (covered[a] != covered[b]) | (covered[a] & (np.abs(depth[a] - depth[b]) > DEPTH_JUMP))
        edge[a] |= jump
        edge[b] |= jump
    distance = cv2.distanceTransform(1 - edge, cv2.DIST_L2, 5) if edge.any() else np.full(depth.shape, 1e6, np.float32)
    column, row = np.floor(place[:, :2] * zoom).astype(np.int64).T
    inside = (column >= 0) & (row >= 0) & (column < depth.shape[1]) & (row < depth.shape[0])
    column, row = np.where(inside, column, 0), np.where(inside, row, 0)
    visible = inside & covered[row, column] & (place[:, 2] > depth[row, column] - tolerance)
    low, high = (margin * height * zoom for margin in EDGE_MARGIN)
    return np.where(visible, smoothstep(low, high, distance[row, column]), 0.0)


def _pixels_per_texel(screen: Float[Tensor, "1 N 3"], body: BodyModel, texels: SurfaceTexels) -> Float[np.ndarray, "K"]:
    corners = screen[0, body.faces, :2].cpu().numpy()
    uv_corners = body.uv[body.uv_faces].cpu().numpy() * texels.size
    area, uv_area = (
        np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
        for a, b in ((c[:, 1] - c[:, 0], c[:, 2] - c[:, 0]) for c in (corners, uv_corners))
    )
    return np.sqrt(area / np.maximum(uv_area, 1e-9)).astype(np.float32)[texels.face]
