"""The truth loss, and the light that it is compared in: found again although much of the photo is wrong."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from habitus.losses.texture_truth import in_light_of, light_gain, truth_loss


def uniform(seed, *shape, dtype=torch.float64):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_by_hand():
    texture, truth = torch.zeros(2, 3, 1, 2), torch.zeros(2, 3, 1, 2)
    truth[0, 1, 0, 0], truth[0, :, 0, 1] = 0.3, 1.0
    weight = torch.tensor([[[3.0, 1.0]], [[0.0, 0.0]]])
    assert truth_loss(texture, truth, weight).tolist() == pytest.approx([(3 * 0.1 + 1) / 4, 0])
    shared = truth_loss(texture, truth, weight[0])
    assert shared.tolist() == pytest.approx([(3 * 0.1 + 1) / 4, 0])


def test_gradients():
    texture = uniform(0, 2, 3, 4, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: truth_loss(t, uniform(1, 2, 3, 4, 4), uniform(2, 2, 4, 4)), texture)


@given(st.integers(0, 10**6), st.lists(st.floats(0.4, 1.6), min_size=3, max_size=3))
def test_finds_the_light_although_a_third_of_the_texels_lie(seed, gain):
    truth = 0.1 + 0.5 * uniform(seed, 1, 3, 16, 16)
    known = truth * torch.tensor(gain, dtype=torch.float64).view(1, 3, 1, 1)
    wrong = uniform(seed + 1, 1, 1, 16, 16) < 0.33
    known = torch.where(wrong, uniform(seed + 2, 1, 3, 16, 16), known)
    confidence = (uniform(seed + 3, 1, 16, 16) < 0.8).double()
    known = torch.where(confidence[:, None] > 0, known, torch.zeros_like(known))
    found = light_gain(truth, known, confidence)[0]
    # A median leaves its value only when more than half of the weight lies on one side.
    assert found.tolist() == pytest.approx(gain, rel=0.25)


def test_the_median_is_weighted():
    truth = torch.full((1, 3, 1, 3), 0.5)
    known = torch.tensor([0.1, 0.2, 0.4]).expand(1, 3, 1, 3)
    assert light_gain(truth, known, torch.tensor([[[1.0, 1.0, 1.0]]]))[0].tolist() == pytest.approx([0.4] * 3)
    assert light_gain(truth, known, torch.tensor([[[1.0, 1.0, 9.0]]]))[0].tolist() == pytest.approx([0.8] * 3)
    assert light_gain(truth, known, torch.tensor([[[9.0, 1.0, 1.0]]]))[0].tolist() == pytest.approx([0.25] * 3)


@given(st.integers(0, 10**6))
def test_no_other_factor_is_nearer_to_the_photo(seed):
    """Brute force over the factors at which the mean absolute difference can be least: the ratios themselves."""
    truth, known, confidence = uniform(seed, 1, 1, 1, 9), uniform(seed + 1, 1, 1, 1, 9), uniform(seed + 2, 1, 1, 9)
    truth, known = truth.clamp(0.3), known.clamp(0.2)  # ratios within the limits
    gain = light_gain(truth.expand(1, 3, 1, 9), known.expand(1, 3, 1, 9), confidence)[0, 0]
    errors = [(confidence * (known - g * truth).abs()).sum() for g in [gain, *(known / truth).flatten()]]
    assert errors[0] <= min(errors) + 1e-9


def test_black_cloth_says_little_of_the_light():
    """Cameras crush black: most of what is seen is a black coat at a quarter, the rest white trousers as they are."""
    truth, known = torch.full((1, 3, 1, 10), 0.06), torch.full((1, 3, 1, 10), 0.015)
    truth[..., 6:], known[..., 6:] = 0.8, 0.8
    torch.testing.assert_close(light_gain(truth, known, torch.ones(1, 1, 10)), torch.ones(1, 3))


def test_nothing_known_leaves_the_truth_alone():
    truth = uniform(3, 2, 3, 8, 8)
    torch.testing.assert_close(in_light_of(truth, torch.zeros_like(truth), torch.zeros(2, 8, 8)), truth)
    black = torch.zeros_like(truth)
    torch.testing.assert_close(in_light_of(black, truth, torch.ones(2, 8, 8)), black)


def test_light_stays_within_colours():
    truth = uniform(4, 1, 3, 8, 8)
    lit = in_light_of(truth, (3 * truth).clamp(0, 1), torch.ones(1, 8, 8))
    assert lit.max() <= 1
