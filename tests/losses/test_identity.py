"""Label smoothing against torch's own and against the formula; gradients."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from habitus.losses.identity import identity_loss


@given(st.integers(1, 6), st.integers(2, 9), st.floats(0, 0.9), st.integers(0, 99))
def test_equals_torch_cross_entropy(people, classes, smoothing, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = 5 * torch.randn(people, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (people,), generator=generator)
    expected = F.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    torch.testing.assert_close(identity_loss(logits, labels, smoothing=smoothing), expected)


def test_formula_by_hand():
    """Three equal scores: every log probability is -log 3, whatever the weights."""
    loss = identity_loss(torch.zeros(1, 3), torch.tensor([2]), smoothing=0.1)
    assert loss.item() == pytest.approx(math.log(3))


def test_smoothing_stops_at_finite_scores():
    """Without smoothing ever larger scores pay; with it there is a best one."""
    label = torch.tensor([0])
    plain = [identity_loss(torch.tensor([[s, 0.0]]), label, smoothing=0).item() for s in (1.0, 3.0, 9.0)]
    smooth = [identity_loss(torch.tensor([[s, 0.0]]), label, smoothing=0.1).item() for s in (1.0, 3.0, 9.0)]
    assert plain[0] > plain[1] > plain[2]
    assert smooth[1] < smooth[0]
    assert smooth[1] < smooth[2]


def test_gradients():
    logits = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    labels = torch.tensor([0, 4, 2, 2])
    assert torch.autograd.gradcheck(lambda x: identity_loss(x, labels), logits)


def test_huge_scores_stay_finite():
    logits = torch.tensor([[1e4, -1e4]], requires_grad=True)
    loss = identity_loss(logits, torch.tensor([1])).sum()
    loss.backward()
    assert loss.isfinite()
    assert logits.grad is not None and logits.grad.isfinite().all()
