"""What every reader returns: photos of people as one table of columns, and who is asked for among whom."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int64

from habitus.errors import InputError

Mode = Literal["general", "cc", "sc"]
"""Of scoring: every photo of a person counts, only those in other clothes (cc), only those in the same clothes (sc)."""
Shots = Literal["all", "single"]
"""Of a gallery: all photos, or draws of one photo a person."""

SHOT_WORDS: dict[Shots, str] = {"all": ", multi-shot", "single": ", single-shot"}
"""The end of a protocol's words."""
MODE_WORDS: dict[Mode, str] = {"general": "general", "cc": "clothes-changing", "sc": "same-clothes"}


@dataclass(frozen=True, eq=False)
class Records:
    """Photos of people, one a row: columns of one length M."""

    paths: tuple[Path, ...]
    pids: Int64[np.ndarray, "M"]
    """People, as the data set numbers them."""
    camids: Int64[np.ndarray, "M"]
    """Cameras, as the data set numbers them. Sets without cameras: a number of its own for every photo of a query and
    a gallery, so that no rule takes two photos for one camera's."""
    clothes_ids: Int64[np.ndarray, "M"] | None = None
    """Outfits, numbered uniquely over people and their outfits. None: not labelled."""
    tracklets: Int64[np.ndarray, "M"] | None = None
    """Video: photos of one number are frames of one sequence, whose features are averaged. None: single photos."""

    def __post_init__(self) -> None:
        """Check the lengths.

        Raises:
            ValueError: a column is shorter or longer than the others.
        """
        columns = (self.pids, self.camids, self.clothes_ids, self.tracklets)
        lengths = {len(self.paths)} | {len(column) for column in columns if column is not None}
        if len(lengths) != 1:
            raise ValueError(f"records: columns differ in length ({sorted(lengths)}); give one entry a photo in each")

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def people(self) -> int:
        """How many different people there are."""
        return len(np.unique(self.pids))

    def select(self, rows: Int64[np.ndarray, "K"] | Bool[np.ndarray, "M"] | Sequence[int]) -> "Records":
        """Some rows, in the order given (or by a mask)."""
        rows = np.asarray(rows)
        indices = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        return Records(
            tuple(self.paths[row] for row in indices.tolist()),
            self.pids[indices],
            self.camids[indices],
            None if self.clothes_ids is None else self.clothes_ids[indices],
            None if self.tracklets is None else self.tracklets[indices],
        )

    def labels(self) -> Int64[np.ndarray, "M"]:
        """Each photo's person counted from 0, in the order of their pids: what classifiers are trained with."""
        return np.unique(self.pids, return_inverse=True)[1].astype(np.int64).reshape(-1)

    def clothes_labels(self) -> Int64[np.ndarray, "M"]:
        """Each photo's outfit counted from 0, in the order of the clothes ids.

        Raises:
            InputError: clothes are not labelled.
        """
        if self.clothes_ids is None:
            raise InputError("clothes: are not labelled in this data; choose data with clothes ids, as LTCC or PRCC")
        return np.unique(self.clothes_ids, return_inverse=True)[1].astype(np.int64).reshape(-1)


def stacked(tables: Sequence[Records]) -> Records:
    """Tables one below the other, ids as they are. Clothes and tracklets are kept when all tables label them."""
    clothes = [table.clothes_ids for table in tables if table.clothes_ids is not None]
    tracklets = [table.tracklets for table in tables if table.tracklets is not None]
    return Records(
        tuple(path for table in tables for path in table.paths),
        np.concatenate([table.pids for table in tables]),
        np.concatenate([table.camids for table in tables]),
        np.concatenate(clothes) if len(clothes) == len(tables) else None,
        np.concatenate(tracklets) if len(tracklets) == len(tables) else None,
    )


@dataclass(frozen=True)
class Trial:
    """What is asked for among what, and by which rule it is scored."""

    query: Records
    gallery: Records
    rule: Mode
    """Of `habitus.evaluation`. Not always the mode's own: PRCC's queries in other clothes are picked by their folder
    and scored by the general rule."""
    words: str
    """The protocol in words, which stand beside every number made with it; ends with one of `SHOT_WORDS`."""
    shots: Shots = "all"


@dataclass(frozen=True)
class ReidData:
    """A data set, read."""

    name: str
    root: Path
    train: Records
    trials: dict[Mode, Trial]
    """By what is scored: the modes that the set's labels or its own protocol allow."""
    val: Records | None = None
    """Photos that the set keeps apart from training for choices (PRCC, tables); None elsewhere."""
    warnings: tuple[str, ...] = ()
    """What is odd but usable: counts that differ from the official ones, files left out."""

    def trial(self, mode: Mode, *, shots: Shots = "all") -> Trial:
        """The query and gallery of a mode.

        Args:
            mode: what is scored.
            shots: "single" scores draws of one gallery photo a person (PRCC's own protocol) instead of all photos.

        Raises:
            InputError: the set cannot be scored in this mode.
        """
        if not self.trials:
            raise InputError(f"{self.root}: holds no queries and gallery, only photos to train with; give a test split")
        if mode not in self.trials:
            able = ", ".join(self.trials)
            raise InputError(
                f"--mode {mode}: {self.name} has no labels or protocol for {MODE_WORDS[mode]} scoring; choose {able}"
            )
        trial = self.trials[mode]
        if trial.shots == shots:
            return trial
        return replace(trial, shots=shots, words=trial.words.removesuffix(SHOT_WORDS[trial.shots]) + SHOT_WORDS[shots])
