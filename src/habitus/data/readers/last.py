"""LaST: people in films, over years and countries, from no known cameras."""

import re
from pathlib import Path

from habitus.data.readers.reading import NO_CAMERAS, Count, Reader, general_trial, named, named_in_folders, tables
from habitus.data.records import ReidData

_TRAIN_NAME = re.compile(r"(?P<pid>\d{1,9})_(?:.*_)?(?P<outfit>[^_.]+)\.")
_TEST_NAME = re.compile(r"(?P<pid>\d{1,9})_")
_LIKE = "000001_00000_0001_1.jpg"


def read_last(root: Path) -> ReidData:
    """LaST (Shu et al., arXiv:2105.15076, 2021): 10,862 people, more than 228,000 photos.

    The first field of a name is the person, the last the outfit, which is labelled for training alone: only the
    general mode can be scored. Every photo counts as a camera of its own. The validation set (56 people) is not read.

    | part | photos | people |
    |---|---|---|
    | train | 71,248 | 5,000 |
    | query | 10,176 | 5,805 |
    | gallery | 125,353 | 5,806 |

    Raises:
        InputError: a folder holds no such pictures.
    """
    notes: list[str] = []
    train, query, gallery = tables(
        named_in_folders(root / "train", _TRAIN_NAME, like=_LIKE, notes=notes),
        named(root / "test" / "query", _TEST_NAME, like=_LIKE, notes=notes),
        named_in_folders(root / "test" / "gallery", _TEST_NAME, like=_LIKE, notes=notes),
    )
    trials = general_trial(query, gallery, junk=NO_CAMERAS)
    return ReidData(LAST.title, root, train, trials, warnings=tuple(notes))


LAST = Reader(
    "LaST",
    (("train", "test/query", "test/gallery"),),
    read_last,
    official={"train": Count(71_248, 5_000), "query": Count(10_176, 5_805), "gallery": Count(125_353, 5_806)},
)
