"""VC-Clothes: rendered people; the cameras tell who has changed."""

import re
from pathlib import Path

import numpy as np

from habitus.data.readers.reading import Count, Reader, first_picture, named, tables, trial
from habitus.data.records import Mode, Records, ReidData, Trial

FOLDERS = ("train", "query", "gallery")
SAME_CLOTHES, CHANGED = (2, 3), (3, 4)
"""Cameras: a person wears the same before 2 and 3, other clothes before 4."""
_NAME = re.compile(r"(?P<pid>\d{1,9})-(?P<camera>\d{1,4})-(?P<outfit>\d{1,9})-")
_LIKE = "0001-01-01-01.jpg"


def read_vc_clothes(root: Path) -> ReidData:
    """VC-Clothes (Wan et al., CVPR Workshops 2020): 512 people, 4 cameras, 19,060 photos.

    Same clothes: cameras 2 and 3; clothes-changing: cameras 3 and 4, of the query and of the gallery; general: all
    cameras. The cameras tell which clothes are worn, so all three are scored by the general rule.

    | part | photos | people |
    |---|---|---|
    | train | 9,449 | 256 |
    | query | 1,020 | 256 |
    | gallery | 8,591 | 256 |

    Raises:
        InputError: a folder holds no such pictures.
    """
    notes: list[str] = []
    parts = (named(root / folder, _NAME, like=_LIKE, notes=notes) for folder in FOLDERS)
    train, query, gallery = tables(*parts)
    same, changed = (
        (_by_cameras(query, cameras), _by_cameras(gallery, cameras)) for cameras in (SAME_CLOTHES, CHANGED)
    )
    trials: dict[Mode, Trial] = {
        "general": trial("general", query, gallery, rule="general", asked="query among gallery by all cameras"),
        "cc": trial("cc", *changed, rule="general", asked="query among gallery by cameras 3 and 4"),
        "sc": trial("sc", *same, rule="general", asked="query among gallery by cameras 2 and 3"),
    }
    return ReidData(VC_CLOTHES.title, root, train, trials, warnings=tuple(notes))


def _by_cameras(records: Records, cameras: tuple[int, int]) -> Records:
    return records.select(np.isin(records.camids, cameras))


def _fits(root: Path) -> bool:
    return _NAME.match(first_picture(root / FOLDERS[1])) is not None


VC_CLOTHES = Reader(
    "VC-Clothes",
    (FOLDERS,),
    read_vc_clothes,
    fits=_fits,
    official={"train": Count(9_449, 256), "query": Count(1_020, 256), "gallery": Count(8_591, 256)},
)
