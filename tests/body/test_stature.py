"""Height, and builds without it."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.model import BodyModel
from habitus.body.stature import height_normalised, stature

BODY = BodyModel.load()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_normalised_bodies_have_the_templates_height_and_their_own_proportions(seed):
    beta = torch.randn(3, 10, generator=torch.Generator().manual_seed(seed)).clamp(-2, 2)
    normal = height_normalised(BODY, beta)
    height = stature(BODY, torch.zeros(1, 10))
    assert (stature(BODY, normal) / height - 1).abs().max() < 0.02
    scaled = BODY.rest(beta) * (height / stature(BODY, beta))[:, None, None]
    assert (BODY.rest(normal) - scaled).norm(dim=-1).mean() < 0.01
    again = height_normalised(BODY, normal)
    assert (again - normal).abs().max() < 0.25


def test_gradients_pass():
    beta = torch.zeros(1, 10, requires_grad=True)
    height_normalised(BODY, beta).square().sum().backward()
    assert beta.grad is not None and torch.isfinite(beta.grad).all()
