"""What a run says: a bar, a line and a row in metrics.csv and TensorBoard every so many batches.

A resumed run takes up the rows where its checkpoint was written: none is there twice, none is missing.
"""

import csv
import io
import math
from pathlib import Path
from typing import Any

from tqdm import tqdm

from habitus.errors import InputError
from habitus.files import writing
from habitus.training.run_folder import METRICS, TENSORBOARD

Row = dict[str, float]
_FIRST = ("batch", "epoch")


class Logbook:
    """The log of one run.

    Args:
        folder: of the run.
        batches: done before this process began; later rows, of a run that was killed, are dropped.
        images: of the whole run, for the bar.
        done: images before this process began.

    Raises:
        InputError: the folder's metrics cannot be read or written.
    """

    def __init__(self, folder: Path, *, batches: int, images: int, done: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - takes a second to import

        self._path = folder / METRICS
        self._rows = [row for row in _read(self._path) if row["batch"] <= batches]
        self._sums: Row = {}
        self._counts: Row = {}
        self._board = SummaryWriter(str(folder / TENSORBOARD), purge_step=batches + 1)
        self._bar = tqdm(total=images, initial=done, unit="image", unit_scale=True, disable=None, smoothing=0.05)

    def add(self, values: Row, *, images: int) -> None:
        """Take in one batch."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1
        self._bar.set_postfix({name: f"{value:.3g}" for name, value in values.items()}, refresh=False)
        self._bar.update(images)

    def write_row(self, *, batch: int, epoch: float, **others: float) -> None:
        """Write the means since the last row, and these others as they are.

        Raises:
            InputError: the disk is full.
        """
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self._sums, self._counts = {}, {}
        row = {"batch": batch, "epoch": epoch, **means, **others}
        self._rows.append({name: value if value == batch else float(f"{value:.6g}") for name, value in row.items()})
        _write(self._path, self._rows)
        for name, value in (means | others).items():
            self._board.add_scalar(name, value, batch)
        self._board.flush()
        shown = ", ".join(f"{name} {value:.4g}" for name, value in (means | others).items())
        self.say(f"epoch {epoch:.2f}: {shown}")

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        tqdm.write(line)

    def close(self) -> None:
        """End the bar and TensorBoard's file."""
        self._bar.close()
        self._board.close()

    def state_dict(self) -> dict[str, Row]:
        """What was taken in since the last row."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state_dict(self, state: dict[str, Row]) -> None:
        """Take over what `state_dict` gave."""
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])


class Silence:
    """The log of a process that is not the first."""

    def add(self, values: Row, *, images: int) -> None:
        """Nothing."""

    def write_row(self, *, batch: int, epoch: float, **others: float) -> None:
        """Nothing."""

    def say(self, line: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing."""


def _write(path: Path, rows: list[Row]) -> None:
    names = list(dict.fromkeys([*_FIRST, *(name for row in rows for name in row)]))
    text = io.StringIO()
    table = csv.DictWriter(text, names, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    with writing(path) as temporary:
        temporary.write_text(text.getvalue())


def _read(path: Path) -> list[Row]:
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            return [{name: _number(text) for name, text in row.items() if text != ""} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read as this run's metrics ({error}); move it away") from error


def _number(text: str) -> float:
    value = float(text)
    return int(value) if math.isfinite(value) and value == int(value) and "." not in text else value
