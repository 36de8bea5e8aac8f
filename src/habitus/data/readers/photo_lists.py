"""Which photos of a set are meant: the lists that came with texture generation, or a text file of paths.

| file | holds | by |
|---|---|---|
| `market1501split.pkl`, `saveForTest.pkl` | 100 people of `bounding_box_train`, as numbers | RSTG, CVPR 2019 |
| `eval_list.pkl` | photos, `bounding_box_test/0003_c1s6_015971_00.jpg` | SMPLMarket (Texformer, ICCV 2021) |
| `train_test_img_paths_pid.pkl` | `out_dict_train` and `out_dict_test`, each from a person to their photos | the same |
| `*.txt` | a photo a line | anybody |

Pickles are read by `body.restricted_pickle`: nothing in them is run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from habitus.body.restricted_pickle import read_restricted_pickle
from habitus.data.readers.reading import lines_of
from habitus.errors import InputError

_TEST = "out_dict_test"


@dataclass(frozen=True)
class PhotoList:
    """Photos, or people all of whose training photos are meant."""

    words: str
    """What it is, for whoever reads a number made with it."""
    photos: tuple[str, ...] = ()
    """Relative to the set's folder, with forward slashes, in the list's order, each once."""
    people: frozenset[int] = frozenset()


def read_photo_list(path: str | Path) -> PhotoList:
    """Read a list of photos or of people.

    Raises:
        InputError: the file cannot be read, holds anything but data, or is no such list.
    """
    path = Path(path)
    if path.suffix == ".txt":
        return PhotoList(f"the photos of {path.name}", _photos(path, lines_of(path)))
    content = read_restricted_pickle(path)
    if isinstance(content, dict) and isinstance(content.get(_TEST), dict):
        listed = [photo for photos in content[_TEST].values() for photo in _listed(path, photos)]
        return PhotoList(f"SMPLMarket's test people ({path.name})", _photos(path, listed))
    entries = _listed(path, content)
    if all(isinstance(entry, int) for entry in entries):
        return PhotoList(f"the {len(set(entries))} people of {path.name}", people=frozenset(entries))
    return PhotoList(f"the photos of {path.name}", _photos(path, entries))


def _listed(path: Path, content: Any) -> list[Any]:
    if not isinstance(content, (list, tuple, set)) or not content:
        raise InputError(
            f"{path}: is no list of photos or people; give RSTG's split, SMPLMarket's lists or a .txt of paths"
        )
    return list(content)


def _photos(path: Path, entries: Iterable[Any]) -> tuple[str, ...]:
    """Paths as the set's folder knows them.

    Raises:
        InputError: an entry is no path, or leads out of the folder.
    """
    found = []
    for entry in entries:
        name = entry.decode("utf-8", "replace") if isinstance(entry, bytes) else entry
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"{path}: lists {str(entry)[:60]!r} among photos; give paths below the set's folder")
        parts = Path(name.strip().replace("\\", "/")).parts
        if Path(*parts).is_absolute() or ".." in parts:
            raise InputError(f"{path}: lists {name[:60]!r}, which is outside the set; give paths below its folder")
        found.append(Path(*parts).as_posix())
    if not found:
        raise InputError(f"{path}: lists no photos; give paths below the set's folder")
    return tuple(dict.fromkeys(found))
