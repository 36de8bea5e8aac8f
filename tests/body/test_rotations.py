import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from habitus.body import rotations

vectors = arrays(np.float64, (5, 3), elements=st.floats(-3, 3, allow_nan=False, allow_infinity=False))


@given(vectors)
@settings(max_examples=100, deadline=None)
def test_axis_angle_agrees_with_scipy(axis_angle):
    ours = rotations.axis_angle_to_matrix(torch.from_numpy(axis_angle))
    np.testing.assert_allclose(ours.numpy(), Rotation.from_rotvec(axis_angle).as_matrix(), atol=1e-12)


@given(vectors)
@settings(max_examples=100, deadline=None)
def test_matrix_to_axis_angle_inverts(axis_angle):
    matrix = rotations.axis_angle_to_matrix(torch.from_numpy(axis_angle))
    back = rotations.matrix_to_axis_angle(matrix)
    assert (back.norm(dim=-1) <= np.pi + 1e-9).all()
    np.testing.assert_allclose(rotations.axis_angle_to_matrix(back).numpy(), matrix.numpy(), atol=1e-9)


def test_half_turns_survive():
    half_turns = np.pi * np.concatenate([np.eye(3), -np.eye(3), [[0.6, 0.8, 0.0]]])
    matrix = rotations.axis_angle_to_matrix(torch.from_numpy(half_turns))
    back = rotations.axis_angle_to_matrix(rotations.matrix_to_axis_angle(matrix))
    np.testing.assert_allclose(back.numpy(), matrix.numpy(), atol=1e-7)


@given(vectors)
@settings(max_examples=50, deadline=None)
def test_6d_round_trip(axis_angle):
    matrix = rotations.axis_angle_to_matrix(torch.from_numpy(axis_angle))
    six = rotations.matrix_to_rotation_6d(matrix)
    np.testing.assert_allclose(rotations.rotation_6d_to_matrix(six).numpy(), matrix.numpy(), atol=1e-12)


def test_6d_of_any_six_numbers_is_a_rotation():
    generator = torch.Generator().manual_seed(0)
    matrix = rotations.rotation_6d_to_matrix(torch.randn(50, 6, generator=generator, dtype=torch.float64))
    identity = torch.eye(3, dtype=torch.float64).expand(50, 3, 3)
    torch.testing.assert_close(matrix @ matrix.mT, identity)
    torch.testing.assert_close(torch.linalg.det(matrix), torch.ones(50, dtype=torch.float64))


def test_gradients_hold_at_and_near_the_zero_rotation():
    for scale in (0.0, 1e-6, 1e-3, 1.0):
        axis_angle = (scale * torch.tensor([[0.3, -0.5, 0.8]], dtype=torch.float64)).requires_grad_()
        assert torch.autograd.gradcheck(rotations.axis_angle_to_matrix, axis_angle)
    matrix = rotations.axis_angle_to_matrix(torch.tensor([[0.3, -0.5, 0.8]], dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(rotations.matrix_to_axis_angle, matrix)
    six = torch.tensor([[0.3, -0.5, 0.8, 0.1, 0.9, -0.4]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(rotations.rotation_6d_to_matrix, six)
