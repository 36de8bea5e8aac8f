"""Processes that share a batch give the result of one, whatever ties the images of the batch together."""

import sys

import pytest
import torch
import toy_task
from processes import together
from torch import nn
from toy_task import ToyTask, run_toy, weights_in

from habitus.errors import InputError
from habitus.training import distributed
from habitus.training.distributed import GlobalBatchNorm, gathered, own_share


def test_two_processes_are_one(tmp_path):
    """Batch norm, batch-hard triplets, two optimisers and an average; weights and running statistics."""
    alone = run_toy(tmp_path / "alone", task=ToyTask(dropout=0), ema=0.9)
    together([sys.executable, toy_task.__file__, str(tmp_path / "shared"), "dropout=0", "ema=0.9"])
    shared = weights_in(tmp_path / "shared" / "model")
    torch.testing.assert_close(shared, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 5), (6, 4, 5, 3)])
@pytest.mark.parametrize("options", [{}, {"momentum": None}, {"affine": False}, {"track_running_stats": False}])
def test_global_batch_norm_of_one_process_is_torchs(shape, options):
    """The sums over several processes are in the test above."""
    torch.manual_seed(0)
    theirs = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[len(shape)](4, dtype=torch.float64, **options)
    ours = GlobalBatchNorm(4, theirs.eps, theirs.momentum, theirs.affine, theirs.track_running_stats).double()
    x = torch.empty(0)
    for _ in range(3):
        x = (torch.randn(shape, dtype=torch.float64) * 3 + 100).requires_grad_()
        weights = torch.randn(shape, dtype=torch.float64)
        expected, found = theirs(x), ours(x)
        torch.testing.assert_close(found, expected)
        gradients = [torch.autograd.grad((y * weights).sum(), x)[0] for y in (expected, found)]
        torch.testing.assert_close(*gradients)
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))
    assert torch.autograd.gradcheck(GlobalBatchNorm(4).double(), x)


def test_one_process_gathers_nothing():
    x = torch.randn(3)
    assert gathered(x) is x
    assert own_share([1, 2, 3]) == [1, 2, 3]


def test_shares_are_equal_and_in_order(monkeypatch):
    monkeypatch.setattr(distributed, "processes", lambda: 3)
    shares = []
    for rank in range(3):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        shares += own_share(list(range(12)))
    assert shares == list(range(12))
    with pytest.raises(InputError, match="a batch of 10: cannot be shared equally by 3 processes"):
        own_share(list(range(10)))
