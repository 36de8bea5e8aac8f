"""All photos of whatever a user points at: a data set, a table, or any folder of photos."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from habitus.data.opening import LAYOUTS, open_data
from habitus.data.readers.reading import Reader, folders, pictures
from habitus.data.records import Records, stacked
from habitus.errors import InputError


@dataclass(frozen=True, eq=False)
class ListedPhotos:
    """Photos, each once."""

    records: Records
    names: tuple[str, ...]
    """Paths as files about them hold them: from the data's folder, with forward slashes."""
    clothes: Int64[np.ndarray, "M"]
    """-1 where not labelled: some sets label the clothes of some splits."""
    splits: tuple[str, ...]
    """train, val, query, gallery; empty of photos that belong to no set."""

    def digest(self) -> str:
        """Of names and labels: tells whether a list is the one that a run was begun with."""
        columns = (self.names, self.records.pids, self.records.camids, self.clothes, self.splits)
        rows = ([str(value) for value in row] for row in zip(*columns, strict=True))
        return hashlib.sha256(json.dumps(list(rows)).encode()).hexdigest()


def list_photos(data: Path, layout: str | None = None) -> ListedPhotos:
    """All photos of a data set, a table or a folder.

    A folder of photos is taken as it is, without labels, also where it is part of a data set (bounding_box_test/).

    Args:
        data: a folder or a table.
        layout: of a data set, where its folder alone does not tell.

    Raises:
        InputError: no photos are there, or a data set that cannot be used as it is.
    """
    return _plain(data) if layout is None and _is_plain(data) else _of_set(data, layout)


def photos_in(folder: str | Path) -> list[Path]:
    """All photos in a folder and the folders in it, those of each folder in the order of their names.

    Raises:
        InputError: it is no folder, or holds no photos.
    """
    found = list(_photos_below(Path(folder)))
    if not found:
        raise InputError(f"{folder}: holds no photos; give a folder of JPEG, PNG or other pictures")
    return found


def _photos_below(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in pictures(folder))
    for name in folders(folder):
        yield from _photos_below(folder / name)


def _is_plain(folder: Path) -> bool:
    """Whether it is a folder of photos, rather than one of a data set (which may hold a picture too), or a table."""
    return folder.is_dir() and bool(pictures(folder)) and not any(_is_laid_out(folder, r) for r in LAYOUTS.values())


def _is_laid_out(folder: Path, reader: Reader) -> bool:
    return any(
        all((folder / inside / name).exists() for name in signs) for inside in reader.inside for signs in reader.signs
    )


def _plain(folder: Path) -> ListedPhotos:
    paths = tuple(photos_in(folder))
    unknown = np.full(len(paths), -1, np.int64)
    return ListedPhotos(Records(paths, unknown, unknown), _names(paths, folder), unknown, ("",) * len(paths))


def _of_set(folder: Path, layout: str | None) -> ListedPhotos:
    """All photos of a data set, each once: one that is asked for and searched counts as asked for."""
    data = open_data(folder, layout=layout)
    parts = [("train", data.train)] + ([("val", data.val)] if data.val is not None else [])
    parts += [("query", trial.query) for trial in data.trials.values()]
    parts += [("gallery", trial.gallery) for trial in data.trials.values()]
    together = stacked([part for _, part in parts])
    clothes = np.concatenate([np.full(len(p), -1) if p.clothes_ids is None else p.clothes_ids for _, p in parts])
    splits = [split for split, part in parts for _ in range(len(part))]
    rows: dict[Path, int] = {}
    for row, path in enumerate(together.paths):
        rows.setdefault(path, row)
    first = list(rows.values())
    root = data.root if data.root.is_dir() else data.root.parent
    return ListedPhotos(together.select(first), _names(rows, root), clothes[first], tuple(splits[row] for row in first))


def _names(paths: Iterable[Path], root: Path) -> tuple[str, ...]:
    return tuple((path.relative_to(root) if path.is_relative_to(root) else path).as_posix() for path in paths)
