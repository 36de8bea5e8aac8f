from dataclasses import replace

import numpy as np
import pytest
import torch

from habitus.export.reprojection import reproject
from habitus.rendering.camera import project


@pytest.fixture(scope="module")
def exact(body, person):
    """A person whose crop says exactly what the body does."""
    seen = reproject(person, body)
    crop = replace(
        person.crop,
        mask=torch.as_tensor(seen.silhouette),
        keypoints=torch.as_tensor(seen.keypoints),
        confidence=torch.linspace(0, 1, 17),
    )
    return replace(person, crop=crop)


def test_a_perfect_fit_measures_perfect(exact, body):
    seen = reproject(exact, body)
    assert seen.mask_iou == 1
    assert seen.keypoint_error_px == pytest.approx(0, abs=1e-4)
    params = exact.params
    vertices = body(params.theta, params.beta, params.delta).vertices
    rows = project(vertices, params.psi, (256, 128))[0, :, 1]
    assert seen.height_px == pytest.approx((rows.max() - rows.min()).item(), abs=1e-3)


def test_the_error_is_the_distance_weighted_by_confidence(exact, body):
    moved = exact.crop.keypoints + torch.tensor([3.0, 4.0])
    moved[0] = torch.nan  # of confidence 0: it means nothing
    seen = reproject(replace(exact, crop=replace(exact.crop, keypoints=moved)), body)
    assert seen.keypoint_error_px == pytest.approx(5, abs=1e-3)
    only_last = torch.zeros(17)
    only_last[16] = 0.4
    moved[16] += 10
    seen = reproject(replace(exact, crop=replace(exact.crop, keypoints=moved, confidence=only_last)), body)
    assert seen.keypoint_error_px == pytest.approx(np.hypot(13, 14), abs=1e-3)


def test_half_a_mask_is_half_an_overlap(exact, body):
    half = exact.crop.mask.clone()
    total, rows = (half > 0.5).sum(), (half > 0.5).sum(1).cumsum(0)
    half[rows > total / 2] = 0
    expected = ((half > 0.5).sum() / total).item()
    assert reproject(replace(exact, crop=replace(exact.crop, mask=half)), body).mask_iou == pytest.approx(expected)
    # Where the crop does not show the photo, a difference does not count.
    valid = (rows <= total / 2).float()[:, None].expand(256, 128)
    assert reproject(replace(exact, crop=replace(exact.crop, mask=half, valid=valid)), body).mask_iou == 1


def test_nothing_known_is_no_error(exact, body):
    blind = replace(exact.crop, confidence=torch.zeros(17), mask=torch.zeros(256, 128), valid=torch.zeros(256, 128))
    seen = reproject(replace(exact, crop=blind), body)
    assert seen.keypoint_error_px is None
    assert seen.mask_iou == 0
