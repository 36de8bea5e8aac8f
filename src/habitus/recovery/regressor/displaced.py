"""How a network says the displacement delta: through a smooth basis or vertex by vertex, whole or part by part."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from habitus.body.model import BodyModel
from habitus.recovery.displacement import displacement_space
from habitus.recovery.regressor.body_parts import part_weights
from habitus.recovery.regressor.heads import near_zero

SCALE = 0.02
"""Metres that a network's 1 stands for: the order of how far clothes stand off."""


class HandleBasis(nn.Module):
    """Low rank: some handles, each moving a patch of the surface outwards and along the axes (`DisplacementSpace`)."""

    basis: Tensor
    normals: Tensor

    def __init__(self, body: BodyModel, handles: int):
        super().__init__()
        space = displacement_space(body, handles)
        self.register_buffer("basis", space.basis.clone(), persistent=False)
        self.register_buffer("normals", space.normals.clone(), persistent=False)
        self.inputs = handles * 4
        """Numbers that it takes."""

    def forward(self, numbers: Float[Tensor, "B K"]) -> Float[Tensor, "B N 3"]:
        """Metres."""
        moved = SCALE * numbers.unflatten(1, (-1, 4)).float()
        people = len(moved)
        # One product with 4 B columns reads the basis once, where a batch of products reads it B times.
        spread = (self.basis @ moved.permute(1, 0, 2).flatten(1)).unflatten(1, (people, 4)).permute(1, 0, 2)
        return spread[..., :1] * self.normals + spread[..., 1:]


class VertexBasis(nn.Module):
    """Full rank: three numbers a vertex, as the author's snapshot has it."""

    def __init__(self, body: BodyModel, handles: int):
        del handles
        super().__init__()
        self.inputs = body.num_vertices * 3
        """Numbers that it takes."""

    def forward(self, numbers: Float[Tensor, "B K"]) -> Float[Tensor, "B N 3"]:
        """Metres."""
        return SCALE * numbers.unflatten(1, (-1, 3)).float()


BASES: dict[str, Callable[[BodyModel, int], HandleBasis | VertexBasis]] = {
    "handles": HandleBasis, "vertices": VertexBasis,
}  # fmt: skip
"""By name; vertices is 21 M weights behind 1024 hidden ones, for 6,890 vertices."""


class WholeDisplacement(nn.Module):
    """delta from the global shape feature alone: 3DSL without MGS."""

    def __init__(self, basis: HandleBasis | VertexBasis, *, width: int, hidden: int):
        super().__init__()
        self.basis = basis
        self.head = _head(width, hidden, basis.inputs)

    def forward(
        self, shape: Float[Tensor, "B D"], part_shapes: Sequence[Float[Tensor, "B d"]]
    ) -> Float[Tensor, "B N 3"]:
        """Metres."""
        del part_shapes
        return self.basis(self.head(shape))


class PartDisplacement(nn.Module):
    """MGS: of each part a sub-network, from the part's shape feature beside the global one; where parts overlap, their
    average."""

    weights: Tensor

    def __init__(self, body: BodyModel, basis: HandleBasis | VertexBasis, *, width: int, part_width: int, hidden: int):
        super().__init__()
        weights = part_weights(body)
        self.register_buffer("weights", weights, persistent=False)
        self.basis = basis
        self.heads = nn.ModuleList(_head(width + part_width, hidden, basis.inputs) for _ in weights)

    def forward(
        self, shape: Float[Tensor, "B D"], part_shapes: Sequence[Float[Tensor, "B d"]]
    ) -> Float[Tensor, "B N 3"]:
        """Metres."""
        moved = [
            weight[:, None] * self.basis(head(torch.cat((shape, part), 1)))
            for head, part, weight in zip(self.heads, part_shapes, self.weights, strict=True)
        ]
        return torch.stack(moved).sum(0)


def _head(features: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, hidden), nn.ReLU(inplace=True), near_zero(nn.Linear(hidden, outputs)))
