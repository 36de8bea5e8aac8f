"""Transforms against Pillow, torch and brute force; what each promises about its randomness."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from habitus.data import transforms
from habitus.data.transforms import Erase, Flip, Jitter, PadCrop, resized
from habitus.errors import InputError


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


sides = st.integers(8, 80)


def weights(before, after):
    """(after, before): shares of the pixels that each new one covers, or torch's own interpolation of unit vectors."""
    if after > before:
        unit = torch.eye(before, dtype=torch.float64)[None]
        return torch.nn.functional.interpolate(unit, size=after, mode="linear", align_corners=False)[0].T.numpy()
    edges = np.arange(after + 1) * before / after
    old = np.arange(before)
    covered = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    return covered.clip(0) * after / before


@settings(max_examples=40)
@given(sides, sides, sides, sides)
def test_resize_averages_where_it_shrinks_and_interpolates_where_it_grows(height, width, rows, columns):
    picture = noise(height, width)
    expected = np.einsum("yi,xj,ijc->yxc", weights(height, rows), weights(width, columns), picture, optimize=True)
    assert np.abs(resized(picture, (rows, columns)) - expected).max() <= 1.5  # levels, of rounding


def test_resize_to_its_own_size_changes_nothing():
    np.testing.assert_array_equal(resized(noise(20, 10), (20, 10)), noise(20, 10))


def test_flip():
    generator = np.random.default_rng(0)
    flipped = [np.array_equal(Flip(0.3)(noise(4, 5), generator), noise(4, 5)[:, ::-1]) for _ in range(2000)]
    assert np.mean(flipped) == pytest.approx(0.3, abs=0.04)


def test_pad_crop_is_a_crop_of_the_padded_picture():
    picture, pad, generator = noise(12, 9), 3, np.random.default_rng(0)
    padded = np.pad(picture, ((pad, pad), (pad, pad), (0, 0)))
    crops = {padded[y : y + 12, x : x + 9].tobytes(): (y, x) for y in range(7) for x in range(7)}
    found = [crops[PadCrop(pad)(picture, generator).tobytes()] for _ in range(2000)]
    counts = np.zeros((7, 7))
    np.add.at(counts, tuple(np.array(found).T), 1)
    assert counts.min() > 15  # 40.8 on average


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_erase_covers_one_box_of_the_published_size(seed):
    picture = np.zeros((64, 32, 3), np.uint8)
    erased = Erase(1.0)(picture, np.random.default_rng(seed)).max(2) > 0
    rows, columns = np.flatnonzero(erased.max(1)), np.flatnonzero(erased.max(0))
    box = erased[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert box.all()
    assert 0.015 <= erased.mean() <= 0.43  # sides are whole pixels
    assert 0.25 <= box.shape[0] / box.shape[1] <= 3.9


def test_erase_has_its_probability():
    generator = np.random.default_rng(0)
    erased = [Erase(0.4)(np.zeros((64, 32, 3), np.uint8), generator).any() for _ in range(2000)]
    assert np.mean(erased) == pytest.approx(0.4, abs=0.04)


class Fixed(np.random.Generator):
    """Draws known factors instead of random ones."""

    def __init__(self, factors):
        super().__init__(np.random.PCG64(0))
        self.factors = np.array(factors)

    def uniform(self, *_):  # type: ignore[override]
        return (self.factors - 1) / 0.5


@pytest.mark.parametrize(
    ("factors", "enhance"),
    [((1.3, 1, 1), ImageEnhance.Brightness), ((1, 0.6, 1), ImageEnhance.Contrast), ((1, 1, 0.5), ImageEnhance.Color)],
)
def test_jitter_against_pillow(factors, enhance):
    picture = noise(16, 16) // 2 + 30  # without clipping
    factor = next(f for f in factors if f != 1)
    ours = Jitter(0.5)(picture, Fixed(factors)).astype(float)
    assert np.abs(ours - np.asarray(enhance(Image.fromarray(picture)).enhance(factor))).max() <= 1.5


def test_training_transform_depends_on_the_generator_alone():
    transform = transforms.train_transform((48, 24), jitter=0.3)
    first, again, other = (transform(noise(100, 40), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (48, 24, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_without_augmentation_training_sees_what_tests_see():
    transform = transforms.train_transform((48, 24), flip=0, pad=0, erase=0)
    np.testing.assert_array_equal(
        transform(noise(100, 40), np.random.default_rng(0)),
        transforms.test_transform((48, 24))(noise(100, 40), np.random.default_rng(1)),
    )


@pytest.mark.parametrize("options", [{"flip": 1.5}, {"erase": -1}, {"jitter": float("nan")}, {"pad": -1}, {"pad": 24}])
def test_bad_options(options):
    with pytest.raises(InputError, match=next(iter(options))):
        transforms.train_transform((48, 24), **options)
