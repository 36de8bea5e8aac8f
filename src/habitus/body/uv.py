"""The UV atlas of a body: which point of the surface each texel shows, regions in UV, and the mirrored half.

Everything depends on the body and the texture's size alone: it is worked out once, kept, and shared, so treat the
results as read-only. Texel (row r, column c) of a T x T texture has its centre at u = (c + 0.5) / T,
v = 1 - (r + 0.5) / T.
"""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree
from torch import Tensor

from habitus.body.model import BodyModel


@lru_cache(maxsize=8)
def texel_surface(body: BodyModel, size: int) -> tuple[Int[Tensor, "T T"], Float[Tensor, "T T 3"]]:
    """Face under each texel's centre, -1 outside the charts, and the barycentric coordinates there.

    Where charts touch, the face of lower index has the texel.
    """
    uv = body.uv.cpu().numpy().astype(np.float64)
    corners = np.stack([uv[:, 0] * size, (1 - uv[:, 1]) * size], 1)[body.uv_faces.cpu().numpy()]
    face, bary = rasterize_triangles(corners, size)
    return torch.from_numpy(face), torch.from_numpy(bary)


@lru_cache(maxsize=64)
def uv_region(body: BodyModel, name: str, size: int) -> Bool[Tensor, "T T"]:
    """The texels of one of `body.regions`.

    Raises:
        KeyError: the body has no region of that name.
    """
    if name not in body.regions:
        raise KeyError(f"{name!r} is no region of this body; it has {', '.join(body.regions)}")
    face, _ = texel_surface(body, size)
    return (face >= 0) & (body.face_region.cpu()[face.clamp_min(0)] == body.regions.index(name))


@lru_cache(maxsize=8)
def mirror_vertices(body: BodyModel) -> Int[Tensor, "N"]:
    """The vertex at the mirror image of each vertex in the plane x = 0: exact on the open body, nearest on others."""
    vertices = body.v_template.cpu().numpy()
    _, nearest = KDTree(vertices).query(vertices * np.array([-1, 1, 1], vertices.dtype))
    return torch.from_numpy(np.asarray(nearest, np.int64))


@lru_cache(maxsize=8)
def mirror_faces(body: BodyModel) -> Int[Tensor, "F"]:
    """The face whose corners are the mirror images of each face's corners; -1 where the mesh has none."""
    faces = body.faces.cpu().numpy()
    images = np.sort(mirror_vertices(body).numpy()[faces], 1)
    place = {tuple(face): k for k, face in enumerate(np.sort(faces, 1).tolist())}
    return torch.tensor([place.get(tuple(face), -1) for face in images.tolist()])


@lru_cache(maxsize=8)
def mirror_texels(body: BodyModel, size: int) -> Int[Tensor, "T T"]:
    """row * T + column of the texel that shows the mirror image of what each texel shows; -1 outside the charts.

    Through the mesh where it is symmetric; elsewhere the texel nearest to the mirrored point of the rest pose.
    """
    face, bary = (value.numpy() for value in texel_surface(body, size))
    flat = np.flatnonzero(face >= 0)
    at, weights = face.ravel()[flat], bary.reshape(-1, 3)[flat].astype(np.float64)
    faces, uv_faces = body.faces.cpu().numpy(), body.uv_faces.cpu().numpy()
    mate = mirror_faces(body).numpy()[at]
    # Which corner of the mate is the image of each corner.
    images = mirror_vertices(body).numpy()[faces[at]]
    corner = (faces[mate][:, None, :] == images[:, :, None]).argmax(2)
    uv = body.uv.cpu().numpy().astype(np.float64)[np.take_along_axis(uv_faces[mate], corner, 1)]
    place = (uv * weights[..., None]).sum(1) * [size, -size] + [0, size]
    column, row = np.clip(np.floor(place).astype(np.int64), 0, size - 1).T
    target = row * size + column
    # Rounding may lead just past a chart's border, and an asymmetric mesh knows no mate: ask for the nearest texel.
    lost = (mate < 0) | (face.ravel()[target] < 0)
    if lost.any():
        points = (body.v_template.cpu().numpy()[faces[at]] * weights[..., None]).sum(1)
        _, nearest = KDTree(points).query(points[lost] * [-1, 1, 1])
        target[lost] = flat[nearest]
    result = np.full(size * size, -1, np.int64)
    result[flat] = target
    return torch.from_numpy(result.reshape(size, size))


def rasterize_triangles(
    corners: Float[np.ndarray, "F 3 2"], size: int
) -> tuple[Int[np.ndarray, "T T"], Float[np.ndarray, "T T 3"]]:
    """Face at each pixel's centre (-1 for none, the lowest index where several are) and barycentric coordinates.

    Args:
        corners: pixel coordinates (x right, y down; the centre of the top-left pixel is (0.5, 0.5)).
    """
    low = np.clip(np.ceil(corners.min(1) - 0.5), 0, size).astype(np.int64)
    high = np.clip(np.floor(corners.max(1) - 0.5) + 1, 0, size).astype(np.int64)
    width, height = np.maximum(high - low, 0).T
    # One row per (face, pixel of its bounding box).
    owner = np.repeat(np.arange(len(corners)), width * height)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(width * height) - width * height, width * height)
    row, column = np.divmod(step, width[owner])
    row, column = row + low[owner, 1], column + low[owner, 0]
    a, b, c = corners[owner].swapaxes(0, 1)
    point = np.stack([column, row], 1) + 0.5
    area = _cross(b - a, c - a)
    weights = np.stack([_cross(c - b, point - b), _cross(a - c, point - c), _cross(b - a, point - a)], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights /= area[:, None]
    inside = np.flatnonzero((weights >= 0).all(1))  # false for NaN, of triangles without area
    pixel, first = np.unique(row[inside] * size + column[inside], return_index=True)
    face = np.full(size * size, -1, np.int64)
    bary = np.zeros((size * size, 3), np.float32)
    face[pixel] = owner[inside[first]]
    bary[pixel] = weights[inside[first]]
    return face.reshape(size, size), bary.reshape(size, size, 3)


def _cross(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
