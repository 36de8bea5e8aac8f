"""Parameters of posed vertices."""

import torch

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix
from habitus.recovery.posed_vertices import params_of_vertices


def test_parameters_that_posed_the_vertices_are_found_again_and_any_vertices_met():
    body = BodyModel.load()
    rng = torch.Generator().manual_seed(0)
    theta = 0.4 * torch.randn(1, 24, 3, generator=rng)
    theta[0, 0] = torch.tensor([0.2, 2.5, 0.1])
    beta, shift = torch.randn(1, 10, generator=rng), torch.tensor([0.1, -0.3, 5.0])
    vertices = body(theta, beta).vertices[0] + shift
    found_theta, found_beta, delta, found_shift = params_of_vertices(body, vertices)
    assert (axis_angle_to_matrix(found_theta) - axis_angle_to_matrix(theta[0])).abs().max() < 1e-3
    torch.testing.assert_close(found_beta, beta[0], atol=1e-3, rtol=0)
    torch.testing.assert_close(found_shift, shift, atol=1e-4, rtol=0)
    assert delta.abs().max() < 1e-4
    # Clothes, say: no parameters of the body make these.
    rough = vertices + 0.01 * torch.randn(vertices.shape, generator=rng)
    found_theta, found_beta, delta, found_shift = params_of_vertices(body, rough)
    posed = body(found_theta[None], found_beta[None], delta[None]).vertices[0] + found_shift
    torch.testing.assert_close(posed, rough, atol=1e-5, rtol=0)
    assert (axis_angle_to_matrix(found_theta) - axis_angle_to_matrix(theta[0])).abs().max() < 0.1
