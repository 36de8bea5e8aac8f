"""The losses that RSTG compares its own with, and our additions, by hand and by gradcheck."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from habitus.losses.deep_features import deep_feature_loss
from habitus.losses.pixel import pixel_l1_loss
from habitus.losses.seams import seam_loss


def uniform(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_pixel_l1_by_hand():
    render, photo = torch.zeros(2, 3, 1, 2), torch.zeros(2, 3, 1, 2)
    photo[0, 0, 0, 0], photo[0, :, 0, 1] = 0.6, 1.0
    mask = torch.tensor([[[1.0, 0.5]], [[0.0, 0.0]]])
    assert pixel_l1_loss(render, photo, mask).tolist() == pytest.approx([(0.2 + 0.5) / 1.5, 0])


def test_pixel_l1_gradients():
    render = uniform(0, 2, 3, 4, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda r: pixel_l1_loss(r, uniform(1, 2, 3, 4, 3), uniform(2, 2, 4, 3)), render)


def test_deep_features_by_hand():
    one, other = torch.tensor([[3.0, 4.0, 0, 0]]), torch.tensor([[0, 0, 0, 9.0]])
    assert deep_feature_loss(one, other).item() == pytest.approx((0.6 + 0.8 + 1) / 4)
    assert deep_feature_loss(one, 7 * one).item() == pytest.approx(0, abs=1e-7)


def test_deep_feature_gradients():
    feature = uniform(3, 2, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: deep_feature_loss(f, uniform(4, 2, 5)), feature)


def test_seams_by_hand():
    texture = torch.arange(4.0).view(1, 1, 2, 2) * torch.tensor([1.0, 0, 2]).view(1, 3, 1, 1)
    pairs = torch.tensor([[0, 3], [1, 2]])
    assert seam_loss(texture, pairs).item() == pytest.approx((3 + 0 + 6 + 1 + 0 + 2) / 6)


@given(st.integers(0, 10**6))
def test_seams_of_one_colour_cost_nothing(seed):
    flat = uniform(seed, 2, 3, 1, 1).expand(2, 3, 4, 4)
    assert seam_loss(flat, torch.randint(16, (5, 2))).eq(0).all()


def test_seam_gradients():
    texture = uniform(5, 1, 3, 3, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: seam_loss(t, torch.tensor([[0, 8], [2, 6], [1, 8]])), texture)
