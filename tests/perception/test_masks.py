import cv2
import numpy as np
import pytest
from drawn_people import draw_person, iou

from habitus.perception.grabcut import grabcut_mask
from habitus.perception.segmentation import _guided_filter, clean_mask, refine_mask
from habitus.perception.skeleton import draw_limbs, keypoint_box, oks, person_scale
from habitus.types import Box


@pytest.fixture(scope="module")
def drawn():
    return draw_person(size=(256, 192), height=200)


def split(keypoints):
    return keypoints[:, :2], keypoints[:, 2]


def test_grabcut_from_the_skeleton_and_from_the_box(drawn):
    box = Box(35, 20, 160, 240)
    points, confidence = split(drawn.keypoints)
    with_skeleton = grabcut_mask(drawn.pixels, points, confidence, box)
    assert iou(with_skeleton, drawn.mask) > 0.93
    assert iou(grabcut_mask(drawn.pixels, points, 0 * confidence, box), drawn.mask) > 0.7
    np.testing.assert_array_equal(grabcut_mask(drawn.pixels, points, confidence, box), with_skeleton)


def test_grabcut_of_hopeless_boxes(drawn):
    points, confidence = split(drawn.keypoints)
    whole = grabcut_mask(drawn.pixels, points, 0 * confidence, Box(-9, -9, 999, 999))
    assert whole.all()
    assert not grabcut_mask(drawn.pixels, points, confidence, Box(500, 500, 600, 600)).any()


def test_clean_mask_keeps_what_hangs_on_the_skeleton(drawn):
    points, confidence = split(drawn.keypoints)
    mask = drawn.mask.astype(np.float32)
    dirty = mask.copy()
    dirty[10:30, 10:30] = 1  # a stray
    dirty[100:103, 95:98] = 0  # a pinhole
    cleaned = clean_mask(dirty, points, confidence)
    assert iou(cleaned, mask) == 1
    assert cleaned[20, 20] == 0


def test_clean_mask_keeps_a_person_whom_a_pole_cuts_in_two(drawn):
    points, confidence = split(drawn.keypoints)
    mask = drawn.mask.astype(np.float32)
    mask[120:126] = 0
    cleaned = clean_mask(mask, points, confidence)
    assert iou(cleaned, mask) > 0.99


def test_clean_mask_keeps_large_gaps():
    """Between an arm on the hip and the body one sees the background."""
    ring = np.zeros((200, 200), np.float32)
    cv2.circle(ring, (100, 100), 80, 1.0, 30)
    assert clean_mask(ring, np.zeros((17, 2)), np.zeros(17))[100, 100] == 0


def test_clean_mask_of_nothing():
    empty = np.zeros((50, 40), np.float32)
    assert not clean_mask(empty, np.zeros((17, 2)), np.ones(17)).any()


def test_refine_mask_moves_edges_to_those_of_the_picture(drawn):
    coarse = cv2.GaussianBlur(drawn.mask.astype(np.float32), (0, 0), 3)
    image = drawn.pixels.astype(np.float32) / 255

    def error(mask):
        return abs(mask - drawn.mask).mean()

    refined = refine_mask(image, coarse)
    assert error(refined) < 0.4 * error(coarse)
    assert refined.min() >= 0
    assert refined.max() <= 1


def test_the_guided_filter_is_the_papers():
    """Against its equations written out window by window."""
    rng, radius = np.random.default_rng(0), 2
    guide, mask = rng.random((12, 9, 3)).astype(np.float32), (rng.random((12, 9)) > 0.5).astype(np.float32)

    def windows(x):
        padded = np.pad(x.astype(np.float64), [(radius, radius)] * 2 + [(0, 0)] * (x.ndim - 2), mode="edge")
        return np.stack([[padded[r : r + 5, c : c + 5] for c in range(9)] for r in range(12)])

    slopes, offsets = np.zeros((12, 9, 3)), np.zeros((12, 9))
    for row, column in np.ndindex(12, 9):
        colours, levels = windows(guide)[row, column].reshape(-1, 3), windows(mask)[row, column].ravel()
        covariance = np.cov(colours.T, bias=True) + 1e-4 * np.eye(3)
        both = (colours * levels[:, None]).mean(0) - colours.mean(0) * levels.mean()
        slopes[row, column] = np.linalg.solve(covariance, both)
        offsets[row, column] = levels.mean() - slopes[row, column] @ colours.mean(0)
    expected = (windows(slopes).mean((2, 3)) * guide).sum(-1) + windows(offsets).mean((2, 3))
    np.testing.assert_allclose(_guided_filter(guide, mask, radius), expected, atol=1e-4)


def test_refine_mask_of_a_flat_picture_stays(drawn):
    """No edges to move to: about the same mask."""
    flat = np.full((*drawn.mask.shape, 3), 0.5, np.float32)
    assert iou(refine_mask(flat, drawn.mask.astype(np.float32)), drawn.mask) > 0.95


def test_limbs_lie_inside_the_person(drawn):
    points, confidence = split(drawn.keypoints)
    lines = draw_limbs(points, confidence, drawn.mask.shape, width=0)
    assert (lines & ~drawn.mask).sum() < 0.05 * lines.sum()
    assert not draw_limbs(points, 0 * confidence, drawn.mask.shape, width=0.2).any()
    wide = draw_limbs(points, confidence, drawn.mask.shape, width=0.3)
    assert (lines & ~wide).sum() == 0


def test_oks_falls_with_distance(drawn):
    points, confidence = split(drawn.keypoints)
    assert oks(points, points, confidence) == 1
    near, far = (oks(points, points + shift, confidence) for shift in (3, 30))
    assert 1 > near > 0.8
    assert far < 0.3
    assert oks(points * 5, (points + 3) * 5, confidence) == pytest.approx(near)
    assert oks(points, points, 0 * confidence) == 0


def test_boxes_of_keypoints(drawn):
    points, confidence = split(drawn.keypoints)
    box = keypoint_box(points, confidence)
    assert box is not None
    assert (box.left, box.bottom) == (points[:, 0].min(), points[:, 1].max())
    assert keypoint_box(points, 0 * confidence) is None
    assert person_scale(points, 0 * confidence) == 0
    assert person_scale(points * 2, confidence) == pytest.approx(2 * person_scale(points, confidence))
