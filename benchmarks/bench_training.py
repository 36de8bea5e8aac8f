"""Training throughput of the recipes, and what of it is lost to loading data.

    python benchmarks/bench_training.py [--data DIR] [--workers 1] [--threads 2] [--batches 12]

Each recipe is trained on batches that worker processes load, as in a run. Lost to loading are the time that training
waits for data (what `habitus train` prints), and the cores' time that the workers take, which is measured apart, on one
thread: other programs on the machine do not disturb CPU time. Without --data a small world is made first.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import habitus  # noqa: F401
import torch

from habitus.synthetic.worlds.world import PRESETS
from habitus.synthetic.worlds.writing import write_world
from habitus.train_command import REID_TASKS
from habitus.training.recipes.cal import Cal
from habitus.training.recipes.pcb import Pcb
from habitus.training.recipes.reid import ReidRecipe
from habitus.training.recipes.reid_baseline import ReidBaseline
from habitus.training.stepping import prepare, train_on
from habitus.training.task import Batch
from habitus.training.tasks.reid import ReidTask
from habitus.training.tasks.training_data import training_data

CPU = torch.device("cpu")
WANTED = 10.0
"""Percent lost to loading at most."""
APART = 3
"""Batches whose CPU time is measured."""


def recipes(data: Path) -> list[ReidRecipe]:
    """What is timed: the smaller networks for CPUs in every recipe, and ResNet-50 in one."""
    common = {"data": (data,), "backbone": "resnet18-half"}
    return [
        ReidBaseline(**common, size=(128, 64), people=8),
        ReidBaseline(**common, size=(128, 64), people=8, precision="bf16"),
        ReidBaseline(**common, size=(256, 128), people=8),
        Pcb(**common, size=(192, 64), batch=32),
        Cal(**common, size=(128, 64), people=8, images=4, clothes_from=0),
        ReidBaseline(data=(data,), size=(256, 128), people=4),
    ]


@dataclass(frozen=True)
class Figures:
    """Of one recipe."""

    rate: float
    """Images a second."""
    waiting: float
    """Percent of the time."""
    training: float
    """Milliseconds of CPU an image."""
    loading: float
    """Milliseconds of CPU an image."""


def measure(recipe: ReidRecipe, *, workers: int, threads: int, batches: int) -> Figures:
    """Train on a few batches, first as in a run, then by parts."""
    task = REID_TASKS[type(recipe)](recipe, training_data(recipe.data, train_on="train").records)
    prepare(task, CPU)
    keys = list(islice(chain.from_iterable(map(task.batches, range(recipe.epochs))), batches + APART))
    torch.set_num_threads(threads)
    stream = iter(task.load(keys, workers=workers))
    _train(task, recipe, next(stream))  # the workers start
    images, waited, start = 0, 0.0, time.perf_counter()
    for _ in range(batches - 1):
        asked = time.perf_counter()
        batch = next(stream)
        waited += time.perf_counter() - asked
        _train(task, recipe, batch)
        images += len(batch["pid"])
    wall = time.perf_counter() - start
    del stream  # the workers end
    torch.set_num_threads(1)
    before = time.process_time()
    kept = list(task.load(keys[-APART:], workers=0))
    loaded = time.process_time()
    for batch in kept:
        _train(task, recipe, batch)
    each = 1000 / sum(len(batch["pid"]) for batch in kept)
    return Figures(
        rate=images / wall,
        waiting=100 * waited / wall,
        training=(time.process_time() - loaded) * each,
        loading=(loaded - before) * each,
    )


def _train(task: ReidTask, recipe: ReidRecipe, batch: Batch) -> None:
    train_on(task, batch, epoch=0, progress=1.0, settings=recipe, device=CPU)


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batches", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.data is None:
            world = replace(PRESETS["tiny"], people=40, views=4)
            options.data = write_world(world, Path(folder) / "world").folder
        print(f"{options.threads} threads, {options.workers} workers, {options.batches} batches of 32 (ResNet-50: 16)")
        for recipe in recipes(options.data):
            found = measure(recipe, workers=options.workers, threads=options.threads, batches=options.batches)
            title = f"{type(recipe).__name__} {recipe.backbone} {recipe.size[0]}x{recipe.size[1]} {recipe.precision}"
            share = 100 * found.loading / (found.loading + found.training)
            verdict = "reached" if max(share, found.waiting) < WANTED else "MISSED"
            print(
                f"{title:<44} {found.rate:6.1f} images/s, waiting for data {found.waiting:.1f} %; CPU an image "
                f"{found.training:.1f} ms training, {found.loading:.2f} ms loading: {share:.1f} % "
                f"(wanted < {WANTED:.0f} %: {verdict})",
                flush=True,
            )


if __name__ == "__main__":
    main()
