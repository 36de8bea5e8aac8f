"""Heads that correct an estimate again and again (Carreira et al., CVPR 2016; HMR, section 3.2)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

ROUNDS = 3
"""Corrections, as HMR and 3DSL make."""


class IterativeHead(nn.Module):
    """From a feature to numbers: begins at a mean estimate and corrects what it has, a few times.

    The corrections of an untrained head are next to nothing, so that training begins at the mean.

    Args:
        features: D, of the feature.
        start: the estimate to begin with.
        width: of the two hidden layers; 1024 in HMR.
        dropout: of hidden values; 0.5 in HMR.
        rounds: how often it corrects.
    """

    start: Tensor

    def __init__(
        self, features: int, start: Float[Tensor, "K"], *, width: int = 1024, dropout: float = 0.5, rounds: int = ROUNDS
    ):
        super().__init__()
        self.rounds = rounds
        self.register_buffer("start", start.clone())
        self.layers = nn.Sequential(
            nn.Linear(features + len(start), width), nn.ReLU(inplace=True), nn.Dropout(dropout),
            nn.Linear(width, width), nn.ReLU(inplace=True), nn.Dropout(dropout),
        )  # fmt: skip
        self.correction = near_zero(nn.Linear(width, len(start)))

    def forward(self, feature: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        """The estimate after the last correction."""
        estimate = self.start.to(feature.dtype).expand(len(feature), -1)
        for _ in range(self.rounds):
            estimate = estimate + self.correction(self.layers(torch.cat((feature, estimate), 1)))
        return estimate


def near_zero(layer: nn.Linear) -> nn.Linear:
    """The layer with weights a hundredth of Glorot's, as HMR starts its corrections, and no shift."""
    if not layer.weight.is_meta:
        nn.init.xavier_uniform_(layer.weight, gain=0.01)
        nn.init.zeros_(layer.bias)
    return layer
