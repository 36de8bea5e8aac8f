"""A split for photos that come without one."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from habitus.data.readers.reading import NO_CAMERAS, clothes_trials, general_trial
from habitus.data.records import Mode, Records, Trial
from habitus.errors import InputError

SPLIT_NOTE = "has no split: every second person trains, first photos of the others are queries"


def trials_of(query: Records, gallery: Records, *, cameras: bool) -> dict[Mode, Trial]:
    """The modes that the labels allow."""
    if query.clothes_ids is not None and gallery.clothes_ids is not None:
        return clothes_trials(query, gallery)
    return general_trial(query, gallery, junk=None if cameras else NO_CAMERAS)


def split_people(records: Records, *, cameras: bool, where: str) -> tuple[Records, Records, Records]:
    """Train, query and gallery of photos that have no split.

    Every second person, in the order of their numbers, is for training. Of each other person the first photo of every
    outfit by every camera (where those are known) is a query, if more photos like it follow; the rest, and whoever
    has one photo, are the gallery. A person none of whose photos has a companion gives their first photo.

    Args:
        records: all photos.
        cameras: whether `records.camids` are cameras, not numbers of photos.
        where: for messages.

    Raises:
        InputError: there are fewer than two people.
    """
    people = np.unique(records.pids)
    if len(people) < 2:
        raise InputError(f"{where}: shows one person only; re-identification needs photos of at least two")
    tested = np.isin(records.pids, people[1::2])
    query = np.zeros(len(records), dtype=bool)
    for pid in people[1::2]:
        query[_queries(records, np.flatnonzero(records.pids == pid), cameras=cameras)] = True
    return records.select(~tested), records.select(query), records.select(tested & ~query)


def _queries(records: Records, rows: Int64[np.ndarray, "K"], *, cameras: bool) -> Sequence[int]:
    """Rows of one person that are queries."""
    if len(rows) < 2:
        return []
    known = [records.camids[rows]] if cameras else []
    if records.clothes_ids is not None:
        known.append(records.clothes_ids[rows])
    if not known:
        return rows[:1].tolist()
    _, first, sizes = np.unique(np.stack(known, axis=1), axis=0, return_index=True, return_counts=True)
    followed = np.sort(first[sizes > 1])
    return rows[followed].tolist() if len(followed) else rows[:1].tolist()
