"""Sums by fixed matrices, and means over the surface: what they say of constants, barriers and seams."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from habitus.texture.generator.fixed_sums import FixedSums
from habitus.texture.generator.surface_average import SurfaceAverage
from habitus.texture.surface import in_kinds, kind_of_texels, seam_pairs, surface_texels

SIZE = 64


@pytest.fixture(scope="module")
def average(body):
    return SurfaceAverage(body, SIZE)


@pytest.fixture(scope="module")
def masks(body):
    kind, kinds = kind_of_texels(body, surface_texels(body, SIZE))
    return {name: torch.from_numpy(in_kinds(kind, kinds, (name,))) for name in kinds}


def column(mask):
    return mask.float()[None, :, None]


def test_fixed_sums_are_the_matrix():
    matrix = sp.csr_matrix(np.random.default_rng(0).integers(-2, 3, (7, 11)).astype(np.float32))
    values = torch.rand(3, 11, 2)
    expected = torch.einsum("rk,bkc->brc", torch.from_numpy(matrix.toarray()), values)
    torch.testing.assert_close(FixedSums(matrix)(values), expected)


def test_fixed_sums_have_gradients():
    sums = FixedSums(sp.csr_matrix(np.random.default_rng(1).integers(-2, 3, (4, 6)))).double()
    values = torch.rand(2, 6, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(sums, (values,))


def test_a_constant_stays_one(average, body):
    count = len(surface_texels(body, SIZE))
    known = column(torch.rand(count, generator=torch.Generator().manual_seed(0)) < 0.3)
    values = torch.full((1, count, 3), 0.7)
    found = average(values, known, torch.full((1, count, 1), 1e-12))
    torch.testing.assert_close(found, values, atol=1e-4, rtol=0)


def test_nothing_known_is_nothing(average, body):
    count = len(surface_texels(body, SIZE))
    found = average(torch.ones(1, count, 3), torch.zeros(1, count, 1), torch.full((1, count, 1), 1e-7))
    assert not found.any()


def test_the_nearest_speaks_loudest(average, body, masks):
    """Left half 0, right half 1, seen in strips far from the middle: each half is near its own."""
    x = torch.from_numpy(surface_texels(body, SIZE).spread @ body.v_template.numpy())[:, 0]
    values = (x > 0).float()[None, :, None]
    found = average(values, column(x.abs() > 0.1), torch.full((1, len(x), 1), 1e-9))[0, :, 0]
    assert float(found[masks["torso"] & (x > 0.07)].quantile(0.05)) > 0.7
    assert float(found[masks["torso"] & (x < -0.07)].quantile(0.95)) < 0.3


def test_hair_does_not_colour_the_face(average, masks):
    values = column(masks["hair"])
    doubt = torch.full_like(values, 1e-9)
    from_hair = average(values, column(masks["hair"]), doubt)[0, :, 0]
    inner = masks["face"] & (from_hair < 0.5)
    assert float(inner.sum() / masks["face"].sum()) > 0.9
    assert float(from_hair[masks["hair"]].median()) > 0.99


def test_seams_are_no_borders(average, body, masks):
    """The torso known on one side of its seams only: the other side takes the same."""
    pairs = torch.from_numpy(seam_pairs(body, SIZE))
    pairs = pairs[masks["torso"][pairs].all(1)]
    known = torch.zeros(len(surface_texels(body, SIZE)), dtype=torch.bool)
    known[pairs[:, 0]] = True
    known[pairs[:, 1]] = False
    found = average(column(known), column(known), column(torch.ones_like(known)) * 1e-3)[0, :, 0]
    assert float(found[pairs[:, 1]].median()) > 0.9


def test_gradients(average, body):
    average = SurfaceAverage(body, 32).double()
    count = len(surface_texels(body, 32))
    values = torch.rand(1, count, 1, dtype=torch.float64, requires_grad=True)
    weight = torch.rand(1, count, 1, dtype=torch.float64, requires_grad=True)
    doubt = torch.full((1, count, 1), 0.01, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda v, w: average(v, w, doubt), (values, weight), fast_mode=True)
