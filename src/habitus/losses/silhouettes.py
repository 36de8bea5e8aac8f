"""L_sil: the silhouette of the body against the person's mask (3DSL, section 3.3)."""

from jaxtyping import Float
from torch import Tensor


def silhouette_loss(
    silhouette: Float[Tensor, "B H W"],
    mask: Float[Tensor, "B H W"],
    valid: Float[Tensor, "B H W"] | None = None,
    *,
    uncovered: float = 1.0,
) -> Float[Tensor, "B"]:
    """Squared difference of two soft silhouettes, relative to the mask's area.

    Args:
        silhouette: coverage by the rendered body, in [0, 1]. It stays soft: rounding it would kill the gradient inside
            the body, which could then grow but never shrink.
        mask: coverage by the person.
        valid: 1 where the mask knows; 0 past the border of the photo.
        uncovered: weight of person that the body leaves uncovered, against 1 for body outside the person. Below 1 a
            naked body may stay inside the clothes.
    """
    difference = silhouette - mask
    squared = difference**2
    if uncovered != 1.0:
        squared = squared * (difference.detach() < 0).to(squared) * (uncovered - 1) + squared
    if valid is not None:
        squared = squared * valid
        mask = mask * valid
    return squared.sum((1, 2)) / mask.sum((1, 2)).clamp(min=1.0)
