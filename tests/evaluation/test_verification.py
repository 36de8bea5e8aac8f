"""ROC and TPR@FPR against counting all pairs one by one."""

from typing import Any

import numpy as np
import pytest
from ranked_by_hand import MODES, Case, sets_of

from habitus.errors import InputError
from habitus.evaluation import closeness, verification
from habitus.evaluation.verification import verify, verify_distances


def pairs_of(case, mode):
    """Distances of right pairs and of wrong ones."""
    right, wrong = [], []
    for q, row in enumerate(case.distances):
        good, junk = sets_of(q, case.ids, mode)
        for g, distance in enumerate(row):
            if g not in junk:
                (right if g in good else wrong).append(distance)
    return np.array(right), np.array(wrong)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_threshold_accepts_what_counting_accepts(mode, kind, monkeypatch):
    rng = np.random.default_rng((7, MODES.index(mode)))
    judged = 0
    for _ in range(150):
        case = Case.draw(rng)
        case.distances = (case.distances**3 / 7).astype(kind)  # uneven cells
        if rng.random() < 0.3:
            case.distances[rng.random(case.distances.shape) < 0.3] = np.inf
        monkeypatch.setattr(closeness, "BLOCK_BYTES", int(rng.integers(1, 9000)))
        monkeypatch.setattr(verification, "_MOST_CELLS", int(rng.integers(2, 64)))
        right, wrong = pairs_of(case, mode)
        if len(right) == 0 or len(wrong) == 0:
            with pytest.raises(InputError, match="no query"):
                verify_distances(case.distances, mode=mode, **case.ids)
            continue
        result = verify_distances(case.distances, mode=mode, **case.ids)
        np.testing.assert_array_equal(result.thresholds, np.unique(right))
        np.testing.assert_allclose(result.tpr, [(right <= t).mean() for t in result.thresholds])
        np.testing.assert_allclose(result.fpr, [(wrong <= t).mean() for t in result.thresholds])
        assert (result.right, result.wrong) == (len(right), len(wrong))
        for fpr in (0.0, 0.01, 0.1, 0.5, 1.0):
            allowed = [t for t in np.append(right, -1) if (wrong <= t).mean() <= fpr]
            assert result.tpr_at(fpr) == pytest.approx((right <= max(allowed)).mean() if allowed else 0)
        judged += 1
    assert judged > 40


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_features_are_compared_across_queries(metric):
    rng = np.random.default_rng(8)
    case = Case.draw(rng)
    Q, G = case.distances.shape
    query, gallery = rng.standard_normal((Q, 4)), rng.standard_normal((G, 4)) * rng.random((G, 1))
    if metric == "cosine":
        q, g = (f / np.linalg.norm(f, axis=1, keepdims=True) for f in (query, gallery))
        distances = 1 - q @ g.T
    else:
        distances = np.linalg.norm(query[:, None] - gallery[None], axis=2)
    found, expected = verify(query, gallery, metric=metric, **case.ids), verify_distances(distances, **case.ids)
    np.testing.assert_allclose(found.thresholds, expected.thresholds, atol=1e-6)
    np.testing.assert_array_equal(found.fpr, expected.fpr)
    np.testing.assert_array_equal(found.tpr, expected.tpr)


def test_a_gallery_of_one_person_has_nobody_to_confuse():
    ids: dict[str, Any] = {"query_pids": [1], "gallery_pids": [1, 1], "query_camids": [0], "gallery_camids": [1, 0]}
    with pytest.raises(InputError, match="no query has a photo of another person"):
        verify_distances(np.ones((1, 2)), **ids)
