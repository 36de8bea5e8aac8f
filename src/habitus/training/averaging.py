"""An exponential moving average of weights (Polyak and Juditsky 1992), which often generalises better than the last."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class MovingAverage:
    """The average of a module's weights; its buffers (running statistics) are those of the last batch.

    Args:
        modules: to follow, on the device where they stay.
        decay: share of the average that a batch leaves; less in the first batches, so that the start is forgotten.
    """

    def __init__(self, modules: nn.Module, *, decay: float) -> None:
        self.decay = decay
        self._modules = modules
        self._average = {name: value.detach().clone() for name, value in modules.named_parameters()}

    @torch.no_grad()
    def update(self, batches: int) -> None:
        """Take in the weights after so many batches."""
        decay = min(self.decay, (1 + batches) / (10 + batches))
        for name, parameter in self._modules.named_parameters():
            self._average[name].lerp_(parameter, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The module with the average as its weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, parameter in self._modules.named_parameters():
            kept = parameter.detach().clone()
            parameter.copy_(self._average[name])
            self._average[name].copy_(kept)

    def state_dict(self) -> dict[str, Tensor]:
        """For checkpoints."""
        return self._average

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what `state_dict` gave."""
        for name, value in self._average.items():
            value.copy_(state[name])
