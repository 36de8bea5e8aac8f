"""Learning rates as functions of the epoch, against torch's schedulers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from habitus.training.schedules import constant, cosine, steps, warm_up


def rates_of_torch(make, epochs):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_cosine_is_torchs():
    expected = rates_of_torch(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20, eta_min=0.1), 20)
    assert [cosine(epochs=20, end=0.1)(epoch) for epoch in range(20)] == pytest.approx(expected)


def test_steps_are_torchs():
    expected = rates_of_torch(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [3, 7], gamma=0.2), 10)
    assert [steps(milestones=(3, 7), factor=0.2)(epoch) for epoch in range(10)] == pytest.approx(expected)


def test_warm_up_is_torchs():
    expected = rates_of_torch(lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.01, 1, total_iters=5), 8)
    assert [warm_up(constant, epochs=5)(epoch) for epoch in range(8)] == pytest.approx(expected)


@given(st.floats(0, 100), st.floats(0, 20))
def test_rates_stay_between_nothing_and_all(epoch, warm):
    assert 0 <= warm_up(cosine(epochs=60), epochs=warm)(epoch) <= 1
