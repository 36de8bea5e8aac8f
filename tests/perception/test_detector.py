import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendered_people import Studio

from habitus.perception import detector
from habitus.perception.detector import Proposal, count_tiles, distinct, scan
from habitus.perception.landmarks import Roi, estimate_pose
from habitus.perception.resample import apply, invert, sample
from habitus.types import Box

numbers = st.floats(-500, 500)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(numbers, numbers, numbers, numbers)
def test_a_region_has_the_hips_in_its_middle_and_the_head_on_top(x, y, dx, dy):
    if np.hypot(dx, dy) < 1:
        return
    roi = Roi.from_points(np.array([x, y]), np.array([x + dx, y + dy]))
    np.testing.assert_allclose(apply(roi.to_image, np.array([128.0, 128.0])), (x, y), atol=1e-6)
    top = apply(invert(roi.to_image), np.array([x + dx, y + dy]))
    np.testing.assert_allclose(top, (128, 128 - 128 / 1.25), atol=1e-4)


def test_a_region_from_a_box_holds_the_box():
    roi = Roi.from_box(Box(100, 50, 180, 250))
    corners = apply(invert(roi.to_image), np.array([[100.0, 50.0], [180.0, 250.0]]))
    assert (corners > 0).all()
    assert (corners < 256).all()


def test_anchors_are_those_of_the_model():
    anchors = detector._anchors()
    assert anchors.shape == (2254, 2)
    assert len(np.unique(anchors, axis=0)) == 28**2 + 14**2 + 7**2
    np.testing.assert_allclose(anchors[0], 0.5 / 28)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.integers(1, 5000))
def test_tiles_cover_an_axis_and_overlap_by_half(length):
    starts = detector._starts(length)
    assert starts[0] == 0
    assert starts[-1] + 224 >= length
    assert max(np.diff(starts), default=0) <= 112
    assert length < 224 or starts[-1] + 224 == length


def test_tiles_are_counted_as_they_are_scanned(monkeypatch):
    seen = []
    monkeypatch.setattr(detector, "_detect", lambda tile: seen.append(tile.shape) or [])
    for side in (700, 400, 150):
        seen.clear()
        scan(np.zeros((400, 700, 3), np.uint8), side)
        assert set(seen) == {(224, 224, 3)}
        assert len(seen) == count_tiles((400, 700), side)


def test_distinct_keeps_the_best_of_a_place():
    here, nearly, there = Roi(0, 0, 100, 0), Roi(4, 4, 100, 0), Roi(80, 0, 100, 0)
    kept = distinct([Proposal(nearly, 0.5), Proposal(there, 0.4), Proposal(here, 0.9)])
    assert [p.roi for p in kept] == [here, there]


@pytest.fixture(scope="module")
def walker():
    return Studio().photo(size=(500, 640), height=150, centre=(450, 300), yaw=30)


def test_proposals_lie_on_the_person(walker):
    best = scan(walker.pixels, 250)[0]
    assert best.score > 0.8
    hips = walker.keypoints[[11, 12], :2].mean(0)
    assert np.hypot(*(np.array([best.roi.x, best.roi.y]) - hips)) < 0.1 * 150
    assert best.roi.side == pytest.approx(1.25 * 150, rel=0.25)


@pytest.mark.parametrize("degrees", [-40, 90, 180])
def test_landmarks_turn_with_the_picture(walker, degrees):
    """A turned photo and a turned region: the same points in the photo, the same body in metres, turned."""
    angle = np.deg2rad(degrees)
    upright = estimate_pose(walker.pixels, Roi(450, 300, 190, 0), rounds=1)
    to_old = Roi(450, 300, 256, angle).to_image  # a 256 x 256 cut-out about the person, turned
    turned_photo = sample(walker.pixels, to_old, (256, 256))
    turned = estimate_pose(turned_photo, Roi(128, 128, 190, -angle), rounds=1)
    assert upright.score > 0.9
    np.testing.assert_allclose(apply(to_old, turned.points), upright.points, atol=3)
    cos, sin = np.cos(angle), np.sin(angle)
    back = turned.world @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]).T
    np.testing.assert_allclose(back, upright.world, atol=0.05)
