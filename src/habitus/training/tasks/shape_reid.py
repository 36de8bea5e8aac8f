"""3DSL: appearance and 3D shape side by side, and the baseline that it is compared with."""

import hashlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.data.records import Records
from habitus.data.seen_transforms import SeenTransform
from habitus.errors import InputError
from habitus.export.pictures import save_picture
from habitus.losses.adversarial import EXPLODED
from habitus.recovery.discriminator import BodyDiscriminator
from habitus.recovery.real_bodies import RealBodies, real_bodies
from habitus.recovery.regressor.model import Regression
from habitus.recovery.regressor.pretrained import load_regressor
from habitus.reid.output import ReidOutput
from habitus.reid.shape_reid import ShapeReid
from habitus.reid.two_rgb import TwoRgb
from habitus.training.recipes.body import BodyHeads
from habitus.training.recipes.shape_reid import ShapeReidRecipe
from habitus.training.task import Batch, Losses, Step
from habitus.training.tasks.body_sheet import WATCHED, sheet_of
from habitus.training.tasks.reid import PeopleTask, ReidTask
from habitus.training.tasks.reid_parts import (
    accuracy,
    exact,
    identity_losses,
    model_step,
    photo_dataset,
    pk_batches,
    rate_of,
    told_apart,
    triplet_losses,
)
from habitus.training.tasks.shape_data import SeenDataset, seen_photos
from habitus.training.tasks.shape_terms import BodyTerms, known_share
from habitus.training.tasks.training_data import TrainingData

REAL_BODIES = 20_000
"""That the discriminator knows, at most."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What the streams say about a batch."""

    body: Regression
    rgb: ReidOutput | None
    """None while bodies alone are learned."""
    shape: ReidOutput | None


class ShapeReidTask(PeopleTask):
    """Both streams of 3DSL, trained on photos of people; see `habitus.training.task.Task`.

    Args:
        model: to train.
        dataset: the photos, with what is seen in them.
        terms: what bodies are held against.
        recipe: what is trained with.
    """

    def __init__(self, model: ShapeReid, dataset: SeenDataset, terms: BodyTerms, recipe: ShapeReidRecipe):
        judge = terms.discriminator
        super().__init__(
            model, dataset=dataset, sampler=pk_batches(recipe, dataset.records), steps=(),
            extra={} if judge is None else {"discriminator": judge},
        )  # fmt: skip
        self.network, self.seen, self.recipe = model, dataset, recipe
        self.body, self._terms = terms.body, terms
        steps = [model_step(recipe, model, self.losses, {model.regressor: recipe.chosen.body_lr})]
        if judge is not None:
            optimizer = torch.optim.Adam(judge.parameters(), recipe.chosen.discriminator_lr)
            largest = EXPLODED * terms.body.num_joints + EXPLODED  # a judge for each joint but the root, and two more
            steps.insert(0, Step("discriminator", optimizer, self.discriminated, rate_of(recipe), largest))
        self.steps = tuple(steps)

    def forward(self, batch: Batch, epoch: int) -> Seen:
        """What both streams say; at first what E_3D says of bodies alone."""
        images = batch["image"].float() / 255
        if epoch < self.recipe.body_epochs:
            return Seen(self.network.regressor(images), None, None)
        output = self.network(images)
        return Seen(output.body, exact(output.rgb), exact(output.shape))

    def discriminated(self, seen: Seen, batch: Batch, _epoch: int) -> Losses:
        """The discriminator's turn."""
        return self._terms_at(batch["image"].device).discriminated(seen.body, batch)

    def losses(self, seen: Seen, batch: Batch, _epoch: int) -> Losses:
        """The streams' turn."""
        bodies = dict(self._terms_at(batch["image"].device).losses(seen.body, batch))
        if seen.rgb is None or seen.shape is None:
            return bodies
        weight = self.recipe.shape_identity
        return bodies | self._identity("rgb", seen.rgb, batch, 1.0) | self._identity("shape", seen.shape, batch, weight)

    def _terms_at(self, device: torch.device) -> BodyTerms:
        self._terms = self._terms.on(device)
        return self._terms

    def _identity(self, stream: str, output: ReidOutput, batch: Batch, weight: float) -> dict[str, Tensor]:
        """Softmax and triplets of a stream: means over its features, so that MGS counts as much as one feature."""
        if not weight:
            return {}
        terms = {
            "identity": identity_losses(output, batch, self.recipe.smoothing)["identity"] / len(output.logits),
            **triplet_losses(output, batch, self.recipe),
        }
        return {f"{stream} {name}": weight * term for name, term in terms.items()}

    def measures(self, shared: Seen, batch: Batch) -> Losses:
        """How many training photos each stream names rightly, and of how many the body is known."""
        streams = {"rgb": shared.rgb, "shape": shared.shape}
        right = {
            f"accuracy of {name}": accuracy(output.logits, batch["pid"])
            for name, output in streams.items()
            if output is not None
        }
        return right | known_share(batch)

    def draw(self, path: Path) -> None:
        """A sheet of some people with the bodies that are seen."""
        people = np.unique(self.seen.labels, return_index=True)[1][:WATCHED]
        images, stretch = map(torch.from_numpy, self.seen.plain(people.tolist()))
        save_picture(path, sheet_of(self.network.regressor, self.body, images, stretch=stretch))


def shape_reid_task(recipe: ShapeReidRecipe, data: TrainingData) -> ReidTask | ShapeReidTask:
    """What a recipe describes.

    Raises:
        InputError: options do not go together, files cannot be used, or clothes are not labelled where they must be.
    """
    records = told_apart(recipe, data.records)
    if recipe.streams == "rgb+rgb":
        return _two_rgb(recipe, records)
    _check(recipe, records)
    body = BodyModel(load_body_data(recipe.body))
    photos = seen_photos(records, data.roots, recipe.seen, body)
    chosen = recipe.chosen
    real: RealBodies | None = None
    judge: BodyDiscriminator | None = None
    if chosen.adversarial:
        real = real_bodies(recipe.real, body, seed=recipe.seed, most=REAL_BODIES)
        judge = BodyDiscriminator(joints=body.num_joints, betas=body.num_betas)
    transform = SeenTransform(recipe.size, recipe.flip, recipe.pad, recipe.erase, recipe.jitter)
    dataset = SeenDataset(photos, transform, real, seed=recipe.seed, on_broken="stop" if recipe.strict else "skip")
    return ShapeReidTask(_network(recipe, body, records.people), dataset, BodyTerms(recipe, body, judge), recipe)


def deciding(task: ReidTask | ShapeReidTask, recipe: ShapeReidRecipe) -> dict[str, Any]:
    """The options that decide the outcome, as JSON values: of files, what is in them and not where they are."""
    options = asdict(recipe)
    for name in ("data", "layout", "strict", "init", "shape_init", "seen", "body"):
        del options[name]
    if not isinstance(task, ShapeReidTask):
        return options
    real = task.seen.real
    bodies = None if real is None else hashlib.sha256(real.theta.tobytes() + real.beta.tobytes()).hexdigest()[:16]
    return options | {
        "preset": {"name": recipe.preset, **asdict(recipe.chosen)}, "seen": task.seen.photos.digests(), "real": bodies,
        "body": task.body.topology, "regressor": task.network.regressor.options,
    }  # fmt: skip


def _two_rgb(recipe: ShapeReidRecipe, records: Records) -> ReidTask:
    model = TwoRgb(
        second=recipe.shape_backbone, backbone=recipe.backbone, classes=records.people, size=recipe.size,
        width=recipe.width,
    )  # fmt: skip

    def losses(output: ReidOutput, batch: Batch, _epoch: int) -> Losses:
        """Of each network what it would have alone, as the streams of 3DSL."""
        triplets = triplet_losses(output, batch, recipe)
        both = {name: len(output.embeddings) * mean for name, mean in triplets.items()}
        return identity_losses(output, batch, recipe.smoothing) | both

    step = model_step(recipe, model, losses)
    return ReidTask(model, dataset=photo_dataset(recipe, records), sampler=pk_batches(recipe, records), steps=(step,))


def _network(recipe: ShapeReidRecipe, body: BodyModel, people: int) -> ShapeReid:
    """The network, with E_3D as it was learned before, if it was."""
    before = None if recipe.shape_init is None else load_regressor(recipe.shape_init, body)
    if before is not None and before.size != tuple(recipe.size):
        height, width = before.size
        raise InputError(f"{recipe.shape_init}: was trained at {height}x{width}; give --size {height}x{width}")
    options = {field.name: getattr(recipe, field.name) for field in fields(BodyHeads)}
    options = {"backbone": recipe.shape_backbone, **options} if before is None else before.options
    model = ShapeReid(
        regressor=options, body=body, backbone=recipe.backbone, classes=people, size=recipe.size, width=recipe.width
    )
    if before is not None:
        model.regressor.load_state_dict(before.state_dict())
    return model


def _check(recipe: ShapeReidRecipe, records: Records) -> None:
    chosen = recipe.chosen
    own = {name: getattr(recipe, name) for name in ("shape_identity", "beta_consistency", "delta_consistency")}
    for name, weight in (asdict(chosen) | own).items():
        if weight < 0:
            raise InputError(f"--{name.replace('_', '-')} {weight}: must not be negative")
    if not 0 <= recipe.body_epochs <= recipe.epochs:
        raise InputError(f"--body-epochs {recipe.body_epochs}: must be from 0 to --epochs {recipe.epochs}")
    if recipe.body_epochs and not (chosen.adversarial or chosen.keypoints or chosen.silhouette):
        raise InputError("--body-epochs: nothing says what bodies are; give 0, or a weight of what does")
    if recipe.delta_consistency:
        records.clothes_labels()  # refuses photos without
