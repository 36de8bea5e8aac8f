"""CMC, mAP and mINP against definitions by sorting, and what no ranking may depend on."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
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


def test_infinite_distances_come_last_but_before_nothing():
    ids: dict[str, Any] = {"query_pids": [1], "query_camids": [0]}
    ids |= {"gallery_pids": [1, 1, 2, 1], "gallery_camids": [0, 1, 1, 2]}
    distances = np.array([[np.inf, np.inf, np.inf, 3.0]])
    assert rank_distances(distances, **ids).average_precisions[0] == 1.0  # ranks 1 and 2: of equals the first
    assert nearest_by_distances(distances, rows=[0], count=4, **ids).items.tolist() == [[3, 1, 2, -1]]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("queries", [1, 2, 5, 40])
def test_equal_photos_tie_wherever_they_stand(metric, queries):
    """One person's photo among many equal ones of others is found at the place where it stands."""
    rng = np.random.default_rng(9)
    G, D = 5003, 96
    gallery = np.repeat(rng.standard_normal((1, D), np.float32), G, axis=0)
    places = rng.choice(G, queries, replace=False)
    pids = np.full(G, -7)
    pids[places] = np.arange(queries)
    result = rank(
        rng.standard_normal((queries, D), np.float32), gallery, metric=metric, query_pids=np.arange(queries),
        gallery_pids=pids, query_camids=np.zeros(queries, int), gallery_camids=np.ones(G, int),
    )  # fmt: skip
    np.testing.assert_array_equal(result.first_ranks, places + 1)


def features_and_ids(seed):
    """A case in which no two photos are equally close, and some queries are scored."""
    rng = np.random.default_rng(seed)
    while True:
        ids, query, gallery, distances = made_features(rng, "cosine")
        if by_sorting(distances, ids, "general").scored.any():
            return rng, ids, query, gallery


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_gallery_does_not_matter(seed):
    rng, ids, query, gallery = features_and_ids(seed)
    order = rng.permutation(len(gallery))
    shuffled: dict[str, Any] = {
        name: values[order] if name.startswith("gallery") else values for name, values in ids.items()
    }
    first, second = rank(query, gallery, **ids), rank(query, gallery[order], **shuffled)
    np.testing.assert_array_equal(first.average_precisions, second.average_precisions)
    np.testing.assert_array_equal(first.cmc, second.cmc)
    assert first.mINP == second.mINP


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_scores_are_shares(seed):
    _, ids, query, gallery = features_and_ids(seed)
    result = rank(query, gallery, **ids)
    assert (np.diff(result.cmc) >= 0).all()
    assert result.cmc[-1] == 1
    assert 0 < result.mINP <= 1
    assert 0 < result.mAP <= 1
    assert result.rank_at(1) == result.cmc[0] == np.mean(result.first_ranks[result.first_ranks > 0] == 1)
    assert result.rank_at(10**6) == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_stranger_behind_all_changes_nothing_and_one_before_all_moves_matches_one_place_down(seed):
    case = Case.draw(np.random.default_rng(seed))
    if not by_sorting(case.distances, case.ids, "general").scored.any():
        return
    grown: dict[str, Any] = {
        n: np.append(values, 999) if n.startswith("gallery") else values for n, values in case.ids.items()
    }
    far, near = (np.pad(case.distances, [(0, 0), (0, 1)], constant_values=d) for d in (1e9, -1.0))
    before, same, worse = (
        rank_distances(case.distances, **case.ids), rank_distances(far, **grown), rank_distances(near, **grown)
    )  # fmt: skip
    np.testing.assert_array_equal(before.average_precisions, same.average_precisions)
    scored = before.first_ranks > 0
    np.testing.assert_array_equal(worse.first_ranks[scored], before.first_ranks[scored] + 1)
    assert (worse.average_precisions[scored] < before.average_precisions[scored]).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_the_cosine_does_not_see_lengths(seed, length):
    rng, ids, query, gallery = features_and_ids(seed)
    scaled = (gallery * rng.uniform(0.5, 2, (len(gallery), 1)) * length).astype(np.float32)
    first, second = rank(query, gallery, **ids), rank(query * np.float32(length), scaled, **ids)
    np.testing.assert_array_equal(first.first_ranks, second.first_ranks)


def test_any_whole_numbers_are_ids():
    top = 2**63 - 1
    result = rank_distances(
        np.array([[0.5, 0.1, 0.2], [0.1, 0.2, 0.3]], np.float32), query_pids=[top, -top], gallery_pids=[-top, 5, top],
        query_camids=[-1, -1], gallery_camids=np.array([7, 7, 7], np.uint8),
    )  # fmt: skip
    assert result.first_ranks.tolist() == [2, 1]


@pytest.mark.parametrize("length", [1e-25, 1e17])
def test_very_short_and_very_long_features_are_compared(length):
    ids: dict[str, Any] = {"query_pids": [1], "query_camids": [0], "gallery_pids": [2, 1, 3], "gallery_camids": [1] * 3}
    query, gallery = np.array([[1.0, 0.1]]), np.array([[1.0, 0.5], [1, 0.2], [1, 0]])
    assert rank(query * length, gallery * length, **ids).first_ranks.tolist() == [1]


def test_features_of_zeros_are_at_right_angles_to_all():
    ids: dict[str, Any] = {"query_pids": [1], "query_camids": [0], "gallery_pids": [2, 1, 3], "gallery_camids": [1] * 3}
    gallery = np.array([[1.0, 0], [0, 0], [-1, 0]])
    assert rank(np.array([[1.0, 0]]), gallery, **ids).first_ranks.tolist() == [2]


GOOD: dict[str, Any] = {
    "query_pids": [1, 2], "query_camids": [0, 0], "query_clothes": [3, 4],
    "gallery_pids": [1, 2, 1], "gallery_camids": [1, 1, 1], "gallery_clothes": [3, 4, 5],
}  # fmt: skip


def feature_with(value):
    features = np.ones((3, 4))
    features[2, 1] = value
    return features


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gallery_features": feature_with(np.nan)}, "gallery_features: row 2 holds NaN or infinity"),
        ({"gallery_features": feature_with(-np.inf)}, "gallery_features: row 2 holds NaN or infinity"),
        ({"gallery_features": feature_with(1e19)}, "gallery_features: row 2 .* or is longer than 1e.18"),
        ({"gallery_features": feature_with(1e300)}, "gallery_features: row 2 holds NaN or infinity"),
        ({"query_features": np.full((2, 4), np.nan)}, r"query_features: row 0 .*\(2 of 2 rows are of no use\)"),
        ({"query_features": np.ones((2, 5))}, "query_features: 5 numbers a photo, but gallery_features have 4"),
        ({"gallery_features": np.ones((0, 4))}, r"gallery_features: shape \(0, 4\) is empty"),
        ({"query_features": np.ones((0, 4))}, r"query_features: shape \(0, 4\) is empty"),
        ({"query_features": np.ones(4)}, "query_features: .* no table of features"),
        ({"query_features": np.ones((2, 4), int)}, "query_features: int64"),
        ({"query_pids": [1, 2, 3]}, r"query_pids: shape \(3,\) does not fit 2 photos"),
        ({"gallery_camids": [1, 1]}, r"gallery_camids: shape \(2,\) does not fit 3 photos"),
        ({"gallery_clothes": [[1, 1, 1]]}, "gallery_clothes: shape"),
        ({"gallery_pids": [1.5, 2, 3]}, "gallery_pids: float64 is no type of ids"),
        ({"mode": "cc", "gallery_clothes": None}, "gallery_clothes: the rule 'cc' compares clothes"),
        ({"mode": "sc", "query_clothes": None}, "query_clothes: the rule 'sc' compares clothes"),
        ({"mode": "CC"}, "mode: 'CC' is no rule; choose one of general, cc, sc"),
        ({"metric": "l2"}, "metric: 'l2' is unknown"),
        ({"gallery_pids": [5, 6, 7]}, "none of 2 has a photo of its person from another camera .* and 2 have no photo"),
        (
            {"gallery_camids": [0, 0, 0]},
            "none of 2 has a photo of its person from another camera .* and 0 have no photo",
        ),
        ({"mode": "cc", "gallery_clothes": [3, 4, 3]}, "the rule 'cc': .* from another camera in other clothes"),
    ],
)
def test_what_cannot_be_ranked_is_named(changed, message):
    arguments = {"query_features": np.ones((2, 4)), "gallery_features": np.ones((3, 4)), **GOOD, **changed}
    with pytest.raises(InputError, match=message):
        rank(**arguments)


@pytest.mark.parametrize(
    ("distances", "message"),
    [
        (np.array([[1, 2, 3], [1, np.nan, 3]]), "distances: row 1 holds NaN"),
        (np.array([[1, 2, 3], [1, -np.inf, 3]]), "distances: row 1 holds NaN or -infinity"),
        (np.ones((2, 0)), "distances: .* is empty"),
        (np.ones((2, 3), int), "distances: int64"),
        (np.ones(3), r"distances: float64 of shape \(3,\)"),
        (np.ones((2, 4)), r"gallery_pids: shape \(3,\) does not fit 4 photos"),
    ],
)
def test_distances_that_cannot_be_ranked_are_named(distances, message):
    with pytest.raises(InputError, match=message):
        rank_distances(distances, **GOOD)
