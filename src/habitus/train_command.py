"""`habitus train`: a recipe, trained in a run folder."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch

from habitus.errors import InputError
from habitus.training.loop import train
from habitus.training.recipes.cal import Cal
from habitus.training.recipes.pcb import Pcb
from habitus.training.recipes.reid import ReidRecipe
from habitus.training.recipes.reid_baseline import ReidBaseline
from habitus.training.tasks.reid import ReidTask, baseline_task, cal_task, pcb_task
from habitus.training.tasks.training_data import training_data

if TYPE_CHECKING:
    from habitus.cli import TrainCommand

NAMES: dict[type[ReidRecipe], str] = {ReidBaseline: "reid-baseline", Pcb: "pcb", Cal: "cal"}
TASKS: dict[type[ReidRecipe], Callable[..., ReidTask]] = {ReidBaseline: baseline_task, Pcb: pcb_task, Cal: cal_task}


def run_recipe(command: "TrainCommand") -> None:
    """Train a recipe to its end.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    recipe = command.recipe
    data = training_data(recipe.data, train_on=recipe.train_on, layout=recipe.layout)
    torch.manual_seed(recipe.seed)  # the weights at the start
    task = TASKS[type(recipe)](recipe, data.records)
    task.test = data.test
    if command.score_every and data.test is None:
        raise InputError(f"--score-every: {recipe.data[0]} has no test people that are not trained on; leave it out")
    identity = {"recipe": NAMES[type(recipe)], "options": _deciding(recipe), "data": data.fingerprints}
    notes = {"trained_on": data.names}
    train(task, command.out, settings=recipe, options=command, identity=identity, notes=notes, resume=command.resume)


def _deciding(recipe: ReidRecipe) -> dict[str, Any]:
    """The options that decide the outcome: of files, what is in them and not where they are."""
    options = asdict(recipe)
    del options["data"], options["layout"], options["strict"]
    if recipe.init is not None:
        try:
            options["init"] = hashlib.sha256(recipe.init.read_bytes()).hexdigest()[:16]
        except OSError as error:
            raise InputError(f"{recipe.init}: cannot be read ({error.strerror}); name a file of weights") from error
    return options
