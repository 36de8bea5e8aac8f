"""The seam loss: one place on the body, one colour, though the UV map shows it twice. No part of RSTG."""

from jaxtyping import Float, Int64
from torch import Tensor


def seam_loss(texture: Float[Tensor, "B 3 T T"], pairs: Int64[Tensor, "S 2"]) -> Float[Tensor, "B"]:
    """Mean absolute difference of colours across the seams.

    Args:
        texture: RGB in [0, 1].
        pairs: row * T + column of the texels that face each other, see `habitus.texture.region_masks.seam_texels`.
    """
    sides = texture.flatten(2)[..., pairs]
    return (sides[..., 0] - sides[..., 1]).abs().mean((1, 2))
