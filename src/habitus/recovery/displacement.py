"""Clothes and hair as a smooth displacement: which ones a fit may use, and how rough they are."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.smooth_basis import smooth_basis
from habitus.rendering.shading import vertex_normals
from habitus.synthetic.clothes.outfits import Shoes
from habitus.synthetic.clothes.shoes import shoe_displacement
from habitus.synthetic.surface.mannequin import Mannequin


@dataclass(frozen=True)
class DisplacementSpace:
    """A few hundred handles, each moving a patch of the surface: outwards by a scalar, and freely by a vector.

    Clothes and hair stand off the body all around it, but a photo shows their outline on two sides only. As a scalar
    along the normals the two sides agree, and smoothness carries them round to the front and the back; as vectors they
    would point opposite ways and meet at nothing. The vectors are for what is left: hems, hoods, a bag.
    """

    basis: Float[Tensor, "N handles"]
    form: Float[Tensor, "handles handles"]
    """Quadratic form of the mean squared slope along the mesh's edges."""
    normals: Float[Tensor, "N 3"]
    """Outward, of the smoothed rest pose."""

    def displace(self, handles: Float[Tensor, "B handles 4"]) -> Float[Tensor, "B N 3"]:
        """delta, metres, of handles (outwards, x, y, z) in metres."""
        people = len(handles)
        # One product with 4 B columns reads the basis once, where a batch of products reads it B times.
        columns = handles.permute(1, 0, 2).flatten(1)
        spread = (self.basis @ columns).unflatten(1, (people, 4)).permute(1, 0, 2)
        return spread[..., :1] * self.normals + spread[..., 1:]

    def roughness(self, handles: Float[Tensor, "B handles C"]) -> Float[Tensor, "B"]:
        """Mean squared slope of what handles spread: metres of difference per metre of surface, squared."""
        return (handles * (self.form @ handles)).sum((1, 2))


_SPACES: WeakKeyDictionary[BodyModel, dict[int, DisplacementSpace]] = WeakKeyDictionary()


def displacement_space(body: BodyModel, handles: int) -> DisplacementSpace:
    """The smooth displacements of a body, damped where clothes do not reach: hands keep their shape, faces nearly so.

    Made once a body (a third of a second) and kept as long as the body is.
    """
    made = _SPACES.setdefault(body, {})
    if handles not in made:
        basis = smooth_basis(body, handles)
        damping = torch.ones(body.num_vertices, 1, device=basis.device)
        for region in body.regions:
            if "hand" in region:
                damping[body.vertex_region(region)] = 0.2
            elif region == "face":
                damping[body.vertex_region(region)] = 0.4
        normals = vertex_normals(body.v_template[None], body.faces)[0]
        # Through the handles and back: no toes, no ears.
        normals = basis @ (basis.T @ normals / basis.sum(0)[:, None])
        normals = torch.nn.functional.normalize(normals, dim=1)
        made[handles] = DisplacementSpace(basis * damping, _slope_form(body, basis * damping), normals)
    return made[handles]


_SHOES: WeakKeyDictionary[BodyModel, Tensor] = WeakKeyDictionary()
_PLAIN = Shoes(colour=np.zeros(3), sole=np.zeros(3), shaft=-0.02, thickness=0.015)


def shoes(body: BodyModel) -> Float[Tensor, "N 3"]:
    """Displacement that puts the feet into plain low shoes, metres: a photo shows no toes where people wear shoes."""
    if body not in _SHOES:
        worn = torch.as_tensor(shoe_displacement(_PLAIN, Mannequin(body)), dtype=torch.float32)
        _SHOES[body] = worn.to(body.faces.device)
    return _SHOES[body]


def _slope_form(body: BodyModel, basis: Tensor) -> Float[Tensor, "handles handles"]:
    faces = body.faces.cpu().numpy()
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = edges[edges[:, 0] < edges[:, 1]]  # a closed mesh has every edge once in each direction
    vertices = body.v_template.cpu().numpy()
    length = np.maximum(np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1), 1e-3)
    rows = np.tile(np.arange(len(edges)), 2)
    entries = np.concatenate([1 / length, -1 / length]).astype(np.float32)
    slope = sp.coo_matrix((entries, (rows, edges.T.ravel())), (len(edges), len(vertices))).tocsr()
    dense = basis.cpu().numpy()
    form = dense.T @ ((slope.T @ slope) @ dense) / len(edges)
    return torch.as_tensor(form, dtype=torch.float32, device=basis.device)
