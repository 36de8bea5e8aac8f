"""DeepChange: a year of 17 street cameras; lists beside the folders tell the tracklet of each photo."""

import re
from pathlib import Path

from habitus.data.readers.reading import Count, Photo, Reader, general_trial, lines_of, present, tables
from habitus.data.records import ReidData
from habitus.errors import InputError

FOLDERS = ("train-set", "test-set-query", "test-set-gallery")
_LINE = re.compile(r"(?P<path>P(?P<pid>\d{1,9})_C\d+_(?P<outfit>[^_,.]+)[^,]*),\s*(?P<tracklet>\d{1,9})\s*(?:,|$)")
_LIKE = "P4_C12_1_000123.jpg,57"


def read_deepchange(root: Path) -> ReidData:
    """DeepChange (Xu & Zhu, ICCV 2023): 1,121 people, 17 cameras, 178,407 photos.

    The paper counts a match by the same camera as right when the tracklet is another, so tracklets stand where
    cameras do. Only the general mode is its protocol. Outfits are known to those who train. The validation set
    (150 people) is not read.

    | part | photos | people |
    |---|---|---|
    | train | 75,083 | 450 |
    | query | 17,527 | 521 |
    | gallery | 62,956 | 521 |

    Raises:
        InputError: a list cannot be read or names nothing that is there.
    """
    notes: list[str] = []
    train, query, gallery = tables(*(_listed(root, folder, notes) for folder in FOLDERS))
    trials = general_trial(query, gallery, junk="same tracklet is junk")
    return ReidData(DEEPCHANGE.title, root, train, trials, warnings=tuple(notes))


def _listed(root: Path, folder: str, notes: list[str]) -> list[Photo]:
    file = root / f"{folder}-bbox.txt"
    photos = []
    for number, line in enumerate(lines_of(file), 1):
        match = _LINE.match(line)
        if match is None:
            raise InputError(f"{file}: line {number} is not like '{_LIKE}'; unpack the set again")
        path = root / folder / match["path"].strip()
        photos.append(Photo(path, int(match["pid"]), int(match["tracklet"]), match["outfit"]))
    return present(photos, where=file, notes=notes)


DEEPCHANGE = Reader(
    "DeepChange",
    ((*FOLDERS, *(f"{folder}-bbox.txt" for folder in FOLDERS)),),
    read_deepchange,
    official={"train": Count(75_083, 450), "query": Count(17_527, 521), "gallery": Count(62_956, 521)},
)
