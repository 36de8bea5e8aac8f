"""A folder per person: the plainest way to lay out photos of one's own."""

from pathlib import Path

from habitus.data.readers.own_split import SPLIT_NOTE, split_people, trials_of
from habitus.data.readers.reading import Photo, Reader, folders, pictures, tables
from habitus.data.records import ReidData
from habitus.errors import InputError

SPLITS = ("train", "query", "gallery")


def read_person_folders(root: Path) -> ReidData:
    """`anna/*.jpg`, `ben/*.jpg`, or the same below `train/`, `query/` and `gallery/`.

    Names of folders that are all numbers are the people's numbers; otherwise people are counted in the order of their
    names. Pictures in folders further down are not read. Cameras and clothes are not known (a table can tell them),
    so every photo counts as a camera of its own. Without the three folders `split_people` makes a split.

    Raises:
        InputError: no folder holds pictures, or they show one person only.
    """
    split = [name for name in SPLITS if (root / name).is_dir()]
    if split and len(split) < len(SPLITS):
        missing = ", ".join(f"{name}/" for name in SPLITS if name not in split)
        raise InputError(
            f"{root}: has {split[0]}/ but no {missing}; add what is missing, each with a folder per person"
        )
    places = [root / name for name in split] if split else [root]
    names = sorted({name for place in places for name in folders(place)})
    plain = all(name.isascii() and name.isdigit() and len(name) < 10 for name in names)
    pids = {name: int(name) if plain else number for number, name in enumerate(names)}
    parts = tables(*(_people(place, pids) for place in places))
    for place, part in zip(places, parts, strict=True):
        if not len(part):
            raise InputError(f"{place}: holds no pictures in folders of people; put each person's into a folder")
    notes: tuple[str, ...] = ()
    if not split:
        parts = split_people(parts[0], cameras=False, where=str(root))
        notes = (f"{root}: {SPLIT_NOTE}",)
    train, query, gallery = parts
    return ReidData(root.resolve().name, root, train, trials_of(query, gallery, cameras=False), warnings=notes)


def _people(place: Path, pids: dict[str, int]) -> list[Photo]:
    return [
        Photo(place / person / name, pids[person]) for person in folders(place) for name in pictures(place / person)
    ]


def has_people(place: Path) -> bool:
    """Whether some folder in a folder holds pictures."""
    return any(pictures(place / person) for person in folders(place)[:100])


PERSON_FOLDERS = Reader(
    "a folder per person", (SPLITS,), read_person_folders, fits=lambda root: has_people(root / SPLITS[0])
)
