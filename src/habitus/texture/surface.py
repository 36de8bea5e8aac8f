"""The texels that lie on the body: where each is on the surface, and which of them are neighbours.

Everything here depends on the body and the texture's size alone; it is worked out once and kept.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.ndimage import distance_transform_edt

from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface

LONGEST_STEP = 6.0
"""Texels side by side in the image that are further apart on the body than this many usual steps are no neighbours:
charts, or the fingers of one chart, that happen to touch."""


@dataclass(frozen=True)
class SurfaceTexels:
    """The K texels of a T x T texture that charts cover, in row-major order."""

    size: int
    """T."""
    flat: Int[np.ndarray, "K"]
    """row * T + column."""
    index: Int[np.ndarray, "T T"]
    """Place in this list of each texel of the image, -1 outside the charts."""
    face: Int[np.ndarray, "K"]
    spread: sp.csr_matrix
    """(K, N): values at texels = spread @ values at vertices; barycentric coordinates."""
    nearest: Int[np.ndarray, "T*T"]
    """For every texel of the image, the nearest one on a chart: what the gutters between charts repeat."""

    def __len__(self) -> int:
        return len(self.flat)

    def gather(self, image: Float[np.ndarray, "C T T"]) -> Float[np.ndarray, "K C"]:
        """The values of an image at the texels."""
        return np.ascontiguousarray(image.reshape(len(image), -1)[:, self.flat].T)

    def scatter(self, values: Float[np.ndarray, "K C"]) -> Float[np.ndarray, "C T T"]:
        """An image of the values; 0 outside the charts."""
        image = np.zeros((values.shape[1], self.size**2), np.float32)
        image[:, self.flat] = values.T
        return image.reshape(-1, self.size, self.size)

    def scatter_with_gutters(self, values: Float[np.ndarray, "K C"]) -> Float[np.ndarray, "C T T"]:
        """An image of the values that repeats the nearest one outside the charts, so that no filter sees a border."""
        return np.ascontiguousarray(values[self.nearest].T).reshape(-1, self.size, self.size)


@lru_cache(maxsize=4)
def surface_texels(body: BodyModel, size: int) -> SurfaceTexels:
    """The texels of a texture of `size` x `size` on `body`."""
    face_map, bary_map = (value.cpu().numpy() for value in texel_surface(body, size))
    covered = face_map >= 0
    flat = np.flatnonzero(covered)
    index = np.full(size * size, -1, np.int64)
    index[flat] = np.arange(len(flat))
    face = face_map.reshape(-1)[flat].astype(np.int64)
    bary = bary_map.reshape(-1, 3)[flat].astype(np.float32)
    corners = body.faces.cpu().numpy()[face]
    rows = np.arange(0, 3 * len(flat) + 1, 3)
    spread = sp.csr_matrix((bary.ravel(), corners.ravel(), rows), shape=(len(flat), body.num_vertices))
    row, column = np.asarray(distance_transform_edt(~covered, return_distances=False, return_indices=True))
    return SurfaceTexels(size, flat, index.reshape(size, size), face, spread, index[(row * size + column).ravel()])


@lru_cache(maxsize=4)
def neighbours(body: BodyModel, size: int) -> Int[np.ndarray, "E 2"]:
    """Pairs of texels side by side on one chart; seams are not crossed, see `seam_pairs`."""
    texels = surface_texels(body, size)
    index = texels.index
    across = np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], 1)
    down = np.stack([index[:-1].ravel(), index[1:].ravel()], 1)
    pairs = np.concatenate([across, down])
    pairs = pairs[(pairs >= 0).all(1)]
    place = texels.spread @ body.v_template.cpu().numpy()
    step = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
    return pairs[step < LONGEST_STEP * np.median(step)]


@lru_cache(maxsize=4)
def seam_pairs(body: BodyModel, size: int) -> Int[np.ndarray, "S 2"]:
    """Pairs of texels that face each other across a seam, where one edge of the mesh is two edges in UV."""
    first, second, first_inner, second_inner = _seam_edges(body)
    uv = body.uv.cpu().numpy().astype(np.float64)
    texel = np.stack([uv[:, 0] * size, (1 - uv[:, 1]) * size], 1)
    length = np.maximum(*(np.linalg.norm(np.diff(texel[ends], axis=1)[:, 0], axis=1) for ends in (first, second)))
    steps = np.maximum(2, np.ceil(2 * length)).astype(np.int64)
    edge = np.repeat(np.arange(len(first)), steps)
    along = (np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps) + 0.5) / steps[edge]
    sides = [
        _texel_beside(surface_texels(body, size).index, texel, ends[edge], inner[edge], along)
        for ends, inner in ((first, first_inner), (second, second_inner))
    ]
    pairs = np.sort(np.stack(sides, 1), 1)
    pairs = pairs[(pairs[:, 0] >= 0) & (pairs[:, 0] != pairs[:, 1])]
    return np.unique(pairs, axis=0)


def _seam_edges(body: BodyModel) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """UV ends (S, 2) of both sides of each seam edge, and the UV corner (S,) opposite, inside the chart."""
    faces, uv_faces = body.faces.cpu().numpy(), body.uv_faces.cpu().numpy()
    ends = np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2)
    uv_ends = np.stack([uv_faces, np.roll(uv_faces, -1, 1)], -1).reshape(-1, 2)
    inner = np.roll(uv_faces, -2, 1).reshape(-1)
    swap = ends[:, 0] > ends[:, 1]
    ends[swap], uv_ends[swap] = ends[swap][:, ::-1], uv_ends[swap][:, ::-1]
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    ends, uv_ends, inner = ends[order], uv_ends[order], inner[order]
    seam = (ends[:-1] == ends[1:]).all(1) & (uv_ends[:-1] != uv_ends[1:]).any(1)
    return uv_ends[:-1][seam], uv_ends[1:][seam], inner[:-1][seam], inner[1:][seam]


def _texel_beside(
    index: Int[np.ndarray, "T T"],
    texel: Float[np.ndarray, "V 2"],
    ends: Int[np.ndarray, "P 2"],
    inner: Int[np.ndarray, "P"],
    along: Float[np.ndarray, "P"],
) -> Int[np.ndarray, "P"]:
    """The first texel on the chart met on the way inwards from points along edges; -1 where there is none."""
    start, end = texel[ends[:, 0]], texel[ends[:, 1]]
    point = start + along[:, None] * (end - start)
    edge = end - start
    normal = np.stack([-edge[:, 1], edge[:, 0]], 1)
    normal *= np.sign(((texel[inner] - start) * normal).sum(1, keepdims=True))
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    found = np.full(len(point), -1, np.int64)
    for inwards in (0.0, 0.5, 1.0, 1.5):
        column, row = np.floor(point + inwards * normal).astype(np.int64).clip(0, len(index) - 1).T
        found = np.where(found < 0, index[row, column], found)
    return found


def region_of_texels(body: BodyModel, texels: SurfaceTexels) -> Int[np.ndarray, "K"]:
    """Index into `body.regions` of each texel."""
    return body.face_region.cpu().numpy()[texels.face]


def kind_of(region: str) -> str:
    """A region's name without its side: "left_thigh" and "right_thigh" are both "thigh"."""
    return region.removeprefix("left_").removeprefix("right_")


def kind_of_texels(body: BodyModel, texels: SurfaceTexels) -> tuple[Int[np.ndarray, "K"], list[str]]:
    """Kind of region of each texel, as an index into the list of kinds."""
    kinds = sorted({kind_of(name) for name in body.regions})
    lookup = np.array([kinds.index(kind_of(name)) for name in body.regions])
    return lookup[region_of_texels(body, texels)], kinds


def in_kinds(kind: Int[np.ndarray, "K"], kinds: list[str], names: tuple[str, ...]) -> Bool[np.ndarray, "K"]:
    """Which texels belong to one of the named kinds; names that the body lacks are passed over."""
    return np.isin(kind, [kinds.index(name) for name in names if name in kinds])
