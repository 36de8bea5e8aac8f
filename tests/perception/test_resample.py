import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from habitus.perception.resample import affine, apply, compose, invert, sample

numbers = st.floats(-1000, 1000)
maps = st.builds(
    lambda s, angle, x, y: np.array(
        [[s * np.cos(angle), -s * np.sin(angle), x], [s * np.sin(angle), s * np.cos(angle), y]]
    ),
    st.floats(0.01, 100), st.floats(-4, 4), numbers, numbers,
)  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=40)
@given(maps, maps, st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5))
def test_maps_compose_and_invert(outer, inner, points):
    points = np.array(points)
    np.testing.assert_allclose(apply(compose(outer, inner), points), apply(outer, apply(inner, points)), atol=1e-6)
    np.testing.assert_allclose(apply(invert(inner), apply(inner, points)), points, atol=1e-6)


def smooth_picture(height, width):
    rows, columns = np.mgrid[:height, :width] + 0.5
    return (0.5 + 0.25 * np.sin(columns / 9) + 0.25 * np.cos(rows / 7)).astype(np.float32)


def test_sample_keeps_the_centres_of_pixels_at_one_half():
    """Against scipy, and against the picture's own formula, on a turned and scaled grid."""
    image = smooth_picture(90, 120)
    to_image = compose(affine((1, 1), (50, 40)), np.array([[0.6, -0.3, 0], [0.3, 0.6, 0]]))
    got = sample(image, to_image, (40, 30))
    rows, columns = np.mgrid[:40, :30] + 0.5
    x, y = np.moveaxis(apply(to_image, np.stack([columns, rows], -1)), -1, 0)
    np.testing.assert_allclose(got, 0.5 + 0.25 * np.sin(x / 9) + 0.25 * np.cos(y / 7), atol=4e-3)
    np.testing.assert_allclose(got, map_coordinates(image, [y - 0.5, x - 0.5], order=3), atol=4e-3)


def test_sample_averages_when_it_shrinks():
    """A fine checkerboard becomes grey instead of a moire pattern, and a ramp stays where it was."""
    board = (np.indices((400, 400)).sum(0) % 2).astype(np.float32)
    small = sample(board, affine((8, 8), (0, 0)), (50, 50))
    assert abs(small - 0.5).max() < 0.02
    ramp = np.tile(np.arange(400, dtype=np.float32) + 0.5, (400, 1))
    small = sample(ramp, affine((8, 8), (40, 0)), (40, 30))
    np.testing.assert_allclose(small[5, 2:-2], 40 + 8 * (np.arange(30) + 0.5)[2:-2], atol=0.1)


def test_sample_past_the_border():
    image = np.full((50, 60, 3), 200, np.uint8)
    image[:, 0] = 10
    far = affine((1, 1), (-500, -500))
    assert (sample(image, far, (20, 20)) == 10).all()
    assert (sample(image, far, (20, 20), border=0) == 0).all()
    assert sample(image, affine((1, 1), (500, 10)), (20, 20)).mean() == 200


def test_sample_of_a_very_wide_picture():
    """OpenCV itself refuses more than 32,767 columns."""
    image = np.zeros((40, 40_000, 3), np.uint8)
    image[:, 35_000:35_010] = 255
    assert sample(image, affine((1, 1), (34_995, 0)), (40, 20))[20].mean() > 100
    assert sample(image, affine((100, 100), (0, 0)), (1, 400)).shape == (1, 400, 3)
