"""The truth loss, and the light that it is compared in: found again although much of the photo is wrong."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.losses.texture_truth import SATURATIONS, find_light, in_light_of, truth_loss


def uniform(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


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


def wardrobe(seed, batch=1, size=32):
    """A few plain colours, each on many texels."""
    colours = 0.1 + 0.8 * uniform(seed, 8, 3)
    return colours[torch.randint(8, (batch, size, size), generator=torch.Generator().manual_seed(seed))].movedim(-1, 1)


def photographed(truth, gain, exponent, saturation):
    """What a camera makes of colours, from the module's words."""
    grey = (truth * torch.tensor([0.299, 0.587, 0.114], dtype=truth.dtype).view(3, 1, 1)).sum(1, keepdim=True)
    pale = saturation * truth + (1 - saturation) * grey
    return (pale * torch.tensor(gain, dtype=truth.dtype).view(3, 1, 1)).clamp(0, 1) ** exponent


lights = st.tuples(
    st.lists(st.floats(0.6, 1.05), min_size=3, max_size=3), st.floats(0.9, 1.8), st.sampled_from(SATURATIONS)
)


@settings(max_examples=10)
@given(st.integers(0, 10**6), lights)
def test_finds_the_light_although_a_quarter_of_the_texels_lie(seed, light):
    """Only the left half is seen; the right half must come out as the camera would have shown it."""
    truth = wardrobe(seed)
    photo = photographed(truth, *light)
    wrong = uniform(seed + 1, 1, 1, 32, 32) < 0.25
    known = torch.where(wrong, uniform(seed + 2, 1, 3, 32, 32), photo)
    confidence = torch.ones(1, 32, 32)
    confidence[..., 16:] = 0
    known = torch.where(confidence[:, None] > 0, known, torch.zeros_like(known))
    lit = in_light_of(truth, known, confidence)
    assert (lit - photo)[..., 16:].abs().mean() < 0.03


def test_each_photo_has_its_light():
    truth = wardrobe(1, batch=2)
    photo = torch.cat([photographed(truth[:1], (0.6, 0.7, 0.8), 1.3, 0.7), photographed(truth[1:], (1, 1, 1), 1.3, 1)])
    light = find_light(truth, photo, torch.ones(2, 32, 32))
    assert light.saturation.flatten().tolist() == pytest.approx([0.7, 1.0])
    assert light.exponent.flatten().tolist() == pytest.approx([1.3, 1.3], abs=0.05)
    gains = (light.level / light.exponent).exp().flatten().tolist()
    assert gains == pytest.approx([0.6, 0.7, 0.8, 1, 1, 1], abs=0.05)


def test_one_colour_tells_the_level_alone():
    truth = torch.full((1, 3, 8, 8), 0.5)
    lit = in_light_of(truth, torch.full_like(truth, 0.3), torch.ones(1, 8, 8))
    torch.testing.assert_close(lit, torch.full_like(truth, 0.3), atol=2e-3, rtol=0)


def test_the_size_of_a_texture_does_not_matter():
    truth = wardrobe(2, size=64)
    photo = photographed(truth, (0.7, 0.8, 0.9), 1.5, 0.55)
    small = in_light_of(truth, photo, torch.ones(1, 64, 64))
    truth, photo = (x.repeat_interleave(4, -1).repeat_interleave(4, -2) for x in (truth, photo))
    large = in_light_of(truth, photo, torch.ones(1, 256, 256))
    torch.testing.assert_close(large[..., ::4, ::4], small, atol=1e-5, rtol=0)


def test_black_cloth_does_not_lead_astray():
    """Cameras crush black: most of what is seen is a black coat at a quarter, the rest white trousers as they are."""
    truth, known = torch.full((1, 3, 10, 10), 0.06), torch.full((1, 3, 10, 10), 0.015)
    truth[..., 6:], known[..., 6:] = 0.8, 0.8
    torch.testing.assert_close(in_light_of(truth, known, torch.ones(1, 10, 10)), known, atol=0.01, rtol=0)


def test_nothing_known_leaves_the_truth_alone():
    truth = uniform(3, 2, 3, 8, 8)
    torch.testing.assert_close(in_light_of(truth, torch.zeros_like(truth), torch.zeros(2, 8, 8)), truth)


def test_black_stays_black():
    truth = torch.zeros(1, 3, 8, 8)
    lit = in_light_of(truth, uniform(4, 1, 3, 8, 8).float(), torch.ones(1, 8, 8))
    assert lit.isfinite().all()
    assert lit.max() < 0.02
