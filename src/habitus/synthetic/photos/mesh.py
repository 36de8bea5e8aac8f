"""A body as the kernels read it: plain arrays, worked out once per body."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.sparse.csgraph import dijkstra

from habitus.body.model import BodyModel
from habitus.compiled import kernel

_PROXY_VERTICES = 1200


@dataclass(frozen=True)
class Sparse:
    """R weighted sums of few rows each of an array: K rows, padded with weight 0."""

    index: Int[np.ndarray, "R K"]
    weight: Float[np.ndarray, "R K"]

    def of(self, values: Float[np.ndarray, "N C"]) -> Float[np.ndarray, "R C"]:
        """The sums."""
        sums = np.zeros((len(self.index), values.shape[1]), np.float32)
        _add_rows(self.index, self.weight, values, sums)
        return sums


@dataclass(frozen=True)
class Proxy:
    """The same surface with few faces, for shadows: its vertices are some of the body's."""

    vertices: Int[np.ndarray, "C"]
    """Indices of them."""
    faces: Int[np.ndarray, "E 3"]
    """uint32, into `vertices`."""


@dataclass(frozen=True)
class Mesh:
    """N vertices, F faces, V texture vertices; uint32 indices and float32."""

    faces: Int[np.ndarray, "F 3"]
    uv: Float[np.ndarray, "V 2"]
    uv_faces: Int[np.ndarray, "F 3"]
    regions: Int[np.ndarray, "F"]
    """Of the body, of each face."""
    template: Float[np.ndarray, "N 3"]
    shapes: Float[np.ndarray, "N 3 10"]
    correctives: Float[np.ndarray, "N 3 P"] | None
    """Pose blend shapes, see `body.model.pose_correctives`."""
    skinning: Sparse
    """The joints of each vertex."""
    keypoints: Sparse
    """COCO-17 from the vertices."""
    parents: Int[np.ndarray, "24"]
    joints: Float[np.ndarray, "24 3"]
    """Of the template."""
    joint_shapes: Float[np.ndarray, "24 3 10"]
    soles: Int[np.ndarray, "2 2"]
    """Vertices: heel and toe of the left foot and of the right."""
    proxy: Proxy


@lru_cache(maxsize=4)
def mesh_of(body: BodyModel) -> Mesh:
    """The mesh of a body on the CPU, made at the first call and kept.

    Nothing of it is a view of the body's tensors: torch moves those into shared memory, and frees what they were in,
    when a body is sent to another process.
    """
    template, faces, shapes = body.v_template.numpy().copy(), body.faces.numpy(), body.shapedirs.numpy().copy()
    regressor = body.J_regressor.numpy()
    return Mesh(
        faces=_indices(faces),
        uv=body.uv.numpy().copy(),
        uv_faces=_indices(body.uv_faces.numpy()),
        regions=body.face_region.numpy().astype(np.int32),
        template=template,
        shapes=shapes,
        correctives=None if body.posedirs is None else body.posedirs.numpy().copy(),
        skinning=_sparse(body.lbs_weights.numpy()),
        keypoints=_sparse(body.coco_regressor.numpy()),
        parents=np.array(body.parents),
        joints=regressor @ template,
        joint_shapes=np.einsum("jn,nck->jck", regressor, shapes),
        soles=np.stack([_sole(template, body.vertex_region(f"{side}_foot").numpy()) for side in ("left", "right")]),
        proxy=_proxy(template, faces),
    )


@kernel
def _add_rows(index, weight, values, sums):
    for r in range(index.shape[0]):
        for k in range(index.shape[1]):
            for c in range(values.shape[1]):
                sums[r, c] += values[index[r, k], c] * weight[r, k]


def _indices(values: np.ndarray) -> Int[np.ndarray, "..."]:
    return np.ascontiguousarray(values.astype(np.uint32))


def _sparse(matrix: Float[np.ndarray, "R N"]) -> Sparse:
    width = int((matrix != 0).sum(1).max())
    index = np.argsort(matrix == 0, axis=1, kind="stable")[:, :width]
    return Sparse(_indices(index), np.ascontiguousarray(np.take_along_axis(matrix, index, 1)))


def _sole(template: np.ndarray, foot: Bool[np.ndarray, "N"]) -> Int[np.ndarray, "2"]:
    """Rearmost and foremost vertex of the foot near the ground."""
    low = np.flatnonzero(foot & (template[:, 1] < template[foot][:, 1].min() + 0.03))
    return low[[template[low, 2].argmin(), template[low, 2].argmax()]]


def _proxy(template: np.ndarray, faces: np.ndarray) -> Proxy:
    """Vertices far from each other, each with the part of the surface nearest to it; where three parts meet, a face."""
    chosen = np.empty(min(_PROXY_VERTICES, len(template)), np.int64)
    chosen[0], away = 0, np.full(len(template), np.inf)
    for i in range(1, len(chosen)):
        away = np.minimum(away, ((template - template[chosen[i - 1]]) ** 2).sum(1))
        chosen[i] = away.argmax()
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    lengths = np.linalg.norm(template[ends[:, 0]] - template[ends[:, 1]], axis=1)
    graph = sp.coo_matrix((lengths, ends.T), (len(template), len(template))).tocsr()
    _, _, source = dijkstra(graph, directed=False, indices=chosen, min_only=True, return_predecessors=True)
    place = np.full(len(template), -1)
    place[chosen] = np.arange(len(chosen))
    part = place[source]
    coarse = part[faces]
    meets = (coarse[:, 0] != coarse[:, 1]) & (coarse[:, 1] != coarse[:, 2]) & (coarse[:, 2] != coarse[:, 0])
    return Proxy(chosen, _indices(coarse[meets]))
