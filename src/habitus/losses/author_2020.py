"""The terms of 3DSL as an experiment of 2020, very likely by the paper's first author, weighs them.

They differ from the published formulae. What the snapshot adds up, its weights included, is returned: the preset
`author-2020` uses these functions with weight 1. Its optimiser is Adam, at 1e-5 for the 3D encoder and 1e-4 for D.
"""

from jaxtyping import Float
from torch import Tensor

from habitus.losses import keypoints

UNCOVERED, OUTSIDE = 0.7, 0.3
"""Weights of person that the body leaves uncovered, and of body outside the person."""
PIXELS = 20_000
"""What the sum over the pixels is divided by. The snapshot renders 224x224; 256x128 has 0.65 times as many pixels."""
DISPLACEMENT = 1800
KEYPOINTS = 3


def silhouette_loss(
    silhouette: Float[Tensor, "B H W"], mask: Float[Tensor, "B H W"], valid: Float[Tensor, "B H W"] | None = None
) -> Float[Tensor, "B"]:
    """sum[0.7 M (1 - M^) + 0.3 (1 - M) M^] / 20000.

    The snapshot rounds M^ to 0 or 1 first, which leaves no gradient within the body: it could grow and never shrink.
    Here it stays soft. With a soft mask M the minimum lies at M^ = 1 wherever M > 0.3, since the formula is linear.

    Args:
        silhouette: M^, coverage by the rendered body, in [0, 1].
        mask: M, coverage by the person.
        valid: 1 where the mask knows; 0 past the border of the photo.
    """
    costs = UNCOVERED * mask * (1 - silhouette) + OUTSIDE * (1 - mask) * silhouette
    return (costs if valid is None else costs * valid).sum((1, 2)) / PIXELS


def displacement_loss(displaced: Float[Tensor, "B N 3"], naked: Float[Tensor, "B N 3"]) -> Float[Tensor, "B"]:
    """1800 mean|V_with_delta - V_without|, over vertices and coordinates.

    Args:
        displaced: vertices of the body with its displacement, metres.
        naked: of the same body without.
    """
    return DISPLACEMENT * (displaced - naked).abs().mean((1, 2))


def keypoint_loss(
    projected: Float[Tensor, "B K 2"], seen: Float[Tensor, "B K 2"], confidence: Float[Tensor, "B K"]
) -> Float[Tensor, "B"]:
    """3 L_key; see `habitus.losses.keypoints.keypoint_loss`. That the 3 scales the loss, not the coordinates, is our
    reading.

    Args:
        projected: keypoints of the body, in any unit of length.
        seen: keypoints of the detector, in the same unit.
        confidence: weight of each; 0 where a keypoint is missing.
    """
    return KEYPOINTS * keypoints.keypoint_loss(projected, seen, confidence)
