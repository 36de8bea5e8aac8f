"""Open a data set of people by its folder: which layout it has is seen from what lies in it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from habitus.data.readers.ccvid import CCVID
from habitus.data.readers.celeb import CELEB_REID, CELEB_REID_LIGHT
from habitus.data.readers.cuhk03 import CUHK03, CUHK03_LABELED
from habitus.data.readers.deepchange import DEEPCHANGE
from habitus.data.readers.last import LAST
from habitus.data.readers.ltcc import LTCC
from habitus.data.readers.market import DUKE, MARKET
from habitus.data.readers.msmt17 import MSMT17
from habitus.data.readers.person_folders import PERSON_FOLDERS, has_people
from habitus.data.readers.prcc import PRCC
from habitus.data.readers.reading import Count, Reader, folders
from habitus.data.readers.table_files import CSV, PARQUET
from habitus.data.readers.vc_clothes import VC_CLOTHES
from habitus.data.records import Records, ReidData, stacked
from habitus.errors import InputError

LAYOUTS: dict[str, Reader] = {
    "csv": CSV,
    "parquet": PARQUET,
    "cuhk03": CUHK03,
    "cuhk03-labeled": CUHK03_LABELED,
    "dukemtmc": DUKE,
    "market1501": MARKET,
    "msmt17": MSMT17,
    "prcc": PRCC,
    "ltcc": LTCC,
    "vcclothes": VC_CLOTHES,
    "celeb-reid-light": CELEB_REID_LIGHT,
    "celeb-reid": CELEB_REID,
    "deepchange": DEEPCHANGE,
    "last": LAST,
    "ccvid": CCVID,
    "folder": PERSON_FOLDERS,
}
"""Readers by name; where a folder could be several, the first that fits is taken."""
_TABLES = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}
_MADE = "world.json"
_MOST_FOLDERS = 200
"""Folders in a folder that are looked into; data sets are not kept in larger heaps."""


def open_data(root: str | Path, *, layout: str | None = None) -> ReidData:
    """Read a data set.

    Args:
        root: its folder, the folder in which its archive was unpacked, or a folder of its split; or a table's file.
        layout: one of `LAYOUTS`, when the folder alone does not tell.

    Raises:
        InputError: no data set is there, several are, or one that cannot be used as it is.
    """
    root = Path(root).expanduser()
    if layout is not None and layout not in LAYOUTS:
        raise InputError(f"--layout {layout}: is not known; choose {', '.join(LAYOUTS)}")
    if not root.exists():
        raise InputError(f"{root}: no such folder or table; check the name")
    name, place = _of_file(root, layout) if root.is_file() else _found(root, layout)
    reader = LAYOUTS[name]
    data = reader.read(place)
    _check_people(data)
    world = _made_world(place)
    if world is not None:
        return replace(data, name=f"{world.name}, made in the layout of {reader.title}")
    return replace(data, warnings=data.warnings + _other_counts(data, reader.official))


def joined(datas: Sequence[ReidData]) -> Records:
    """The training photos of several data sets as one table; people, cameras, outfits and tracklets are numbered anew.

    Outfits and tracklets are kept when all sets label them.

    Raises:
        InputError: no set is given, or one of them has no training photos or those of one person only.
    """
    if not datas:
        raise InputError("--data: names no data set; give at least one folder")
    for data in datas:
        if data.train.people < 2:
            shows = "photos of one person only" if len(data.train) else "no photos"
            raise InputError(
                f"{data.root}: has {shows} to train with; give a set with a training split of several people"
            )
    whole = stacked([data.train for data in datas])
    owner = np.repeat(np.arange(len(datas)), [len(data.train) for data in datas])
    return replace(
        whole,
        pids=_apart(owner, whole.pids),
        camids=_apart(owner, whole.camids),
        clothes_ids=None if whole.clothes_ids is None else _apart(owner, whole.clothes_ids),
        tracklets=None if whole.tracklets is None else _apart(owner, whole.tracklets),
    )


def _apart(owner: Int64[np.ndarray, "M"], ids: Int64[np.ndarray, "M"]) -> Int64[np.ndarray, "M"]:
    """Numbers that differ where the set or the id within it differs."""
    return np.unique(np.stack([owner, ids]), axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _of_file(file: Path, layout: str | None) -> tuple[str, Path]:
    """The reader of a file, and what it is to be given."""
    if layout is not None and layout in _TABLES.values():
        return layout, file
    suffix = file.suffix.lower()
    if layout is None and suffix in _TABLES:
        return _TABLES[suffix], file
    if suffix == ".mat":
        folder = file.parent.parent if file.parent.name == "cuhk03_release" else file.parent
        return layout or "cuhk03", folder
    raise InputError(f"{file}: is neither a folder nor a table; give a folder, or a file {' or '.join(_TABLES)}")


def _found(root: Path, layout: str | None) -> tuple[str, Path]:
    """The reader of a folder, and the folder that it is to be given: the nearest that has the signs of a layout."""
    if layout == "folder":
        return layout, root
    for near in (_itself, _above, _below):
        hits = [hit for folder in near(root) if (hit := _recognised(folder, layout, trusting=near is _itself))]
        if len(hits) > 1:
            several = ", ".join(f"{place} ({LAYOUTS[name].title})" for name, place in hits)
            raise InputError(f"{root}: holds several data sets; give one of {several}")
        if hits:
            return hits[0]
    if layout is None and not _parts_of_layouts() & set(folders(root)) and has_people(root):
        return "folder", root
    raise InputError(_not_found(root, layout))


def _recognised(folder: Path, layout: str | None, *, trusting: bool) -> tuple[str, Path] | None:
    """The first layout whose signs are there and whose names fit; they need not where the user names the layout."""
    readers = LAYOUTS if layout is None else {layout: LAYOUTS[layout]}
    for name, reader in readers.items():
        for place in (folder / inside for inside in reader.inside):
            signed = any(not _missing(place, form) for form in reader.signs)
            if signed and ((trusting and layout is not None) or reader.fits(place)):
                return name, place
    return None


def _missing(place: Path, form: Sequence[str]) -> list[str]:
    """Signs that are not there, or not to be seen."""
    return [sign for sign in form if not os.path.exists(place / sign)]  # noqa: PTH110  (a Path's raises where it may not look)


def _itself(root: Path) -> list[Path]:
    return [root]


def _above(root: Path) -> list[Path]:
    """The folders above a folder that is part of a layout."""
    folder, above = root.absolute(), []
    while folder.name in _parts_of_layouts():
        folder = folder.parent
        above.append(folder)
    return above[-1:]


def _below(root: Path) -> list[Path]:
    return [root / name for name in folders(root)[:_MOST_FOLDERS]]


def _parts_of_layouts() -> set[str]:
    """Names that folders and files of the official layouts have."""
    return {part for reader in LAYOUTS.values() for form in reader.signs for sign in form for part in sign.split("/")}


def _not_found(root: Path, layout: str | None) -> str:
    """What was looked for: what is missing where most of a layout is there, else all layouts."""
    readers = LAYOUTS if layout is None else {layout: LAYOUTS[layout]}
    forms: dict[tuple[str, ...], list[str]] = {}
    for reader in readers.values():
        for form in reader.signs:
            forms.setdefault(form, []).append(reader.title)
    found = []  # (share that is there, where, form)
    for folder in [root, *_above(root), *_below(root)]:
        shares = [(1 - len(_missing(folder, form)) / len(form), folder, form) for form in forms]
        found += [entry for entry in shares if 0 < entry[0] < 1]
    most = max((share for share, _, _ in found), default=0)
    lacking = [
        f"{folder} lacks {', '.join(_missing(folder, form))} of {' or '.join(forms[form])}"
        for share, folder, form in found
        if share == most
    ]
    if lacking:
        return f"{root}: no whole data set is there: {'; '.join(lacking)}; unpack the set again, or give another folder"
    looked = "; ".join(f"{' '.join(form)} ({', '.join(titles)})" for form, titles in forms.items())
    return f"{root}: no data set is recognised there; give the folder that holds one. Looked for {looked}"


def _check_people(data: ReidData) -> None:
    tables = [data.train, *(table for trial in data.trials.values() for table in (trial.query, trial.gallery))]
    for trial in data.trials.values():
        if not len(trial.query) or not len(trial.gallery):
            empty = "queries" if len(trial.gallery) else "gallery"
            raise InputError(f"{data.root}: has no {empty} for '{trial.words}'; unpack the set again")
    people = np.unique(np.concatenate([table.pids for table in tables]))
    if len(people) < 2:
        raise InputError(f"{data.root}: shows one person only; re-identification needs photos of at least two")


def _made_world(place: Path) -> Path | None:
    """The made world that a folder belongs to, if any: it has the layout of a real set, but not its people."""
    folder = place.resolve()
    return next((above for above in (folder, *folder.parents[:2]) if (above / _MADE).is_file()), None)


def _other_counts(data: ReidData, official: Mapping[str, Count]) -> tuple[str, ...]:
    """A line for every part whose counts are not the official ones."""
    parts = {"train": data.train, "val": data.val} | {
        f"{mode} {role}".removeprefix("general "): table
        for mode, trial in data.trials.items()
        for role, table in (("query", trial.query), ("gallery", trial.gallery))
    }
    lines = []
    for name, count in official.items():
        table = parts.get(name)
        found = _words(_count(table), like=count) if table is not None else "nothing"
        expected = _words(count, like=count)
        if found != expected:
            lines.append(f"{data.name}: {name} has {found}, officially {expected}; is the copy whole?")
    return tuple(lines)


def _count(table: Records) -> Count:
    tracklets = None if table.tracklets is None else len(np.unique(table.tracklets))
    return Count(len(table), table.people, tracklets)


def _words(count: Count, *, like: Count) -> str:
    """The numbers of a count that another count knows too."""
    known = [
        f"{value:,} {name}"
        for name, value, other in (
            ("photos", count.photos, like.photos),
            ("people", count.people, like.people),
            ("tracklets", count.tracklets, like.tracklets),
        )
        if value is not None and other is not None
    ]
    return ", ".join(known)
