"""A made world, a re-ID network and options small enough to train texture generators on in tests."""

from pathlib import Path
from typing import Any

import torch

from habitus.reid.pcb import PCB
from habitus.synthetic.worlds.world import World
from habitus.synthetic.worlds.writing import write_world
from habitus.training.recipes.texture import TextureRecipe
from habitus.training.tasks.texture import TextureTask, texture_task
from habitus.training.tasks.training_data import training_data

WORLD = World(people=2, outfits=2, views=2, cameras=2, size=(64, 32), test_share=0.0, seed=4)


def write_small_world(folder: Path) -> Path:
    """Eight photos."""
    write_world(WORLD, folder)
    return folder


def save_small_judge(folder: Path) -> Path:
    """PCB of half a ResNet-10, random and the same every time."""
    state = torch.get_rng_state()
    torch.manual_seed(0)
    PCB(backbone="resnet10-half", size=(64, 32), stripes=2, width=8, last_stride=2).save_pretrained(folder)
    torch.set_rng_state(state)
    return folder


def small_recipe(world: Path, judge: Path, **changes: Any) -> TextureRecipe:
    """Two people with two photos a batch."""
    options = {"people": 2, "images": 2, "size": (64, 32), "texture_size": 128, "epochs": 1}
    return TextureRecipe(data=(world,), reid_weights=str(judge), **(options | changes))


def small_task(recipe: TextureRecipe, run: Path) -> TextureTask:
    """The task of a recipe, its cache not made yet."""
    torch.manual_seed(recipe.seed)
    return texture_task(recipe, training_data(recipe.data, train_on=recipe.train_on), run=run)
