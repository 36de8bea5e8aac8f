"""Market-1501 and DukeMTMC-reID: three folders of pictures, person and camera in the names."""

import re
from pathlib import Path

from habitus.data.readers.reading import Count, Reader, first_picture, general_trial, named, tables
from habitus.data.records import ReidData

FOLDERS = ("bounding_box_train", "query", "bounding_box_test")
NAME = re.compile(r"(?P<pid>-1|\d{1,9})_c(?P<camera>\d{1,4})")
"""0002_c1s1_000451_03.jpg of Market-1501, 0002_c1_f0044158.jpg of DukeMTMC-reID."""
_JUNK = -1
_LIKE = "0002_c1s1_000451_03.jpg"


def read_market_folders(root: Path, name: str) -> ReidData:
    """A set in Market-1501's folders.

    Person -1 marks detections that are neither right nor wrong and is left out; person 0 are wrong detections, which
    stay in the gallery as nobody's photos.

    Raises:
        InputError: a folder holds no picture with such a name.
    """
    notes: list[str] = []
    parts = (named(root / folder, NAME, like=_LIKE, notes=notes) for folder in FOLDERS)
    train, query, gallery = tables(*([photo for photo in part if photo.pid != _JUNK] for part in parts))
    return ReidData(name, root, train, general_trial(query, gallery), warnings=tuple(notes))


def read_market(root: Path) -> ReidData:
    """Market-1501 (Zheng et al., ICCV 2015): 6 cameras, 751 people to train with and 750 to test.

    | part | photos | people |
    |---|---|---|
    | train | 12,936 | 751 |
    | query | 3,368 | 750 |
    | gallery | 15,913 (19,732 with the junk) | 750, and 2,798 distractors as person 0 |
    """
    return read_market_folders(root, MARKET.title)


def read_duke(root: Path) -> ReidData:
    """DukeMTMC-reID (Zheng et al., ICCV 2017; withdrawn by its authors): 8 cameras.

    | part | photos | people |
    |---|---|---|
    | train | 16,522 | 702 |
    | query | 2,228 | 702 |
    | gallery | 17,661 | 702, and 408 who are seen by one camera |
    """
    return read_market_folders(root, DUKE.title)


def _is_duke(root: Path) -> bool:
    return re.match(r"\d+_c\d+_f\d+", first_picture(root / FOLDERS[0])) is not None


MARKET = Reader(
    "Market-1501",
    (FOLDERS,),
    read_market,
    official={"train": Count(12_936, 751), "query": Count(3_368, 750), "gallery": Count(15_913, 751)},
)
DUKE = Reader(
    "DukeMTMC-reID",
    (FOLDERS,),
    read_duke,
    fits=_is_duke,
    official={"train": Count(16_522, 702), "query": Count(2_228, 702), "gallery": Count(17_661, 1_110)},
)
