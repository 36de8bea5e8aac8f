"""Re-identification: photos of people in batches, a network, and the losses of the strong baseline, PCB and CAL."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int64
from torch import Tensor, nn

from habitus.data.clothes_alike import alike_groups
from habitus.data.dataset import Key, PhotoDataset
from habitus.data.loading import loader
from habitus.data.records import Records, ReidData
from habitus.data.samplers import PKBatches, ShuffledBatches
from habitus.data.transforms import train_transform
from habitus.errors import InputError
from habitus.losses.clothes_adversarial import clothes_adversarial_loss
from habitus.losses.identity import identity_loss
from habitus.losses.triplet import triplet_loss
from habitus.reid.baseline import StrongBaseline
from habitus.reid.clothes_classifier import NormalisedClassifier
from habitus.reid.embedder import Embedder
from habitus.reid.model import ReidModel
from habitus.reid.output import ReidOutput
from habitus.reid.pcb import PCB
from habitus.reid.pretrained import load_backbone
from habitus.training import schedules
from habitus.training.distributed import gathered
from habitus.training.recipes.cal import Cal
from habitus.training.recipes.pcb import Pcb
from habitus.training.recipes.reid import ReidRecipe, TripletRecipe
from habitus.training.recipes.reid_baseline import ReidBaseline
from habitus.training.task import Batch, Losses, Step

BACKBONE_RATES = {"pcb": 0.1, "baseline": 1.0}
"""Of pretrained backbones, by the kind of model: PCB's authors train the new layers ten times as fast."""


class ReidTask:
    """A re-ID network trained on photos of people; see `habitus.training.task.Task`.

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

    def forward(self, batch: Batch) -> ReidOutput:
        """Features and scores, in float32 whatever the precision of the network: distances need it."""
        output: ReidOutput = self.model(batch["image"].float() / 255)
        return replace(
            output,
            feature=output.feature.float(),
            embeddings=tuple(embedding.float() for embedding in output.embeddings),
            logits=tuple(logits.float() for logits in output.logits),
        )

    def measures(self, shared: ReidOutput, batch: Batch) -> Losses:
        """The share of training photos that the classifiers together name rightly."""
        scores = torch.stack([logits.log_softmax(1) for logits in shared.logits]).sum(0)
        return {"accuracy": (scores.argmax(1) == batch["pid"]).float().mean()}

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


def baseline_task(recipe: ReidBaseline, records: Records) -> ReidTask:
    """The strong baseline: softmax and batch-hard triplets.

    Raises:
        InputError: outfits are to be told apart, and clothes are not labelled.
    """
    records = _told_apart(recipe, records)
    model = StrongBaseline(backbone=recipe.backbone, classes=records.people, size=recipe.size)

    def losses(output: ReidOutput, batch: Batch, _epoch: int) -> Losses:
        return _identity(output, batch, recipe.smoothing) | _triplets(output, batch, recipe)

    step = _model_step(recipe, model, losses)
    return ReidTask(model, dataset=_photos(recipe, records), sampler=_pk_batches(recipe, records), steps=(step,))


def pcb_task(recipe: Pcb, records: Records) -> ReidTask:
    """PCB: a softmax a stripe.

    Raises:
        InputError: outfits are to be told apart, and clothes are not labelled.
    """
    records = _told_apart(recipe, records)
    model = PCB(
        backbone=recipe.backbone, classes=records.people, size=recipe.size, stripes=recipe.stripes,
        width=recipe.width, reduction=recipe.reduction, dropout=recipe.dropout,
    )  # fmt: skip

    def losses(output: ReidOutput, batch: Batch, _epoch: int) -> Losses:
        return _identity(output, batch, recipe.smoothing)

    step = _model_step(recipe, model, losses)
    sampler = ShuffledBatches(photos=len(records), batch=recipe.batch, seed=recipe.seed)
    return ReidTask(model, dataset=_photos(recipe, records), sampler=sampler, steps=(step,))


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
        found = _identity(output, batch, recipe.smoothing) | _triplets(output, batch, recipe)
        if epoch < recipe.clothes_from:
            return found
        own = wardrobe.to(batch["pid"].device)[batch["pid"]]
        loss = clothes_adversarial_loss(
            classifier(output.feature), batch["clothes_id"], own, epsilon=recipe.epsilon, scale=recipe.scale
        )
        return found | {"clothes_adversarial": recipe.clothes_weight * loss.mean()}

    clothes = Step(
        "clothes", _optimizer(recipe, [{"params": list(classifier.parameters())}]), clothes_losses, _rate(recipe)
    )
    return ReidTask(
        model,
        dataset=_photos(recipe, records),
        sampler=_pk_batches(recipe, records),
        steps=(clothes, _model_step(recipe, model, losses)),
        extra={"clothes_classifier": classifier},
    )


def _told_apart(recipe: ReidRecipe, records: Records) -> Records:
    return replace(records, pids=records.clothes_labels()) if recipe.identities == "outfits" else records


def _identity(output: ReidOutput, batch: Batch, smoothing: float) -> dict[str, Tensor]:
    losses = [identity_loss(logits, batch["pid"], smoothing=smoothing).mean() for logits in output.logits]
    return {"identity": torch.stack(losses).sum()}


def _triplets(output: ReidOutput, batch: Batch, recipe: TripletRecipe) -> dict[str, Tensor]:
    """Over the batch of all processes: the hardest stranger may be on another one."""
    if not recipe.triplet_weight:
        return {}
    labels = gathered(batch["pid"])
    losses = [triplet_loss(gathered(embedding), labels, margin=recipe.margin).mean() for embedding in output.embeddings]
    return {"triplet": recipe.triplet_weight * torch.stack(losses).mean()}


def _photos(recipe: ReidRecipe, records: Records) -> PhotoDataset:
    transform = train_transform(recipe.size, flip=recipe.flip, pad=recipe.pad, erase=recipe.erase, jitter=recipe.jitter)
    return PhotoDataset(records, transform, seed=recipe.seed, on_broken="stop" if recipe.strict else "skip")


def _pk_batches(recipe: TripletRecipe, records: Records) -> PKBatches:
    changing, alike = recipe.positives == "clothes-changing", recipe.negatives == "similar-clothes"
    return PKBatches(
        labels=records.labels(),
        people=recipe.people,
        images=recipe.images,
        seed=recipe.seed,
        positives=recipe.positives,
        negatives=recipe.negatives,
        clothes=records.clothes_labels() if changing else None,
        alike=alike_groups(records, people=recipe.people) if alike else None,
    )


def _model_step(recipe: ReidRecipe, model: ReidModel, losses: Callable[[ReidOutput, Batch, int], Losses]) -> Step:
    """All of the model under one optimiser; a pretrained backbone may learn at a rate of its own."""
    factor = recipe.backbone_rate
    if recipe.init is not None:
        load_backbone(model.backbone, recipe.init)
        factor = BACKBONE_RATES[model.kind] if factor is None else factor
    backbone = {id(parameter) for parameter in model.backbone.parameters()}
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if id(p) not in backbone]},
        {"params": [p for p in trained if id(p) in backbone], "lr": recipe.lr * (1.0 if factor is None else factor)},
    ]
    return Step("model", _optimizer(recipe, groups), losses, _rate(recipe))


def _optimizer(recipe: ReidRecipe, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, recipe.lr, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimizer]
    return kind(groups, recipe.lr, weight_decay=recipe.weight_decay)


def _rate(recipe: ReidRecipe) -> schedules.Rate:
    after = {
        "cosine": schedules.cosine(epochs=recipe.epochs),
        "steps": schedules.steps(milestones=recipe.milestones),
        "constant": schedules.constant,
    }[recipe.schedule]
    return schedules.warm_up(after, epochs=recipe.warmup)


def _wardrobes(people: Int64[np.ndarray, "M"], outfits: Int64[np.ndarray, "M"]) -> Bool[np.ndarray, "P K"]:
    """Whether an outfit is one of a person's."""
    owned = np.zeros((people.max() + 1, outfits.max() + 1), bool)
    owned[people, outfits] = True
    return owned
