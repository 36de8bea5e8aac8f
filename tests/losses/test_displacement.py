import math

import pytest
import torch

from habitus.body.model import BodyModel
from habitus.losses.displacement import displacement_loss, roughness_loss
from habitus.recovery.displacement import displacement_space

TETRAHEDRON = torch.tensor([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])


def test_it_is_the_norm_of_all_numbers_of_a_person():
    delta = torch.zeros(2, 3, 3)
    delta[0, 0] = torch.tensor([0.03, 0.0, 0.0])
    delta[0, 2] = torch.tensor([0.0, 0.04, 0.0])
    torch.testing.assert_close(displacement_loss(delta), torch.tensor([0.05, 0.0]))


def test_it_pulls_towards_nothing_and_rests_there():
    delta = torch.tensor([[[3.0, 0.0, 4.0]], [[0.0, 0.0, 0.0]]], requires_grad=True)
    displacement_loss(delta).sum().backward()
    assert delta.grad is not None
    torch.testing.assert_close(delta.grad, torch.tensor([[[0.6, 0.0, 0.8]], [[0.0, 0.0, 0.0]]]))


def test_roughness_by_hand():
    corners = torch.tensor([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    delta = torch.zeros(1, 4, 3)
    delta[0, 0, 1] = 1.0
    # One end of three edges of length 2 is moved by 1; three others are as they were.
    torch.testing.assert_close(roughness_loss(delta, corners, TETRAHEDRON), torch.tensor([3 * 0.25 / 6]))
    assert roughness_loss(torch.ones(1, 4, 3), corners, TETRAHEDRON) == 0


def test_roughness_is_that_of_handles():
    body = BodyModel.load()
    space = displacement_space(body, 100)
    vectors = 0.01 * torch.randn(2, 100, 3, generator=torch.Generator().manual_seed(0))
    delta = torch.einsum("nh,bhc->bnc", space.basis, vectors)
    found = roughness_loss(delta, body.v_template, body.faces)
    torch.testing.assert_close(found, space.roughness(vectors), rtol=1e-3, atol=0)


@pytest.mark.parametrize(
    "loss", [displacement_loss, lambda x: roughness_loss(x, 0.3 * torch.eye(4, 3).double(), TETRAHEDRON)]
)
def test_gradients(loss):
    delta = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(loss, delta)


def test_a_centimetre_everywhere_costs_by_the_number_of_vertices():
    body = BodyModel.load()
    delta = torch.zeros(1, body.num_vertices, 3)
    delta[..., 1] = 0.01
    assert displacement_loss(delta).item() == pytest.approx(0.01 * math.sqrt(body.num_vertices), rel=1e-4)
