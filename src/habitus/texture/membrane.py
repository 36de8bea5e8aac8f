"""Filling in on the surface: a membrane through what is known, shaped like guesses where there are any.

The colours u of the unknown texels minimise

    sum over neighbours c_ij (u_i - u_j - sum_l w_l,ij (g_l,i - g_l,j))^2  +  sum over texels m_i (u_i - b_i)^2

with u = b on the known ones: Laplace's equation where no guess g_l is trusted (w = 0), Poisson image editing (Perez et
al., 2003) where one is, pulled to b with strength m. Neighbours reach across the seams of the UV map, and never across
a border between regions that must not mix; the conductance c makes colours flow round limbs more easily than along
them.

Solved by conjugate gradients whose preconditioner adds a Jacobi step at the texels and an exact solution on the mesh's
vertices, which carry the low frequencies.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.sparse.linalg import splu


@dataclass(frozen=True)
class Membrane:
    """The neighbours of a texture's texels, and their coarse grid."""

    difference: sp.csr_matrix
    """(E, K): differences over the pairs of neighbours, times the square root of their conductance."""
    spread: sp.csr_matrix
    """(K, N): from the vertices to the texels."""


def make_membrane(
    pairs: Int[np.ndarray, "P 2"], conductance: Float[np.ndarray, "P"], spread: sp.csr_matrix
) -> Membrane:
    """A membrane over pairs of texels; those of conductance 0 are not joined."""
    joined = conductance > 0
    pairs = pairs[joined]
    count = len(pairs)
    values = np.sqrt(conductance[joined]).astype(np.float32)[:, None] * np.array([1, -1], np.float32)
    rows = np.arange(0, 2 * count + 1, 2)
    difference = sp.csr_matrix((values.ravel(), pairs.ravel(), rows), shape=(count, len(spread.indptr) - 1))
    return Membrane(difference, spread)


def fill(
    membrane: Membrane,
    base: Float[np.ndarray, "K C"],
    pull: Float[np.ndarray, "K"],
    known: Bool[np.ndarray, "K"],
    guesses: Sequence[tuple[Float[np.ndarray, "K C"], Float[np.ndarray, "K"]]] = (),
    *,
    openness: Float[np.ndarray, "K"] | None = None,
    tolerance: float = 3e-3,
    iterations: int = 60,
) -> Float[np.ndarray, "K C"]:
    """Fill the texels that are not known.

    Args:
        membrane: the neighbours.
        base: b; the known values where they are known.
        pull: m, not negative; positive somewhere in each connected part that holds no known texel.
        known: kept as they are.
        guesses: g_l, of which only the shape counts, with weights that add up to 1 at most at each texel; w_l of a pair
            is the lesser one of its two ends.
        openness: in [0, 1], how freely colours leave each texel: the conductance of a pair is multiplied by the lesser
            one of its two ends. None: freely.
        tolerance: of the residual's largest value; colours count in [0, 1].
        iterations: at most.
    """
    unknown = np.flatnonzero(~known)
    result = base.astype(np.float32, copy=True)
    if not len(unknown):
        return result
    difference = membrane.difference
    ends = difference.indices.reshape(-1, 2)
    active = ~(known[ends[:, 0]] & known[ends[:, 1]])
    difference = difference[active]
    one, other = ends[active].T
    if openness is not None:
        difference = (
            sp.diags(np.sqrt(np.minimum(openness[one], openness[other])).astype(np.float32)) @ difference
        ).tocsr()
    # Solve for the change against the base, which is nearly right already.
    missing = -(difference @ result)
    for colours, weight in guesses:
        missing += np.minimum(weight[one], weight[other])[:, None] * (difference @ colours)
    free = difference[:, unknown].tocsr()
    matrix = (free.T @ free + sp.diags(pull[unknown].astype(np.float32))).tocsr()
    coarse = membrane.spread[unknown]
    used = np.flatnonzero(np.bincount(coarse.indices, minlength=coarse.shape[1]))
    coarse = coarse[:, used].tocsr()
    result[unknown] += _conjugate_gradients(matrix, coarse, free.T @ missing, tolerance, iterations)
    return result


def _conjugate_gradients(
    matrix: sp.csr_matrix, coarse: sp.csr_matrix, right: Float[np.ndarray, "U C"], tolerance: float, iterations: int
) -> Float[np.ndarray, "U C"]:
    restrict = coarse.T.tocsr()
    small = (restrict @ matrix @ coarse).astype(np.float64)
    regular = (small + 1e-6 * sp.identity(small.shape[0])).tocsc()
    factor = splu(regular, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    inverse_diagonal = (1 / np.maximum(matrix.diagonal(), 1e-6))[:, None].astype(np.float32)

    def precondition(residual: np.ndarray) -> np.ndarray:
        smooth = factor.solve((restrict @ residual).astype(np.float64)).astype(np.float32)
        return inverse_diagonal * residual + coarse @ smooth

    solution = np.zeros_like(right)
    residual = right
    direction = step = precondition(residual)
    product = _dot(residual, step)
    for _ in range(iterations):
        moved = matrix @ direction
        length = product / np.maximum(_dot(direction, moved), 1e-20)
        solution = solution + length * direction
        residual = residual - length * moved
        if np.abs(residual).max() < tolerance:
            break
        step = precondition(residual)
        last, product = product, _dot(residual, step)
        direction = step + product / np.maximum(last, 1e-20) * direction
    return solution


def _dot(a: Float[np.ndarray, "U C"], b: Float[np.ndarray, "U C"]) -> Float[np.ndarray, "C"]:
    return np.einsum("uc,uc->c", a, b)
