"""The weak-perspective camera: convention 5."""

import torch

from habitus.rendering.camera import project, stretched


def test_the_origin_lands_in_the_middle_and_y_points_down():
    points = torch.tensor([[[0.0, 0.0, 0.5], [0.25, 0.5, -1.0]]])
    screen = project(points, torch.tensor([[2.0, 0.0, 0.0]]), (256, 128))
    assert torch.equal(screen, torch.tensor([[[64.0, 128.0, 0.5], [64 + 2 * 128 * 0.25, 128 - 2 * 128 * 0.5, -1.0]]]))


def test_the_same_psi_serves_every_resolution():
    points, psi = torch.randn(3, 5, 3), torch.tensor([[0.9, 0.1, -0.2]]).expand(3, 3)
    large, small = project(points, psi, (256, 128)), project(points, psi, (128, 64))
    torch.testing.assert_close(large[..., :2], 2 * small[..., :2])


def test_what_is_stretched_is_wider_about_the_middle_and_as_high():
    points, psi = torch.randn(3, 5, 3), torch.tensor([[0.9, 0.3, -0.2]]).expand(3, 3)
    factor = torch.tensor([0.5, 1.0, 1.7])
    plain, wide = project(points, psi, (64, 32)), project(*stretched(points, psi, factor), (64, 32))
    torch.testing.assert_close(wide[..., 0] - 16, factor[:, None] * (plain[..., 0] - 16))
    assert torch.equal(wide[..., 1:], plain[..., 1:])
    assert torch.equal(wide[1], plain[1])


def test_gradients():
    points = torch.randn(2, 3, 3, dtype=torch.float64, requires_grad=True)
    psi = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p, s: project(p, s, (32, 16)), (points, psi))
