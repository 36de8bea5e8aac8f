"""Height, and builds without it."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.model import BodyModel
from habitus.body.stature import height_normalised, levelled, stature, to_template

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


def test_levelled_bodies_are_of_one_height_and_stand_in_one_place():
    beta = torch.randn(4, 10, generator=torch.Generator().manual_seed(3))
    found = levelled(BODY, beta, BODY.rest(beta))
    height = stature(BODY, torch.zeros(1, 10))
    torch.testing.assert_close(found[..., 1].amin(1), torch.zeros(4), atol=1e-6, rtol=0)
    torch.testing.assert_close(found[..., 1].amax(1), height.expand(4))
    pelvis = BODY.J_regressor[0] @ found
    torch.testing.assert_close(pelvis[:, [0, 2]], torch.zeros(4, 2), atol=1e-5, rtol=0)
    size = (BODY.rest(beta).amax(1) - BODY.rest(beta).amin(1)) * to_template(BODY, beta)[:, None]
    torch.testing.assert_close(found.amax(1) - found.amin(1), size)  # proportions stay


def test_levelling_takes_clothes_along():
    beta, delta = torch.randn(1, 10), torch.rand(1, BODY.num_vertices, 3)
    bare, dressed = (levelled(BODY, beta, BODY.rest(beta, worn)) for worn in (None, delta))
    torch.testing.assert_close(dressed - bare, delta * to_template(BODY, beta), atol=1e-5, rtol=1e-4)
