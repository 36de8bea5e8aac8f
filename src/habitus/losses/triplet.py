"""L_tri: each photo nearer to its person's farthest photo than to any stranger's (Hermans et al., 2017, batch hard)."""

import math
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional as F


def triplet_loss(
    embeddings: Float[Tensor, "B D"],
    labels: Int64[Tensor, "B"],
    *,
    margin: float | None = 0.3,
    metric: Literal["euclidean", "cosine"] = "euclidean",
    positives: Bool[Tensor, "B B"] | None = None,
    negatives: Bool[Tensor, "B B"] | None = None,
) -> Float[Tensor, "B"]:
    """The hardest positive and the hardest negative of each anchor in the batch.

    Args:
        embeddings: of the photos of a batch.
        labels: their identities.
        margin: of the hinge max(0, positive - negative + margin); None is the soft margin log(1 + exp(positive -
            negative)).
        metric: euclidean distance, or 1 - cosine.
        positives: pairs (anchor, other) that may serve as positives; all of one person when None. An anchor is never
            its own positive.
        negatives: pairs that may serve as negatives; all of different people when None.

    Returns:
        The loss of each anchor; 0 for one that has no positive or no negative.
    """
    same = labels[:, None] == labels[None, :]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    positives = (same if positives is None else positives) & ~itself
    negatives = ~same if negatives is None else negatives
    distances = pairwise_distances(embeddings, metric)
    farthest = distances.masked_fill(~positives, -math.inf).amax(1)
    nearest = distances.masked_fill(~negatives, math.inf).amin(1)
    complete = positives.any(1) & negatives.any(1)
    # Zeros in place of the infinities of incomplete anchors, so that no gradient is NaN.
    excess = farthest.where(complete, 0) - nearest.where(complete, 0)
    loss = F.softplus(excess) if margin is None else F.relu(excess + margin)
    return loss.where(complete, 0)


def pairwise_distances(
    embeddings: Float[Tensor, "B D"], metric: Literal["euclidean", "cosine"]
) -> Float[Tensor, "B B"]:
    """Distances of all pairs, in float32 or better; the gradient of a distance of 0 is 0."""
    embeddings = embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))
    if metric == "cosine":
        unit = F.normalize(embeddings, dim=1)
        return 1 - unit @ unit.T
    # Not by |a|^2 + |b|^2 - 2ab: the small distances of long vectors, which decide the hinge, would cancel away.
    return torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist")
