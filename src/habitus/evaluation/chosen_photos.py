"""The photos that recoveries are scored on: which of a data set, and what is known of the body in each."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from habitus.data.decoding import decode
from habitus.data.readers.photo_lists import PhotoList
from habitus.data.readers.reading import exist
from habitus.data.records import Records, ReidData, stacked
from habitus.errors import InputError
from habitus.evaluation.features import photos_of
from habitus.evaluation.pictures import pick_some
from habitus.recovery.body_table import BodyTable
from habitus.synthetic.worlds.writing import WrittenWorld, world_around

SHOWN = 8
"""People in pictures."""
_NOBODY = -1


@dataclass(frozen=True, eq=False)
class ChosenPhotos:
    """Photos with body parameters, chosen from a data set."""

    root: Path
    records: Records
    rows: Int64[np.ndarray, "K"]
    """Of each photo in the table."""
    table: BodyTable
    words: str
    """Which photos they are."""
    without_parameters: int
    """Photos that were meant too, but in which nobody is known."""
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.records)

    def name(self, index: int) -> str:
        """A photo's path below the data's folder."""
        return Path(os.path.relpath(self.records.paths[index], self.root)).as_posix()

    def seen(self, index: int) -> tuple[Float[Tensor, "3 H W"], Float[Tensor, "H W"]]:
        """A photo, RGB, and how much of each pixel the person covers, in [0, 1].

        Raises:
            InputError: one cannot be read, or the photo has another size than the one whose parameters these are.
        """
        path = self.records.paths[index]
        image = image_of(path)
        mask = torch.from_numpy(self.table.mask(int(self.rows[index]))).float() / 255
        if image.shape[1:] != mask.shape:
            found, known = ("x".join(map(str, shape)) for shape in (image.shape[1:], mask.shape))
            raise InputError(f"{path}: is {found} pixels, its parameters are of one of {known}; find the bodies again")
        if not mask.any():
            raise InputError(f"{path}: its mask is empty; find the bodies again")
        return image, mask

    def shown(self, seed: int) -> set[int]:
        """One photo of each of some people, for pictures."""
        count = min(SHOWN, self.records.people)
        return set(pick_some(np.zeros(len(self)), self.records.pids, count, seed=seed))


def choose_photos(
    data: ReidData,
    table: BodyTable,
    *,
    listed: PhotoList | None = None,
    count: int | None = None,
    seed: int = 0,
) -> ChosenPhotos:
    """The photos to score: a list's; without one the test people's, of a held-out made world everybody's.

    Args:
        data: a data set.
        table: of the bodies in its photos.
        listed: which photos or people are meant.
        count: draw so many, no two of one person before every person has one.
        seed: of the draw.

    Raises:
        InputError: there is no such photo, or none of them has parameters.
    """
    meant, words, notes = _meant(data, listed, world_around(data.root.resolve()))
    rows = table.rows_of(meant.paths, data.root)
    known = np.asarray(rows >= 0)
    if not known.any():
        raise InputError(
            f"{data.root}: none of its {len(meant)} photos has body parameters; run `habitus bodies` on it"
        )
    photos, rows = meant.select(known), rows[known]
    if count is not None and count < len(photos):
        words += f", {count} of {len(photos)} drawn evenly over people"
        drawn = pick_some(np.zeros(len(photos)), photos.pids, count, seed=seed)
        photos, rows = photos.select(drawn), rows[drawn]
    return ChosenPhotos(data.root, photos, rows, table, words, int((~known).sum()), notes)


def image_of(path: Path) -> Float[Tensor, "3 H W"]:
    """A picture from disk, RGB in [0, 1].

    Raises:
        InputError: it cannot be read.
    """
    return torch.from_numpy(np.ascontiguousarray(decode(path).transpose(2, 0, 1))).float() / 255


def _meant(
    data: ReidData, listed: PhotoList | None, world: WrittenWorld | None
) -> tuple[Records, str, tuple[str, ...]]:
    """The photos that are meant, in words, and notes."""
    test = photos_of(data.trials.values())
    everything = stacked([_unlabelled(data.train), test])
    if listed is None:
        if world is not None and world.world.held_out:
            return everything, "all photos of all people", ()
        return test, "the photos of the test people", ()
    if listed.people:
        photos = data.train.select(np.isin(data.train.pids, list(listed.people)))
        if not len(photos):
            raise InputError(f"{data.root}: shows none of {listed.words} among its training photos; give their set")
        return _unlabelled(photos), f"the training photos of {listed.words}", ()
    pid_of = {path.absolute(): pid for path, pid in zip(everything.paths, everything.pids.tolist(), strict=True)}
    paths = [data.root / name for name in listed.photos]
    there = [path for path, here in zip(paths, exist(paths), strict=True) if here]
    if not there:
        raise InputError(f"{data.root}: holds none of {listed.words}, such as {listed.photos[0]}; give their set")
    pids = np.array([pid_of.get(path.absolute(), _NOBODY) for path in there], np.int64)
    lost = len(paths) - len(there)
    notes = (f"{lost} of the {len(paths)} listed photos are not there",) if lost else ()
    return Records(tuple(there), pids, np.zeros(len(there), np.int64)), listed.words, notes


def _unlabelled(records: Records) -> Records:
    return replace(records, clothes_ids=None, tracklets=None)
