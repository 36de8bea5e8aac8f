"""Ten components that span how the sampled people differ."""

import numpy as np


def principal_components(vertices: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean (N, 3), directions (N, 3, count) in metres per standard deviation, and explained fractions of variance.

    Args:
        vertices: (S, N, 3) people in the T-pose.
    """
    mean = vertices.mean(0)
    residual = (vertices - mean).reshape(len(vertices), -1)
    values, vectors = np.linalg.eigh(residual @ residual.T)
    order = values.argsort()[::-1][:count]
    scores = vectors[:, order] * np.sqrt(len(vertices))  # unit variance
    directions = (residual.T @ scores / len(vertices)).reshape(*mean.shape, count)
    signs = np.where(directions[:, 1].max(0) > -directions[:, 1].min(0), 1.0, -1.0)  # eigh's signs are arbitrary
    return mean, directions * signs, values[order] / values.sum()


def symmetrise(field: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Vectors per vertex (N, 3, ...) made exactly mirror symmetric, in float32."""
    flip = np.array([-1.0, 1.0, 1.0]).reshape(3, *([1] * (field.ndim - 2)))
    even = ((field + field[mirror] * flip) / 2).astype(np.float32)
    even[mirror == np.arange(len(mirror)), 0] = 0
    return even
