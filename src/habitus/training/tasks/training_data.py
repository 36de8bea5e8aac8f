"""The photos of a re-ID training: read, joined, and refused where they must not be trained on."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from jaxtyping import Int64

from habitus.data.opening import joined, open_data
from habitus.data.records import Records, ReidData, stacked
from habitus.errors import InputError
from habitus.synthetic.worlds.world import refuse_held_out
from habitus.synthetic.worlds.writing import DESCRIPTION, WrittenWorld, read_world, world_around

log = logging.getLogger("habitus")

_BELOW = (f"*/{DESCRIPTION}", f"*/*/{DESCRIPTION}")


@dataclass(frozen=True)
class TrainingData:
    """Photos to train on."""

    records: Records
    test: ReidData | None
    """The first of the sets, if it has people to score on that are not trained on."""
    names: list[str]
    """Of the sets."""
    roots: list[Path]
    """Folders of the sets."""
    fingerprints: list[dict[str, Any]]
    """Of the sets, wherever they lie and whatever they are called: photos, people, a digest of files and labels."""


def training_data(
    roots: Sequence[Path], *, train_on: Literal["train", "all"], layout: str | None = None
) -> TrainingData:
    """Read and join data sets.

    Raises:
        InputError: no photos, one person only, one photo of each person only; a made world that is held out for
            scoring, wherever in it the folder points; all photos asked for of a set that is no made world.
    """
    datas = []
    for root in roots:
        data = _to_train_on(Path(root), train_on, layout)
        for warning in data.warnings:
            log.warning("%s: %s", root, warning)
        datas.append(data)
    records = joined(datas)
    _check(records, " ".join(map(str, roots)))
    test = datas[0] if datas[0].trials and train_on == "train" else None
    return TrainingData(
        records, test, [data.name for data in datas], [data.root for data in datas], [_fingerprint(d) for d in datas]
    )


class PhotoTable(Protocol):
    """Rows about photos."""

    def rows_of(self, paths: Sequence[Path], root: Path) -> Int64[np.ndarray, "K"]:
        """The row of each photo below the folder; -1: it has none."""
        ...


def check_files(option: str, files: Sequence[Path], roots: Sequence[Path]) -> None:
    """See that each data set has its file, or none has.

    Raises:
        InputError: there are more or fewer files than data sets.
    """
    if files and len(files) != len(roots):
        raise InputError(
            f"{option}: {len(files)} files for {len(roots)} data sets; give one each, in the order of --data"
        )


def places_in(tables: Sequence[PhotoTable], records: Records, roots: Sequence[Path]) -> Int64[np.ndarray, "M 2"]:
    """Where each photo is in the tables of the data sets: which table, and which row; -1 for both: nowhere."""
    places = np.full((len(records), 2), -1, np.int64)
    for number, (root, table) in enumerate(zip(roots, tables, strict=True)):
        rows = table.rows_of(records.paths, root)
        places[rows >= 0] = np.stack([np.full(len(records), number), rows], 1)[rows >= 0]
    return places


def _to_train_on(root: Path, train_on: Literal["train", "all"], layout: str | None) -> ReidData:
    worlds = _worlds_about(root)
    for found in worlds:
        refuse_held_out(found.world, where=str(found.folder))
    data = open_data(root, layout=layout)
    if train_on == "train":
        return data
    if not worlds:
        raise InputError(f"--train-on all: {root} is no made world, and its test people are for scoring; leave it out")
    trial = data.trial("general")
    return replace(data, train=_once(stacked([data.train, trial.query, trial.gallery])))


def _worlds_about(root: Path) -> list[WrittenWorld]:
    """Made worlds that a folder is, lies in or holds: users point above and below the photos, and link them."""
    root = root.resolve()
    around = world_around(root)
    below = [read_world(path.parent) for pattern in _BELOW for path in sorted(root.glob(pattern))]
    return ([] if around is None else [around]) + below


def _once(records: Records) -> Records:
    """Each photo once."""
    first = {path: row for row, path in reversed(list(enumerate(records.paths)))}
    return records.select(sorted(first.values()))


def _check(records: Records, where: str) -> None:
    _, counts = np.unique(records.pids, return_counts=True)
    if counts.max() == 1:
        raise InputError(f"{where}: has one photo of each person only; give several photos of each")
    if (counts == 1).any():
        log.warning("%s: %d of %d people have one photo only", where, int((counts == 1).sum()), len(counts))


def _fingerprint(data: ReidData) -> dict[str, Any]:
    rows = sorted(zip((path.name for path in data.train.paths), data.train.pids.tolist(), strict=True))
    digest = hashlib.sha256("\n".join(f"{name} {pid}" for name, pid in rows).encode()).hexdigest()[:16]
    return {"photos": len(data.train), "people": data.train.people, "digest": digest}
