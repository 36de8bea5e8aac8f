"""Protocols: what is drawn, averaged, left out, and the scores against ones worked out by hand here."""

from dataclasses import replace

import numpy as np
import pytest
from embedded_people import SOURCE, records, trial
from ranked_by_hand import by_sorting

from habitus.data.records import Records, Trial
from habitus.errors import InputError
from habitus.evaluation.expansion import alpha_query_expansion
from habitus.evaluation.features import FeatureTable, photos_of
from habitus.evaluation.protocols import Scoring, draw_one_each, score_trial, searches_of
from habitus.evaluation.ranking import rank, rank_distances
from habitus.evaluation.reranking import rerank


def by_hand(query, gallery, query_features, gallery_features):
    """mAP, rank-1 and rank-5 by Market's rule, and the skipped queries."""
    lengths = np.linalg.norm(query_features, axis=1)[:, None] * np.linalg.norm(gallery_features, axis=1)
    ids = {
        f"{side}_{name}": column
        for side, photos in (("query", query), ("gallery", gallery))
        for name, column in (("pids", photos.pids), ("camids", photos.camids), ("clothes", photos.clothes_ids))
    }
    scores = by_sorting(1 - query_features @ gallery_features.T / lengths, ids, "general")
    return np.nanmean(scores.precisions), scores.cmc[0], scores.cmc[4], (~scores.scored).sum()


def scored_alone(mode, asked, table, scoring):
    return score_trial(mode, asked, searches_of(asked, table, scoring))


def features_of(table, photos):
    return table.features[[table.rows[path] for path in photos.paths]]


@pytest.mark.parametrize("seed", range(5))
def test_multi_shot_scores_are_those_worked_out_by_hand(seed):
    asked, table = trial(seed)
    result = scored_alone("general", asked, table, Scoring()).result
    expected = by_hand(asked.query, asked.gallery, *(features_of(table, side) for side in (asked.query, asked.gallery)))
    assert (result.mAP, result.rank1, result.rank5, result.skipped) == pytest.approx(expected, abs=1e-6)
    assert (result.spread, result.draws, result.queries, result.gallery) == (None, 1, 12, 30)
    assert (result.rank1, result.rank5, result.rank10) == (result.cmc[0], result.cmc[4], result.cmc[9])


@pytest.mark.parametrize("seed", range(5))
def test_single_shot_scores_are_means_over_the_drawn_galleries(seed):
    asked, table = trial(seed, shots="single")
    # All by cameras of their own: nobody is skipped for want of a match.
    query, gallery = replace(asked.query, camids=np.arange(12)), replace(asked.gallery, camids=np.arange(100, 130))
    asked = replace(asked, query=query, gallery=gallery)
    result = scored_alone("general", asked, table, Scoring(draws=7, seed=seed)).result
    expected = []
    for draw in range(7):
        drawn = gallery.select(draw_one_each(gallery, (seed, draw)))
        assert sorted(drawn.pids.tolist()) == list(range(6))
        expected.append(by_hand(query, drawn, features_of(table, query), features_of(table, drawn)))
    means, spreads = np.mean(expected, 0), np.std(expected, 0, ddof=1)
    assert (result.mAP, result.rank1, result.rank5, result.skipped) == pytest.approx(tuple(means), abs=1e-6)
    assert result.spread is not None
    assert [result.spread[name] for name in ("mAP", "rank1", "rank5")] == pytest.approx(spreads[:3].tolist(), abs=1e-6)
    assert (result.draws, result.gallery) == (7, 6)
    assert result.rank10 == 1, "the gallery is seen whole"


def test_the_seed_decides_what_is_drawn():
    asked, table = trial(shots="single")
    first, again, other = (scored_alone("general", asked, table, Scoring(seed=s)).result for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_draws_do_not_depend_on_the_order_of_the_files():
    photos = records("gallery", np.repeat([7, 3, 9], [4, 1, 6]), np.zeros(11, int))
    drawn = [photos.paths[row] for row in draw_one_each(photos, (5, 0))]
    shuffled = photos.select(np.random.default_rng(0).permutation(11))
    assert [shuffled.paths[row] for row in draw_one_each(shuffled, (5, 0))] == drawn
    assert [photos.pids[row] for row in draw_one_each(photos, (5, 0))] == [3, 7, 9]


def test_every_photo_is_drawn_about_as_often():
    photos = records("gallery", np.repeat([1, 2], [4, 2]), np.zeros(6, int))
    counts = np.bincount(np.concatenate([draw_one_each(photos, (0, d)) for d in range(2000)]), minlength=6)
    assert counts[:4] == pytest.approx([500] * 4, abs=80)
    assert counts[4:] == pytest.approx([1000] * 2, abs=100)


def test_frames_of_a_tracklet_become_one():
    photos = records("clips", [4, 4, 8, 4, 8, 4], [0] * 6, tracklets=[20, 20, 10, 20, 10, 30])
    features = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
    clips = FeatureTable({path: row for row, path in enumerate(photos.paths)}, features, SOURCE).of(photos)
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    for place, frames in enumerate(([2, 4], [0, 1, 3], [5])):
        mean = units[frames].mean(0)
        assert clips.features[place] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)
    assert clips.records.pids.tolist() == [8, 4, 4]
    assert [path.stem for path in clips.records.paths] == ["0004", "0001", "0005"], "their middle frames"


def test_photos_without_a_feature_are_left_out():
    asked, table = trial()
    gone = {asked.query.paths[0], *asked.gallery.paths[:5]}
    kept = [(path, row) for path, row in table.rows.items() if path not in gone]
    fewer = FeatureTable(
        {path: place for place, (path, _) in enumerate(kept)},
        table.features[[row for _, row in kept]],
        SOURCE,
        tuple(gone),
    )
    result = scored_alone("general", asked, fewer, Scoring()).result
    assert (result.queries, result.gallery) == (11, 25)
    only = replace(asked, query=asked.query.select([0]))
    with pytest.raises(InputError, match="no photo of the query could be read"):
        scored_alone("general", only, fewer, Scoring())


def test_a_photo_of_several_trials_is_embedded_once():
    asked, _ = trial()
    once = photos_of([asked, replace(asked, query=asked.gallery), asked])
    assert once.paths == asked.query.paths + asked.gallery.paths
    assert np.array_equal(once.pids, np.concatenate([asked.query.pids, asked.gallery.pids]))
    assert photos_of([]).paths == ()


def test_nan_features_are_refused():
    asked, table = trial()
    features = table.features.copy()
    features[5, 1] = np.nan
    with pytest.raises(InputError, match="row 5 holds NaN"):
        scored_alone("general", asked, replace(table, features=features), Scoring())


@pytest.mark.parametrize(("options", "words"), [({"draws": 0}, "--draws 0"), ({"seed": -1}, "--seed -1")])
def test_numbers_that_make_no_sense(options, words):
    with pytest.raises(InputError, match=words):
        Scoring(**options)


def test_rankings_begin_with_what_is_nearest_and_end_with_the_first_match():
    """Four other people stand between the query and its person's photo; the nearest photo of all is junk."""
    angles = np.radians([5, 10, 20, 30, 40, 50])
    gallery = records("gallery", [1, 2, 3, 4, 5, 1], [0, 1, 1, 1, 1, 1])
    query = records("query", [1], [0])
    features = np.stack([np.cos([0, *angles]), np.sin([0, *angles])], 1).astype(np.float32)
    rows = {path: row for row, path in enumerate(query.paths + gallery.paths)}
    scored = scored_alone(
        "general", Trial(query, gallery, "general", ""), FeatureTable(rows, features, SOURCE), Scoring()
    )
    (ranked,) = scored.lists([0], count=3)
    assert [(found.row, found.rank, found.hit) for found in ranked.first] == [
        (1, 1, False),
        (2, 2, False),
        (3, 3, False),
    ]
    assert [found.distance for found in ranked.first] == pytest.approx(1 - np.cos(angles[1:4]), abs=1e-6)
    assert ranked.match is not None
    assert (ranked.match.row, ranked.match.rank, ranked.match.hit) == (5, 5, True)
    assert ranked.precision == pytest.approx(1 / 5)
    (longer,) = scored.lists([0], count=10)
    assert [found.row for found in longer.first] == [1, 2, 3, 4, 5], "five are all that there are"
    assert longer.match is None


def test_records_of_nobody():
    empty = Records((), np.zeros(0, np.int64), np.zeros(0, np.int64), None, np.zeros(0, np.int64))
    assert len(FeatureTable({}, np.zeros((0, 3), np.float32), SOURCE).of(empty)) == 0


@pytest.mark.parametrize("shots", ["all", "single"])
def test_re_ranking_and_expansion_are_those_of_the_photos_searched(shots):
    asked, table = trial(shots=shots, noise=2)
    plain = scored_alone("general", asked, table, Scoring()).result
    expanded, changed = (scored_alone("general", asked, table, Scoring(rerank=r, expand=3)) for r in (False, True))
    search = scored_alone("general", asked, table, Scoring()).search
    query = alpha_query_expansion(search.query.features, search.gallery.features, count=3, alpha=3)
    ids = {
        f"{side}_{name}": getattr(photos.records, name)
        for side, photos in (("query", search.query), ("gallery", search.gallery))
        for name in ("pids", "camids")
    }
    expected = rank(query, search.gallery.features, **ids)
    assert np.array_equal(expanded.ranking.average_precisions, expected.average_precisions, equal_nan=True)
    expected = rank_distances(rerank(query, search.gallery.features), **ids)
    assert np.array_equal(changed.ranking.average_precisions, expected.average_precisions, equal_nan=True)
    assert len({plain.mAP, expanded.result.mAP, changed.result.mAP}) == 3
    row = int(np.flatnonzero(changed.ranking.first_ranks > 0)[0])
    (ranked,) = changed.lists([row], count=50)
    distances = changed.search.distances
    assert distances is not None
    assert [found.distance for found in ranked.first] == [distances[row][0, found.row] for found in ranked.first]


def test_true_positives_at_a_rate_of_false_ones():
    """All pairs of a query and a photo, sorted by distance: the share of right ones before too many wrong ones."""
    asked, table = trial(3, people=8, each=8)
    scored = scored_alone("general", asked, table, Scoring())
    query, gallery = (table.of(side) for side in (asked.query, asked.gallery))
    same = query.records.pids[:, None] == gallery.records.pids
    junk = same & (query.records.camids[:, None] == gallery.records.camids)
    cosines = (query.features @ gallery.features.T) / np.linalg.norm(query.features, axis=1)[:, None]
    cosines /= np.linalg.norm(gallery.features, axis=1)
    order = np.argsort(-cosines[~junk])
    right = same[~junk][order]
    true, false = np.cumsum(right) / right.sum(), np.cumsum(~right) / (~right).sum()
    for rate, share in zip(*scored.roc, strict=True):
        assert share == pytest.approx(true[false <= rate].max(initial=0), abs=1e-9)
    assert scored.result.tpr_at_fpr["0.01"] == pytest.approx(true[false <= 0.01].max(initial=0))
    assert list(scored.result.tpr_at_fpr) == ["0.0001", "0.001", "0.01"]
