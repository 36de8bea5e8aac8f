"""Learning rates over a run, as factors: functions of the epoch (with its fraction), so that nothing is resumed."""

import math
from collections.abc import Callable, Sequence

Rate = Callable[[float], float]
"""Epochs done, with the fraction of the present one -> factor on the learning rate."""


def constant(_epoch: float) -> float:
    """The learning rate as it is."""
    return 1.0


def warm_up(then: Rate, *, epochs: float, start: float = 0.01) -> Rate:
    """Climb in a line from `start` times the rate to the rate in the first `epochs`, then go on with `then`."""

    def rate(epoch: float) -> float:
        climbed = min(epoch / epochs, 1.0) if epochs > 0 else 1.0
        return then(epoch) * (start + (1 - start) * climbed)

    return rate


def cosine(*, epochs: float, end: float = 0.0) -> Rate:
    """Half a cosine from 1 to `end` over the run (SGDR, Loshchilov and Hutter 2017, equation 5, without restarts)."""

    def rate(epoch: float) -> float:
        done = min(max(epoch / epochs, 0.0), 1.0)
        return end + (1 - end) * (1 + math.cos(math.pi * done)) / 2

    return rate


def steps(*, milestones: Sequence[float], factor: float = 0.1) -> Rate:
    """Multiply by `factor` at each of these epochs."""

    def rate(epoch: float) -> float:
        return factor ** sum(epoch >= milestone for milestone in milestones)

    return rate
