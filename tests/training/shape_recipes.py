"""Options small enough to train 3DSL in tests, on the made world of `texture_worlds`: two people, eight photos."""

from pathlib import Path
from typing import Any

import pytest
import torch

from habitus.body.model import BodyModel
from habitus.training.recipes.shape_reid import ShapeReidRecipe
from habitus.training.stepping import prepare
from habitus.training.task import Batch
from habitus.training.tasks import shape_reid
from habitus.training.tasks.shape_reid import ShapeReidTask, shape_reid_task
from habitus.training.tasks.training_data import training_data

BODY = BodyModel.load()
CPU = torch.device("cpu")
SIZE = (64, 32)
SMALL: dict[str, Any] = {
    "backbone": "resnet10-half", "shape_backbone": "resnet10-half", "size": SIZE, "width": 32, "part_width": 16,
    "hidden": 64, "handles": 12, "people": 2, "images": 2, "epochs": 2, "body_epochs": 1,
}  # fmt: skip


def save_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One body for all tasks, and few real bodies: all that a training wants take a quarter of a minute to make."""
    monkeypatch.setattr(shape_reid, "load_body_data", lambda _: None)
    monkeypatch.setattr(shape_reid, "BodyModel", lambda _: BODY)
    monkeypatch.setattr(shape_reid, "REAL_BODIES", 16)


def small_recipe(world: Path, **changes: Any) -> ShapeReidRecipe:
    """Two people with two photos a batch, bodies alone in the first of two epochs."""
    return ShapeReidRecipe(data=(world,), **(SMALL | changes))


def words(world: Path, run: Path, *options: Any) -> list[str]:
    """The same recipe as a command."""
    spelled = {f"--{name.replace('_', '-')}": value for name, value in SMALL.items()} | {"--size": "64x32"}
    small = [str(word) for option in spelled.items() for word in option]
    chosen = ["--workers", "0", "--device", "cpu", *map(str, options)]
    return ["train", "shape-reid", "--data", str(world), "--out", str(run), *small, *chosen]


def small_task(recipe: ShapeReidRecipe) -> ShapeReidTask:
    """The task of a recipe, ready for its first batch, with the weights that its seed gives."""
    torch.manual_seed(recipe.seed)
    task = shape_reid_task(recipe, training_data(recipe.data, train_on=recipe.train_on))
    assert isinstance(task, ShapeReidTask)
    prepare(task, CPU)
    return task


def first_batch(task: ShapeReidTask) -> Batch:
    """As the loop gives it."""
    return next(iter(task.load(task.batches(0)[:1], workers=0)))
