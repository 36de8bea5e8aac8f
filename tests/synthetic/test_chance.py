"""Single draws are those of numpy's generators."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from habitus.synthetic.chance import bounded, chosen

SHARES = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=9)


@given(SHARES, st.integers(0, 2**32))
def test_one_of_several_is_the_one_that_numpy_chooses(weights: list[float], seed: int) -> None:
    shares = dict(enumerate((np.array(weights) / np.sum(weights)).tolist()))
    ours, theirs = np.random.default_rng(seed), np.random.default_rng(seed)
    for _ in range(8):
        assert chosen(ours, shares) == theirs.choice(len(shares), p=list(shares.values()))
    assert ours.random() == theirs.random()


@given(st.floats(-3, 3), st.floats(-2, 0), st.floats(0, 2))
def test_a_value_is_brought_between_bounds(value: float, low: float, high: float) -> None:
    assert bounded(value, low, high) == np.clip(value, low, high)
