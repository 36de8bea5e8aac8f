"""Smooth displacement of a body's surface: a few hundred handles, each a bump that fades along the skin."""

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from scipy.sparse.linalg import splu
from torch import Tensor

if TYPE_CHECKING:
    from habitus.body.model import BodyModel


def smooth_basis(body: "BodyModel", handles: int = 300) -> Float[Tensor, "N handles"]:
    """Weights by which handles spread over the surface; every row is convex (non-negative, summing to one).

    Handles are chosen evenly by farthest-point sampling; each spreads by one implicit step of heat diffusion on the
    surface, so a handle on one thigh does not pull the other, however near they stand. Displacements made of it,
    `basis @ (handles, 3)`, are smooth at the scale of the handles' spacing.
    """
    vertices, faces = body.v_template.cpu().numpy().astype(np.float64), body.faces.cpu().numpy()
    chosen = farthest_points(vertices, handles)
    laplacian, area = _cotangent_laplacian(vertices, faces)
    spacing = area.sum() / handles  # area of one handle's patch: the square of the length that it spreads over
    step = splu((sp.diags(area) + spacing * laplacian).tocsc())
    impulses = np.zeros((len(vertices), handles))
    impulses[chosen, np.arange(handles)] = 1.0
    spread = np.maximum(step.solve(impulses), 0.0)
    spread /= spread.max(0)
    # Cubing narrows the bumps so that neighbours stay distinct; faint far tails become exact zeros.
    spread = np.where(spread > 0.05, spread, 0.0) ** 3
    spread += 1e-12 * impulses
    total = spread.sum(1, keepdims=True)
    return torch.as_tensor(spread / np.maximum(total, 1e-12), dtype=torch.float32, device=body.faces.device)


def farthest_points(points: Float[np.ndarray, "N 3"], count: int) -> Int[np.ndarray, "count"]:
    """Indices of points spread as evenly as can be: each next one is the farthest from those before it."""
    chosen = np.empty(count, dtype=np.int64)
    chosen[0] = points[:, 1].argmax()
    nearest = np.full(len(points), np.inf)
    for i in range(1, count):
        nearest = np.minimum(nearest, ((points - points[chosen[i - 1]]) ** 2).sum(1))
        chosen[i] = nearest.argmax()
    return chosen


def _cotangent_laplacian(vertices: np.ndarray, faces: np.ndarray) -> tuple[sp.csr_matrix, np.ndarray]:
    """The positive semi-definite cotangent Laplacian, and a third of the area of the faces around each vertex."""
    size = len(vertices)
    laplacian = sp.csr_matrix((size, size))
    corners = vertices[faces]
    double_area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    double_area = np.maximum(double_area, 1e-10)
    for k in range(3):
        i, j = faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        a, b = corners[:, (k + 1) % 3] - corners[:, k], corners[:, (k + 2) % 3] - corners[:, k]
        # Obtuse corners would repel; a small positive floor keeps every weight a true conductance.
        weight = np.maximum((a * b).sum(1) / double_area, 0.02) / 2
        laplacian = laplacian + sp.coo_matrix((-weight, (i, j)), (size, size)).tocsr()
    laplacian = laplacian + laplacian.T
    laplacian = laplacian - sp.diags(np.asarray(laplacian.sum(1)).ravel())
    area = np.zeros(size)
    np.add.at(area, faces.ravel(), np.repeat(double_area / 6, 3))
    return laplacian.tocsr(), area
