"""E_3D with truth: made people, whose pose, build, clothes and camera are known."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from habitus.body.model import BodyModel, Frames
from habitus.body.rotations import axis_angle_to_matrix
from habitus.data.dataset import Key
from habitus.data.loading import loader
from habitus.errors import InputError
from habitus.export.pictures import save_picture
from habitus.losses.body_truth import point_loss, rotation_loss
from habitus.recovery.objective import KeypointProbe
from habitus.recovery.regressor.model import BodyRegressor, Regression
from habitus.recovery.regressor.pretrained import save_regressor
from habitus.reid.pretrained import load_backbone
from habitus.rendering.camera import project
from habitus.synthetic.worlds.world import World
from habitus.training import schedules
from habitus.training.recipes.body import BodyNetwork, BodyRecipe
from habitus.training.task import Batch, Losses, Step
from habitus.training.tasks.body_data import MadePeople, batch_of_people, shown
from habitus.training.tasks.body_sheet import WATCHED, sheet_of

TERMS = ("rotation", "joints", "keypoints", "beta", "delta")
"""What a regressed body is judged by; the recipe has a weight of each name."""
NETWORK_OPTIONS = tuple(field.name for field in fields(BodyNetwork))
"""The recipe's fields that the network is built by."""
LARGEST = 5
"""Components of beta that builds differ most by."""


class BodyTask:
    """A body regressor trained on made people; see `habitus.training.task.Task`.

    Args:
        regressor: to train.
        people: what it learns from.
        recipe: what is trained with.
    """

    def __init__(self, regressor: BodyRegressor, people: MadePeople, recipe: BodyRecipe):
        self.regressor, self.people, self.recipe = regressor, people, recipe
        self.truth = Truth(people.body)
        self.modules = nn.ModuleDict({"regressor": regressor})
        optimizer = torch.optim.AdamW(regressor.parameters(), recipe.lr, weight_decay=recipe.weight_decay)
        rate = schedules.warm_up(schedules.cosine(epochs=recipe.epochs), epochs=recipe.warmup)
        self.steps = (Step("regressor", optimizer, self.losses, rate),)

    def batches(self, epoch: int) -> list[list[Key]]:
        """New people for every batch of an epoch."""
        recipe = self.recipe
        return [
            batch_of_people(batch, epoch, people=recipe.people, images=recipe.images, batches=recipe.batches)
            for batch in range(recipe.batches)
        ]

    def load(self, batches: Iterable[list[Key]], *, workers: int) -> Iterable[Batch]:
        """Make the people and take their photos."""
        return loader(self.people, batches, workers=workers)

    def forward(self, batch: Batch, _epoch: int) -> Regression:
        """The bodies as the network sees them."""
        return self.regressor(batch["image"].float() / 255)

    def losses(self, found: Regression, batch: Batch, _epoch: int) -> Losses:
        """Against the truth, in float32 whatever the precision of the network: half precision has no millimetres."""
        weights = {name: getattr(self.recipe, name) for name in TERMS}
        device = batch["beta"].device
        self.truth = self.truth.on(device)
        with torch.autocast(device.type, enabled=False):
            terms = self.truth.terms(found, batch)
        return {name: weight * terms[name].mean() for name, weight in weights.items() if weight}

    def measures(self, shared: Regression, batch: Batch) -> Losses:
        """How much of the batch's variance of the largest components of beta is not explained, for people to watch."""
        truth = batch["beta"]
        left = ((shared.beta.float() - truth) ** 2).sum(0) / ((truth - truth.mean(0)) ** 2).sum(0)
        return {"variance of beta left": left[:LARGEST].mean()}

    def scores(self) -> dict[str, float]:
        """None: `habitus evaluate recovery` scores a run's model on held-out people."""
        return {}

    def draw(self, path: Path) -> None:
        """A sheet of some people with what is seen of their bodies."""
        save_picture(path, sheet_of(self.regressor, self.people.body, *shown(self.people, WATCHED)))

    def names(self, items: Sequence[Key]) -> list[str]:
        """Whose photos they are."""
        return [f"photo {row} of world {self.people.world.seed}" for row, _, _ in items]

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """The regressor alone."""
        save_regressor(folder, self.regressor, trained=about)


class Truth:
    """Holds regressed bodies against true ones."""

    def __init__(self, body: BodyModel):
        self.body = body
        self.probe = KeypointProbe(body)

    def on(self, device: torch.device) -> "Truth":
        """The same on a device; people are made by the body on the CPU."""
        return self if self.body.faces.device == device else Truth(copy.deepcopy(self.body).to(device))

    def terms(self, found: Regression, batch: Batch) -> dict[str, Float[Tensor, "B"]]:
        """How far each body is from the true one, by the names of `TERMS`.

        In its joints' turns; in space, metres from the root; in the picture, heights of it; in build, standard
        deviations squared; in clothes and hair, metres.
        """
        rotations, beta = axis_angle_to_matrix(batch["theta"]), batch["beta"]
        frames, true_frames = found.frames(self.body), self.body.turned_frames(rotations, beta)
        height, width = batch["image"].shape[-2:]
        seen = project(self.probe(frames, found.beta), found.psi, (height, width))[..., :2]
        return {
            "rotation": rotation_loss(found.rotations, rotations),
            "joints": point_loss(_from_root(frames), _from_root(true_frames)),
            "keypoints": point_loss(seen / height, batch["keypoints"] / height),
            "beta": ((found.beta - beta) ** 2).mean(1),
            "delta": point_loss(found.delta, batch["delta"].float()),
        }


def _from_root(frames: Frames) -> Float[Tensor, "B J 3"]:
    joints = frames.transforms[..., :3, 3]
    return joints - joints[:, :1]


def body_task(recipe: BodyRecipe) -> BodyTask:
    """What a recipe describes.

    Raises:
        InputError: options do not go together, the seed is held out, or a file cannot be used.
    """
    if min(recipe.people, recipe.images, recipe.batches) < 1:
        raise InputError("--people, --images, --batches: must be 1 at least")
    body = BodyModel.load(recipe.body)
    world = World(seed=recipe.world, outfits=1, views=recipe.images, size=recipe.size)
    regressor = network_of(recipe, body)
    if recipe.init is not None:
        load_backbone(regressor.backbone, recipe.init)
        regressor.pose_layers.load_state_dict(
            nn.Sequential(regressor.backbone.layer3, regressor.backbone.layer4).state_dict()
        )
    return BodyTask(regressor, MadePeople(world, body), recipe)


def network_of(recipe: BodyNetwork, body: BodyModel) -> BodyRegressor:
    """The untrained network of a recipe."""
    options = {name: getattr(recipe, name) for name in NETWORK_OPTIONS}
    return BodyRegressor(body, **options)
