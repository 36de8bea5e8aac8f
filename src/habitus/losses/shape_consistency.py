"""The same body in every photo of one person. No part of 3DSL, which recovers each photo by itself."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor


def shape_consistency_loss(
    shapes: Float[Tensor, "B *shape"], labels: Int64[Tensor, "B"], known: Bool[Tensor, "B"] | None = None
) -> Float[Tensor, "B"]:
    """Squared distance of each photo's shape from the mean over all photos of its label, a mean over the numbers.

    The mean counts as a constant. That changes nothing where all photos weigh the same, since the pulls on the mean
    cancel: sum_j (x_j - m) = 0. Where they do not, a photo that nobody believes cannot drag the others.

    Nothing here keeps people apart: alone, it would make all of them alike. The reconstruction and the identity do.

    With several processes give it what `training.distributed.gathered` gives, as the triplets: the means are over the
    global batch then, and the mean over the B losses is that of one process.

    Args:
        shapes: betas, in standard deviations; or displacements of the rest pose, metres.
        labels: which photos show the same: people for betas, outfits (unique over people) for displacements.
        known: False where a photo has no shape worth comparing; None: all have.

    Returns:
        The loss of each photo; 0 for one that is alone with its label or not known.
    """
    values = shapes.flatten(1)
    values = values.to(torch.promote_types(values.dtype, torch.float32))
    counted = torch.ones_like(labels, dtype=torch.bool) if known is None else known
    values = values.where(counted[:, None], 0)  # what is not known may be anything, NaN too
    group = torch.unique(labels, return_inverse=True)[1]
    sums = torch.zeros_like(values).index_add(0, group, values.detach())
    counts = torch.zeros_like(values[:, 0]).index_add(0, group, counted.to(values))
    means = (sums / counts.clamp(min=1)[:, None])[group]
    return ((values - means) ** 2).mean(1).where(counted, 0)
