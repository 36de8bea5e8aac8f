"""The classifier of clothes that CAL trains against (CAL: Gu et al., CVPR 2022)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class NormalisedClassifier(nn.Module):
    """Cosines of features with one learned direction a class, without bias.

    In CAL it sees the retrieval feature: detached when it learns outfits by `identity_loss` of its cosines times the
    scale (no smoothing), attached and itself held fixed in `losses.clothes_adversarial`.
    """

    def __init__(self, feature_size: int, classes: int):
        super().__init__()
        self.weight = nn.Parameter(F.normalize(torch.randn(classes, feature_size), dim=1))

    def forward(self, features: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        """Cosines in [-1, 1]."""
        return F.linear(F.normalize(features, dim=1), F.normalize(self.weight, dim=1))
