"""What a step of texture training costs, and where the time goes: loading, generator and render, the re-ID network.

    python benchmarks/bench_texture_training.py [--data WORLD] [--reid-weights NAME|DIR | --backbone resnet18-half]
                                                [--size 128x64] [--batches 4] [--device cpu]

Both presets with their own losses, in CPU time on one thread: other programs on the machine hardly disturb it. On a GPU
it is wall time. Without --data a small world is made first; without --reid-weights PCB is random, which costs the same.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import habitus  # noqa: F401
import torch

from habitus.reid.pcb import PCB
from habitus.sizes import parse_size
from habitus.synthetic.worlds.world import PRESETS
from habitus.synthetic.worlds.writing import write_world
from habitus.training.loop import choose_device, to_device
from habitus.training.recipes.texture import TextureRecipe
from habitus.training.stepping import autocast, prepare, train_on
from habitus.training.task import Batch
from habitus.training.tasks.texture import TextureTask, texture_task
from habitus.training.tasks.texture_terms import Made
from habitus.training.tasks.training_data import training_data


@dataclass(frozen=True)
class Figures:
    """Seconds an image."""

    loading: float
    """Decoding, unwrapped texels, scans, backgrounds, the true texture."""
    generator: float
    """Forward, render, and backward."""
    judge: float
    """The losses: forward over photos and renders, backward to the renders."""
    step: float
    """All but loading, with the optimiser."""


class Stopwatch:
    """CPU time of this process; on a GPU wall time, once it has done what it was told."""

    def __init__(self, device: torch.device):
        self.device = device

    def __call__(self, work: Callable[[], object]) -> float:
        """Seconds that it takes."""
        start = self._now()
        work()
        return self._now() - start

    def _now(self) -> float:
        if self.device.type == "cpu":
            return time.process_time()
        torch.cuda.synchronize(self.device)
        return time.perf_counter()


def measure(recipe: TextureRecipe, run: Path, *, batches: int, device: torch.device) -> Figures:
    """By parts, on a few batches after one that warms up."""
    task = texture_task(recipe, training_data(recipe.data, train_on="all"), run=run)
    prepare(task, device)
    keys = list(islice((keys for epoch in range(10**6) for keys in task.batches(epoch)), 2 * batches + 1))
    loaded = list(task.load(keys[: batches + 1], workers=0))  # kernels of scans and streets load here
    watch = Stopwatch(device)
    loading = watch(lambda: list(task.load(keys[batches + 1 :], workers=0)))
    first, *others = [to_device(batch, device) for batch in loaded]
    _step(task, recipe, first, device)
    images = sum(len(batch["row"]) for batch in others)
    with autocast(recipe, device):
        generator = sum(watch(partial(_generator, task, batch)) for batch in others)
        judge = sum(watch(partial(_judge, task, batch, _made(task, batch))) for batch in others)
    step = sum(watch(partial(_step, task, recipe, batch, device)) for batch in others)
    return Figures(loading / images, generator / images, judge / images, step / images)


def _step(task: TextureTask, recipe: TextureRecipe, batch: Batch, device: torch.device) -> None:
    train_on(task, batch, epoch=0, progress=1.0, settings=recipe, device=device)


def _generator(task: TextureTask, batch: Batch) -> None:
    task.forward(batch, 0).render.mean().backward()


@torch.no_grad()
def _made(task: TextureTask, batch: Batch) -> Made:
    return task.forward(batch, 0)


def _judge(task: TextureTask, batch: Batch, made: Made) -> None:
    made = replace(made, render=made.render.requires_grad_(), texture=made.texture.requires_grad_())
    torch.stack(list(task.losses(made, batch, 0).values())).sum().backward()


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--reid-weights")
    parser.add_argument("--backbone", default="resnet18-half")
    parser.add_argument("--judge-size", default="192x64", type=parse_size)
    parser.add_argument("--size", default="128x64", type=parse_size)
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        if options.data is None:
            world = replace(PRESETS["tiny"], people=4, test_share=0.0)
            options.data = write_world(world, Path(folder) / "world").folder
        if options.reid_weights is None:
            options.reid_weights = str(Path(folder) / "pcb")
            PCB(backbone=options.backbone, size=options.judge_size).save_pretrained(options.reid_weights)
        for preset in ("rstg", "ours"):
            recipe = TextureRecipe(
                preset=preset, data=(options.data,), reid_weights=options.reid_weights, size=options.size,
                precision=options.precision, cache=Path(folder) / "cache",
            )  # fmt: skip
            found = measure(recipe, Path(folder) / "run", batches=options.batches, device=device)
            whole = found.step + found.loading
            print(
                f"{preset:<5} {1 / whole:6.1f} images/s; {1000 * 16 * found.step:6.0f} ms a step of 16 and "
                f"{1000 * 16 * found.loading:.0f} ms of loading ({100 * found.loading / whole:.1f} %); generator and "
                f"render {1000 * 16 * found.generator:.0f} ms, losses {1000 * 16 * found.judge:.0f} ms "
                f"({100 * found.judge / found.step:.0f} % of a step)",
                flush=True,
            )


if __name__ == "__main__":
    main()
