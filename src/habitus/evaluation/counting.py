"""At which rank each match is found, without sorting the gallery.

A match's rank is one more than the number of photos before it, so its person's photos (a few) are sorted, and every
photo of the gallery is asked once which of the matches it comes before: a binary search among the matches. Photos that
are equally close come in the gallery's order, as a stable sort would have them.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Int64

from habitus.compiled import kernel, over_batch
from habitus.evaluation.rules import SamePerson

_PART = 2048
"""Photos searched for at once: what belongs to them stays in the first cache."""


def score_block(
    closeness: Float[np.ndarray, "B G"], same: SamePerson
) -> tuple[Float64[np.ndarray, "B"], Float64[np.ndarray, "B"], Int64[np.ndarray, "B"]]:
    """Average precision, inverse negative penalty and the first match's rank of each query.

    Args:
        closeness: larger is closer; no NaN.
        same: what of the gallery is good and what is junk.

    Returns:
        (AP, INP, first rank counted from 1); NaN, NaN and -1 where there is no match to find.
    """
    B = len(closeness)
    precision, penalty, first = np.full(B, np.nan), np.full(B, np.nan), np.full(B, -1, np.int64)
    over_batch(_score, B, closeness, same.starts, same.items, same.good, precision, penalty, first)
    return precision, penalty, first


@kernel
def _score(
    begin: int, end: int, closeness: Any, starts: Any, items: Any, good: Any, precision: Any, penalty: Any, first: Any
) -> None:
    for b in range(begin, end):
        row = closeness[b]
        own, wanted = items[starts[b] : starts[b + 1]], good[starts[b] : starts[b + 1]]
        n = wanted.sum()
        if n == 0:
            continue
        closest = np.argsort(-row[own], kind="mergesort")
        # The matches from the last in the ranking to the first, and how many photos of the person precede each.
        least, where, before = np.empty(n, row.dtype), np.empty(n, np.int64), np.empty(n, np.int64)
        i = n
        for place in range(len(own)):
            if wanted[closest[place]]:
                i -= 1
                where[i] = own[closest[place]]
                least[i] = row[where[i]]
                before[i] = place
        passed = _passed(row, least, where)
        total, sum_precision = 0, 0.0
        for found in range(1, n + 1):
            total += passed[n - found + 1]  # photos of the whole gallery before this match, junk and all
            rank = total - before[n - found] + found
            sum_precision += found / rank
            if found == 1:
                first[b] = rank
            if found == n:
                penalty[b] = n / rank
        precision[b] = sum_precision / n


@kernel
def _passed(row: Any, least: Any, where: Any) -> Any:
    """How many photos come before just the last 0, 1, ... n of the matches, given from the last to the first.

    A binary search for all photos of a part of the row at once: each step is a loop without branches.
    """
    n = least.size
    size = 1
    while size <= n:
        size *= 2
    match = np.full(size, np.inf, row.dtype)  # padded, so that every search takes the same steps
    match[:n] = least
    passed = np.zeros(n + 1, np.int64)
    values, places, behind = np.empty(_PART, row.dtype), np.empty(_PART, np.int32), np.empty(_PART, np.int32)
    for start in range(0, row.size, _PART):
        kept = 0
        for g in range(start, min(start + _PART, row.size)):
            values[kept], places[kept] = row[g], g
            kept += int(row[g] >= least[0])  # most photos come after the last match
        behind[:kept] = 0
        half = size // 2
        while half > 0:
            for k in range(kept):
                behind[k] += np.int32(half) * np.int32(match[behind[k] + np.int32(half - 1)] < values[k])
            half //= 2
        for k in range(kept):
            i = behind[k]
            if match[i] == values[k]:
                i = _behind_equals(least, where, i, values[k], places[k])
            passed[i] += 1
    return passed


@kernel
def _behind_equals(least: Any, where: Any, low: int, value: Any, place: int) -> int:
    """The first match from `low` on that a photo does not come before, though some are as close: by their places."""
    high = least.size
    while low < high:
        middle = (low + high) // 2
        if least[middle] == value and where[middle] > place:
            low = middle + 1
        else:
            high = middle
    return low
