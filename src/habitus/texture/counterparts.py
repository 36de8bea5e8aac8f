"""Where the surface is likely to look the same: the mirrored texel, and the one on the other side of the body.

Both come from looking at the rest pose from the front and from the back. Arms and legs spread, nearly every point is
the first or the last that a line along the z axis meets, so "behind" and "mirrored" are look-ups in two pictures, and
need no symmetric mesh.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from habitus.body.model import BodyModel
from habitus.rendering.rasterizer import rasterize
from habitus.texture.surface import kind_of_texels, surface_texels

PICTURE = 1024
"""Pixels along a side of the two pictures; about 2 mm each."""
HIDDEN = 0.03
"""Metres behind both pictures from which a texel (armpit, crotch) is seen in neither and has no counterparts."""


@dataclass(frozen=True)
class Counterparts:
    """Of each texel, the place of another one in the list of texels; -1 where there is none of the same kind."""

    mirrored: Int[np.ndarray, "K"]
    """On the other side, left for right."""
    opposite: Int[np.ndarray, "K"]
    """On the back for one on the front, and the other way round."""
    mirrored_opposite: Int[np.ndarray, "K"]
    """Both."""


@lru_cache(maxsize=4)
def counterparts(body: BodyModel, size: int) -> Counterparts:
    """Find them for a texture of `size`; a texel and its counterpart always belong to the same kind of region."""
    texels = surface_texels(body, size)
    vertices = body.v_template.cpu().numpy()
    place = texels.spread @ vertices
    reach = 1.02 * np.abs(vertices[:, :2] - _middle(vertices)).max()
    front = _Picture(body, texels.index, 1.0, reach)
    back = _Picture(body, texels.index, -1.0, reach)
    behind_front, behind_back = front.above(place), back.above(place)
    is_front = behind_front <= behind_back
    visible = np.minimum(behind_front, behind_back) < HIDDEN
    kind, _ = kind_of_texels(body, texels)

    def found(points: Float[np.ndarray, "K 3"], in_front: Bool[np.ndarray, "K"]) -> Int[np.ndarray, "K"]:
        other = np.where(in_front, front.texel_at(points), back.texel_at(points))
        return np.where(visible & (other >= 0) & (kind[other] == kind), other, -1)

    flipped = place * np.array([-1, 1, 1], place.dtype)
    return Counterparts(found(flipped, is_front), found(place, ~is_front), found(flipped, ~is_front))


def _middle(vertices: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "2"]:
    """Of the pictures: on the plane of symmetry, half way up."""
    return np.array([0.0, (vertices[:, 1].max() + vertices[:, 1].min()) / 2])


class _Picture:
    """The rest pose seen along the z axis."""

    def __init__(self, body: BodyModel, index: Int[np.ndarray, "T T"], direction: float, reach: float):
        self.vertices = body.v_template.cpu().numpy().astype(np.float64)
        self.faces, self.uv_faces = body.faces.cpu().numpy(), body.uv_faces.cpu().numpy()
        self.uv, self.index = body.uv.cpu().numpy(), index
        self.direction, self.scale = direction, PICTURE / 2 / reach
        screen = np.column_stack([self._pixels(self.vertices), direction * self.vertices[:, 2]])
        fragments = rasterize(torch.from_numpy(screen)[None], body.faces, (PICTURE, PICTURE))
        self.face = fragments.face_id[0].cpu().numpy()
        self.depth = fragments.depth[0].cpu().numpy()

    def _pixels(self, points: np.ndarray) -> Float[np.ndarray, "K 2"]:
        centred = (points[:, :2] - _middle(self.vertices)) * self.scale
        return PICTURE / 2 + centred * np.array([1.0, -1.0])

    def _cells(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        column, row = np.floor(self._pixels(points)).astype(np.int64).clip(0, PICTURE - 1).T
        return row, column

    def above(self, points: Float[np.ndarray, "K 3"]) -> Float[np.ndarray, "K"]:
        """How far points lie behind what this picture shows, metres."""
        cell = self._cells(points)
        gap = np.abs(self.depth[cell] - self.direction * points[:, 2])
        return np.where(self.face[cell] >= 0, gap, 0.0)

    def texel_at(self, points: Float[np.ndarray, "K 3"]) -> Int[np.ndarray, "K"]:
        """The texel that this picture shows at each point, -1 past the body's outline."""
        face = self.face[self._cells(points)]
        a, b, c = (self.vertices[self.faces[face, k], :2] for k in range(3))
        p = points[:, :2].astype(np.float64)
        weights = np.stack([_cross(c - b, p - b), _cross(a - c, p - c), _cross(b - a, p - a)], 1)
        weights = (weights * np.sign(weights.sum(1, keepdims=True))).clip(1e-12)
        weights /= weights.sum(1, keepdims=True)
        uv = (self.uv[self.uv_faces[face]] * weights[..., None]).sum(1)
        size = len(self.index)
        column, row = np.floor(np.stack([uv[:, 0], 1 - uv[:, 1]]) * size).astype(np.int64).clip(0, size - 1)
        return np.where(face >= 0, self.index[row, column], -1)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
