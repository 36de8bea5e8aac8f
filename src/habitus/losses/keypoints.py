"""L_key: keypoints of the body, projected, against those that were seen (3DSL, section 3.3)."""

from jaxtyping import Float
from torch import Tensor


def keypoint_loss(
    projected: Float[Tensor, "B K 2"],
    seen: Float[Tensor, "B K 2"],
    confidence: Float[Tensor, "B K"],
    *,
    outlier: float | None = None,
) -> Float[Tensor, "B"]:
    """Confidence-weighted squared distance, a mean over the keypoints of one person.

    Args:
        projected: keypoints of the body, in any unit of length.
        seen: keypoints of the detector, in the same unit.
        confidence: weight of each; 0 where a keypoint is missing (its coordinates are then never looked at). 1 for each
            that was found leaves the detector's doubts out, as the paper does; a person without any costs nothing.
        outlier: distance beyond which an error counts as a detector's blunder: the squared error d^2 becomes
            d^2 / (1 + d^2 / outlier^2), which levels off (Geman and McClure, 1987). None is the paper's plain square.
    """
    found = (confidence > 0)[..., None]
    squared = ((projected - seen.where(found, 0)) ** 2).sum(-1)
    if outlier is not None:
        squared = squared / (1 + squared / outlier**2)
    return (confidence * squared).sum(1) / confidence.sum(1).clamp(min=1e-6)
