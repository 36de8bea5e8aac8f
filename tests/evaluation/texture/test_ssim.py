from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from habitus.evaluation.texture.ssim import mask_ssim, ssim, ssim_map


def picture(seed: int, height: int = 40, width: int = 23) -> torch.Tensor:
    """Soft blobs with grain: neither flat nor noise alone."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / 6
    waves = [np.sin(x * a + y * b) for a, b in rng.uniform(-1, 1, (3, 2))]
    return torch.from_numpy((np.stack(waves) * 0.4 + 0.5 + rng.normal(0, 0.05, (3, height, width))).clip(0, 1)).float()


def reference(one: torch.Tensor, other: torch.Tensor) -> tuple[float, np.ndarray]:
    found: Any = structural_similarity(
        one.double().numpy(), other.double().numpy(), channel_axis=0, data_range=1.0,
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True,
    )  # fmt: skip
    return float(found[0]), found[1].mean(0)


@pytest.mark.parametrize("size", [(40, 23), (11, 11), (128, 64)])
def test_equals_scikit_image(size):
    ones = torch.stack([picture(seed, *size) for seed in range(3)]).double()
    others = (ones + torch.stack([picture(seed + 9, *size) for seed in range(3)])) / 2
    found, full = ssim(ones, others), ssim_map(ones, others)
    for row, (one, other) in enumerate(zip(ones, others, strict=True)):
        mean, expected = reference(one, other)
        assert float(found[row]) == pytest.approx(mean, abs=1e-9)
        np.testing.assert_allclose(full[row].numpy(), expected, atol=1e-9)


def test_single_precision_is_enough():
    one, other = picture(0)[None], picture(1)[None]
    assert float(ssim(one, other)) == pytest.approx(reference(one[0], other[0])[0], abs=1e-4)


def test_over_the_mask_equals_scikit_image_on_masked_pictures():
    one, other = picture(2).double(), picture(3).double()
    mask = torch.zeros(40, 23, dtype=torch.float64)
    mask[5:33, 6:] = 1  # up to the picture's border
    mask[5:33, 6] = 0.5
    full = reference(one * mask, other * mask)[1]
    expected = (full * mask.numpy()).sum() / mask.numpy().sum()
    assert float(mask_ssim(one[None], other[None], mask[None])) == pytest.approx(expected, abs=1e-9)


def test_background_does_not_count_over_the_mask():
    one, other = picture(4)[None], picture(5)[None]
    mask = torch.zeros(1, 40, 23)
    mask[:, 10:30, 8:16] = 1
    torch.testing.assert_close(mask_ssim(one, other * mask, mask), mask_ssim(one * mask, other, mask))
    assert ssim(one * mask, other * mask) > mask_ssim(one, other, mask) + 0.1  # equal black inflates


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_is_symmetric_and_one_for_equal_pictures(seed):
    one, other = picture(seed, 13, 17)[None].double(), picture(seed + 1, 13, 17)[None].double()
    assert float(ssim(one, one)) == pytest.approx(1)
    torch.testing.assert_close(ssim(one, other), ssim(other, one))
    assert float(ssim(one, other)) < 1


def test_an_empty_mask_has_no_score():
    assert torch.isnan(mask_ssim(picture(0)[None], picture(1)[None], torch.zeros(1, 40, 23)))


@pytest.mark.parametrize("shapes", [((1, 3, 20, 20), (1, 3, 20, 21)), ((1, 3, 10, 20), (1, 3, 10, 20))])
def test_pictures_must_fit(shapes):
    with pytest.raises(ValueError, match="one shape"):
        ssim(torch.zeros(shapes[0]), torch.zeros(shapes[1]))
