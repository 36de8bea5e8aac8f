"""How well features find people: CMC, mAP and mINP, exactly, without sorting the gallery or holding all distances.

>>> result = rank(query, gallery, query_pids=..., gallery_pids=..., query_camids=..., gallery_camids=...)
>>> result.mAP, result.rank_at(1), result.skipped
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64

from habitus.data.records import Mode
from habitus.errors import InputError
from habitus.evaluation.closeness import Closeness, DistanceCloseness, FeatureCloseness, Metric, in_blocks
from habitus.evaluation.counting import score_block
from habitus.evaluation.rules import Ids, Matching, matching_of


@dataclass(frozen=True, eq=False)
class RankingResult:
    """Scores of Q queries in a gallery of G photos, as fractions in [0, 1]; the means leave skipped queries out."""

    mAP: float  # noqa: N815 - the field's term
    """Mean over queries of the average precision: the mean over matches of (matches so far) / (their rank)."""
    cmc: Float64[np.ndarray, "G"]
    """cmc[k - 1]: the share of queries with a match among the first k."""
    mINP: float  # noqa: N815
    """Mean over queries of (matches) / (rank of the last match): Ye et al., TPAMI 2021, section 3."""
    skipped: int
    """Queries with no match in the gallery by the rule."""
    average_precisions: Float64[np.ndarray, "Q"]
    """Of each query; NaN: skipped."""
    inverse_penalties: Float64[np.ndarray, "Q"]
    """Of each query, what mINP is the mean of; NaN: skipped."""
    first_ranks: Int64[np.ndarray, "Q"]
    """At which rank, counted from 1, each query finds its first match; -1: skipped."""

    def rank_at(self, k: int) -> float:
        """The share of queries with a match among the first k; a gallery of fewer photos is seen whole."""
        return float(self.cmc[min(k, len(self.cmc)) - 1])


@dataclass(frozen=True, eq=False)
class Nearest:
    """The first n photos in the rankings of S queries, junk left out. Shorter rankings are filled up with -1."""

    items: Int64[np.ndarray, "S n"]
    """Rows of the gallery, the closest first; -1: there are no more."""
    distances: Float64[np.ndarray, "S n"]
    """Cosine: 1 - cosine. NaN where there is no photo."""
    hits: Bool[np.ndarray, "S n"]
    """Whether the photo shows the query's person."""


def rank(
    query_features: Any,
    gallery_features: Any,
    *,
    query_pids: Ids,
    gallery_pids: Ids,
    query_camids: Ids,
    gallery_camids: Ids,
    query_clothes: Ids | None = None,
    gallery_clothes: Ids | None = None,
    mode: Mode = "general",
    metric: Metric = "cosine",
) -> RankingResult:
    """Rank a gallery for each query and score the rankings.

    Exact in float32: as a stable sort of each query's distances would rank, photos that are equally close in the
    gallery's order. Takes little longer than the product of the two matrices, and beside the features a block of
    memory.

    Args:
        query_features: (Q, D) floats, array or tensor, of any length (cosine) or as the metric means them.
        gallery_features: (G, D).
        query_pids: (Q,) people, any whole numbers.
        gallery_pids: (G,).
        query_camids: (Q,) cameras.
        gallery_camids: (G,).
        query_clothes: (Q,) outfits, unique over people; needed by modes "cc" and "sc".
        gallery_clothes: (G,).
        mode: which photos of the query's person are to be found, and which are junk (`evaluation.rules`).
        metric: "cosine" or "euclidean".

    Raises:
        InputError: features that are NaN, infinite or of different sizes, ids that do not fit them, clothes missing,
            an empty gallery, or no query that can be scored.
    """
    closeness = FeatureCloseness(query_features, gallery_features, metric)
    query, gallery = (query_pids, query_camids, query_clothes), (gallery_pids, gallery_camids, gallery_clothes)
    return _scored(closeness, matching_of(closeness.shape, query, gallery, mode))


def rank_distances(
    distances: Any,
    *,
    query_pids: Ids,
    gallery_pids: Ids,
    query_camids: Ids,
    gallery_camids: Ids,
    query_clothes: Ids | None = None,
    gallery_clothes: Ids | None = None,
    mode: Mode = "general",
) -> RankingResult:
    """Score the rankings by distances from elsewhere, such as `evaluation.reranking` or another program.

    Args:
        distances: (Q, G) floats, array or tensor; smaller is closer.
        query_pids: and the others, as for `rank`.

    Raises:
        InputError: as `rank`.
    """
    closeness = DistanceCloseness(distances)
    query, gallery = (query_pids, query_camids, query_clothes), (gallery_pids, gallery_camids, gallery_clothes)
    return _scored(closeness, matching_of(closeness.shape, query, gallery, mode))


def nearest(
    query_features: Any,
    gallery_features: Any,
    *,
    rows: Sequence[int] | np.ndarray,
    count: int,
    query_pids: Ids,
    gallery_pids: Ids,
    query_camids: Ids,
    gallery_camids: Ids,
    query_clothes: Ids | None = None,
    gallery_clothes: Ids | None = None,
    mode: Mode = "general",
    metric: Metric = "cosine",
) -> Nearest:
    """The beginning of some queries' rankings, to look at.

    Args:
        query_features: and the others, as for `rank`.
        rows: (S,) which queries.
        count: how many photos of each.

    Raises:
        InputError: as `rank`, but queries need no match.
    """
    closeness = FeatureCloseness(query_features, gallery_features, metric)
    query, gallery = (query_pids, query_camids, query_clothes), (gallery_pids, gallery_camids, gallery_clothes)
    return _nearest(closeness, matching_of(closeness.shape, query, gallery, mode), np.asarray(rows, np.int64), count)


def nearest_by_distances(
    distances: Any,
    *,
    rows: Sequence[int] | np.ndarray,
    count: int,
    query_pids: Ids,
    gallery_pids: Ids,
    query_camids: Ids,
    gallery_camids: Ids,
    query_clothes: Ids | None = None,
    gallery_clothes: Ids | None = None,
    mode: Mode = "general",
) -> Nearest:
    """As `nearest`, by distances (Q, G) from elsewhere.

    Raises:
        InputError: as `nearest`.
    """
    closeness = DistanceCloseness(distances)
    query, gallery = (query_pids, query_camids, query_clothes), (gallery_pids, gallery_camids, gallery_clothes)
    return _nearest(closeness, matching_of(closeness.shape, query, gallery, mode), np.asarray(rows, np.int64), count)


def _scored(closeness: Closeness, matching: Matching) -> RankingResult:
    Q, G = closeness.shape
    precisions, penalties, firsts = np.empty(Q), np.empty(Q), np.empty(Q, np.int64)
    for rows in in_blocks(Q, matching.bytes_a_query, closeness.block_bytes):
        block = score_block(closeness.of(rows), matching.of(rows))
        precisions[rows], penalties[rows], firsts[rows] = block
    scored = firsts > 0
    if not scored.any():
        raise InputError(matching.nothing_to_find())
    return RankingResult(
        mAP=float(precisions[scored].mean()),
        cmc=np.bincount(firsts[scored] - 1, minlength=G).cumsum() / scored.sum(),
        mINP=float(penalties[scored].mean()),
        skipped=int(Q - scored.sum()),
        average_precisions=precisions,
        inverse_penalties=penalties,
        first_ranks=firsts,
    )


def _nearest(closeness: Closeness, matching: Matching, chosen: Int64[np.ndarray, "S"], count: int) -> Nearest:
    S, (_, G) = len(chosen), closeness.shape
    items, distances = np.full((S, count), -1), np.full((S, count), np.nan)
    hits = np.zeros((S, count), bool)
    for places in in_blocks(S, matching.bytes_a_query, closeness.block_bytes):
        block, same = closeness.of(chosen[places]), matching.of(chosen[places])
        for b, s in enumerate(range(S)[places]):
            own, good = (values[same.starts[b] : same.starts[b + 1]] for values in (same.items, same.good))
            junk = np.zeros(G, bool)
            junk[own[~good]] = True
            order = np.argsort(-block[b], kind="stable")
            first = order[~junk[order]][:count]
            items[s, : len(first)] = first
            distances[s, : len(first)] = closeness.distances(chosen[s : s + 1], block[b : b + 1, first])[0]
            hits[s, : len(first)] = np.isin(first, own)
    return Nearest(items, distances, hits)
