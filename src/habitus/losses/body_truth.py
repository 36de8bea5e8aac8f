"""How far a regressed body is from the true one, where people were made and the truth is known."""

from jaxtyping import Float
from torch import Tensor


def rotation_loss(rotations: Float[Tensor, "B J 3 3"], truth: Float[Tensor, "B J 3 3"]) -> Float[Tensor, "B"]:
    """Squared difference of rotation matrices (Frobenius), a mean over the joints: 4 - 4 cos(angle) each."""
    return ((rotations - truth) ** 2).sum((-2, -1)).mean(1)


def point_loss(points: Float[Tensor, "B P D"], truth: Float[Tensor, "B P D"]) -> Float[Tensor, "B"]:
    """Mean distance between corresponding points, in their unit; smooth where they meet (within 1e-4)."""
    return (((points - truth) ** 2).sum(-1) + 1e-8).sqrt().mean(1)
