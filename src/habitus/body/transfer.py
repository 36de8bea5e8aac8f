"""Texture coordinates and regions for a body that has none, from the nearest point of a body that has them."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from habitus.body.assets import BodyData

MAIN_CHILD = {0: 3, 1: 4, 2: 5, 3: 6, 4: 7, 5: 8, 6: 9, 7: 10, 8: 11, 9: 12, 12: 15, 13: 16, 14: 17, 16: 18, 17: 19,
              18: 20, 19: 21, 20: 22, 21: 23}  # fmt: skip
"""The bone of each joint, by the joint at its other end."""
NORMAL_WEIGHT = 0.03
"""Metres of distance that opposite normals are worth, halved: fingers and lips are near, but face away."""
CANDIDATES = 12


def transfer_surface(target: dict[str, Any], source: "BodyData") -> dict[str, Any]:
    """uv, uv_faces, regions and face_region for a body in the same rest pose.

    The target is brought onto the source bone by bone; each of its faces takes the region and the UV chart of the
    nearest face, and the places of its corners within that chart.

    Args:
        target: v_template, faces, J_regressor, lbs_weights of the body without them.
        source: the body with them.
    """
    points = _onto(target, source)
    faces = target["faces"]
    surface = _Surface(source)
    centres, normals = points[faces].mean(1), _normals(points, faces)
    (face,), _ = surface.nearest(centres, normals, 1)
    chart = surface.chart[face]
    centre_uv = source.uv[source.uv_faces[face]].mean(1)
    uv = np.empty((len(faces), 3, 2))
    for corner in range(3):
        place = points[faces[:, corner]]
        candidates, spots = surface.nearest(place, normals, CANDIDATES)
        # The same vertex may lie on both sides of a seam: stay on the centre's chart, and near it there.
        reach = np.linalg.norm(place - centres, axis=1) * surface.texels_per_metre[face]
        away = np.linalg.norm(spots - centre_uv, axis=2)
        fits = (surface.chart[candidates] == chart) & (away < 3 * reach + 0.01)
        first = fits.argmax(0)
        chosen = spots[first, np.arange(len(faces))]
        uv[:, corner] = np.where(fits.any(0)[:, None], chosen, centre_uv)
    key = np.concatenate([faces.reshape(-1, 1), np.round(uv.reshape(-1, 2) * 2**20)], 1)
    _, rows, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return {
        "uv": uv.reshape(-1, 2)[rows].astype(np.float32),
        "uv_faces": inverse.reshape(-1, 3).astype(np.int64),
        "regions": source.regions,
        "face_region": source.face_region[face].astype(np.int64),
    }


def _onto(target: dict[str, Any], source: "BodyData") -> Float[ndarray, "N 3"]:
    """The target's vertices with each bone laid along the source's, as long as it."""
    vertices = target["v_template"].astype(np.float64)
    here = target["J_regressor"].astype(np.float64) @ vertices
    there = (source.J_regressor @ source.v_template).astype(np.float64)
    weights = target["lbs_weights"].astype(np.float64)
    weights = weights / weights.sum(1, keepdims=True)
    turns, scales = np.broadcast_to(np.eye(3), (24, 3, 3)).copy(), np.ones(24)
    for joint, child in MAIN_CHILD.items():
        a, b = here[child] - here[joint], there[child] - there[joint]
        scales[joint] = np.linalg.norm(b) / max(np.linalg.norm(a), 1e-6)
        turns[joint] = _turn(a, b)
    trunk = [0, 3, 6, 9, 12, 13, 14]  # short bones: their own ratios would tear neighbouring vertices apart
    scales[trunk] = np.linalg.norm(there[12] - there[0]) / np.linalg.norm(here[12] - here[0])
    turns[trunk] = np.eye(3)
    for leaf, parent in ((10, 7), (11, 8), (22, 20), (23, 21)):
        scales[leaf], turns[leaf] = scales[parent], turns[parent]
    scales[15] = (source.v_template[:, 1].max() - there[15, 1]) / (vertices[:, 1].max() - here[15, 1])
    local = np.einsum("jab,njb->nja", turns * scales[:, None, None], vertices[:, None] - here)
    return np.einsum("nj,njc->nc", weights, local + there)


def _turn(a: ndarray, b: ndarray) -> ndarray:
    """Smallest rotation of direction a to direction b."""
    a, b = a / max(np.linalg.norm(a), 1e-9), b / max(np.linalg.norm(b), 1e-9)
    x, y, z = np.cross(a, b)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / max(1 + a @ b, 1e-6)


class _Surface:
    """Nearest points on the source, with their charts and texture coordinates."""

    def __init__(self, body: "BodyData"):
        self.corners = body.v_template[body.faces].astype(np.float64)
        self.uv_corners = body.uv[body.uv_faces].astype(np.float64)
        normals = _normals(body.v_template.astype(np.float64), body.faces)
        self.tree = KDTree(np.concatenate([self.corners.mean(1), NORMAL_WEIGHT * normals], 1))
        ends = np.stack([body.uv_faces, np.roll(body.uv_faces, -1, 1)], -1).reshape(-1, 2)
        graph = sparse.coo_array((np.ones(len(ends)), ends.T), (len(body.uv), len(body.uv)))
        self.chart = csgraph.connected_components(graph, directed=False)[1][body.uv_faces[:, 0]]
        self.texels_per_metre = _spans(self.uv_corners) / np.maximum(_spans(self.corners), 1e-9)

    def nearest(
        self, points: Float[ndarray, "P 3"], normals: Float[ndarray, "P 3"], count: int
    ) -> tuple[Int[ndarray, "C P"], Float[ndarray, "C P 2"]]:
        """The `count` best faces for each point, nearest first, and the texture coordinates of the nearest points."""
        wide = max(count, 8)
        _, found = self.tree.query(np.concatenate([points, NORMAL_WEIGHT * normals], 1), k=wide)
        candidates = np.asarray(found).T
        weights = _closest(points, self.corners[candidates])
        spots = np.einsum("cpk,cpkd->cpd", weights, self.corners[candidates])
        order = np.linalg.norm(spots - points, axis=2).argsort(0, kind="stable")[:count]
        candidates = np.take_along_axis(candidates, order, 0)
        weights = np.take_along_axis(weights, order[..., None], 0)
        return candidates, np.einsum("cpk,cpkd->cpd", weights, self.uv_corners[candidates])


def _closest(points: Float[ndarray, "P 3"], corners: Float[ndarray, "C P 3 3"]) -> Float[ndarray, "C P 3"]:
    """Barycentric weights of the point of each triangle that is closest to each point."""
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    inside = np.stack([1 - v - w, v, w], -1)
    best, distance = inside, np.where((inside >= 0).all(-1), 0.0, np.inf)
    for start, end, other in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        p, q = corners[..., start, :], corners[..., end, :]
        along = ((points - p) * (q - p)).sum(-1) / np.maximum(((q - p) ** 2).sum(-1), 1e-18)
        along = along.clip(0, 1)
        gap = ((p + along[..., None] * (q - p) - points) ** 2).sum(-1)
        weights = np.zeros_like(best)
        weights[..., start], weights[..., end], weights[..., other] = 1 - along, along, 0
        nearer = gap < distance
        best, distance = np.where(nearer[..., None], weights, best), np.where(nearer, gap, distance)
    return best


def _normals(points: ndarray, faces: ndarray) -> Float[ndarray, "F 3"]:
    p = points[faces]
    normal = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)


def _spans(corners: ndarray) -> Float[ndarray, "F"]:
    """Root mean square edge length of triangles."""
    return np.sqrt(((corners - np.roll(corners, 1, axis=1)) ** 2).sum((1, 2)) / 3)
