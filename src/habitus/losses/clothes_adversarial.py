"""L_CA: features that cannot tell the outfits of one person apart (CAL: Gu et al., CVPR 2022)."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor


def clothes_adversarial_loss(
    cosines: Float[Tensor, "B K"],
    clothes: Int64[Tensor, "B"],
    own_clothes: Bool[Tensor, "B K"],
    *,
    epsilon: float = 0.1,
    scale: float = 16.0,
) -> Float[Tensor, "B"]:
    """Multi-positive classification of clothes: all outfits of the person are right answers.

    Each right class c competes with the outfits of other people only: its log probability is
    s_c - log(exp s_c + sum over other people's classes of exp s). Minimised over the backbone while the clothes
    classifier is held fixed, it moves a photo towards all outfits of its person alike.

    Args:
        cosines: of the features with the clothes classifier's weights (`NormalisedClassifier`).
        clothes: the outfit worn, 0..K-1; unique over people.
        own_clothes: whether an outfit is one of the person's.
        epsilon: of the weight, how much is spread evenly over all outfits of the person; the rest stays on the one
            that is worn.
        scale: 1 / temperature of the paper; multiplies the cosines.
    """
    scores = scale * cosines
    strangers = scores.masked_fill(own_clothes, -torch.inf).logsumexp(1, keepdim=True)
    log_probability = scores - torch.logaddexp(scores, strangers)
    own = own_clothes.to(scores)
    weights = epsilon * own / own.sum(1, keepdim=True)
    weights = weights.scatter_add(1, clothes[:, None], torch.full_like(scores[:, :1], 1 - epsilon))
    return -(weights * log_probability).sum(1)
