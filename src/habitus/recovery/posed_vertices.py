"""Body parameters of posed vertices: some data sets publish what a regressor's body looked like, not what it was."""

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.rotations import matrix_to_axis_angle

_TURNS, _STEPS = 3, 4
_OWN = 4
"""Power of the skinning weights by which vertices count for a joint's turn: those that it shares say little of it."""
_STEP = 1e-3
"""Radians, deviations, metres."""
_DAMPING = 1e-7
"""Of the mean diagonal: hands and toes have few vertices, some directions nearly none."""


@torch.no_grad()
def params_of_vertices(
    body: BodyModel, vertices: Float[Tensor, "N 3"]
) -> tuple[Float[Tensor, "24 3"], Float[Tensor, "10"], Float[Tensor, "N 3"], Float[Tensor, "3"]]:
    """theta, beta, delta and a shift whose body has exactly these vertices.

    Every joint is turned to where the vertices that it carries lie nearest (Kabsch); from there Gauss and Newton's
    steps in all numbers together. What remains, next to nothing for vertices that the body made, becomes delta.

    Args:
        body: whose topology the vertices have.
        vertices: metres, +Y up, facing the camera that looks along -Z.

    Returns:
        Axis-angle in radians; standard deviations; metres; and metres by which the posed body is to be moved: its root
        stays where the rest pose has it.
    """
    weight = body.lbs_weights.T**_OWN  # (J, N)
    theta, beta = vertices.new_zeros(1, body.num_joints, 3), vertices.new_zeros(1, body.num_betas)
    turns = torch.eye(3, device=vertices.device).expand(body.num_joints, 3, 3)
    for _ in range(_TURNS):
        turns = _nearest_turns(body(theta, beta).vertices[0], vertices, weight) @ turns
        theta = _relative(body, turns)[None]
    shift = (vertices - body(theta, beta).vertices[0]).mean(0)
    numbers = torch.cat([theta.flatten(), beta.flatten(), shift])
    for _ in range(_STEPS):
        numbers = _gauss_newton(body, numbers, vertices)
    theta, beta, shift = _parts(body, numbers[None])
    frames = body.frames(theta, beta)
    residual = vertices - shift - body.pose(frames, beta)[0]
    blended = torch.einsum("nj,jab->nab", body.lbs_weights, frames.transforms[0, :, :3, :3])
    return theta[0], beta[0], torch.linalg.solve(blended, residual), shift[0]


def _nearest_turns(
    source: Float[Tensor, "N 3"], target: Float[Tensor, "N 3"], weight: Float[Tensor, "J N"]
) -> Float[Tensor, "J 3 3"]:
    """The rotation of each joint's vertices, about their middle, that brings them nearest to where they should be."""
    share = weight / weight.sum(1, keepdim=True)
    one = source - (share @ source)[:, None]  # (J, N, 3)
    other = target - (share @ target)[:, None]
    u, _, v = torch.linalg.svd(torch.einsum("jn,jna,jnb->jab", share, other, one).double())
    flip = torch.ones_like(u[:, 0])
    flip[:, 2] = torch.linalg.det(u @ v)
    return ((u * flip[:, None]) @ v).to(source.dtype)


def _relative(body: BodyModel, turns: Float[Tensor, "J 3 3"]) -> Float[Tensor, "J 3"]:
    """theta of joints turned so in the world."""
    parents = list(body.parents[1:])
    return matrix_to_axis_angle(torch.cat([turns[:1], turns[parents].transpose(1, 2) @ turns[1:]]))


def _gauss_newton(body: BodyModel, numbers: Float[Tensor, "P"], vertices: Float[Tensor, "N 3"]) -> Float[Tensor, "P"]:
    """A step of theta, beta and shift, all in one vector, towards the vertices; differences stand for derivatives."""
    steps = torch.cat([numbers.new_zeros(1, len(numbers)), _STEP * torch.eye(len(numbers), device=numbers.device)])
    theta, beta, shift = _parts(body, numbers + steps)
    posed = (body(theta, beta).vertices + shift[:, None]).flatten(1).double()
    slopes = ((posed[1:] - posed[0]) / _STEP).T
    form = slopes.T @ slopes
    form += _DAMPING * form.diagonal().mean() * torch.eye(len(numbers), dtype=form.dtype, device=form.device)
    step = torch.linalg.solve(form, slopes.T @ (vertices.flatten().double() - posed[0]))
    return numbers + step.to(numbers.dtype)


def _parts(body: BodyModel, numbers: Float[Tensor, "B P"]) -> tuple[Tensor, Tensor, Tensor]:
    theta, beta, shift = numbers.split([3 * body.num_joints, body.num_betas, 3], dim=1)
    return theta.unflatten(1, (-1, 3)), beta, shift
