"""`habitus train`: a recipe, trained in a run folder."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from habitus.errors import InputError
from habitus.model_folders import WEIGHTS
from habitus.training.loop import train
from habitus.training.recipes.body import BodyRecipe
from habitus.training.recipes.cal import Cal
from habitus.training.recipes.pcb import Pcb
from habitus.training.recipes.reid import ReidRecipe
from habitus.training.recipes.reid_baseline import ReidBaseline
from habitus.training.recipes.shape_reid import ShapeReidRecipe
from habitus.training.recipes.texture import TextureRecipe
from habitus.training.settings import LoopSettings
from habitus.training.task import Task
from habitus.training.tasks.reid import ReidTask, baseline_task, cal_task, pcb_task
from habitus.training.tasks.training_data import training_data

if TYPE_CHECKING:
    from habitus.cli import TrainCommand


@dataclass(frozen=True)
class Prepared:
    """A recipe that is ready to be trained."""

    task: Task
    options: dict[str, Any]
    """Those that decide the outcome, as JSON values: of files, what is in them and not where they are."""
    data: list[dict[str, Any]]
    """Fingerprints of the data sets."""
    notes: dict[str, Any]
    """What else is told of the training."""
    scored: bool
    """Whether the task can be scored on people that it is not trained on."""


REID_TASKS: dict[type[ReidRecipe], Callable[..., ReidTask]] = {
    ReidBaseline: baseline_task, Pcb: pcb_task, Cal: cal_task,
}  # fmt: skip


def run_recipe(command: "TrainCommand") -> None:
    """Train a recipe to its end.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    recipe = command.recipe
    torch.manual_seed(recipe.seed)  # the weights at the start
    name, prepare = RECIPES[type(recipe)]
    found = prepare(recipe, command.out)
    if command.score_every and not found.scored:
        raise InputError(f"--score-every: there is nothing to score {name} on; leave it out")
    identity = {"recipe": name, "options": found.options, "data": found.data}
    train(
        found.task, command.out, settings=recipe, options=command, identity=identity, notes=found.notes,
        resume=command.resume,
    )  # fmt: skip


def _reid(recipe: ReidRecipe, _run: Path) -> Prepared:
    data = training_data(recipe.data, train_on=recipe.train_on, layout=recipe.layout)
    task = REID_TASKS[type(recipe)](recipe, data.records)
    task.test = data.test
    options = asdict(recipe)
    del options["data"], options["layout"], options["strict"]
    if recipe.init is not None:
        options["init"] = _digest(recipe.init)
    return Prepared(task, options, data.fingerprints, {"trained_on": data.names}, scored=data.test is not None)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a file of weights") from error


def _texture(recipe: TextureRecipe, run: Path) -> Prepared:
    from habitus.training.tasks.texture import deciding, texture_task  # noqa: PLC0415 - re-ID needs none of it

    data = training_data(recipe.data, train_on=recipe.train_on, layout=recipe.layout)
    task = texture_task(recipe, data, run=run)
    notes = {"trained_on": data.names, "photos": len(task.dataset), "body": task.generator.topology}
    return Prepared(task, deciding(task, recipe), data.fingerprints, notes, scored=False)


def _body(recipe: BodyRecipe, _run: Path) -> Prepared:
    from habitus.training.tasks.body import body_task  # noqa: PLC0415 - re-ID needs none of it

    task = body_task(recipe)
    options = asdict(recipe)
    options |= {"body": task.people.body.topology, "init": None if recipe.init is None else _digest(recipe.init)}
    notes = {"trained_on": f"new made people, world {recipe.world}", "body": task.people.body.topology}
    return Prepared(task, options, [], notes, scored=False)


def _shape_reid(recipe: ShapeReidRecipe, _run: Path) -> Prepared:
    from habitus.training.tasks.shape_reid import deciding, shape_reid_task  # noqa: PLC0415 - re-ID needs none of it

    data = training_data(recipe.data, train_on=recipe.train_on, layout=recipe.layout)
    task = shape_reid_task(recipe, data)
    task.test = data.test
    starts = {"init": recipe.init, "shape_init": recipe.shape_init and recipe.shape_init / WEIGHTS}
    options = deciding(task, recipe) | {name: None if path is None else _digest(path) for name, path in starts.items()}
    return Prepared(task, options, data.fingerprints, {"trained_on": data.names}, scored=data.test is not None)


RECIPES: dict[type[LoopSettings], tuple[str, Callable[[Any, Path], Prepared]]] = {
    ReidBaseline: ("reid-baseline", _reid),
    Pcb: ("pcb", _reid),
    Cal: ("cal", _reid),
    TextureRecipe: ("texture", _texture),
    BodyRecipe: ("body", _body),
    ShapeReidRecipe: ("shape-reid", _shape_reid),
}
"""What recipes are called, and how each is prepared: from its options and the folder of the run."""
