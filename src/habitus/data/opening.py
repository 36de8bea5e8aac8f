"""Open a data set of people by its folder: which layout it has is seen from what lies in it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from habitus.data.records import Records, ReidData
from habitus.errors import InputError


def open_data(root: str | Path, *, layout: str | None = None) -> ReidData:
    """Read a data set.

    Args:
        root: its folder, the folder in which its archive was unpacked, or a folder of its split; or a table's file.
        layout: one of `LAYOUTS`, when the folder alone does not tell.

    Raises:
        InputError: no data set is there, several are, or one that cannot be used as it is.
    """
    raise InputError(f"{root}: {layout} is no layout that Habitus reads")


def joined(datas: Sequence[ReidData]) -> Records:
    """The training photos of several data sets as one: people, cameras, outfits and tracklets of different sets differ.

    Clothes and tracklets are kept when all sets label them.

    Raises:
        InputError: no data is given.
    """
    if not datas:
        raise InputError("data: none is given; name at least one folder")
    tables = [data.train for data in datas]
    clothes = [table.clothes_ids for table in tables]
    tracklets = [table.tracklets for table in tables]
    return Records(
        tuple(path for table in tables for path in table.paths),
        _apart([table.pids for table in tables]),
        _apart([table.camids for table in tables]),
        None if any(c is None for c in clothes) else _apart([c for c in clothes if c is not None]),
        None if any(t is None for t in tracklets) else _apart([t for t in tracklets if t is not None]),
    )


def _apart(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Columns end to end, each raised above all before it; the first is kept as it is."""
    raised, offset = [], 0
    for column in columns:
        low, high = (int(column.min()), int(column.max())) if len(column) else (0, -1)
        raised.append(column + (offset - low if raised else 0))
        offset = int(raised[-1].max(initial=offset - 1)) + 1
    return np.concatenate(raised).astype(np.int64)
