"""What a displacement costs: clothes stand off the body by centimetres, and no surface is crumpled paper."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from habitus.rendering.topology import topology_of


def displacement_loss(delta: Float[Tensor, "B N 3"]) -> Float[Tensor, "B"]:
    """||delta||_2, the regulariser in L_sil (3DSL, section 3.3).

    It is the norm, not its square: it pulls on small displacements as hard as on large ones, so that a body without
    clothes goes without. With N vertices it is sqrt(N) times their root mean square, so weights hold for one topology.
    At 0 its gradient is 0.

    Args:
        delta: metres.
    """
    return torch.linalg.vector_norm(delta.flatten(1), dim=1)


def roughness_loss(
    delta: Float[Tensor, "B N 3"], vertices: Float[Tensor, "N 3"], faces: Int[Tensor, "F 3"]
) -> Float[Tensor, "B"]:
    """Mean squared slope of a displacement along the mesh's edges: metres of difference a metre of surface, squared.

    No part of 3DSL. `recovery.displacement.DisplacementSpace.roughness` is the same measure for displacements that are
    spread from handles; this one is for networks that displace each vertex by itself.

    Args:
        delta: metres.
        vertices: the body's template, metres.
        faces: the body's; the same tensor at every call, since its edges are worked out once.
    """
    start, end = topology_of(faces).edges.long().unbind(1)
    length = (vertices[start] - vertices[end]).norm(dim=1).clamp(min=1e-3)
    slope = (delta[:, start] - delta[:, end]) / length[:, None]
    return (slope**2).sum(2).mean(1)
