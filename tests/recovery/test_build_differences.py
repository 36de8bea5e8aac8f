"""Builds and clothes vertex by vertex, against bodies whose differences are known."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.recovery.build_differences import build_difference, thickness

BODY = BodyModel.load()
LARGER, WIDER = 0, 1
"""Coefficients of the body below."""


@pytest.fixture(scope="module")
def growing() -> BodyModel:
    """One coefficient makes it larger all over, by a tenth, another only wider and deeper, by a fifth."""
    data = load_body_data()
    directions = np.zeros_like(data.shapedirs)
    directions[..., LARGER] = 0.1 * data.v_template
    directions[..., WIDER] = 0.2 * data.v_template * (1, 0, 1)
    return BodyModel(replace(data, shapedirs=directions))


def one(which: int, value: float = 1.0) -> torch.Tensor:
    beta = torch.zeros(1, 10)
    beta[0, which] = value
    return beta


def normals_of(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Of vertices: of the faces around, by their areas."""
    a, b, c = vertices[faces].swapaxes(0, 1)
    total = np.zeros_like(vertices)
    np.add.at(total, faces, np.cross(b - a, c - a)[:, None])
    return total / np.linalg.norm(total, axis=1, keepdims=True)


def test_who_is_only_larger_is_of_the_same_build(growing):
    assert build_difference(growing, one(LARGER, 2), one(LARGER, -2)).abs().max() < 1e-5


def test_a_wider_body_is_farther_out_by_as_much_as_it_is_wider(growing):
    found = build_difference(growing, one(WIDER, 0), one(WIDER))[0].numpy()
    template = growing.v_template.double().numpy()
    root = (growing.J_regressor.double().numpy() @ template)[0]
    way = 0.2 * (template - root) * (1, 0, 1)
    normals = normals_of(template + 0.1 * template * (1, 0, 1), growing.faces.numpy())
    np.testing.assert_allclose(found, (way * normals).sum(1), atol=1e-5)
    flank = (abs(template[:, 1] - root[1]) < 0.02) & (abs(normals[:, 0]) > 0.9) & (abs(template[:, 0]) < 0.25)
    assert flank.any() and (found[flank] > 0.02).all()


def test_who_is_larger_and_wider_is_compared_at_the_templates_height(growing):
    both = one(WIDER) + one(LARGER)  # the sum of the coefficients' steps: wider by 0.3 / 1.1 - 1 at equal height
    found = build_difference(growing, one(WIDER, 0), both)
    as_wide = build_difference(growing, one(WIDER, 0), one(WIDER, (1.3 / 1.1 - 1) / 0.2))
    torch.testing.assert_close(found, as_wide, atol=1e-5, rtol=0)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_exchanged_builds_differ_by_the_same_the_other_way(seed):
    first, second = torch.randn(2, 3, 10, generator=torch.Generator().manual_seed(seed))
    there = build_difference(BODY, first, second)
    torch.testing.assert_close(there, -build_difference(BODY, second, first), atol=1e-6, rtol=0)
    assert there.abs().amax(1).min() > 0.001
    assert build_difference(BODY, first, first).abs().max() == 0


def test_clothes_are_as_thick_as_they_are_off_the_skin_whatever_the_height(growing):
    for size in (-2.0, 0.0, 2.0):
        normals = torch.from_numpy(normals_of(growing.rest(one(LARGER, size))[0].numpy(), growing.faces.numpy()))
        delta = 0.01 * (1 + 0.1 * size) * normals[None].float()
        found = thickness(growing, one(LARGER, size), delta)
        torch.testing.assert_close(found, torch.full_like(found, 0.01), atol=1e-6, rtol=0)
        torch.testing.assert_close(thickness(growing, one(LARGER, size), -delta), -found)


def test_what_slides_along_the_skin_has_no_thickness():
    beta = torch.randn(1, 10, generator=torch.Generator().manual_seed(0))
    normals = torch.from_numpy(normals_of(BODY.rest(beta)[0].numpy(), BODY.faces.numpy()))[None]
    sliding = torch.linalg.cross(normals, torch.rand(normals.shape), dim=-1)
    assert thickness(BODY, beta, sliding).abs().max() < 1e-5


def test_gradients_are_those_of_finite_differences(growing):
    """On some vertices: all of a body's would take minutes."""
    rows = torch.arange(0, growing.num_vertices, 1500)
    body = deepcopy(growing).double()
    first, second = torch.zeros(1, 10, dtype=torch.float64), 0.3 * torch.ones(1, 10, dtype=torch.float64)
    delta = torch.zeros(1, body.num_vertices, 3, dtype=torch.float64)

    def values(*betas):
        return torch.cat([build_difference(body, *betas)[:, rows], thickness(body, betas[1], delta + 0.01)[:, rows]])

    assert torch.autograd.gradcheck(values, (first.requires_grad_(), second.requires_grad_()), eps=1e-5, atol=1e-6)
