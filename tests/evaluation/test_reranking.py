"""k-reciprocal re-ranking against the formulas of the paper, written densely."""

from typing import Any

import numpy as np
import pytest
from ranked_by_hand import Case, by_sorting

from habitus.errors import InputError
from habitus.evaluation.ranking import rank, rank_distances
from habitus.evaluation.reranking import rerank


def by_formula(query, gallery, k1, k2, lambda_value):
    """Zhong et al. 2017 with sets and dense arrays, one equation after the other; distances squared Euclidean."""
    features = np.concatenate([query, gallery]).astype(np.float64)
    N, Q = len(features), len(query)
    d = ((features[:, None] - features[None]) ** 2).sum(2)
    d = d / np.maximum(d.max(1, keepdims=True), 1e-300)
    order = np.argsort(d, axis=1, kind="stable")

    def reciprocal(p, k):  # equation 4, the photo itself counted among its neighbours as in the published code
        return {int(g) for g in order[p, : k + 1] if p in order[g, : k + 1]}

    V = np.zeros((N, N))
    for p in range(N):
        R = reciprocal(p, k1)
        expanded = set(R)
        for q in R:  # equation 5
            half = reciprocal(q, round(k1 / 2))
            if len(R & half) > 2 / 3 * len(half):
                expanded |= half
        for g in expanded:  # equation 10
            V[p, g] = np.exp(-d[p, g])
        V[p] /= max(V[p].sum(), 1e-300)
    if k2 > 1:
        V = np.stack([V[order[p, :k2]].mean(0) for p in range(N)])  # equation 13
    minima = np.minimum(V[:Q, None], V[None, Q:]).sum(2)
    jaccard = 1 - minima / (2 - minima)  # equation 11
    return (1 - lambda_value) * jaccard + lambda_value * d[:Q, Q:]  # equation 12


def test_distances_are_those_of_the_formula():
    rng = np.random.default_rng(1)
    for _ in range(100):
        Q, G, k1 = rng.integers(1, 12), rng.integers(1, 45), int(rng.integers(1, 24))
        k2, lambda_value = int(rng.integers(1, 9)), rng.random()
        people = rng.standard_normal((9, 6)) * rng.random() * 3
        query, gallery = (people[rng.integers(0, 9, n)] + rng.standard_normal((n, 6)) for n in (Q, G))
        expected = by_formula(query, gallery, k1, k2, lambda_value)
        found = rerank(query, gallery, k1=k1, k2=k2, lambda_value=lambda_value, metric="euclidean")
        np.testing.assert_allclose(found[:], expected, atol=1e-5)


def test_ties_are_broken_in_the_order_of_queries_then_gallery():
    rng = np.random.default_rng(2)
    for _ in range(100):
        Q, G, k1 = rng.integers(1, 12), rng.integers(1, 45), int(rng.integers(1, 24))
        query, gallery = (rng.integers(0, 3, (n, 3)).astype(np.float32) for n in (Q, G))  # small whole numbers: exact
        expected = by_formula(query, gallery, k1, 6, 0.3)
        np.testing.assert_allclose(rerank(query, gallery, k1=k1, metric="euclidean")[:], expected, atol=1e-5)


def test_the_cosine_compares_features_at_unit_length():
    rng = np.random.default_rng(3)
    query, gallery = rng.standard_normal((7, 16)), rng.standard_normal((50, 16)) * rng.random((50, 1))
    q, g = (f / np.linalg.norm(f, axis=1, keepdims=True) for f in (query, gallery))
    np.testing.assert_allclose(rerank(query, gallery)[:], by_formula(q, g, 20, 6, 0.3), atol=1e-5)


def test_re_ranked_distances_are_scored_some_rows_at_a_time(monkeypatch):
    rng = np.random.default_rng(4)
    case = Case.draw(rng)
    Q, G = case.distances.shape
    query, gallery = rng.standard_normal((Q, 8)), rng.standard_normal((G, 8))
    distances = rerank(query, gallery)
    expected = by_sorting(distances[:].astype(float), case.ids, "general")
    monkeypatch.setattr("habitus.evaluation.closeness.BLOCK_BYTES", 4 * G * 3)
    result = rank_distances(distances, **case.ids)
    np.testing.assert_allclose(result.average_precisions, expected.precisions)
    np.testing.assert_array_equal(distances[[2, 0]], distances[:][[2, 0]])


def test_with_lambda_1_the_ranking_is_that_of_the_features():
    rng = np.random.default_rng(5)
    ids: dict[str, Any] = {
        "query_pids": [1, 2, 3],
        "query_camids": [0, 0, 0],
        "gallery_pids": [1, 2, 3] * 5,
        "gallery_camids": [1] * 15,
    }
    query, gallery = rng.standard_normal((3, 8)), rng.standard_normal((15, 8))
    plain, again = rank(query, gallery, **ids), rank_distances(rerank(query, gallery, lambda_value=1.0), **ids)
    np.testing.assert_array_equal(plain.average_precisions, again.average_precisions)


def test_photos_that_all_equal_one_another_are_at_no_distance_by_the_features():
    found = rerank(np.ones((2, 3)), np.ones((30, 3)), lambda_value=1.0)
    assert (found[:] == 0).all()


@pytest.mark.parametrize("options", [{"k1": 0}, {"k2": 0}, {"lambda_value": 1.5}, {"lambda_value": float("nan")}])
def test_numbers_out_of_range_are_named(options):
    with pytest.raises(InputError, match="k1"):
        rerank(np.ones((2, 3)), np.ones((30, 3)), **options)


def test_features_that_are_not_finite_are_named():
    gallery = np.ones((30, 3))
    gallery[17, 1] = np.nan
    with pytest.raises(InputError, match="gallery_features: row 17 holds NaN"):
        rerank(np.ones((2, 3)), gallery)
