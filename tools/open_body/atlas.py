"""The UV atlas: MakeHuman's charts, evened out, the face enlarged, and packed again.

MakeHuman gives the scalp ten times the texels of the forearms and an eye one texel. Each chart keeps its seams and is
relaxed with scalable locally injective mappings (Rabinovich et al. 2017; symmetric Dirichlet energy), from a start
without flipped triangles, towards the density wished for each region; the charts are then packed with gutters.
"""

from itertools import permutations

import numpy as np
from scipy import sparse
from scipy.ndimage import binary_dilation
from scipy.signal import fftconvolve
from scipy.sparse.linalg import spsolve
from scipy.spatial import KDTree

from open_body.regions import REGIONS
from open_body.surface import Surface

DENSITY = {
    "face": 1.7, "hair": 0.75, "neck": 0.6, "left_hand": 1.15, "right_hand": 1.15, "left_foot": 0.75,
    "right_foot": 0.75, "left_thigh": 0.85, "right_thigh": 0.85,
}  # fmt: skip
"""Texels per metre relative to the torso's."""
GRID = 256
SLANTS = (0.001, 0.3, 1.0)
GUTTER = 2
"""Cells of the packing grid kept free around each chart."""


def build_atlas(vertices: np.ndarray, surface: Surface, face_region: np.ndarray) -> np.ndarray:
    """New UV (V, 2) for the UV vertices of `surface`; no UV vertex is added or lost."""
    density = _vertex_density(surface.faces, face_region, len(vertices))
    charts, members = [], []
    for chart in range(surface.chart.max() + 1):
        chosen = surface.chart == chart
        ids, local = np.unique(surface.uv_faces[chosen], return_inverse=True)
        local = local.reshape(-1, 3)
        corners = surface.faces[chosen]
        points = vertices[corners] * density[corners].mean(1)[:, None, None]
        start = unflipped_start(points, local, surface.uv[ids])
        # With more steps the arms of the large chart come to lie against its flanks, for little gain.
        steps = 5 if chosen.mean() > 0.4 else 60
        charts.append((relax_chart(points, local, start, steps), local))
        members.append(ids)
    uv = np.zeros_like(surface.uv)
    for ids, placed in zip(members, pack(charts), strict=True):
        uv[ids] = placed
    return uv


def _vertex_density(faces: np.ndarray, face_region: np.ndarray, count: int) -> np.ndarray:
    """The wished density at each vertex, blurred across the borders of regions."""
    wished = np.array([DENSITY.get(name, 1.0) for name in REGIONS])[face_region]
    incidence = sparse.csr_array(
        (np.ones(faces.size), (faces.ravel(), np.repeat(np.arange(len(faces)), 3))), (count, len(faces))
    )
    density = (incidence @ wished) / incidence.sum(1)
    for _ in range(6):
        density = (incidence @ (incidence.T @ density / 3)) / incidence.sum(1)
    return density


def relax_chart(points: np.ndarray, faces: np.ndarray, start: np.ndarray, iterations: int) -> np.ndarray:
    """Flatten a chart with little distortion and without flips.

    Args:
        points: (F, 3, 3) corners in space of each triangle, scaled to the wished density.
        faces: (F, 3) into the UV vertices.
        start: (V, 2) without flipped triangles.
    """
    gradient, area = _gradient(points, faces, len(start))
    uv = start * np.sqrt(area.sum() / _signed_areas(start, faces).sum())
    energy = _energy(gradient, area, uv)
    for _ in range(iterations):
        step = _proxy_minimum(gradient, area, uv) - uv
        length = min(1.0, 0.9 * _longest_step(uv, step, faces))
        # The energy keeps triangles from turning over, but not a chart from lapping over itself.
        while length > 1e-3:
            moved = uv + length * step
            after = _energy(gradient, area, moved)
            # The energy keeps triangles from turning over, but not a chart from lapping over itself.
            if after < energy * (1 - 1e-6) and not overlaps(moved, faces):
                break
            length /= 2
        else:
            return uv
        uv, energy = moved, after
    return uv


def overlaps(uv: np.ndarray, faces: np.ndarray) -> bool:
    """Whether some point of a triangle lies in another triangle of the chart."""
    corners = uv[faces]
    inner = np.array([[1, 1, 1], [8, 1, 1], [1, 8, 1], [1, 1, 8]]) / np.array([[3], [10], [10], [10]])
    samples = np.einsum("sk,fkc->fsc", inner, corners).reshape(-1, 2)
    owner = np.repeat(np.arange(len(faces)), len(inner))
    _, near = KDTree(corners.mean(1)).query(samples, k=24)
    a, b, c = corners[np.asarray(near)].transpose(2, 0, 1, 3)
    point = samples[:, None]
    turns = []
    for p, q in ((a, b), (b, c), (c, a)):
        edge, away = q - p, point - p
        turns.append(edge[..., 0] * away[..., 1] - edge[..., 1] * away[..., 0])
    inside = np.min(turns, axis=0) > 0
    return bool((inside & (near != owner[:, None])).any())


def unflipped_start(points: np.ndarray, faces: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """`uv` itself, or with its border kept and its inside spread by mean value coordinates (Floater 2003)."""
    if (_signed_areas(uv, faces) > 1e-10).all():
        return uv
    count = len(uv)
    weights = sparse.lil_array((count, count))
    for face, corner in zip(faces, points, strict=True):
        for k in range(3):
            i, j, m = face[k], face[k - 2], face[k - 1]
            to_j, to_m = corner[k - 2] - corner[k], corner[k - 1] - corner[k]
            a, b = np.linalg.norm(to_j), np.linalg.norm(to_m)
            half_tangent = np.tan(np.arccos(np.clip(to_j @ to_m / (a * b), -1, 1)) / 2)
            weights[i, j] += half_tangent / a
            weights[i, m] += half_tangent / b
    ends = np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2), 1)
    edges, uses = np.unique(ends, axis=0, return_counts=True)
    inner = np.ones(count, bool)
    inner[edges[uses == 1]] = False
    matrix = sparse.csr_array(sparse.diags_array(np.asarray(weights.sum(1)).ravel()) - weights)
    matrix = matrix[inner]
    result = uv.copy()
    result[inner] = spsolve(sparse.csc_array(matrix[:, inner]), -(matrix[:, ~inner] @ uv[~inner]))
    if not (_signed_areas(result, faces) > 0).all():
        raise ValueError("a chart has no start without flipped triangles")
    return result


def pack(charts: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """Turn, scale (all alike) and move charts, each (uv, faces), into the unit square, as large as they fit.

    The two largest are placed first, upright or lying; the rest in any order and direction.
    """
    sizes = np.array([np.abs(_signed_areas(uv, faces)).sum() for uv, faces in charts])
    largest, second, *rest = sizes.argsort(kind="stable")[::-1].tolist()
    scale, best = 0.0, None
    for order in permutations(rest):
        # Only orders that allow a larger scale than the best so far are worth a closer look.
        for slant in SLANTS:
            step = 0.02
            while step > 0.002:
                placed = _place([charts[k] for k in (largest, second, *order)], scale + step, slant)
                if placed is None:
                    step /= 2
                else:
                    scale += step
                    best = dict(zip((largest, second, *order), placed, strict=True))
    if best is None:
        raise ValueError("the charts do not fit")
    return [best[k] for k in range(len(charts))]


def _place(charts: list[tuple[np.ndarray, np.ndarray]], scale: float, slant: float) -> list[np.ndarray] | None:
    """Put each chart as low as it goes, where low is row + slant * column; None if one does not fit."""
    taken = np.zeros((GRID, GRID))
    placed = []
    for k, (uv, faces) in enumerate(charts):
        best = None
        for turn in range(0, 8, 2 if k < 2 else 1):
            angle = turn * np.pi / 4
            matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
            turned = uv @ matrix * scale
            turned = turned - turned.min(0) + (GUTTER + 0.5) / GRID
            if (turned.max(0) > 1 - (GUTTER + 0.5) / GRID).any():
                continue
            mask = _cover(turned * GRID, faces)
            rows, columns = np.nonzero(fftconvolve(taken, mask[::-1, ::-1].astype(float), mode="valid") < 0.5)
            if len(rows):
                cost = rows + mask.shape[0] + slant * (columns + mask.shape[1])
                at = cost.argmin()
                if best is None or cost[at] < best[0]:
                    best = (cost[at], rows[at], columns[at], mask, turned)
        if best is None:
            return None
        _, row, column, mask, turned = best
        taken[row : row + mask.shape[0], column : column + mask.shape[1]] += mask
        placed.append(turned + np.array([column, row]) / GRID)
    return placed


def _cover(uv: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Cells that a chart touches, with a gutter; row = v, column = u."""
    size = np.ceil(uv.max(0)).astype(int) + GUTTER
    mask = np.zeros((size[1], size[0]), bool)
    corners = uv[faces]
    spread = np.linspace(0, 1, 12)
    for a in spread:
        for b in spread[spread <= 1 - a + 1e-9]:
            at = np.floor(a * corners[:, 0] + b * corners[:, 1] + (1 - a - b) * corners[:, 2]).astype(int)
            mask[at[:, 1], at[:, 0]] = True
    return binary_dilation(mask, iterations=GUTTER)


def _signed_areas(uv: np.ndarray, faces: np.ndarray) -> np.ndarray:
    one, two = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    return (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2


def _gradient(points: np.ndarray, faces: np.ndarray, count: int) -> tuple[sparse.csr_array, np.ndarray]:
    """(2F, V) operator: derivatives of a function on the chart in each triangle's own frame; and areas (F,)."""
    one, two = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    length = np.linalg.norm(one, axis=1)
    along = (one * two).sum(1) / length
    height = np.maximum(np.linalg.norm(np.cross(one, two), axis=1) / length, 1e-9)
    # Corners in the frame: (0, 0), (length, 0), (along, height).
    dx = np.stack([-1 / length, 1 / length, np.zeros_like(length)], 1)
    dy = np.stack([(along / length - 1) / height, -along / length / height, 1 / height], 1)
    values = np.stack([dx, dy], 1).reshape(-1)
    rows = np.repeat(np.arange(2 * len(faces)), 3)
    columns = np.repeat(faces[:, None], 2, 1).reshape(-1)
    return sparse.csr_array((values, (rows, columns)), (2 * len(faces), count)), length * height / 2


def _jacobians(gradient: sparse.csr_array, uv: np.ndarray) -> np.ndarray:
    return (gradient @ uv).reshape(-1, 2, 2).swapaxes(1, 2)  # [u or v, frame axis]


def _energy(gradient: sparse.csr_array, area: np.ndarray, uv: np.ndarray) -> float:
    jacobian = _jacobians(gradient, uv)
    determinant = np.linalg.det(jacobian)
    if (determinant <= 0).any():
        return np.inf
    return float((area * (jacobian**2).sum((1, 2)) * (1 + 1 / determinant**2)).sum())


def _proxy_minimum(gradient: sparse.csr_array, area: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Minimum of the reweighted as-rigid-as-possible energy of the current Jacobians."""
    left, stretch, right = np.linalg.svd(_jacobians(gradient, uv))
    rotation = left @ right
    apart = np.where(np.abs(stretch - 1) < 1e-5, 1e-5, stretch - 1)
    weight = np.sqrt(np.maximum((stretch - stretch**-3) / apart, 1e-8))
    w = (left * weight[:, None, :]) @ left.swapaxes(1, 2)
    squared = w @ w * area[:, None, None]
    count = uv.shape[0]
    wanted = (squared @ rotation).swapaxes(1, 2)  # (F, frame axis, u or v)
    blocks = [[None, None], [None, None]]
    for i in range(2):
        for j in range(2):
            diagonal = sparse.diags_array(np.repeat(squared[:, i, j], 2))
            blocks[i][j] = gradient.T @ diagonal @ gradient
    matrix = sparse.csc_array(sparse.block_array(blocks)) + 1e-9 * sparse.eye_array(2 * count)
    right_side = np.concatenate([gradient.T @ wanted[:, :, i].reshape(-1) for i in range(2)])
    right_side = right_side + 1e-9 * uv.T.reshape(-1)
    return spsolve(sparse.csc_array(matrix), right_side).reshape(2, count).T


def _longest_step(uv: np.ndarray, step: np.ndarray, faces: np.ndarray) -> float:
    """The least positive t at which a triangle of uv + t step loses its area."""
    p1, p2 = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    d1, d2 = step[faces[:, 1]] - step[faces[:, 0]], step[faces[:, 2]] - step[faces[:, 0]]
    a = d1[:, 0] * d2[:, 1] - d1[:, 1] * d2[:, 0]
    b = p1[:, 0] * d2[:, 1] - p1[:, 1] * d2[:, 0] + d1[:, 0] * p2[:, 1] - d1[:, 1] * p2[:, 0]
    c = p1[:, 0] * p2[:, 1] - p1[:, 1] * p2[:, 0]
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        q = -(b + np.where(b >= 0, root, -root)) / 2
        times = np.stack([q / a, c / q])
    times = times[:, b * b - 4 * a * c >= 0]
    times = times[np.isfinite(times) & (times > 0)]
    return float(times.min()) if times.size else np.inf
