"""Re-identification: photos of people in batches, a network, and the losses of the strong baseline, PCB and CAL."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int64
from torch import nn

from habitus.data.dataset import Key, PhotoDataset
from habitus.data.loading import loader
from habitus.data.records import Records, ReidData
from habitus.data.samplers import PKBatches, ShuffledBatches
from habitus.errors import InputError
from habitus.losses.clothes_adversarial import clothes_adversarial_loss
from habitus.losses.identity import identity_loss
from habitus.reid.baseline import StrongBaseline
from habitus.reid.clothes_classifier import NormalisedClassifier
from habitus.reid.embedder import Embedder
from habitus.reid.model import ReidModel
from habitus.reid.output import ReidOutput
from habitus.reid.pcb import PCB
from habitus.training.recipes.cal import Cal
from habitus.training.recipes.pcb import Pcb
from habitus.training.recipes.reid_baseline import ReidBaseline
from habitus.training.task import Batch, Losses, Step
from habitus.training.tasks.reid_parts import (
    accuracy,
    exact,
    identity_losses,
    model_step,
    optimizer_of,
    photo_dataset,
    pk_batches,
    rate_of,
    told_apart,
    triplet_losses,
)


class PeopleTask:
    """A network trained to tell people in photos apart: a `habitus.training.task.Task` but for forward and measures.

    Args:
        model: gives features and scores.
        dataset: the photos.
        sampler: which make a batch.
        steps: of the optimisers.
        extra: networks that are trained with the model and not saved in the end.

    `test` may be set to a data set to score on.
    """

    def __init__(
        self,
        model: ReidModel,
        *,
        dataset: PhotoDataset,
        sampler: PKBatches | ShuffledBatches,
        steps: tuple[Step, ...],
        extra: dict[str, nn.Module] | None = None,
    ):
        self.model, self.dataset, self.sampler, self.steps = model, dataset, sampler, steps
        self.test: ReidData | None = None
        self.modules = nn.ModuleDict({"model": model, **(extra or {})})

    def batches(self, epoch: int) -> list[list[Key]]:
        """The photos of every batch of an epoch."""
        return self.sampler.batches(epoch)

    def load(self, batches: Iterable[list[Key]], *, workers: int) -> Iterable[Batch]:
        """Decode and augment."""
        return loader(self.dataset, batches, workers=workers)

    def scores(self) -> dict[str, float]:
        """mAP and rank-1 in every mode that the test set has."""
        from habitus.evaluation.features import embed_photos, photos_of  # noqa: PLC0415 - matplotlib is slow to import
        from habitus.evaluation.reid import evaluate_reid, trials_of  # noqa: PLC0415

        if self.test is None:
            return {}
        trials = trials_of(self.test)
        embedder = Embedder(self.model, device=str(next(self.model.parameters()).device))
        photos = photos_of(trials.values())
        features = embed_photos(photos, embedder, weights="in training", strict=False, progress=lambda _: None)
        results = evaluate_reid(self.test, trials, features).report.results
        return {f"{result.mode} {name}": getattr(result, name) for result in results for name in ("mAP", "rank1")}

    def draw(self, path: Path) -> None:
        """Nothing: features cannot be seen."""

    def names(self, items: Sequence[Key]) -> list[str]:
        """The files."""
        return [str(self.dataset.records.paths[row]) for row, _, _ in items]

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """The network alone, in the form that `habitus.reid.pretrained.load_model` reads."""
        self.model.trained = about
        self.model.save_pretrained(folder)


class ReidTask(PeopleTask):
    """A re-ID network trained on photos of people by one forward pass."""

    def forward(self, batch: Batch, _epoch: int) -> ReidOutput:
        """Features and scores."""
        output: ReidOutput = self.model(batch["image"].float() / 255)
        return exact(output)

    def measures(self, shared: ReidOutput, batch: Batch) -> Losses:
        """The share of training photos that the classifiers together name rightly."""
        return {"accuracy": accuracy(shared.logits, batch["pid"])}


def baseline_task(recipe: ReidBaseline, records: Records) -> ReidTask:
    """The strong baseline: softmax and batch-hard triplets.

    Raises:
        InputError: outfits are to be told apart, and clothes are not labelled.
    """
    records = told_apart(recipe, records)
    model = StrongBaseline(backbone=recipe.backbone, classes=records.people, size=recipe.size)

    def losses(output: ReidOutput, batch: Batch, _epoch: int) -> Losses:
        return identity_losses(output, batch, recipe.smoothing) | triplet_losses(output, batch, recipe)

    step = model_step(recipe, model, losses)
    return ReidTask(model, dataset=photo_dataset(recipe, records), sampler=pk_batches(recipe, records), steps=(step,))


def pcb_task(recipe: Pcb, records: Records) -> ReidTask:
    """PCB: a softmax a stripe.

    Raises:
        InputError: outfits are to be told apart, and clothes are not labelled.
    """
    records = told_apart(recipe, records)
    model = PCB(
        backbone=recipe.backbone, classes=records.people, size=recipe.size, stripes=recipe.stripes,
        width=recipe.width, reduction=recipe.reduction, dropout=recipe.dropout,
    )  # fmt: skip

    def losses(output: ReidOutput, batch: Batch, _epoch: int) -> Losses:
        return identity_losses(output, batch, recipe.smoothing)

    step = model_step(recipe, model, losses)
    sampler = ShuffledBatches(photos=len(records), batch=recipe.batch, seed=recipe.seed)
    return ReidTask(model, dataset=photo_dataset(recipe, records), sampler=sampler, steps=(step,))


def cal_task(recipe: Cal, records: Records) -> ReidTask:
    """CAL: at each batch a classifier of outfits learns first, then the network learns to fool it.

    Raises:
        InputError: clothes are not labelled, or outfits are to be told apart.
    """
    if recipe.identities == "outfits":
        raise InputError("--identities outfits: cal learns what people keep when they change; leave it out")
    outfits = records.clothes_labels()
    model = StrongBaseline(backbone=recipe.backbone, classes=records.people, size=recipe.size, pooling="avg+max")
    classifier = NormalisedClassifier(model.feature_size, int(outfits.max()) + 1)
    wardrobe = torch.from_numpy(_wardrobes(records.labels(), outfits))

    def clothes_losses(output: ReidOutput, batch: Batch, epoch: int) -> Losses:
        if epoch < recipe.clothes_from:
            return {}
        scores = recipe.scale * classifier(output.feature.detach())
        return {"clothes": identity_loss(scores, batch["clothes_id"], smoothing=0).mean()}

    def losses(output: ReidOutput, batch: Batch, epoch: int) -> Losses:
        found = identity_losses(output, batch, recipe.smoothing) | triplet_losses(output, batch, recipe)
        if epoch < recipe.clothes_from:
            return found
        own = wardrobe.to(batch["pid"].device)[batch["pid"]]
        loss = clothes_adversarial_loss(
            classifier(output.feature), batch["clothes_id"], own, epsilon=recipe.epsilon, scale=recipe.scale
        )
        return found | {"clothes_adversarial": recipe.clothes_weight * loss.mean()}

    clothes = Step(
        "clothes", optimizer_of(recipe, [{"params": list(classifier.parameters())}]), clothes_losses, rate_of(recipe)
    )
    return ReidTask(
        model,
        dataset=photo_dataset(recipe, records),
        sampler=pk_batches(recipe, records),
        steps=(clothes, model_step(recipe, model, losses)),
        extra={"clothes_classifier": classifier},
    )


def _wardrobes(people: Int64[np.ndarray, "M"], outfits: Int64[np.ndarray, "M"]) -> Bool[np.ndarray, "P K"]:
    """Whether an outfit is one of a person's."""
    owned = np.zeros((people.max() + 1, outfits.max() + 1), bool)
    owned[people, outfits] = True
    return owned
