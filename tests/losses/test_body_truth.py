"""Distances of bodies from the truth, by hand."""

import math

import torch
from torch.autograd import gradcheck

from habitus.body.rotations import axis_angle_to_matrix
from habitus.losses.body_truth import point_loss, rotation_loss


def test_rotations_differ_by_the_cosine_of_the_angle_between_them():
    turned = axis_angle_to_matrix(torch.tensor([[[0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]]))
    loss = rotation_loss(turned, torch.eye(3).expand(1, 2, 3, 3))
    torch.testing.assert_close(loss, torch.tensor([(4 - 4 * math.cos(0.5)) / 2]))


def test_points_differ_by_their_distance():
    points = torch.tensor([[[3.0, 4.0], [1.0, 1.0]]])
    torch.testing.assert_close(point_loss(points, torch.tensor([[[0.0, 0.0], [1.0, 1.0]]])), torch.tensor([2.50005]))


def test_gradients():
    first, second = (torch.randn(2, 3, 3, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert gradcheck(rotation_loss, (first, second))
    assert gradcheck(point_loss, (first[:, 0], second[:, 0]))
