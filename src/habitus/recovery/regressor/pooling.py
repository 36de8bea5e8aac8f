"""What heads see of the last map of a network."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from habitus.initial_weights import start_convolution

SQUEEZED = 32
"""Channels of a map that is read cell by cell."""


class MeanPool(nn.Module):
    """The mean of each channel, as HMR takes: what there is, not where."""

    def __init__(self, channels: int, cells: tuple[int, int]):
        del cells
        super().__init__()
        self.outputs = channels
        """Length of what comes out."""

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B C"]:
        """Pool."""
        return features.mean((2, 3))


class GridPool(nn.Module):
    """Every cell, its channels squeezed to few, beside the mean of all: a small network then need not learn to tell
    places by channels."""

    def __init__(self, channels: int, cells: tuple[int, int]):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, SQUEEZED, 1, bias=False)
        start_convolution(self.squeeze)
        self.norm = nn.BatchNorm2d(SQUEEZED)
        self.outputs = channels + SQUEEZED * cells[0] * cells[1]
        """Length of what comes out."""

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B E"]:
        """Pool."""
        cells = torch.relu(self.norm(self.squeeze(features)))
        return torch.cat((features.mean((2, 3)), cells.flatten(1)), 1)


POOLS: dict[str, type[MeanPool] | type[GridPool]] = {"mean": MeanPool, "grid": GridPool}
"""By name."""
