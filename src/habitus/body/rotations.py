"""Rotations in the forms that the field uses: axis-angle, matrix, 6D."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def axis_angle_to_matrix(axis_angle: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Rodrigues' formula, R = I + sin(a)/a K + (1 - cos(a))/a^2 K^2, smooth through the zero rotation.

    Args:
        axis_angle: axis times angle, radians.
    """
    squared = (axis_angle * axis_angle).sum(-1)[..., None, None]
    small = squared < 1e-8  # Taylor there: sqrt has no gradient at zero, and the quotients lose all digits
    safe = torch.where(small, torch.ones_like(squared), squared)
    angle = safe.sqrt()
    sine = torch.where(small, 1 - squared / 6, angle.sin() / angle)
    cosine = torch.where(small, 0.5 - squared / 24, (1 - angle.cos()) / safe)
    x, y, z = axis_angle.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*axis_angle.shape[:-1], 3, 3)
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    return identity + sine * cross + cosine * (cross @ cross)


def matrix_to_axis_angle(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3"]:
    """The inverse of `axis_angle_to_matrix`, with an angle in [0, pi].

    It goes through the unit quaternion, which stays accurate near pi where the skew part of the matrix vanishes
    (Shepperd's method: divide by the largest of the four components).
    """
    m = matrix
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    # Four times the squared components (w, x, y, z), and the products of each with the others.
    squares = torch.stack([1 + trace, *(1 + 2 * m[..., i, i] - trace for i in range(3))], -1)
    xy, xz, yz = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    rows = torch.stack(
        [
            torch.stack([squares[..., 0], wx, wy, wz], -1),
            torch.stack([wx, squares[..., 1], xy, xz], -1),
            torch.stack([wy, xy, squares[..., 2], yz], -1),
            torch.stack([wz, xz, yz, squares[..., 3]], -1),
        ],
        -2,
    )
    largest = squares.argmax(-1)
    quaternion = rows.gather(-2, largest[..., None, None].expand(*largest.shape, 1, 4)).squeeze(-2)
    quaternion = functional.normalize(quaternion, dim=-1)
    quaternion = torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    sine_squared = (quaternion[..., 1:] ** 2).sum(-1, keepdim=True)
    small = sine_squared < 1e-12
    sine = torch.where(small, torch.ones_like(sine_squared), sine_squared).sqrt()
    half_angle = torch.atan2(sine, quaternion[..., :1])
    return quaternion[..., 1:] * torch.where(small, torch.full_like(sine, 2.0), 2 * half_angle / sine)


def rotation_6d_to_matrix(six: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 3 3"]:
    """Gram-Schmidt on the first two columns: a continuous form for networks (Zhou et al., CVPR 2019, section B)."""
    a, b = six[..., :3], six[..., 3:]
    first = functional.normalize(a, dim=-1)
    second = functional.normalize(b - (first * b).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.cross(first, second, dim=-1)], -1)


def matrix_to_rotation_6d(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 6"]:
    """The first two columns, first column first."""
    return matrix[..., :2].transpose(-1, -2).flatten(-2)
