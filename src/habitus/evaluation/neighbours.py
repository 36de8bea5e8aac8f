"""The few closest photos of each, found block by block without sorting."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int32

from habitus.compiled import kernel, over_batch
from habitus.evaluation.closeness import Closeness, in_blocks


def neighbours(
    closeness: Closeness, count: int
) -> tuple[Int32[np.ndarray, "Q n"], Float[np.ndarray, "Q n"], Float[np.ndarray, "Q"]]:
    """The closest photos of the gallery to each query.

    Args:
        closeness: of Q queries to G photos.
        count: how many are wanted; n is less when the gallery is smaller.

    Returns:
        (Q, n) rows of the gallery, the closest first and equally close ones in the gallery's order; (Q, n) how close
        they are; (Q,) how close the farthest photo is.
    """
    Q, G = closeness.shape
    n = min(count, G)
    items, values, farthest = np.empty((Q, n), np.int32), np.empty((Q, n), np.float32), np.empty(Q, np.float32)
    for rows in in_blocks(Q, 4 * G, closeness.block_bytes):
        block = closeness.of(rows)
        over_batch(_closest, len(block), block, items[rows], values[rows], farthest[rows])
    return items, values, farthest


@kernel
def _closest(begin: int, end: int, closeness: Any, items: Any, values: Any, farthest: Any) -> None:
    """An ordered list of the closest so far; hardly any photo enters it."""
    n = items.shape[1]
    for b in range(begin, end):
        row, item, value = closeness[b], items[b], values[b]
        value[:] = -np.inf
        item[:] = -1
        least = row[0]
        for g in range(row.size):
            close = row[g]
            least = min(least, close)
            if close > value[n - 1] or item[n - 1] < 0:
                place = n - 1
                while place > 0 and (item[place - 1] < 0 or value[place - 1] < close):
                    value[place], item[place] = value[place - 1], item[place - 1]
                    place -= 1
                value[place], item[place] = close, g
        farthest[b] = least
