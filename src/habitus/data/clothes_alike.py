"""Who is dressed alike, by the colours of their clothes: for negatives in similar clothes where no label tells.

3DSL mines negatives among people in similar clothes and does not say how these are found; this is our measure. A photo
is described by two histograms of colours (CIELAB, softly binned), over a box where the upper body's clothes are and one
where the lower body's are; of roots of shares, so that distances are Hellinger's. Those of an outfit's photos are
averaged. Groups are then made of near outfits, the tightest first.

On a made world of uniforms (8 people to a design) 89 % of the outfits have one of their own design for the nearest; of
two people in a group 77 % wear one design, where chance has 4 %: `benchmarks/alike_in_uniforms.py`.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from habitus.data.decoding import decode
from habitus.data.records import Records
from habitus.data.transforms import resized
from habitus.errors import InputError

_SIZE = (64, 32)
"""(H, W) at which colours are counted, pixels."""
_BOXES = ((slice(12, 31), slice(9, 23)), (slice(34, 55), slice(10, 22)))
"""(rows, columns) of the upper and the lower body's clothes: within the person in most boxes of detectors."""
_LIGHTNESS = np.linspace(0, 100, 5)
_TINT = np.linspace(-60, 60, 9)
"""Centres of the bins: lightness is binned coarsely, since cameras expose differently."""
_WHOLE = 2048
"""Outfits among which all are compared with all; more are first cut in two, and again."""
_THREADS = 4


def alike_groups(records: Records, *, people: int = 8, photos: int = 8) -> Int64[np.ndarray, "M"]:
    """Each photo's group of outfits in alike colours, for `PKBatches(negatives="similar-clothes", alike=...)`.

    Outfits are the clothes ids; where clothes are not labelled, everybody is taken to wear one outfit.

    Args:
        records: the photos.
        people: least number in a group, as many as a batch holds; most groups have just so many.
        photos: of each outfit that are looked at, spread evenly over them. Broken ones are passed over.

    Returns:
        Groups counted from 0, the same for all photos of an outfit.

    Raises:
        InputError: there are no photos, or none can be read.
    """
    if not len(records):
        raise InputError("data: holds no photos; choose another folder or split")
    outfits = records.labels() if records.clothes_ids is None else records.clothes_labels()
    first = np.unique(outfits, return_index=True)[1]
    chosen = [_spread(np.flatnonzero(outfits == outfit), photos) for outfit in range(len(first))]
    with ThreadPoolExecutor(_THREADS) as pool:
        read = list(pool.map(_colours_of_file, [records.paths[row] for rows in chosen for row in rows]))
    owners = np.repeat(np.arange(len(first)), [len(rows) for rows in chosen])
    colours = _means(read, owners, len(first))
    if colours is None:
        raise InputError(f"{records.paths[0]}: cannot be read, nor the other photos; check the data set")
    return group_alike(colours, records.labels()[first], people)[outfits]


def clothes_colours(picture: UInt8[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "C"]:
    """What a person wears, by colour: roots of the shares of colours in the upper and the lower body's box.

    Args:
        picture: RGB, one person filling it.
    """
    lab = cv2.cvtColor(resized(picture, _SIZE).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.concatenate([np.sqrt(_shares(lab[box].reshape(-1, 3)) / 2) for box in _BOXES]).astype(np.float32)


def group_alike(
    colours: Float32[np.ndarray, "O C"], persons: Int64[np.ndarray, "O"], people: int
) -> Int64[np.ndarray, "O"]:
    """Groups of outfits that are near each other, each with so many different people at least (if there are).

    An outfit and the nearest ones of as many others make a group; of all such, the one whose outfits are nearest is
    taken first, then the same goes on among those left. The last few join the group of the outfit nearest to them.

    Args:
        colours: of each outfit.
        persons: who wears it.
        people: least number of different people in a group.

    Returns:
        Groups counted from 0.
    """
    groups = np.zeros(len(colours), np.int64)
    waiting, count = [np.arange(len(colours))], 0
    while waiting:
        outfits = waiting.pop()
        cut = _cut(colours[outfits], persons[outfits], people) if len(outfits) > _WHOLE else None
        if cut is not None:
            waiting += [outfits[cut], outfits[~cut]]
            continue
        groups[outfits] = count + _tightest_first(colours[outfits], persons[outfits], people)
        count = int(groups[outfits].max()) + 1
    return groups


def _tightest_first(colours: np.ndarray, persons: np.ndarray, people: int) -> np.ndarray:
    squares = (colours**2).sum(1)
    gaps = squares[:, None] + squares - 2 * colours @ colours.T
    np.fill_diagonal(gaps, -1)  # so that each comes first in its own neighbourhood
    groups = np.full(len(colours), -1)
    near: dict[int, np.ndarray] = {}
    stale, count = list(range(len(colours))), 0
    left = np.arange(len(colours))
    while len(np.unique(persons[left])) >= people:
        for outfit in stale:
            near[outfit] = _nearest_people(gaps[outfit], left, persons, people)
        chosen = min(near.values(), key=lambda outfits: gaps[outfits[0], outfits[1:]].sum())
        groups[chosen], count = count, count + 1
        left = np.setdiff1d(left, chosen)
        near = {outfit: outfits for outfit, outfits in near.items() if groups[outfit] < 0}
        stale = [outfit for outfit, outfits in near.items() if (groups[outfits] >= 0).any()]
    grouped = np.flatnonzero(groups >= 0)
    if not len(grouped):
        return np.zeros(len(colours), np.int64)
    groups[left] = groups[grouped[np.argmin(gaps[np.ix_(left, grouped)], axis=1)]]
    return groups


def _nearest_people(gaps: np.ndarray, left: np.ndarray, persons: np.ndarray, people: int) -> np.ndarray:
    """The nearest outfits of different people, nearest first."""
    order = left[np.argsort(gaps[left], kind="stable")]
    return order[np.sort(np.unique(persons[order], return_index=True)[1])[:people]]


def _cut(colours: np.ndarray, persons: np.ndarray, people: int) -> np.ndarray | None:
    """Which outfits go to one of two sides, cut across the main axis where that leaves the least variance in them."""
    along = _along_main_axis(colours - colours.mean(0))
    order = np.argsort(along, kind="stable")
    before = np.arange(1, len(order))  # outfits on the near side, for each place of the cut
    enough = (_distinct(persons[order])[:-1] >= people) & (_distinct(persons[order[::-1]])[::-1][1:] >= people)
    if not enough.any():
        return None
    sums = np.cumsum(along[order])[:-1]
    between = sums**2 / before + sums**2 / before[::-1]  # of groups of a centred whole
    side = np.zeros(len(order), bool)
    side[order[: before[np.argmax(np.where(enough, between, -1))]]] = True
    return side


def _along_main_axis(centred: np.ndarray) -> np.ndarray:
    """Places along the direction of most variance, by the smaller of the two Gram matrices."""
    if len(centred) > centred.shape[1]:
        return centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    return np.linalg.eigh(centred @ centred.T)[1][:, -1]  # but for their scale


def _distinct(persons: np.ndarray) -> np.ndarray:
    """How many different people there are up to each place."""
    first = np.zeros(len(persons), np.int64)
    first[np.unique(persons, return_index=True)[1]] = 1
    return np.cumsum(first)


def _shares(colours: Float32[np.ndarray, "n 3"]) -> np.ndarray:
    """Shares of colours, each counted for the eight bins around it by its nearness."""
    shape = (len(_LIGHTNESS), len(_TINT), len(_TINT))
    places, parts = [], []
    for channel, centres in enumerate((_LIGHTNESS, _TINT, _TINT)):
        place = np.interp(colours[:, channel], centres, np.arange(len(centres)))
        lower = np.minimum(place.astype(np.int64), len(centres) - 2)
        places.append((lower, lower + 1))
        parts.append((lower + 1 - place, place - lower))
    counts = np.zeros(np.prod(shape))
    for corner in product((0, 1), repeat=3):
        bins = np.ravel_multi_index([places[channel][c] for channel, c in enumerate(corner)], shape)
        weights = np.prod([parts[channel][c] for channel, c in enumerate(corner)], axis=0)
        counts += np.bincount(bins, weights, minlength=len(counts))
    return counts / len(colours)


def _colours_of_file(path: Path) -> np.ndarray | None:
    try:
        return clothes_colours(decode(path))
    except InputError:
        return None


def _means(described: list[np.ndarray | None], owners: np.ndarray, outfits: int) -> np.ndarray | None:
    """(O, C) means of each outfit's photos, of all photos where none of its own could be read; None: of no outfit."""
    rows = [row for row, d in enumerate(described) if d is not None]
    if not rows:
        return None
    known, owned = np.array([described[row] for row in rows]), owners[rows]
    means = np.tile(known.mean(0), (outfits, 1))
    for outfit in np.unique(owned):
        means[outfit] = known[owned == outfit].mean(0)
    return means


def _spread(rows: np.ndarray, count: int) -> np.ndarray:
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))]
