"""Pixel-wise L1, an alternative to the re-ID feature loss that RSTG compares (section 4.4)."""

from jaxtyping import Float
from torch import Tensor


def pixel_l1_loss(
    render: Float[Tensor, "B 3 H W"], photo: Float[Tensor, "B 3 H W"], mask: Float[Tensor, "B H W"]
) -> Float[Tensor, "B"]:
    """Mean absolute difference of colours inside a mask; 0 where the mask is empty.

    Args:
        render: RGB in [0, 1].
        photo: RGB in [0, 1].
        mask: weight of each pixel, such as the render's silhouette.
    """
    difference = (render - photo).abs().mean(1) * mask
    return difference.sum((1, 2)) / mask.sum((1, 2)).clamp_min(1e-6)
