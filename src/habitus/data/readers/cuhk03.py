"""CUHK03 in its new protocol: folders like Market-1501's, or the published cuhk-03.mat and a list of who is where.

Pictures come in two kinds: boxes by a detector, and boxes drawn by hand ("labeled").
"""

import re
from pathlib import Path
from typing import Literal

import numpy as np

from habitus.data.readers.cuhk03_mat import extract
from habitus.data.readers.market import FOLDERS
from habitus.data.readers.market import NAME as MARKET_NAME
from habitus.data.readers.reading import Count, Photo, Reader, first_picture, general_trial, named, present, tables
from habitus.data.records import ReidData
from habitus.errors import InputError

Kind = Literal["detected", "labeled"]

MAT_PLACES = ("cuhk03_release/cuhk-03.mat", "cuhk-03.mat")
_PAIR_NAME = re.compile(r"(?P<pid>\d_\d{3})_(?P<camera>\d)_\d{2}")
"""Pair of cameras and person in it (which Python reads as one number), view, picture: 1_001_2_06.png."""
_LIKE = "1_001_2_06.png"
_LISTED_NAME = re.compile(r"\d_\d{3}_\d_\d{2}\.png")
_SOURCE = "get it from github.com/zhunzhong07/person-re-ranking (evaluation/data/CUHK03)"
_MAX_CONFIG = 2_000_000
"""Bytes of a list of who is where; the published ones have 76,000."""


def read_cuhk03(root: Path) -> ReidData:
    """CUHK03-NP, detected boxes (Li et al., CVPR 2014; protocol Zhong et al., CVPR 2017): 1,467 people.

    The camera is the view, of which every person has two. Of cuhk-03.mat the pictures are written to
    `images_detected/` beside it, once.

    | part | photos | people |
    |---|---|---|
    | train | 7,365 | 767 |
    | query | 1,400 | 700 |
    | gallery | 5,332 | 700 |

    Raises:
        InputError: pictures or the list of the protocol are missing or cannot be read.
    """
    return _read(root, "detected", CUHK03.title)


def read_cuhk03_labeled(root: Path) -> ReidData:
    """CUHK03-NP, boxes drawn by hand; all else as `read_cuhk03`.

    | part | photos | people |
    |---|---|---|
    | train | 7,368 | 767 |
    | query | 1,400 | 700 |
    | gallery | 5,328 | 700 |

    Raises:
        InputError: as `read_cuhk03`.
    """
    return _read(root, "labeled", CUHK03_LABELED.title)


def _read(root: Path, kind: Kind, title: str) -> ReidData:
    notes: list[str] = []
    if all((root / folder).is_dir() for folder in FOLDERS):
        pairs = _PAIR_NAME.match(first_picture(root / FOLDERS[0]))
        pattern = _PAIR_NAME if pairs else MARKET_NAME
        parts = [named(root / folder, pattern, like=_LIKE, notes=notes) for folder in FOLDERS]
    else:
        parts = _by_config(root, kind, notes)
    train, query, gallery = tables(*parts)
    return ReidData(title, root, train, general_trial(query, gallery), warnings=tuple(notes))


def _by_config(root: Path, kind: Kind, notes: list[str]) -> list[list[Photo]]:
    """The parts as the protocol's file lists them."""
    file = _config_file(root, kind)
    names, pids, rows = _read_config(file)
    images = root / f"images_{kind}"
    if not images.is_dir():
        mat = next((root / place for place in MAT_PLACES if (root / place).exists()), None)
        if mat is None:
            raise InputError(f"{images}: is not there, nor cuhk-03.mat to make it from; get the set's archive")
        extract(mat, kind, names, images)
    parts = []
    for part in rows:
        photos = [Photo(images / names[row], pids[row], int(names[row].split("_")[2])) for row in part]
        parts.append(present(photos, where=file, notes=notes))
    return parts


def _config_file(root: Path, kind: Kind) -> Path:
    name = f"cuhk03_new_protocol_config_{kind}.mat"
    for folder in (root, root / "cuhk03_release", root.parent):
        if (folder / name).exists():
            return folder / name
    raise InputError(f"{root / name}: is not there, and without it nobody knows train from test; {_SOURCE}")


def _read_config(file: Path) -> tuple[list[str], list[int], list[list[int]]]:
    """Names and people of all pictures, and the rows of train, query and gallery.

    Raises:
        InputError: the file is not the protocol's.
    """
    from scipy.io import loadmat  # noqa: PLC0415  (slow to import)

    indices = ("train_idx", "query_idx", "gallery_idx")
    try:
        if file.stat().st_size > _MAX_CONFIG:
            raise InputError(f"{file}: is too large to be the protocol's list; {_SOURCE}")
        content = loadmat(file, variable_names=("filelist", "labels", *indices))
        names = [str(np.asarray(cell).item()) for cell in content["filelist"].reshape(-1)]
        pids = [int(label) for label in content["labels"].reshape(-1)]
        rows = [(content[index].reshape(-1).astype(np.int64) - 1).tolist() for index in indices]
    except InputError:
        raise
    except Exception as error:  # scipy raises anything on broken bytes
        raise InputError(f"{file}: is not the protocol's list ({error}); {_SOURCE}") from error
    whole = len(names) == len(pids) and all(rows) and all(_LISTED_NAME.fullmatch(name) for name in names)
    if not whole or any(not 0 <= row < len(names) for part in rows for row in part):
        raise InputError(f"{file}: is not the protocol's list; {_SOURCE}")
    return names, pids, rows


def _fits_detected(root: Path) -> bool:
    """Whether three folders like Market-1501's are CUHK03's; the other forms are nobody else's."""
    if not (root / FOLDERS[0]).is_dir():
        return True
    return root.resolve().name == "detected" or _PAIR_NAME.match(first_picture(root / FOLDERS[0])) is not None


def _forms(kind: Kind) -> tuple[tuple[str, ...], ...]:
    config = f"cuhk03_new_protocol_config_{kind}.mat"
    return (FOLDERS, *((place,) for place in MAT_PLACES), (f"images_{kind}", config))


CUHK03 = Reader(
    "CUHK03-NP (detected)",
    _forms("detected"),
    read_cuhk03,
    inside=("", "detected"),
    fits=_fits_detected,
    official={"train": Count(7_365, 767), "query": Count(1_400, 700), "gallery": Count(5_332, 700)},
)
CUHK03_LABELED = Reader(
    "CUHK03-NP (labeled)",
    _forms("labeled"),
    read_cuhk03_labeled,
    inside=("", "labeled"),
    fits=lambda root: root.resolve().name == "labeled",
    official={"train": Count(7_368, 767), "query": Count(1_400, 700), "gallery": Count(5_328, 700)},
)
