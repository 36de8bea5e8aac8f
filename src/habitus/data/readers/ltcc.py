"""LTCC: person, outfit and camera in the names."""

import re
from pathlib import Path

from habitus.data.readers.reading import Count, Reader, clothes_trials, first_picture, named, tables
from habitus.data.records import ReidData

FOLDERS = ("train", "query", "test")
_NAME = re.compile(r"(?P<pid>\d{1,9})_(?P<outfit>\d{1,9})_c(?P<camera>\d{1,4})")
"""Some files end in .png.png."""
_LIKE = "094_1_c9_004554.png"


def read_ltcc(root: Path) -> ReidData:
    """LTCC (Qian et al., ACCV 2020): 152 people, 12 cameras, 478 outfits, which are counted for each person anew.

    All three modes ask for all of the query in all of the gallery, each by its own rule.

    | part | photos | people |
    |---|---|---|
    | train | 9,576 | 77 |
    | query | 493 | 75 |
    | gallery | 7,050 | 75 |

    Raises:
        InputError: a folder holds no such pictures.
    """
    notes: list[str] = []
    parts = (named(root / folder, _NAME, like=_LIKE, notes=notes) for folder in FOLDERS)
    train, query, gallery = tables(*parts)
    return ReidData(LTCC.title, root, train, clothes_trials(query, gallery), warnings=tuple(notes))


def _fits(root: Path) -> bool:
    return _NAME.match(first_picture(root / FOLDERS[1])) is not None


LTCC = Reader(
    "LTCC",
    (FOLDERS,),
    read_ltcc,
    fits=_fits,
    official={"train": Count(9_576, 77), "query": Count(493, 75), "gallery": Count(7_050, 75)},
)
