"""CMC, mAP and mINP against definitions by sorting, and what no ranking may depend on."""

from typing import Any

import numpy as np
import pytest
import torch
from ranked_by_hand import MODES, Case, by_sorting

from habitus.errors import InputError
from habitus.evaluation import closeness
from habitus.evaluation.ranking import nearest, nearest_by_distances, rank, rank_distances


def equal(result, expected):
    np.testing.assert_allclose(result.average_precisions, expected.precisions, rtol=1e-12)
    np.testing.assert_allclose(result.inverse_penalties, expected.penalties, rtol=1e-12)
    np.testing.assert_array_equal(result.first_ranks, expected.firsts)
    np.testing.assert_allclose(result.cmc, expected.cmc, rtol=1e-12)
    assert result.skipped == (~expected.scored).sum()
    assert result.mAP == pytest.approx(np.nanmean(expected.precisions))
    assert result.mINP == pytest.approx(np.nanmean(expected.penalties))


@pytest.mark.parametrize("mode", MODES)
def test_scores_are_those_of_sorting_with_ties_junk_and_missing_matches(mode, monkeypatch):
    rng = np.random.default_rng((4, MODES.index(mode)))
    scored = 0
    for _ in range(400):
        case = Case.draw(rng)
        monkeypatch.setattr(closeness, "BLOCK_BYTES", int(rng.integers(1, 4000)))  # any division into blocks
        expected = by_sorting(case.distances, case.ids, mode)
        if expected.scored.any():
            equal(rank_distances(case.distances, mode=mode, **case.ids), expected)
            scored += 1
        else:
            with pytest.raises(InputError, match="no query can be scored"):
                rank_distances(case.distances, mode=mode, **case.ids)
    assert scored > 150


def made_features(rng, metric):
    """People with a feature each, and photos that differ from it."""
    case = Case.draw(rng)
    people = rng.standard_normal((12, 8))
    sides = [people[case.ids[f"{side}_pids"]] for side in ("query", "gallery")]
    query, gallery = ((f + rng.standard_normal(f.shape)).astype(np.float32) for f in sides)
    if metric == "cosine":
        a, b = (f / np.linalg.norm(f, axis=1, keepdims=True) for f in (query.astype(float), gallery.astype(float)))
        return case.ids, query, gallery, 1 - a @ b.T
    return case.ids, query, gallery, np.linalg.norm(query[:, None].astype(float) - gallery[None], axis=2)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_features_are_compared_by_the_metric(metric):
    rng = np.random.default_rng(5)
    for _ in range(100):
        ids, query, gallery, distances = made_features(rng, metric)
        expected = by_sorting(distances, ids, "general")
        if expected.scored.any():
            equal(rank(query, gallery, metric=metric, **ids), expected)
            tensors: dict[str, Any] = {name: torch.from_numpy(values) for name, values in ids.items()}
            equal(rank(torch.from_numpy(query), torch.from_numpy(gallery).double(), metric=metric, **tensors), expected)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("mode", MODES)
def test_nearest_begins_the_ranking_that_is_scored(metric, mode):
    rng = np.random.default_rng(6)
    for _ in range(40):
        ids, query, gallery, distances = made_features(rng, metric)
        rows = rng.integers(0, len(query), 3)
        result = nearest(query, gallery, rows=rows, count=5, metric=metric, mode=mode, **ids)
        by_distance = nearest_by_distances(distances, rows=rows, count=5, mode=mode, **ids)
        np.testing.assert_array_equal(result.items, by_distance.items)
        np.testing.assert_array_equal(result.hits, by_distance.hits)
        np.testing.assert_allclose(result.distances, by_distance.distances, atol=1e-5)
        firsts = by_sorting(distances, ids, mode).firsts[rows]
        for items, hits, values, row, first in zip(
            result.items, result.hits, result.distances, rows, firsts, strict=True
        ):
            kept = items >= 0
            np.testing.assert_allclose(values[kept], distances[row, items[kept]], atol=1e-5)
            assert not hits[~kept].any()
            assert np.isnan(values[~kept]).all()
            assert (hits.argmax() + 1 if hits.any() else -1) == (first if first <= 5 else -1)
