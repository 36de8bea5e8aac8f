"""Ten components that span how the sampled people differ."""

import numpy as np

STATURE_WEIGHT = 0.3
"""How much stature counts beside shape in the choice of components; 1 would be plain principal components."""


def principal_components(
    vertices: np.ndarray, visible: np.ndarray, faces: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean (N, 3), directions (N, 3, count) in metres per standard deviation, and what they explain.

    A crop is scaled to the person's height, and a surface that slides along itself looks the same. So the scores are
    the principal components of how far the surface moves along its normals at equal height, with the stature as one
    more coordinate; the directions are the regression of the true surface on the scores.

    Args:
        vertices: (S, N, 3) people in the T-pose.
        visible: (S, N, 3) the same people as they stand, arms down.
        faces: (F, 3).

    Returns:
        mean, directions, and the fraction of the variance along the normals that each component explains.
    """
    height = np.ptp(visible[..., 1], axis=1)[:, None, None]
    shape = visible * (height.mean() / height)
    shape[..., 1] -= (shape[..., 1].max(1, keepdims=True) + shape[..., 1].min(1, keepdims=True)) / 2
    standing = shape.mean(0)
    normals = vertex_normals(standing, faces)
    area = np.linalg.norm(normals, axis=1, keepdims=True)
    share = area / area.sum()
    moved = ((shape - standing) * normals / area * np.sqrt(share)).sum(-1)
    # What a change of stature alone moves when nothing is normalised.
    reach = np.sqrt((share * (standing * normals / area).sum(1, keepdims=True) ** 2).sum())
    stature = STATURE_WEIGHT * reach * (height.ravel() / height.mean() - 1)
    _, vectors = np.linalg.eigh(moved @ moved.T + np.outer(stature, stature))
    scores = vectors[:, ::-1][:, :count] * np.sqrt(len(vertices))  # unit variance
    mean = vertices.mean(0)
    directions = ((vertices - mean).reshape(len(vertices), -1).T @ scores / len(vertices)).reshape(*mean.shape, count)
    # The signs of eigenvectors are arbitrary: let positive components add volume.
    signs = np.sign(np.einsum("nc,nck->k", vertex_normals(mean, faces), directions))
    explained = ((moved.T @ scores) ** 2).sum(0) / len(vertices) ** 2 / (moved**2).sum() * len(vertices)
    return mean, directions * signs, explained


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(N, 3) outward normals as long as a third of the area of the faces around."""
    corners = vertices[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 6
    return np.stack([np.bincount(faces.ravel(), np.repeat(n, 3), len(vertices)) for n in normal.T], 1)


def symmetrise(field: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Vectors per vertex (N, 3, ...) made exactly mirror symmetric, in float32."""
    flip = np.array([-1.0, 1.0, 1.0]).reshape(3, *([1] * (field.ndim - 2)))
    even = ((field + field[mirror] * flip) / 2).astype(np.float32)
    even[mirror == np.arange(len(mirror)), 0] = 0
    return even
