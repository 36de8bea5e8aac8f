"""Single random draws: the very numbers that numpy gives, without what its arrays cost for one number at a time."""

from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import numpy as np

Thing = TypeVar("Thing")


def chosen(rng: np.random.Generator, shares: Mapping[Thing, float]) -> Thing:
    """One of several things, each in its share of all draws: what `rng.choice` gives with `p`."""
    return list(shares)[bisect_right(_cumulated(tuple(shares.values())), rng.random())]


def bounded(value: float, low: float, high: float) -> float:
    """What `np.clip` gives."""
    return min(max(value, low), high)


@lru_cache(maxsize=256)
def _cumulated(shares: tuple[float, ...]) -> list[float]:
    """The share of each and of all before it."""
    cumulated = np.cumsum(shares)
    return (cumulated / cumulated[-1]).tolist()
