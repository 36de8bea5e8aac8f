"""PRCC: three cameras, A and B see a person in the same clothes, C in others."""

from pathlib import Path

from habitus.data.readers.reading import Count, Photo, Reader, folders, pictures, tables, trial
from habitus.data.records import Mode, ReidData, Trial, stacked
from habitus.errors import InputError

CAMERAS = {"A": 1, "B": 2, "C": 3}
_OUTFITS = {"A": "same", "B": "same", "C": "changed"}


def read_prcc(root: Path) -> ReidData:
    """PRCC (Yang et al., TPAMI 2021): 221 people, 3 cameras, 2 outfits each.

    Clothes-changing: C is asked for in A; same clothes: B in A; general: both. The folders tell which clothes are
    worn, so all three are scored by the general rule. The paper scores single-shot, most who came later multi-shot;
    numbers of the two do not compare. Validation shows the people of training.

    | part | photos | people |
    |---|---|---|
    | train | 17,896 | 150 |
    | val | 5,002 | 150 |
    | gallery A | 3,384 | 71 |
    | query B, same clothes | 3,873 | 71 |
    | query C, clothes-changing | 3,543 | 71 |

    Raises:
        InputError: a folder is missing or holds no such pictures.
    """
    notes: list[str] = []
    val_folder = root / "val"
    parts = [
        _train_part(root / "train", notes),
        _train_part(val_folder, notes) if val_folder.is_dir() else [],
        *(_test_part(root / "test" / camera, camera) for camera in CAMERAS),
    ]
    train, val, gallery, same, changed = tables(*parts)
    trials: dict[Mode, Trial] = {
        "general": trial("general", stacked([same, changed]), gallery, rule="general", asked="query B+C, gallery A"),
        "cc": trial("cc", changed, gallery, rule="general", asked="query C, gallery A"),
        "sc": trial("sc", same, gallery, rule="general", asked="query B, gallery A"),
    }
    return ReidData(PRCC.title, root, train, trials, val=val if len(val) else None, warnings=tuple(notes))


def _train_part(folder: Path, notes: list[str]) -> list[Photo]:
    """`001/A_cropped_rgb001.jpg`: the camera begins the name."""
    photos, odd = [], []
    for person in _people(folder):
        for name in pictures(person):
            if name[:1] in CAMERAS and name[1:2] == "_":
                photos.append(_photo(person / name, name[0]))
            else:
                odd.append(person / name)
    if odd:
        notes.append(
            f"{folder}: {len(odd)} pictures are not named like A_cropped_rgb001.jpg, the first {odd[0]}; left out"
        )
    return _some(photos, folder)


def _test_part(folder: Path, camera: str) -> list[Photo]:
    """`A/001/cropped_rgb001.jpg`: the camera is a folder."""
    photos = [_photo(person / name, camera) for person in _people(folder) for name in pictures(person)]
    return _some(photos, folder)


def _people(folder: Path) -> list[Path]:
    return [folder / name for name in folders(folder) if name.isascii() and name.isdigit() and len(name) < 10]


def _photo(path: Path, camera: str) -> Photo:
    return Photo(path, int(path.parent.name), CAMERAS[camera], _OUTFITS[camera])


def _some(photos: list[Photo], folder: Path) -> list[Photo]:
    if not photos:
        raise InputError(f"{folder}: holds no pictures in folders of people like 001; unpack the set again")
    return photos


PRCC = Reader(
    "PRCC",
    (("train", "test/A", "test/B", "test/C"),),
    read_prcc,
    inside=("", "rgb"),
    fits=lambda root: root.resolve().name != "sketch",
    official={
        "train": Count(17_896, 150), "val": Count(5_002, 150), "gallery": Count(3_384, 71),
        "cc query": Count(3_543, 71), "sc query": Count(3_873, 71),
    },
)  # fmt: skip
