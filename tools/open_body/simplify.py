"""Half-edge collapse to an exact vertex count that keeps the surface mirror symmetric and its UV seams in place.

Quadric error (Garland and Heckbert, 1997), summed over several bodies so that the mesh suits all of them. The left half
is simplified, its border on the plane x = 0 included, and every collapse is mirrored. A collapse keeps one of the two
vertices as it was, so whatever is defined per vertex (morph targets, skinning weights) is simply looked up.
"""

import heapq

import numpy as np
from scipy import sparse

from open_body.surface import Surface

MIN_COSINE = 0.3
"""A collapse may not turn a face normal by more than this on any of the bodies."""
MIN_SHAPE = 0.06
"""Least quality of a triangle, 4 sqrt(3) area / sum of squared edges, on the first body and in UV."""


def _quality(corners: np.ndarray) -> np.ndarray:
    """Of triangles in the plane (F, 3, 2): 1 if equilateral, 0 if flat, negative if turned over."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    spans = ((corners - np.roll(corners, 1, axis=1)) ** 2).sum((1, 2))
    return 2 * np.sqrt(3) * area / np.maximum(spans, 1e-18)


class _Half:
    """The left half of the surface during simplification."""

    def __init__(self, surface: Surface, bodies: np.ndarray, importance: np.ndarray, length_weight: float):
        self.bodies = bodies
        self.middle = surface.mirror == np.arange(len(surface.mirror))
        left = bodies[0, surface.faces, 0].sum(1) > 0
        self.faces: dict[int, list[int]] = dict(enumerate(surface.faces[left].tolist()))
        self.wedges: dict[int, list[int]] = dict(enumerate(surface.uv_faces[left].tolist()))
        self.uv = surface.uv
        self.around: dict[int, set[int]] = {}
        for face, corners in self.faces.items():
            for vertex in corners:
                self.around.setdefault(vertex, set()).add(face)
        self.importance = importance
        self.length_weight = length_weight
        self.quadrics = self._quadrics()
        # Chords between two vertices of the middle line would be non-manifold once mirrored.
        self.middle_edges = {
            frozenset((a, b)) for a in self.around for b in self.neighbours(a) if self.middle[a] and self.middle[b]
        }

    def _quadrics(self) -> np.ndarray:
        """(bodies, M, 10) upper triangles of the area-weighted plane quadrics."""
        corners = np.array(list(self.faces.values()))
        result = np.zeros((*self.bodies.shape[:2], 4, 4))
        for body, sums in zip(self.bodies, result, strict=True):
            p = body[corners]
            normal = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
            area = np.linalg.norm(normal, axis=1, keepdims=True)
            plane = np.concatenate([normal, -(normal * p[:, 0]).sum(1, keepdims=True)], 1) / np.maximum(area, 1e-15)
            quadric = plane[:, :, None] * plane[:, None, :] * area[:, :, None]
            for k in range(3):
                np.add.at(sums, corners[:, k], quadric)
        return result

    def neighbours(self, vertex: int) -> set[int]:
        found = {v for face in self.around[vertex] for v in self.faces[face]}
        found.discard(vertex)
        return found

    def cost(self, gone: int, kept: int) -> float:
        points = np.concatenate([self.bodies[:, kept], np.ones((len(self.bodies), 1))], 1)
        quadric = self.quadrics[:, gone] + self.quadrics[:, kept]
        error = np.einsum("bi,bij,bj->", points, quadric, points) / len(points)
        edge = self.bodies[0, gone] - self.bodies[0, kept]
        length = float(edge @ edge)
        return float(self.importance[gone] * (error + self.length_weight * length * length))

    def wedge_map(self, gone: int, kept: int) -> dict[int, int] | None:
        """UV vertex of `gone` -> UV vertex of `kept` in each sector around `gone`; None where a seam would break."""
        table: dict[int, int] = {}
        for face in self.around[gone] & self.around[kept]:
            corners, wedge = self.faces[face], self.wedges[face]
            source, target = wedge[corners.index(gone)], wedge[corners.index(kept)]
            if table.setdefault(source, target) != target:
                return None
        present = {self.wedges[f][self.faces[f].index(gone)] for f in self.around[gone]}
        return table if present == set(table) and len(set(table.values())) == len(table) else None

    def allowed(self, gone: int, kept: int) -> dict[int, int] | None:
        """The wedge map of a collapse that keeps surface, seams and middle line sound; None forbids it."""
        if not self._keeps_manifold(gone, kept):
            return None
        table = self.wedge_map(gone, kept)
        if table is None or not self._keeps_shape(gone, kept, table):
            return None
        return table

    def _keeps_manifold(self, gone: int, kept: int) -> bool:
        border = self.middle[gone]
        if border and frozenset((gone, kept)) not in self.middle_edges:
            return False
        near = self.neighbours(gone)
        shared = near & self.neighbours(kept)
        if len(shared) != (1 if border else 2):
            return False
        if any(len(self.around[v]) < (3 if self.middle[v] else 4) for v in shared):
            return False
        if border or not self.middle[kept]:
            return True
        # An inner vertex that moves to the middle line may not draw another middle vertex's edge along as a chord.
        others = [v for v in near - {kept} if self.middle[v]]
        return all(v in shared and frozenset((v, kept)) in self.middle_edges for v in others)

    def _keeps_shape(self, gone: int, kept: int, table: dict[int, int]) -> bool:
        staying = [f for f in self.around[gone] if kept not in self.faces[f]]
        old = np.array([self.faces[f] for f in staying])
        new = np.where(old == gone, kept, old)
        before, after = self.bodies[:, old], self.bodies[:, new]
        n0 = np.cross(before[:, :, 1] - before[:, :, 0], before[:, :, 2] - before[:, :, 0])
        n1 = np.cross(after[:, :, 1] - after[:, :, 0], after[:, :, 2] - after[:, :, 0])
        size = np.linalg.norm(n0, axis=-1) * np.linalg.norm(n1, axis=-1)
        if ((n0 * n1).sum(-1) < MIN_COSINE * size).any():
            return False
        edges = after[0] - np.roll(after[0], 1, axis=1)
        if (2 * np.sqrt(3) * np.linalg.norm(n1[0], axis=-1) < MIN_SHAPE * (edges**2).sum((1, 2))).any():
            return False
        wedges = np.array([self.wedges[f] for f in staying])
        moved = np.array([[table.get(t, t) for t in row] for row in wedges.tolist()])
        # Some of MakeHuman's own UV triangles are slivers (eyelids): ask only that none gets worse than the others.
        least = min(MIN_SHAPE / 2, float(_quality(self.uv[wedges]).min()))
        return bool((_quality(self.uv[moved]) >= least).all())

    def collapse(self, gone: int, kept: int, table: dict[int, int]) -> set[int]:
        """Do it; returns the vertices whose edges changed cost."""
        if self.middle[gone]:
            others = {v for v in self.neighbours(gone) if frozenset((gone, v)) in self.middle_edges} - {kept}
            self.middle_edges -= {frozenset((gone, v)) for v in (*others, kept)}
            self.middle_edges |= {frozenset((kept, v)) for v in others}
        for face in list(self.around[gone]):
            if kept in self.faces[face]:
                for vertex in self.faces[face]:
                    self.around[vertex].discard(face)
                del self.faces[face], self.wedges[face]
            else:
                k = self.faces[face].index(gone)
                self.faces[face][k] = kept
                self.wedges[face][k] = table[self.wedges[face][k]]
                self.around[kept].add(face)
        del self.around[gone]
        self.quadrics[:, kept] += self.quadrics[:, gone]
        return {kept, *self.neighbours(kept)}


def simplify(
    surface: Surface, bodies: np.ndarray, importance: np.ndarray, *, num_vertices: int, length_weight: float
) -> Surface:
    """Collapse edges until `num_vertices` are left.

    Args:
        bodies: (K, M, 3) the surface on a few people, symmetric; the first is the average one.
        importance: (M,) factor on the cost of losing a vertex.
        length_weight: weight of the squared edge length squared beside the quadric error; evens out the mesh.
    """
    half = _Half(surface, bodies, importance, length_weight)
    heap: list[tuple[float, int, int]] = []
    count = len(surface.mirror)

    def push(vertex: int) -> None:
        for other in half.neighbours(vertex):
            heapq.heappush(heap, (half.cost(vertex, other), vertex, other))
            heapq.heappush(heap, (half.cost(other, vertex), other, vertex))

    for vertex in list(half.around):
        for other in half.neighbours(vertex):
            heapq.heappush(heap, (half.cost(vertex, other), vertex, other))
    while count > num_vertices:
        cost, gone, kept = heapq.heappop(heap)
        if gone not in half.around or kept not in half.around or kept not in half.neighbours(gone):
            continue
        if cost < half.cost(gone, kept) * (1 - 1e-9):
            continue  # an entry from before its quadrics grew; a newer one is in the heap
        removed = 1 if half.middle[gone] else 2
        if count - removed < num_vertices or (table := half.allowed(gone, kept)) is None:
            continue
        for vertex in half.collapse(gone, kept, table):
            push(vertex)
        count -= removed
    return _mirrored(surface, half)


def _mirrored(surface: Surface, half: _Half) -> Surface:
    """The whole surface from its left half."""
    left = np.array(list(half.faces.values()))
    left_uv = np.array(list(half.wedges.values()))
    right = surface.mirror[left][:, ::-1]
    # UV vertices mirror through the faces of the unsimplified surface: (vertex, chart) pairs meet their images.
    image = uv_mirror(surface)
    kept, faces = np.unique(np.concatenate([left, right]), return_inverse=True)
    kept_uv, uv_faces = np.unique(np.concatenate([left_uv, image[left_uv][:, ::-1]]), return_inverse=True)
    faces, uv_faces = faces.reshape(-1, 3), uv_faces.reshape(-1, 3)
    place = np.full(len(surface.mirror), -1)
    place[kept] = np.arange(len(kept))
    labels = np.zeros(len(surface.uv), int)
    labels[surface.uv_faces] = surface.chart[:, None]
    combination = sparse.csr_array(surface.combination[kept])
    return Surface(
        combination, faces, surface.uv[kept_uv], uv_faces, labels[kept_uv[uv_faces[:, 0]]],
        place[surface.mirror[kept]],
    )  # fmt: skip


def uv_mirror(surface: Surface) -> np.ndarray:
    """Mirror image of each UV vertex, through the faces."""
    key = {tuple(sorted(face)): k for k, face in enumerate(surface.faces.tolist())}
    image = np.full(len(surface.uv), -1)
    for face, wedge in zip(surface.faces, surface.uv_faces, strict=True):
        mates = surface.mirror[face]
        k = key[tuple(sorted(mates.tolist()))]
        table = dict(zip(surface.faces[k].tolist(), surface.uv_faces[k].tolist(), strict=True))
        image[wedge] = [table[int(v)] for v in mates]
    return image
