"""Which photos make a batch: pure functions of a seed and an epoch, known before a photo is read.

So a run resumes at any batch, processes of a distributed run take equal contiguous slices of each batch, and no number
of workers changes anything. All batches of a sampler have one size, and all its epochs one number of batches.
"""

import logging
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int64

from habitus.data.dataset import Key
from habitus.data.units import (
    alike_batches,
    changing_unit_count,
    deal,
    deal_changing,
    mixed_batches,
    rounds,
    unit_count,
)
from habitus.errors import InputError

log = logging.getLogger("habitus")

Positives = Literal["any", "clothes-changing"]
Negatives = Literal["any", "similar-clothes"]


@dataclass(frozen=True, kw_only=True)
class ShuffledBatches:
    """All photos in random order: each once an epoch, but for a few that fill the last batch."""

    photos: int
    """How many there are."""
    batch: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InputError: no photos, or no batch.
        """
        _check(photos=self.photos, batch=self.batch)

    def __len__(self) -> int:
        """Batches an epoch."""
        return math.ceil(self.photos / self.batch)

    def batches(self, epoch: int) -> list[list[Key]]:
        """The keys of each batch of an epoch."""
        order = np.random.default_rng((self.seed, epoch)).permutation(self.photos)
        filled = np.resize(order, len(self) * self.batch)
        return _keys(filled.reshape(len(self), self.batch), epoch)


@dataclass(frozen=True, kw_only=True, eq=False)
class PKBatches:
    """P people and K photos of each, for triplet losses (Hermans et al. 2017, section 2).

    An epoch sees each photo about once. A person's photos are dealt into units of K, in a new order each epoch; the
    last unit is filled up with photos seen already. Batches are made of units of different people until all are used;
    the last is filled with some units again. Photos are left out of an epoch only where one person has so many that
    batches of the others do not suffice. Of a person with fewer than K photos some come several times in a unit, each
    time augmented anew.

    The three strategies of 3DSL (Chen et al. 2021) are: both "any" (random triplets); `positives` "clothes-changing":
    each unit holds a person in at least two outfits, if the person has two; `negatives` "similar-clothes": each unit
    shows one of the alike groups, and in its batch is somebody else who is dressed alike, if there is anybody. With
    both, a unit counts for the alike group of its first photo.
    """

    labels: Int64[np.ndarray, "M"]
    """Each photo's person."""
    people: int = 8
    """P. Where there are fewer people, batches have so many."""
    images: int = 4
    """K."""
    seed: int = 0
    positives: Positives = "any"
    negatives: Negatives = "any"
    clothes: Int64[np.ndarray, "M"] | None = None
    """Each photo's outfit, unique over (person, outfit): for clothes-changing positives."""
    alike: Int64[np.ndarray, "M"] | None = None
    """Each photo's group of alike clothes, over people: for similar-clothes negatives. A column of yours (a colour, a
    uniform), or `data.clothes_alike.alike_groups`."""

    def __post_init__(self) -> None:
        """Check that the strategy can be followed.

        Raises:
            InputError: there is one person only, nobody changes clothes or nobody is dressed alike though the strategy
                asks for it, labels that the strategy needs are missing, or a number makes no sense.
        """
        _check(photos=len(self.labels), people=self.people, images=self.images)
        persons = len(np.unique(self.labels))
        if self.people < 2 or persons < 2:
            raise InputError(
                f"people: triplets need two at least, the data has {persons} and a batch {self.people}; "
                "give photos of more people, or more people a batch"
            )
        if persons < self.people:
            log.warning("the data has %d people, a batch asks for %d; batches are smaller", persons, self.people)
        for name, column in (("clothes", self.clothes), ("alike", self.alike)):
            if column is not None and len(column) != len(self.labels):
                raise InputError(f"{name}: has {len(column)} entries for {len(self.labels)} photos; give one a photo")
        if self.positives == "clothes-changing":
            self._check_changes()
        if self.negatives == "similar-clothes":
            self._check_alike()

    def __len__(self) -> int:
        """Batches an epoch."""
        units = [self._unit_count(rows) for rows in self._strata()]
        return rounds(np.bincount(self._persons(), weights=units).astype(np.int64), self._width())

    def batches(self, epoch: int) -> list[list[Key]]:
        """The keys of each batch of an epoch, person by person."""
        generator = np.random.default_rng((self.seed, epoch))
        units = [self._deal(rows, generator) for rows in self._strata()]
        persons = np.repeat(self._persons(), [len(some) for some in units])
        dealt = np.concatenate(units)
        if self.negatives == "similar-clothes" and self.alike is not None:
            chosen = alike_batches(persons, self.alike[dealt[:, 0]], len(self), self._width(), generator)
        else:
            chosen = mixed_batches(persons, len(self), self._width(), generator)
        return _keys(dealt[chosen].reshape(len(chosen), -1), epoch)

    def _width(self) -> int:
        return min(self.people, len(np.unique(self.labels)))

    def _strata(self) -> list[np.ndarray]:
        """Rows among which units are dealt: those of a person, for similar clothes those in one kind of clothes."""
        columns = [self.labels]
        if self.negatives == "similar-clothes" and self.positives == "any" and self.alike is not None:
            columns.append(self.alike)
        strata = np.unique(np.stack(columns, 1), axis=0, return_inverse=True)[1].reshape(-1)
        order = np.argsort(strata, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(strata[order])) + 1)

    def _persons(self) -> np.ndarray:
        """The person of each stratum, 0..N-1."""
        return np.unique([self.labels[rows[0]] for rows in self._strata()], return_inverse=True)[1].reshape(-1)

    def _changes(self, rows: np.ndarray) -> np.ndarray | None:
        """Outfits of a person who is to be shown in several; None for the others."""
        if self.positives == "any" or self.clothes is None:
            return None
        outfits = self.clothes[rows]
        return outfits if (outfits != outfits[0]).any() else None

    def _unit_count(self, rows: np.ndarray) -> int:
        outfits = self._changes(rows)
        return unit_count(len(rows), self.images) if outfits is None else changing_unit_count(outfits, self.images)

    def _deal(self, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        outfits = self._changes(rows)
        if outfits is None:
            return deal(rows, self.images, generator)
        return deal_changing(rows, outfits, self.images, generator)

    def _check_changes(self) -> None:
        if self.clothes is None:
            raise InputError("positives clothes-changing: clothes are not labelled; choose positives any")
        if self.images < 2:
            raise InputError(f"images {self.images}: a change of clothes takes two of a person at least")
        if all(self._changes(rows) is None for rows in self._strata()):
            raise InputError("positives clothes-changing: nobody changes clothes in this data; choose positives any")

    def _check_alike(self) -> None:
        if self.alike is None:
            raise InputError("negatives similar-clothes: nothing says who is dressed alike; give alike groups")
        pairs = np.unique(np.stack([self.alike, self.labels], 1), axis=0)
        if len(np.unique(pairs[:, 0])) == len(pairs):
            raise InputError("negatives similar-clothes: no two people are dressed alike; choose negatives any")


def _keys(rows: Int64[np.ndarray, "B N"], epoch: int) -> list[list[Key]]:
    """Keys of rows; the draw counts the uses of a photo in the epoch."""
    flat = rows.reshape(-1)
    order = np.argsort(flat, kind="stable")
    first = np.searchsorted(flat[order], flat[order])
    draws = np.empty_like(flat)
    draws[order] = np.arange(len(flat)) - first
    keys = [(row, epoch, draw) for row, draw in zip(flat.tolist(), draws.tolist(), strict=True)]
    return [keys[start : start + rows.shape[1]] for start in range(0, len(keys), rows.shape[1])]


def _check(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"{name} {number}: must be 1 at least")
