"""Vertices that an edge joins."""

import numpy as np
import scipy.sparse as sp
from jaxtyping import Int


def neighbour_average(faces: Int[np.ndarray, "F 3"], count: int) -> sp.csr_matrix:
    """The matrix (count, count) that smooths values of vertices once: half the vertex itself, half the mean of its
    neighbours. Every row sums to one where there are neighbours."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([ends, ends[:, ::-1]])
    graph = sp.coo_matrix((np.ones(len(ends)), ends.T), (count, count)).tocsr()
    graph.data[:] = 1.0  # an edge of two faces counts once
    degree = np.maximum(np.asarray(graph.sum(1)).ravel(), 1.0)
    matrix = 0.5 * sp.identity(count, format="csr") + 0.5 * sp.diags(1.0 / degree) @ graph
    return sp.csr_matrix(matrix, dtype=np.float32)
