"""MSMT17, first version and second (faces blurred): lists of pictures beside folders of people."""

import re
from pathlib import Path

from habitus.data.readers.reading import Count, Photo, Reader, general_trial, lines_of, present, tables
from habitus.data.records import ReidData
from habitus.errors import InputError

LISTS = ("list_train.txt", "list_query.txt", "list_gallery.txt")
VAL_LIST = "list_val.txt"
TRAIN_PEOPLE = 1_041
"""The lists number people from 0 twice: those of the test are raised by this, to be others than those of training."""
_TRAIN_FOLDERS = ("train", "mask_train_v2")
_TEST_FOLDERS = ("test", "mask_test_v2")
_LINE = re.compile(r"(?P<path>(?:.*/)?[^/_]*_[^/_]*_(?P<camera>\d{1,4})[^/\d][^/]*?)\s+(?P<pid>\d{1,9})\s*$")
_LIKE = "0000/0000_000_01_0303morning_0008_0.jpg 0"


def read_msmt17(root: Path) -> ReidData:
    """MSMT17 (Wei et al., CVPR 2018): 4,101 people, 15 cameras. The camera is the third field of a name.

    Training takes the lists of training and of validation together, as the set's statistics count them.

    | part | photos | people |
    |---|---|---|
    | train | 32,621 (2,373 of them listed for validation) | 1,041 |
    | query | 11,659 | 3,060 |
    | gallery | 82,161 | 3,060 |

    Raises:
        InputError: the folder of a list is missing, or the list cannot be read or names nothing that is there.
    """
    notes: list[str] = []
    train_folder, test_folder = _one_of(root, _TRAIN_FOLDERS), _one_of(root, _TEST_FOLDERS)
    train = _listed(root / LISTS[0], train_folder, 0, notes)
    if (root / VAL_LIST).exists():
        train += _listed(root / VAL_LIST, train_folder, 0, notes)
    query, gallery = (_listed(root / name, test_folder, TRAIN_PEOPLE, notes) for name in LISTS[1:])
    learned, asked, searched = tables(train, query, gallery)
    return ReidData(MSMT17.title, root, learned, general_trial(asked, searched), warnings=tuple(notes))


def _one_of(root: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise InputError(f"{root}: has no folder {' or '.join(names)} for the pictures of its lists; unpack the set again")


def _listed(file: Path, folder: Path, first: int, notes: list[str]) -> list[Photo]:
    photos = []
    for number, line in enumerate(lines_of(file), 1):
        match = _LINE.match(line)
        if match is None:
            raise InputError(f"{file}: line {number} is not like '{_LIKE}'; unpack the set again")
        photos.append(Photo(folder / match["path"], int(match["pid"]) + first, int(match["camera"])))
    return present(photos, where=file, notes=notes)


MSMT17 = Reader(
    "MSMT17",
    (LISTS,),
    read_msmt17,
    inside=("", "MSMT17_V1", "MSMT17_V2"),
    official={"train": Count(32_621, 1_041), "query": Count(11_659, 3_060), "gallery": Count(82_161, 3_060)},
)
