import numpy as np
import torch
from scipy.spatial import procrustes
from scipy.spatial.transform import Rotation

from habitus.recovery.measures import keypoint_error, mask_iou, procrustes_error


def test_procrustes_ignores_similarity_transforms():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(40, 3))
    moved = 1.7 * points @ Rotation.from_rotvec([0.3, -2.0, 0.5]).as_matrix().T + [3, 1, -2]
    error = procrustes_error(torch.from_numpy(points)[None], torch.from_numpy(moved)[None])
    assert error.item() < 1e-9


def test_procrustes_does_not_mirror():
    points = torch.randn(1, 40, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert procrustes_error(points * torch.tensor([-1.0, 1.0, 1.0]), points).item() > 0.3


def test_procrustes_agrees_with_scipy_where_no_mirror_is_needed():
    generator = np.random.default_rng(1)
    truth = generator.normal(size=(40, 3))
    estimate = truth + 0.1 * generator.normal(size=(40, 3))
    standard_truth, standard_estimate, _ = procrustes(truth, estimate)
    # scipy scales the truth to unit norm first
    norm = np.linalg.norm(truth - truth.mean(0))
    expected = np.linalg.norm(standard_truth - standard_estimate, axis=1).mean() * norm
    ours = procrustes_error(torch.from_numpy(estimate)[None], torch.from_numpy(truth)[None]).item()
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


def test_mask_iou_counts_valid_pixels_only():
    ours, theirs, valid = torch.zeros(1, 4, 4), torch.zeros(1, 4, 4), torch.ones(1, 4, 4)
    ours[:, :, :2] = 1
    theirs[:, :, 1:3] = 1
    torch.testing.assert_close(mask_iou(ours, theirs), torch.tensor([4 / 12]))
    valid[:, :, 2:] = 0
    torch.testing.assert_close(mask_iou(ours, theirs, valid), torch.tensor([4 / 8]))


def test_keypoint_error_leaves_missing_points_out():
    seen = torch.tensor([[[0.0, 0.0], [100.0, 100.0]]])
    assert keypoint_error(torch.tensor([[[3.0, 4.0], [0.0, 0.0]]]), seen, torch.tensor([[1.0, 0.0]])).item() == 5.0
