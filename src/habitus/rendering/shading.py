"""Light: normals of a mesh, and how bright its vertices are. Differentiable, on any device."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Lambert:
    """One directional light and light from all around. A surface that faces the light has brightness
    ambient + diffuse; colours are multiplied by it, so a sum of 1 keeps them in [0, 1].
    """

    direction: tuple[float, float, float] = (0.3, 0.5, 1.0)
    """From the person towards the light, any length; +X to the right of the picture, +Y up, +Z to the camera."""
    ambient: tuple[float, float, float] = (0.55, 0.55, 0.55)
    """RGB."""
    diffuse: tuple[float, float, float] = (0.45, 0.45, 0.45)
    """RGB."""


def face_normals(vertices: Float[Tensor, "B N 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "B F 3"]:
    """Outward unit normals; 0 where a face has no area."""
    return _unit(_scaled_normals(vertices.transpose(0, 1), faces.long())).transpose(0, 1)


def vertex_normals(vertices: Float[Tensor, "B N 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "B N 3"]:
    """Outward unit normals: the mean of the faces around, each weighted by its area; 0 for a vertex of none."""
    index = faces.long()
    rows = vertices.transpose(0, 1).contiguous()  # the batch inside: gathering whole rows is several times faster
    scaled = _scaled_normals(rows, index)
    total = torch.zeros_like(rows)
    for corner in range(3):
        total = total.index_add(0, index[:, corner], scaled)
    return _unit(total).transpose(0, 1)


def lambert(normals: Float[Tensor, "B N 3"], light: Lambert) -> Float[Tensor, "B N 3"]:
    """Brightness, RGB, of surfaces with these normals: ambient + diffuse * max(0, normal . direction)."""
    direction = F.normalize(normals.new_tensor(light.direction), dim=0)
    facing = (normals * direction).sum(dim=-1, keepdim=True).clamp(min=0)
    return normals.new_tensor(light.ambient) + normals.new_tensor(light.diffuse) * facing


def _scaled_normals(rows: Float[Tensor, "N B 3"], index: Int[Tensor, "F 3"]) -> Float[Tensor, "F B 3"]:
    a, b, c = (rows[index[:, corner]] for corner in range(3))
    return torch.linalg.cross(b - a, c - a)


def _unit(vectors: Tensor) -> Tensor:
    return F.normalize(vectors, dim=-1, eps=1e-20)
