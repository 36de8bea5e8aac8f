"""CCVID: video of people who change clothes; lists of tracklets, each a folder of frames."""

import re
from pathlib import Path

import numpy as np

from habitus.data.readers.reading import Count, Photo, Reader, clothes_trials, column, lines_of, pictures, tables
from habitus.data.records import Records, ReidData
from habitus.errors import InputError

LISTS = ("train.txt", "query.txt", "gallery.txt")
_LINE = re.compile(
    r"(?P<path>session(?P<session>\d)/[^/\s]*_(?P<walk>\d{1,4}))\s+(?P<pid>\d{1,9})\s+(?P<outfit>\S+)\s*$"
)
_LIKE = "session1/001_01 001 u0_l1_s2_c0_a0"
_LATER_SESSION, _WALKS = "3", 12
"""The walks of the third session are other cameras than those of the first two."""


def read_ccvid(root: Path) -> ReidData:
    """CCVID (Gu et al., CVPR 2022): 226 people, 2,856 tracklets, 347,833 frames.

    A tracklet's features are averaged and it is scored as one. The walk is its camera. All three modes are scored by
    their own rules.

    | part | tracklets | people |
    |---|---|---|
    | train | 948 | 75 |
    | query | 834 | 151 |
    | gallery | 1,074 | 151 |

    Raises:
        InputError: a list cannot be read, or none of its folders is there.
    """
    notes: list[str] = []
    tracklets = [_tracklets(root, root / name, notes) for name in LISTS]
    frames = tables(*([frame for tracklet in part for frame in tracklet] for part in tracklets))
    train, query, gallery = (_numbered(table, part) for table, part in zip(frames, tracklets, strict=True))
    return ReidData(CCVID.title, root, train, clothes_trials(query, gallery), warnings=tuple(notes))


def _tracklets(root: Path, file: Path, notes: list[str]) -> list[list[Photo]]:
    """The frames of each tracklet of a list."""
    tracklets, missing = [], []
    for number, line in enumerate(lines_of(file), 1):
        match = _LINE.match(line)
        if match is None:
            raise InputError(f"{file}: line {number} is not like '{_LIKE}'; unpack the set again")
        folder = root / match["path"]
        camera = int(match["walk"]) + (_WALKS if match["session"] == _LATER_SESSION else 0)
        frames = pictures(folder) if folder.is_dir() else []
        if frames:
            tracklets.append([Photo(folder / name, int(match["pid"]), camera, match["outfit"]) for name in frames])
        else:
            missing.append(folder)
    if not tracklets:
        raise InputError(
            f"{file}: names no folder of frames that is there, as {root / 'session1'}; unpack the set again"
        )
    if missing:
        notes.append(
            f"{file}: {len(missing)} of its folders of frames are missing or empty, the first {missing[0]}; left out"
        )
    return tracklets


def _numbered(frames: Records, tracklets: list[list[Photo]]) -> Records:
    lengths = column([len(tracklet) for tracklet in tracklets])
    numbers = np.repeat(np.arange(len(tracklets), dtype=np.int64), lengths)
    return Records(frames.paths, frames.pids, frames.camids, frames.clothes_ids, numbers)


CCVID = Reader(
    "CCVID",
    (LISTS,),
    read_ccvid,
    official={
        "train": Count(people=75, tracklets=948),
        "query": Count(people=151, tracklets=834),
        "gallery": Count(people=151, tracklets=1_074),
    },
)
