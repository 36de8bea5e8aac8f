"""Mask and keypoints move as the picture does."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.data.seen_transforms import SeenTransform
from habitus.data.transforms import train_transform
from habitus.errors import InputError
from habitus.types import COCO_KEYPOINTS

LEFT, RIGHT = COCO_KEYPOINTS.index("left_wrist"), COCO_KEYPOINTS.index("right_wrist")


def marked_photo(size: tuple[int, int] = (96, 60)):
    """A grey person on black with a red dot for a left wrist and a blue one for the right; mask and keypoints to it."""
    picture, mask = np.zeros((*size, 3), np.uint8), np.zeros(size, np.uint8)
    cv2.rectangle(mask, (20, 25), (40, 80), 255, -1)
    picture[mask > 0] = 90
    keypoints = np.zeros((17, 3), np.float32)
    for row, centre, colour in ((LEFT, (36, 50), (255, 0, 0)), (RIGHT, (24, 60), (0, 0, 255))):
        picture[centre[1] - 2 : centre[1] + 2, centre[0] - 2 : centre[0] + 2] = colour
        keypoints[row] = (*centre, 0.5)
    return picture, mask, keypoints


def centre_of(weight: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(weight.shape) + 0.5
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.sampled_from([(96, 60), (64, 32), (192, 96)]))
def test_all_move_together(seed, size):
    transform = SeenTransform(size, flip=0.5, pad=4, erase=0.0)
    picture, mask, keypoints = marked_photo()
    seen = transform(picture.copy(), mask, keypoints, np.random.default_rng(seed))
    red, blue = (seen.picture[..., channel].astype(float) - seen.picture[..., 1] for channel in (0, 2))
    dots = [centre_of(red.clip(0)), centre_of(blue.clip(0))]
    flipped = abs(dots[0] - seen.keypoints[RIGHT, :2]).max() < abs(dots[0] - seen.keypoints[LEFT, :2]).max()
    first, second = (RIGHT, LEFT) if flipped else (LEFT, RIGHT)
    np.testing.assert_allclose(seen.keypoints[first, :2], dots[0], atol=0.6)
    np.testing.assert_allclose(seen.keypoints[second, :2], dots[1], atol=0.6)
    assert (dots[0][0] < dots[1][0]) == flipped  # who is mirrored has the right hand where the left one was
    assert seen.keypoints[[LEFT, RIGHT], 2].tolist() == [0.5, 0.5]
    shown = seen.picture.max(2) > 45
    assert (shown == (seen.mask > 127)).mean() > 0.99
    assert not seen.mask[seen.valid == 0].any()
    assert 0.75 < (seen.valid == 255).mean() <= 1


def test_the_picture_is_what_re_id_trains_on():
    picture, mask, keypoints = marked_photo()
    options = {"flip": 0.5, "pad": 3, "erase": 0.7, "jitter": 0.3}
    for seed in range(12):
        seen = SeenTransform((64, 32), **options)(picture.copy(), mask, keypoints, np.random.default_rng(seed))
        expected = train_transform((64, 32), **options)(picture.copy(), np.random.default_rng(seed))
        np.testing.assert_array_equal(seen.picture, expected)


def test_without_a_mask_nothing_is_known():
    picture, _, keypoints = marked_photo()
    seen = SeenTransform((64, 32))(picture, None, keypoints, np.random.default_rng(0))
    assert not seen.mask.any() and not seen.valid.any()


def test_numbers_outside_their_range():
    with pytest.raises(InputError, match="flip 2: must be from 0 to 1"):
        SeenTransform((64, 32), flip=2)
