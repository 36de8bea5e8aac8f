"""What the loop asks of a task: data in batches, one forward pass, and steps that turn it into losses.

A task owns networks and optimisers; the loop owns the order of things, precision, processes, checkpoints and the log.
Nothing here knows what is trained.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from habitus.training.schedules import Rate, constant

Batch = dict[str, Any]
"""What a loader yields; tensors hold one row an item and go to the device."""
Losses = Mapping[str, Tensor]
"""Scalars by name, weighted: their sum is minimised."""


@dataclass(frozen=True)
class Step:
    """One optimiser's turn at every batch.

    Steps go in order and share the forward pass: a later step sees the weights that the earlier ones have changed, in
    whatever it computes itself. A step that wants no gradient in the shared part detaches it.
    """

    name: str
    optimizer: torch.optim.Optimizer
    """Over this step's parameters alone; only they get gradients from its losses."""
    losses: Callable[[Any, Batch, int], Losses]
    """(what `Task.forward` gave, batch, epoch) -> losses, means over the batch; none: the step rests."""
    rate: Rate = constant
    """Factor on the learning rates that the optimiser was made with."""
    largest: float = math.inf
    """A loss above this ends the run, as one that is not finite does: of two networks that train against each other one
    can run away and stay finite for long, and spoil the other and the checkpoints."""

    @property
    def parameters(self) -> list[nn.Parameter]:
        """All that this step changes."""
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]


class Task(Protocol):
    """What is trained. `habitus.training.tasks` holds some."""

    modules: nn.ModuleDict
    """All that is trained and kept in checkpoints; frozen networks stay outside."""
    steps: tuple[Step, ...]

    def batches(self, epoch: int) -> Sequence[Sequence[Any]]:
        """The items of every batch of an epoch, over all processes: a function of the epoch and the task's seed."""
        ...

    def load(self, batches: Iterable[Any], *, workers: int) -> Iterable[Batch]:
        """Load these batches, in this order; what an item looks like must not depend on the workers."""
        ...

    def forward(self, batch: Batch, epoch: int, /) -> Any:
        """What the steps share, at an epoch counted from 0. Random numbers come from torch's generator, which the loop
        seeds for each batch."""
        ...

    def measures(self, shared: Any, batch: Batch) -> Losses:
        """Other scalars worth watching, such as the accuracy; not minimised."""
        ...

    def scores(self) -> dict[str, float]:
        """How well it does on data that it is not trained on, to be watched; none where there is no such data."""
        ...

    def draw(self, path: Path) -> None:
        """Draw what it makes at the end of an epoch into a new picture, for whoever watches; or nothing. Modules may be
        left in eval mode."""
        ...

    def names(self, items: Sequence[Any]) -> list[str]:
        """What people call these items: file names, to find what broke a batch."""
        ...

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """Write the trained model for use, with what is known about its training (JSON)."""
        ...
