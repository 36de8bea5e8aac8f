"""Celeb-reID and Celeb-reID-light: street snapshots of celebrities, from no known cameras."""

import re
from pathlib import Path

from habitus.data.readers.reading import NO_CAMERAS, Count, Reader, first_picture, general_trial, named, tables
from habitus.data.records import ReidData

FOLDERS = ("train", "query", "gallery")
_NAME = re.compile(r"(?P<pid>\d{1,9})_\d+_\d+\.")
_LIKE = "1_1_0.jpg"


def read_celeb_reid(root: Path) -> ReidData:
    """Celeb-reID (Huang et al., TCSVT 2019): 1,052 people; most photos of a person show other clothes.

    Names tell the person; clothes are not labelled, so only the general mode can be scored. Every photo counts as a
    camera of its own.

    | part | photos | people |
    |---|---|---|
    | train | 20,208 | 632 |
    | query | 2,972 | 420 |
    | gallery | 11,006 | 420 |

    Raises:
        InputError: a folder holds no such pictures.
    """
    return _read(root, CELEB_REID.title)


def read_celeb_reid_light(root: Path) -> ReidData:
    """Celeb-reID-light (Huang et al., IJCNN 2019): 590 people, each photo of a person in other clothes.

    | part | photos | people |
    |---|---|---|
    | train | 9,021 | 490 |
    | query | 887 | 100 |
    | gallery | 934 | 100 |

    Raises:
        InputError: a folder holds no such pictures.
    """
    return _read(root, CELEB_REID_LIGHT.title)


def _read(root: Path, title: str) -> ReidData:
    notes: list[str] = []
    parts = (named(root / folder, _NAME, like=_LIKE, notes=notes) for folder in FOLDERS)
    train, query, gallery = tables(*parts)
    return ReidData(title, root, train, general_trial(query, gallery, junk=NO_CAMERAS), warnings=tuple(notes))


def _fits(root: Path) -> bool:
    return _NAME.match(first_picture(root / FOLDERS[1])) is not None


def _fits_light(root: Path) -> bool:
    return "light" in root.resolve().name.lower() and _fits(root)


CELEB_REID = Reader(
    "Celeb-reID",
    (FOLDERS,),
    read_celeb_reid,
    fits=_fits,
    official={"train": Count(20_208, 632), "query": Count(2_972, 420), "gallery": Count(11_006, 420)},
)
CELEB_REID_LIGHT = Reader(
    "Celeb-reID-light",
    (FOLDERS,),
    read_celeb_reid_light,
    fits=_fits_light,
    official={"train": Count(9_021, 490), "query": Count(887, 100), "gallery": Count(934, 100)},
)
