"""A trial, scored by its protocol: tracklets averaged, galleries drawn for single shots, re-ranked on request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int64

from habitus.data.records import Mode, Records, Trial
from habitus.errors import InputError
from habitus.evaluation.expansion import alpha_query_expansion
from habitus.evaluation.features import FeatureTable, PhotoFeatures
from habitus.evaluation.ranking import Nearest, RankingResult, nearest, nearest_by_distances, rank, rank_distances
from habitus.evaluation.reranking import Reranked, rerank
from habitus.evaluation.results import RANKS, TrialResult
from habitus.evaluation.verification import VerificationResult, verify, verify_distances

Curve = tuple[Float[np.ndarray, "T"], Float[np.ndarray, "T"]]
"""False and true positive rates."""

CMC_RANKS = 50
"""As far as the curve is kept."""
TPR_AT = (1e-4, 1e-3, 1e-2)
"""False positive rates at which results tell the true positive rate."""
RATES = np.logspace(-5, 0, 101)
"""False positive rates of the drawn ROC."""
K1, K2, LAMBDA = 20, 6, 0.3
"""Of re-ranking, as published for Market-1501."""
ALPHA = 3
"""Of query expansion: neighbours count by their cosine to this power, as published."""


@dataclass(frozen=True)
class Scoring:
    """What the user may choose about scoring."""

    rerank: bool = False
    """By k-reciprocal neighbours, `evaluation.reranking`."""
    expand: int = 0
    """Gallery photos that each query is averaged with, `evaluation.expansion`; 0: none."""
    draws: int = 10
    """Of single-shot galleries."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: a number that makes no sense.
        """
        if not 1 <= self.draws <= 10_000:
            raise InputError(f"--draws {self.draws}: must be from 1 to 10000")
        if self.seed < 0:
            raise InputError(f"--seed {self.seed}: must be 0 or more")
        if self.expand < 0:
            raise InputError(f"--expand {self.expand}: must be 0 or more photos")

    @property
    def reranking_words(self) -> str:
        """With its numbers."""
        return f"k1 {K1}, k2 {K2}, lambda {LAMBDA}" if self.rerank else "none"

    @property
    def expansion_words(self) -> str:
        """With its numbers."""
        return f"{self.expand} nearest, alpha {ALPHA}" if self.expand else "none"


@dataclass(frozen=True)
class Found:
    """A gallery photo in a ranked list."""

    row: int
    """Of the gallery."""
    rank: int
    """From 1, junk not counted."""
    distance: float
    hit: bool


@dataclass(frozen=True)
class RankedList:
    """A query and what stands first in its ranking; junk is left out."""

    query: int
    """Row of the query."""
    precision: float
    """The query's average precision."""
    first: tuple[Found, ...]
    match: Found | None
    """The first right one, where it does not stand among `first`."""


@dataclass(frozen=True, eq=False)
class Search:
    """Queries, a gallery, and how close each is to each."""

    query: PhotoFeatures
    gallery: PhotoFeatures
    distances: Reranked | None = None
    """None: by the cosine of the features."""

    def score(self, rule: Mode) -> RankingResult:
        """Score the rankings.

        Raises:
            InputError: nothing is to be found.
        """
        if self.distances is not None:
            return rank_distances(self.distances, **self._ids, mode=rule)
        return rank(self.query.features, self.gallery.features, **self._ids, mode=rule)

    def verify(self, rule: Mode) -> VerificationResult:
        """Score pairs of one query and one photo.

        Raises:
            InputError: there are no pairs of one person, or none of two.
        """
        if self.distances is not None:
            return verify_distances(self.distances, **self._ids, mode=rule)
        return verify(self.query.features, self.gallery.features, **self._ids, mode=rule)

    def nearest(self, rows: Sequence[int], rule: Mode, *, count: int) -> Nearest:
        """The first `count` photos for some queries."""
        if self.distances is not None:
            return nearest_by_distances(self.distances, rows=rows, count=count, **self._ids, mode=rule)
        features = self.query.features, self.gallery.features
        return nearest(*features, rows=rows, count=count, **self._ids, mode=rule)

    @property
    def _ids(self) -> dict[str, Any]:
        query, gallery = self.query.records, self.gallery.records
        return {
            "query_pids": query.pids,
            "gallery_pids": gallery.pids,
            "query_camids": query.camids,
            "gallery_camids": gallery.camids,
            "query_clothes": query.clothes_ids,
            "gallery_clothes": gallery.clothes_ids,
        }


@dataclass(frozen=True, eq=False)
class Scored:
    """A trial's numbers, and the search behind them for pictures (single shots: that of the first draw)."""

    result: TrialResult
    search: Search
    ranking: RankingResult
    roc: Curve

    def lists(self, rows: Sequence[int], *, count: int) -> tuple[RankedList, ...]:
        """The first `count` photos for some queries that are not skipped, and the first right one if it comes later."""
        if not rows:
            return ()
        firsts, precisions = self.ranking.first_ranks, self.ranking.average_precisions
        found = self.search.nearest(rows, self.result.rule, count=max(count, int(firsts[rows].max())))
        lists = []
        for query, *columns in zip(rows, found.items, found.distances, found.hits, strict=True):
            entries = enumerate(zip(*(column.tolist() for column in columns), strict=True), 1)
            ranked = [Found(item, place, distance, hit) for place, (item, distance, hit) in entries if item >= 0]
            first = int(firsts[query])
            match = ranked[first - 1] if first > count else None
            lists.append(RankedList(query, float(precisions[query]), tuple(ranked[:count]), match))
        return tuple(lists)


def searches_of(trial: Trial, features: FeatureTable, scoring: Scoring) -> tuple[Search, ...]:
    """What a trial has to be searched: its gallery, or with single shots each drawn one.

    They do not depend on the trial's rule: trials of the same photos can share them.

    Args:
        trial: who is asked for among whom.
        features: of all its photos but broken ones.
        scoring: what the user chose.

    Raises:
        InputError: no photo of a side has a feature.
    """
    query, gallery = features.of(trial.query), features.of(trial.gallery)
    for side, photos in (("query", query), ("gallery", gallery)):
        if not len(photos):
            raise InputError(f"no photo of the {side} could be read; mend the files or choose another folder")
    if trial.shots == "all":
        return (_search(query, gallery, scoring),)
    rows = (draw_one_each(gallery.records, (scoring.seed, draw)) for draw in range(scoring.draws))
    return tuple(_search(query, gallery.select(drawn), scoring) for drawn in rows)


def score_trial(mode: Mode, trial: Trial, searches: Sequence[Search]) -> Scored:
    """Score a trial.

    Args:
        mode: what it is called in the results.
        trial: by which rule, in what words.
        searches: of `searches_of` for this trial or one of the same photos.

    Raises:
        InputError: no query has anything to find.
    """
    rankings = [search.score(trial.rule) for search in searches]
    scores = {
        "mAP": [ranking.mAP for ranking in rankings],
        **{f"rank{k}": [ranking.rank_at(k) for ranking in rankings] for k in RANKS},
        "mINP": [ranking.mINP for ranking in rankings],
    }
    pairs = [search.verify(trial.rule) for search in searches]
    accepted = np.mean([[pair.tpr_at(rate) for rate in RATES] for pair in pairs], 0)
    query, gallery = searches[0].query, searches[0].gallery
    curves = [[ranking.rank_at(k) for k in range(1, min(CMC_RANKS, len(gallery)) + 1)] for ranking in rankings]
    result = TrialResult(
        mode=mode,
        shots=trial.shots,
        rule=trial.rule,
        protocol=trial.words,
        queries=len(query),
        gallery=len(gallery),
        people=query.records.people,
        skipped=float(np.mean([ranking.skipped for ranking in rankings])),
        cmc=tuple(np.mean(curves, 0).tolist()),
        tpr_at_fpr={f"{rate:g}": float(np.mean([pair.tpr_at(rate) for pair in pairs])) for rate in TPR_AT},
        draws=len(rankings),
        spread=None if trial.shots == "all" else {name: _deviation(values) for name, values in scores.items()},
        **{name: float(np.mean(values)) for name, values in scores.items()},
    )
    return Scored(result, searches[0], rankings[0], (RATES, accepted))


def _deviation(values: Sequence[float]) -> float:
    """Standard deviation of a sample; 0 for a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def draw_one_each(records: Records, seed: tuple[int, ...]) -> Int64[np.ndarray, "P"]:
    """One photo at random of each person, in the order of their pids.

    The files are sorted before drawing, so that the same photos are drawn on every machine.
    """
    names = np.array([path.as_posix() for path in records.paths])
    order = np.lexsort((names, records.pids))
    _, starts, counts = np.unique(records.pids[order], return_index=True, return_counts=True)
    return order[starts + np.random.default_rng(seed).integers(counts)]


def _search(query: PhotoFeatures, gallery: PhotoFeatures, scoring: Scoring) -> Search:
    """Queries expanded and distances re-ranked where the user chose so."""
    if scoring.expand:
        features = alpha_query_expansion(query.features, gallery.features, count=scoring.expand, alpha=ALPHA)
        query = PhotoFeatures(query.records, features)
    if not scoring.rerank:
        return Search(query, gallery)
    return Search(query, gallery, rerank(query.features, gallery.features, k1=K1, k2=K2, lambda_value=LAMBDA))
