"""Training throughput of the recipes, and what of it is lost to loading data.

    python benchmarks/bench_training.py [--data DIR] [--workers 2] [--batches 12]

For each recipe batches are trained on that worker processes load, as in a run, and then once more from memory. Three
measures of what loading costs: the share of the time that training waits for data, the images/s lost against data in
memory, and the share of all CPU time that the workers take, which other programs on the machine do not disturb.
Without --data a small world is made first.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import habitus  # noqa: F401
import torch

from habitus.synthetic.worlds.world import PRESETS
from habitus.synthetic.worlds.writing import write_world
from habitus.train_command import TASKS
from habitus.training.recipes.cal import Cal
from habitus.training.recipes.pcb import Pcb
from habitus.training.recipes.reid import ReidRecipe
from habitus.training.recipes.reid_baseline import ReidBaseline
from habitus.training.stepping import prepare, train_on
from habitus.training.task import Batch
from habitus.training.tasks.reid import ReidTask
from habitus.training.tasks.training_data import training_data

CPU = torch.device("cpu")
TURNS = 3
"""Of loaded and kept batches."""
WANTED = 10.0
"""Percent lost to loading at most."""


def recipes(data: Path) -> list[ReidRecipe]:
    """What is timed: the small network for CPUs in every recipe, and ResNet-50 in one."""
    small = {"data": (data,), "backbone": "resnet18-half"}
    return [
        ReidBaseline(**small, size=(128, 64), people=8),
        ReidBaseline(**small, size=(128, 64), people=8, precision="bf16"),
        ReidBaseline(**small, size=(256, 128), people=8),
        Pcb(**small, size=(192, 64), batch=32),
        Cal(**small, size=(128, 64), people=8, images=4, clothes_from=0),
        ReidBaseline(data=(data,), size=(256, 128), people=4),
    ]


@dataclass
class Spent:
    """Seconds over some batches."""

    wall: float = 0.0
    waited: float = 0.0
    images: int = 0
    workers: float = 0.0
    """CPU time of the workers since they started."""
    own: float = 0.0
    """CPU time of this process."""


def measure(recipe: ReidRecipe, *, workers: int, batches: int) -> None:
    """Print one recipe's figures."""
    task = TASKS[type(recipe)](recipe, training_data(recipe.data, train_on="train").records)
    prepare(task, CPU)
    loaded, kept, decoded = Spent(), Spent(), 0
    for turn in range(TURNS):
        keys = list(chain.from_iterable(map(task.batches, range(100 * turn, 100 * turn + 100))))[: batches + 1]
        stream = iter(task.load(keys, workers=workers))
        batch = next(stream)  # the workers start
        _train(task, recipe, batch)
        memory = _over(task, recipe, stream, loaded, batches)
        loaded.workers += _workers_cpu()
        decoded += len(batch["pid"]) * (batches + 1)
        _over(task, recipe, iter(memory), kept, batches)
        del stream  # the workers end
    rate, bare = loaded.images / loaded.wall, kept.images / kept.wall
    waited, lost = 100 * loaded.waited / loaded.wall, 100 * (1 - rate / bare)
    each, load = 1000 * loaded.own / loaded.images, 1000 * loaded.workers / decoded
    title = f"{type(recipe).__name__} {recipe.backbone} {recipe.size[0]}x{recipe.size[1]} {recipe.precision}"
    verdict = "reached" if waited < WANTED else "MISSED"
    print(
        f"{title:<44} {rate:6.1f} images/s; waiting {waited:4.1f} % (wanted < {WANTED:.0f} %: {verdict}); "
        f"{lost:5.1f} % slower than from memory; CPU an image: {each:.1f} ms training, {load:.2f} ms workers "
        f"({100 * load / (load + each):.1f} %)",
        flush=True,
    )


def _over(task: ReidTask, recipe: ReidRecipe, stream: Iterator[Batch], spent: Spent, batches: int) -> list[Batch]:
    """Train on some batches of a stream; they are given back."""
    seen = []
    before = time.process_time()
    for _ in range(batches):
        begun = time.perf_counter()
        batch = next(stream)
        spent.waited += time.perf_counter() - begun
        _train(task, recipe, batch)
        spent.wall += time.perf_counter() - begun
        spent.images += len(batch["pid"])
        seen.append(batch)
    spent.own += time.process_time() - before
    return seen


def _train(task: ReidTask, recipe: ReidRecipe, batch: Batch) -> None:
    train_on(task, batch, epoch=0, progress=1.0, settings=recipe, device=CPU)


def _workers_cpu() -> float:
    """Seconds of CPU of the processes that load, so far."""
    total = 0
    for child in multiprocessing.active_children():
        fields = Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])  # utime and stime of proc(5)
    return total / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batches", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.data is None:
            world = replace(PRESETS["tiny"], people=40, views=4)
            options.data = write_world(world, Path(folder) / "world").folder
        print(f"{torch.get_num_threads()} threads, {options.workers} workers, {options.batches} batches, {TURNS} turns")
        for recipe in recipes(options.data):
            measure(recipe, workers=options.workers, batches=options.batches)


if __name__ == "__main__":
    main()
