"""From MakeHuman's skin to a closed, left-right symmetric triangle surface without inner cavities.

The skin of hm08 is closed already, but through the mouth and the eye sockets: those pockets are cut away, the lips are
zipped, and each eye is filled with a patch of the eyeball that the base mesh keeps as helper geometry.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from open_body.source import BaseMesh

EYE_RINGS = (0.62, 0.3)
"""Radii of the rings of an eye patch, as fractions of the way from its centre to the lid."""


@dataclass(frozen=True)
class Surface:
    """A symmetric triangle surface whose vertices are linear in those of the base mesh."""

    combination: sparse.csr_array
    """(M, 19158): surface vertices = combination @ base vertices; unit rows but for the eye patches."""
    faces: np.ndarray
    """(F, 3)."""
    uv: np.ndarray
    uv_faces: np.ndarray
    chart: np.ndarray
    """(F,) UV chart of each face."""
    mirror: np.ndarray
    """(M,) mirror image of each vertex."""

    @property
    def of_eyes(self) -> np.ndarray:
        """(M,) the vertices of the eye patches, the only ones that base vertices had to be mixed for."""
        return np.diff(self.combination.indptr) > 1


def triangle_charts(uv_faces: np.ndarray, num_uv: int) -> np.ndarray:
    """Label of the connected UV chart of each face, for triangles or quads."""
    ends = np.stack([uv_faces, np.roll(uv_faces, -1, 1)], -1).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(ends)), ends.T), (num_uv, num_uv))
    labels = csgraph.connected_components(graph, directed=False)[1][uv_faces[:, 0]]
    return np.unique(labels, return_inverse=True)[1]


def boundary_loop(faces: np.ndarray) -> np.ndarray:
    """The one boundary loop of a disc of polygons, walked in their orientation."""
    ends = np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2)
    forward = {(int(a), int(b)) for a, b in ends}
    following = {a: b for a, b in forward if (b, a) not in forward}
    loop = [min(following)]
    while (after := following[loop[-1]]) != loop[0]:
        loop.append(after)
    if len(loop) != len(following):
        raise ValueError("the patch has more than one boundary")
    return np.array(loop)


def build_surface(base: BaseMesh) -> Surface:
    """Cut the pockets, fill mouth and eyes, triangulate; everything mirrored exactly."""
    quads, uv_quads = base.groups["body"], base.uv_groups["body"]
    chart = triangle_charts(uv_quads, len(base.uv))
    centre = np.array([base.vertices[quads[chart == c]].mean((0, 1)) for c in range(chart.max() + 1)])
    sizes = np.bincount(chart)
    pockets = np.argsort(sizes)[:3]  # the three smallest charts: both eye sockets and the mouth
    mouth = int(pockets[np.abs(centre[pockets, 0]).argmin()])
    left_eye = int(pockets[centre[pockets, 0].argmax()])
    head = int(chart[np.isin(quads, boundary_loop(quads[chart == mouth])).any(1) & (chart != mouth)][0])
    skin = ~np.isin(chart, pockets)

    wedge = {
        int(v): int(t)
        for q, w in zip(quads[chart == head], uv_quads[chart == head], strict=True)
        for v, t in zip(q, w, strict=True)
    }
    triangles, uv_triangles = _triangulate(base, quads[skin], uv_quads[skin])
    lips = _zip_lips(base, boundary_loop(quads[chart == mouth]))
    triangles = np.concatenate([triangles, lips])
    uv_triangles = np.concatenate([uv_triangles, np.vectorize(wedge.__getitem__)(lips)])

    lid = boundary_loop(quads[chart == left_eye])
    patch = _EyePatch(base, lid)
    count = len(base.vertices)
    new = patch.count
    mirror = np.concatenate([base.mirror, count + new + np.arange(new), count + np.arange(new)])
    uv_lid = np.array([wedge[int(v)] for v in lid])
    right = base.mirror[lid]
    uv_right = np.array([wedge[int(v)] for v in right])
    uv_count = len(base.uv)
    uv = np.concatenate([base.uv, patch.spread(base.uv[uv_lid]), patch.spread(base.uv[uv_right])])
    images = sparse.csr_array(patch.rows[:, np.argsort(base.mirror)])
    combination = sparse.csr_array(sparse.vstack([sparse.eye_array(count, format="csr"), patch.rows, images]))
    for loop, uv_loop, first, uv_first, flip in (
        (lid, uv_lid, count, uv_count, False),
        (right, uv_right, count + new, uv_count + new, True),
    ):
        for target, table in (
            ("faces", np.concatenate([loop, first + np.arange(new)])),
            ("uv", np.concatenate([uv_loop, uv_first + np.arange(new)])),
        ):
            cells = table[patch.triangles]
            cells = cells[:, ::-1] if flip else cells
            if target == "faces":
                triangles = np.concatenate([triangles, cells])
            else:
                uv_triangles = np.concatenate([uv_triangles, cells])
    return _compact(combination, triangles, uv, uv_triangles, mirror)


def _triangulate(base: BaseMesh, quads: np.ndarray, uv_quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split the left half's quads along the shorter diagonal and mirror the choice to the right half."""
    points = base.vertices
    left = points[quads, 0].mean(1) > 0
    by_corners = {tuple(sorted(quad)): k for k, quad in enumerate(quads.tolist())}
    triangles, uv_triangles = [], []
    for k in np.flatnonzero(left):
        quad = quads[k]
        middle = points[quad, 0] == 0
        first = np.linalg.norm(points[quad[0]] - points[quad[2]])
        second = np.linalg.norm(points[quad[1]] - points[quad[3]])
        # A diagonal between two vertices of the middle line would become a face edge on both sides at once.
        along_first = (first <= second and not (middle[0] and middle[2])) or (middle[1] and middle[3])
        corners = ((0, 1, 2), (0, 2, 3)) if along_first else ((0, 1, 3), (1, 2, 3))
        mate = by_corners[tuple(sorted(base.mirror[quad].tolist()))]
        wedge = dict(zip(quads[mate].tolist(), uv_quads[mate].tolist(), strict=True))
        for a, b, c in corners:
            triangles += [[quad[a], quad[b], quad[c]]]
            uv_triangles += [[uv_quads[k, a], uv_quads[k, b], uv_quads[k, c]]]
            image = base.mirror[[quad[a], quad[c], quad[b]]].tolist()
            triangles += [image]
            uv_triangles += [[wedge[v] for v in image]]
    return np.array(triangles), np.array(uv_triangles)


def _zip_lips(base: BaseMesh, loop: np.ndarray) -> np.ndarray:
    """Triangles that close the slit between the lips: upper and lower chain zipped from the corner to the middle."""
    points = base.vertices
    loop = loop[points[loop, 0] >= 0]  # the left half, both middle vertices included
    corner = int(loop[points[loop, 0].argmax()])
    ordered = sorted(loop.tolist(), key=lambda v: -points[v, 0])
    middles = [v for v in ordered if points[v, 0] == 0]
    level = points[corner, 1]
    upper = [v for v in ordered if v != corner and points[v, 1] >= level]
    lower = [v for v in ordered if v != corner and points[v, 1] < level]
    if len(middles) != 2 or upper[-1] not in middles or lower[-1] not in middles:
        raise ValueError("the slit between the lips does not look as expected")
    triangles, i, j = [[corner, upper[0], lower[0]]], 0, 0
    while i + 1 < len(upper) or j + 1 < len(lower):
        take_upper = j + 1 == len(lower) or (i + 1 < len(upper) and points[upper[i + 1], 0] >= points[lower[j + 1], 0])
        # never join the two middle vertices before the last step: that edge belongs to both halves
        if take_upper:
            triangles.append([upper[i], upper[i + 1], lower[j]])
            i += 1
        else:
            triangles.append([upper[i], lower[j + 1], lower[j]])
            j += 1
    half = np.array(triangles)
    normals = np.cross(points[half[:, 1]] - points[half[:, 0]], points[half[:, 2]] - points[half[:, 0]])
    if normals[:, 2].sum() < 0:
        half = half[:, ::-1]
    return np.concatenate([half, base.mirror[half][:, ::-1]])


class _EyePatch:
    """Rings from the left lid inwards to one vertex, lying on the left eyeball."""

    def __init__(self, base: BaseMesh, lid: np.ndarray):
        self.size = len(lid)
        rim = base.vertices[lid]
        middle = (rim.max(0) + rim.min(0)) / 2
        plan = np.concatenate([middle + r * (rim - middle) for r in EYE_RINGS] + [middle[None]])
        ball = base.groups["helper-l-eye"]
        front = np.concatenate([ball[:, [0, 1, 2]], ball[:, [0, 2, 3]]])
        front = front[base.vertices[front, 2].mean(1) > base.vertices[ball, 2].mean()]
        self.count = len(plan)
        self.rows = _project_along_z(plan, front, base.vertices)
        self.triangles = self._triangles()

    def _triangles(self) -> np.ndarray:
        n, rings = self.size, len(EYE_RINGS)
        cells = []
        for ring in range(rings):
            outer, inner = ring * n, (ring + 1) * n
            for k in range(n):
                after = (k + 1) % n
                cells += [[outer + k, outer + after, inner + after], [outer + k, inner + after, inner + k]]
        last, tip = rings * n, (rings + 1) * n
        cells += [[last + k, last + (k + 1) % n, tip] for k in range(n)]
        return np.array(cells)

    def spread(self, rim_uv: np.ndarray) -> np.ndarray:
        """UV of the patch's new vertices inside the lid's UV loop."""
        middle = (rim_uv.max(0) + rim_uv.min(0)) / 2
        return np.concatenate([middle + r * (rim_uv - middle) for r in EYE_RINGS] + [middle[None]])


def _project_along_z(points: np.ndarray, triangles: np.ndarray, vertices: np.ndarray) -> sparse.csr_array:
    """Rows of barycentric weights that put each point on the front of the given triangles, seen from the front."""
    rows = sparse.lil_array((len(points), len(vertices)))
    corners = vertices[triangles]
    _, nearest = KDTree(corners[..., :2].mean(1)).query(points[:, :2], k=16)
    for k, candidates in enumerate(np.asarray(nearest)):
        best, best_weights, worst = -1, np.zeros(3), -np.inf
        for t in candidates:
            a, b, c = corners[t][:, :2]
            matrix = np.stack([a - c, b - c], 1)
            if abs(np.linalg.det(matrix)) < 1e-12:
                continue
            s = np.linalg.solve(matrix, points[k, :2] - c)
            weights = np.array([s[0], s[1], 1 - s.sum()])
            if weights.min() > worst:
                best, best_weights, worst = int(t), weights, weights.min()
        weights = np.clip(best_weights, 0, None)
        rows[k, triangles[best]] = weights / weights.sum()
    return sparse.csr_array(rows)


def _compact(
    combination: sparse.csr_array, faces: np.ndarray, uv: np.ndarray, uv_faces: np.ndarray, mirror: np.ndarray
) -> Surface:
    """Drop vertices and UV vertices that no face uses."""
    kept, faces = np.unique(faces, return_inverse=True)
    kept_uv, uv_faces = np.unique(uv_faces, return_inverse=True)
    place = np.full(len(mirror), -1)
    place[kept] = np.arange(len(kept))
    faces, uv_faces = faces.reshape(-1, 3), uv_faces.reshape(-1, 3)
    chart = triangle_charts(uv_faces, len(kept_uv))
    return Surface(sparse.csr_array(combination[kept]), faces, uv[kept_uv], uv_faces, chart, place[mirror[kept]])
