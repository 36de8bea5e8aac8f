"""Weighted means over the surface around every texel, in a few sparse and one small dense product.

Where little is known near a texel, wider and wider surroundings speak for it; seams of the UV map are no borders, those
between skin, hair, cloth and shoes are. Values go round limbs and the torso more easily than along them, as clothes do.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from scipy.sparse.csgraph import connected_components
from torch import Tensor, nn

from habitus.body.model import BodyModel
from habitus.texture.complete import conductance
from habitus.texture.generator.fixed_sums import FixedSums
from habitus.texture.surface import kind_of, kind_of_texels, surface_texels

PATCH = 0.06
"""Metres along a side of the patches that carry what reaches further than the nearest vertices."""
STEPS = 3
"""Times that a vertex takes the mean of itself and its neighbours, for what is near."""
WIDER = ((0.06, 1e-1), (0.15, 1e-3), (0.4, 1e-5))
"""Metres, and shares against 1 for what is near, of the wider surroundings."""


class _Graph(NamedTuple):
    """Of the mesh, without the edges that no colour crosses."""

    smooth: sp.csr_matrix
    """(N, N): means over a vertex and its neighbours."""
    patch: sp.csr_matrix
    """(N, P): each vertex's share in patches."""
    reach: Float[np.ndarray, "P P"]
    """How much each patch counts for another."""


class SurfaceAverage(nn.Module):
    """The averages on one body, for textures of one size.

    Args:
        body: whose surface it is.
        size: T.
    """

    reach: Tensor

    def __init__(self, body: BodyModel, size: int):
        super().__init__()
        spread, graph = _within_barriers(body, size), _graph(body)
        self.to_texels, self.to_vertices = FixedSums(spread), FixedSums(spread.T)
        self.smooth = FixedSums(graph.smooth)
        self.to_patches, self.from_patches = FixedSums(graph.patch.T), FixedSums(graph.patch)
        self.register_buffer("reach", torch.from_numpy(graph.reach.astype(np.float32)), persistent=False)

    def forward(
        self, values: Float[Tensor, "B K C"], weight: Float[Tensor, "B K 1"], doubt: Float[Tensor, "B K 1"]
    ) -> Float[Tensor, "B K C"]:
        """Weighted means around every texel, times how much is known there.

        Args:
            values: of the texels.
            weight: in [0, 1]; 0 where a value is not known.
            doubt: positive: a mean is halved where what is known around it weighs so little; 1 is everything.
        """
        with torch.autocast(values.device.type, enabled=False):  # far surroundings weigh less than half precision tells
            return self._means(*(part.to(self.reach.dtype) for part in (values, weight, doubt)))

    def _means(
        self, values: Float[Tensor, "B K C"], weight: Float[Tensor, "B K 1"], doubt: Float[Tensor, "B K 1"]
    ) -> Float[Tensor, "B K C"]:
        sums = self.to_vertices(torch.cat([values * weight, weight, torch.ones_like(weight)], 2))
        near = sums
        for _ in range(STEPS):
            near = self.smooth(near)
        total = near + self.from_patches(self.reach @ self.to_patches(sums))
        # Over what is there at all: thin and thick limbs have unlike numbers of texels around a vertex.
        mean = self.to_texels(total[..., :-1] / total[..., -1:].clamp(min=1e-9))
        return mean[..., :-1] / (mean[..., -1:] + doubt)


@lru_cache(maxsize=2)
def _graph(body: BodyModel) -> _Graph:
    faces, place = body.faces.cpu().numpy(), body.v_template.cpu().numpy().astype(np.float64)
    kind, kinds = _kind_of_vertices(body)
    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1), axis=0)
    weight = conductance(place, kind, kinds, edges)
    adjacent = sp.csr_matrix((weight, edges.T), (len(place),) * 2)
    adjacent = adjacent + adjacent.T
    degree = np.asarray(adjacent.sum(1)).ravel()
    # Half of itself, half of its neighbours.
    smooth = sp.diags(0.5 / np.maximum(degree, 1e-9)) @ adjacent + sp.diags(np.where(degree > 0, 0.5, 1.0))
    _, part = connected_components(adjacent, directed=False)
    cells = np.column_stack([part, np.floor(place / PATCH).astype(np.int64)])
    _, patch = np.unique(cells, axis=0, return_inverse=True)
    share = sp.csr_matrix((np.ones(len(place)), (np.arange(len(place)), patch.ravel())))
    share = (smooth @ (smooth @ share)).tocsr()
    coarse = share.T @ (sp.diags(degree) - adjacent) @ share
    return _Graph(smooth.tocsr(), share, _reach(coarse.toarray(), np.asarray(share.sum(0)).ravel()))


def _kind_of_vertices(body: BodyModel) -> tuple[Int[np.ndarray, "N"], list[str]]:
    """The kind of region of most faces around each vertex, as an index into the kinds."""
    kinds = sorted({kind_of(name) for name in body.regions})
    of_face = np.array([kinds.index(kind_of(name)) for name in body.regions])[body.face_region.cpu().numpy()]
    counts = np.zeros((body.num_vertices, len(kinds)))
    np.add.at(counts, (body.faces.cpu().numpy().ravel(), np.repeat(of_face, 3)), 1)
    return counts.argmax(1), kinds


def _within_barriers(body: BodyModel, size: int) -> sp.csr_matrix:
    """From the vertices to the texels of T x T, without corners across a barrier, where a texel has others."""
    texels, (of_vertex, kinds) = surface_texels(body, size), _kind_of_vertices(body)
    of_texel, _ = kind_of_texels(body, texels)
    spread = texels.spread.tocoo()
    vertices = body.v_template.cpu().numpy()
    place = np.concatenate([texels.spread @ vertices, vertices])
    pairs = np.column_stack([spread.row, len(texels) + spread.col])
    passes = conductance(place, np.concatenate([of_texel, of_vertex]), kinds, pairs) > 0
    alone = np.bincount(spread.row, passes, minlength=len(texels)) == 0
    shares = np.where(passes | alone[spread.row], np.maximum(spread.data, 1e-6), 0)
    kept = sp.csr_matrix((shares, (spread.row, spread.col)), texels.spread.shape)
    return sp.csr_matrix(sp.diags(1 / np.asarray(kept.sum(1)).ravel()) @ kept)


def _reach(stiffness: Float[np.ndarray, "P P"], mass: Float[np.ndarray, "P"]) -> Float[np.ndarray, "P P"]:
    """Screened Green's functions (mass + width^2 stiffness)^-1 of several widths, weighed by their shares.

    An edge of the mesh is about as long as the side of the square that a vertex stands for, so that the stiffness is in
    units of that square.
    """
    vertex = PATCH**2 / np.median(mass)
    greens = [share * np.linalg.inv(np.diag(mass) + width**2 / vertex * stiffness) for width, share in WIDER]
    return np.sum(greens, axis=0)
