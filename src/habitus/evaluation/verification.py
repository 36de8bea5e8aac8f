"""The same person or not: ROC and TPR@FPR over all pairs of a query and a photo that the rule does not call junk.

A pair is accepted when its distance is at most a threshold. The share of right pairs that are accepted changes at their
distances only, so it is enough to count how many wrong pairs lie between those: exact, and of all pairs only the right
ones, which are few, are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Int64

from habitus.compiled import kernel, over_batch
from habitus.data.records import Mode
from habitus.errors import InputError
from habitus.evaluation.closeness import Closeness, DistanceCloseness, FeatureCloseness, Metric, in_blocks
from habitus.evaluation.rules import Ids, Matching, SamePerson, matching_of

_CELLS_EACH = 4
_MOST_CELLS = 2**20


@dataclass(frozen=True, eq=False)
class VerificationResult:
    """The ROC, given at each different distance of a right pair, ascending."""

    thresholds: Float64[np.ndarray, "T"]
    """Pairs at this distance or less are accepted."""
    tpr: Float64[np.ndarray, "T"]
    """True positive rate: the share of right pairs that are accepted."""
    fpr: Float64[np.ndarray, "T"]
    """False positive rate: the share of wrong pairs that are accepted."""
    right: int
    """Pairs of one person, good by the rule."""
    wrong: int
    """Pairs of two people."""

    def tpr_at(self, fpr: float) -> float:
        """The highest true positive rate whose false positive rate is no higher than `fpr`."""
        within = int(np.searchsorted(self.fpr, fpr, side="right"))
        return float(self.tpr[within - 1]) if within else 0.0


def verify(
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
) -> VerificationResult:
    """How well one threshold on the distance tells people apart, over all pairs.

    Args:
        query_features: and the others, as for `ranking.rank`.

    Raises:
        InputError: as `ranking.rank`, or there are no right or no wrong pairs.
    """
    closeness = FeatureCloseness(query_features, gallery_features, metric)
    query, gallery = (query_pids, query_camids, query_clothes), (gallery_pids, gallery_camids, gallery_clothes)
    return _verified(closeness, matching_of(closeness.shape, query, gallery, mode))


def verify_distances(
    distances: Any,
    *,
    query_pids: Ids,
    gallery_pids: Ids,
    query_camids: Ids,
    gallery_camids: Ids,
    query_clothes: Ids | None = None,
    gallery_clothes: Ids | None = None,
    mode: Mode = "general",
) -> VerificationResult:
    """As `verify`, by distances from elsewhere.

    Args:
        distances: and the others, as for `ranking.rank_distances`.

    Raises:
        InputError: as `verify`.
    """
    closeness = DistanceCloseness(distances)
    query, gallery = (query_pids, query_camids, query_clothes), (gallery_pids, gallery_camids, gallery_clothes)
    return _verified(closeness, matching_of(closeness.shape, query, gallery, mode))


def _verified(closeness: Closeness, matching: Matching) -> VerificationResult:
    right, others = [], 0
    for distances, same in _blocks(closeness, matching):
        queries = np.repeat(np.arange(len(distances)), np.diff(same.starts))
        right.append(distances[queries[same.good], same.items[same.good]])
        others += distances.size - len(same.items)
    sorted_right = np.sort(np.concatenate(right))
    if len(sorted_right) == 0:
        raise InputError(matching.nothing_to_find())
    if others == 0:
        raise InputError(
            "gallery_pids: no query has a photo of another person in the gallery; give one of several people"
        )
    thresholds, counts = np.unique(sorted_right, return_counts=True)
    accepted = _wrong_between(thresholds, closeness, matching)
    return VerificationResult(
        thresholds=thresholds.astype(np.float64),
        tpr=np.cumsum(counts) / len(sorted_right),
        fpr=np.cumsum(accepted) / others,
        right=len(sorted_right),
        wrong=others,
    )


def _blocks(closeness: Closeness, matching: Matching) -> Iterator[tuple[Float[np.ndarray, "B G"], SamePerson]]:
    for rows in in_blocks(closeness.shape[0], 2 * matching.bytes_a_query, closeness.block_bytes):
        yield closeness.distances(rows, closeness.of(rows)), matching.of(rows)


def _wrong_between(
    thresholds: Float[np.ndarray, "T"], closeness: Closeness, matching: Matching
) -> Int64[np.ndarray, "T"]:
    """How many wrong pairs each threshold accepts that the one before does not."""
    finite = int(np.isfinite(thresholds).sum())  # distances from elsewhere may be infinite: the last threshold's
    table = np.zeros(min(_CELLS_EACH * finite, _MOST_CELLS) + 1, np.int64)
    span = float(thresholds[finite - 1]) - float(thresholds[0]) if finite else 0.0
    scale = thresholds.dtype.type((len(table) - 2) / span if span > np.finfo(np.float32).tiny * _MOST_CELLS else 0)
    _fill(thresholds[:finite], scale, table)
    accepted = np.zeros(len(thresholds) + 1, np.int64)
    for distances, same in _blocks(closeness, matching):
        wanted = (distances, same.starts, same.items, thresholds[:finite], scale, table, len(accepted))
        accepted += np.sum(over_batch(_count, len(distances), *wanted), axis=0)
    return accepted[:-1]


@kernel
def _fill(thresholds: Any, scale: Any, table: Any) -> None:
    """table[c]: how many thresholds lie in the even cells before cell c."""
    for threshold in thresholds:
        table[int((threshold - thresholds[0]) * scale) + 1] += 1
    for c in range(1, table.size):
        table[c] += table[c - 1]


@kernel
def _count(
    begin: int, end: int, distances: Any, starts: Any, items: Any, thresholds: Any, scale: Any, table: Any, size: int
) -> Any:
    counts = np.zeros(size, np.int64)
    for b in range(begin, end):
        for distance in distances[b]:
            counts[_first_that_accepts(distance, thresholds, scale, table)] += 1
        for item in items[starts[b] : starts[b + 1]]:  # pairs of one person are no wrong ones
            counts[_first_that_accepts(distances[b, item], thresholds, scale, table)] -= 1
    return counts


@kernel
def _first_that_accepts(distance: Any, thresholds: Any, scale: Any, table: Any) -> int:
    if thresholds.size == 0 or distance > thresholds[-1]:
        return thresholds.size
    if distance <= thresholds[0]:
        return 0
    cell = int((distance - thresholds[0]) * scale)
    low, high = table[cell], table[cell + 1]
    while low < high:
        middle = (low + high) // 2
        if thresholds[middle] < distance:
            low = middle + 1
        else:
            high = middle
    return low
