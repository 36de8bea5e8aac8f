"""What ablations share: arms with seeds, trained one after the other within some hours, each only once."""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import habitus  # noqa: F401

from habitus.cli import TrainCommand
from habitus.errors import InputError
from habitus.files import writing
from habitus.train_command import run_recipe
from habitus.training.loop import choose_device, to_device
from habitus.training.run_folder import is_finished
from habitus.training.settings import LoopSettings
from habitus.training.stepping import prepare, train_on
from habitus.training.task import Task

_SPARE = 0.85
"""Share of the hours for training; scoring takes the rest."""


@dataclass(frozen=True)
class Run:
    """One training of an ablation."""

    arm: str
    seed: int
    folder: Path
    recipe: Any
    """A recipe of `habitus train`."""

    @property
    def name(self) -> str:
        """Of arm and seed."""
        return f"{self.arm}-{self.seed}"

    @property
    def scores(self) -> Path:
        """The file that its scores are in, last of all."""
        return self.folder / "scores.json"

    def train(self, *, says: str, device: str, workers: int) -> None:
        """Train to the end, from where it was."""
        if not is_finished(self.folder):
            print(f"training {self.name}: {says}", flush=True)
            run_recipe(
                TrainCommand(recipe=self.recipe, out=self.folder, resume=True, device=device, workers=workers)  # pyright: ignore[reportArgumentType]
            )


def planned_epochs(out: Path, *, asked: int | None, fitting: Callable[[], int]) -> int:
    """The epochs of every arm: as planned before in this folder, as asked, or as many as fit.

    Raises:
        InputError: another number was planned.
    """
    path = out / "plan.json"
    if path.is_file():
        epochs = json.loads(path.read_text())["epochs"]
        if asked not in (None, epochs):
            raise InputError(f"{path}: {epochs} epochs were planned, not {asked}; choose another --out")
        return epochs
    epochs = asked or fitting()
    with writing(path) as temporary:
        temporary.write_text(json.dumps({"epochs": epochs, "words": sys.argv[1:]}, indent=1) + "\n")
    return epochs


def epochs_within(hours: float, epoch_seconds: Sequence[float]) -> int:
    """How many epochs of all runs fit into the hours, given what an epoch of each takes."""
    return max(1, int(_SPARE * 3600 * hours / sum(epoch_seconds)))


def epoch_seconds(task: Task, settings: LoopSettings, *, device: str, workers: int, steps: int = 3) -> float:
    """Wall time of an epoch, from a few steps after the first."""
    chosen = choose_device(device)
    prepare(task, chosen)
    batches = task.batches(0)
    taken = []
    for batch in task.load(batches[: steps + 1], workers=workers):
        begun = time.perf_counter()
        train_on(task, to_device(batch, chosen), epoch=0, progress=0.0, settings=settings, device=chosen)
        taken.append(time.perf_counter() - begun)
    return len(batches) * statistics.mean(taken[1:])


def parser_of(says: str | None, arms: Collection[str]) -> argparse.ArgumentParser:
    """The options that all ablations have; a docstring for help."""
    parser = argparse.ArgumentParser(description=says, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", type=Path, help="made world to train on")
    parser.add_argument("scored", type=Path, help="made world to score on, of a held-out seed")
    parser.add_argument("--out", type=Path, required=True)
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--hours", type=float, help="for all of it, on this machine as it is now")
    budget.add_argument("--epochs", type=int, help="of every training")
    parser.add_argument(
        "--arms", nargs="+", default=list(arms), choices=list(arms), metavar="ARM", help=", ".join(arms)
    )
    parser.add_argument("--seeds", type=int, default=3, help="of the main arms")
    parser.add_argument("--precision", default="auto", choices=("auto", "float32", "bf16"))
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--workers", type=int, default=1)
    return parser


def cell(values: Sequence[float | None], digits: int = 3) -> str:
    """The mean over seeds and how far they spread (standard deviation)."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    spread = f" ± {statistics.stdev(known):.{digits}f}" if len(known) > 1 else ""
    return f"{statistics.mean(known):.{digits}f}{spread}"


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], *, words: int) -> str:
    """A table whose first columns are words and the others numbers."""
    lines = [heads, ["---" if column < words else "--:" for column in range(len(heads))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
