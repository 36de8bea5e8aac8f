"""What re-ID tasks are made of: photos in batches, one optimiser, and the losses of identity."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from habitus.data.clothes_alike import alike_groups
from habitus.data.dataset import PhotoDataset
from habitus.data.records import Records
from habitus.data.samplers import PKBatches
from habitus.data.transforms import train_transform
from habitus.losses.identity import identity_loss
from habitus.losses.triplet import triplet_loss
from habitus.reid.model import ReidModel
from habitus.reid.output import ReidOutput
from habitus.reid.pretrained import load_backbone
from habitus.training import schedules
from habitus.training.distributed import gathered
from habitus.training.recipes.reid import ReidRecipe, TripletRecipe
from habitus.training.task import Batch, Losses, Step

BACKBONE_RATES = {"pcb": 0.1}
"""Of pretrained backbones, by the kind of model, where not 1: PCB's authors train the new layers ten times as fast."""


def exact(output: ReidOutput) -> ReidOutput:
    """The same in float32 whatever the precision of the network: distances need it."""
    return ReidOutput(
        output.feature.float(), tuple(map(Tensor.float, output.embeddings)), tuple(map(Tensor.float, output.logits))
    )


def accuracy(logits: Sequence[Float[Tensor, "B C"]], labels: Int64[Tensor, "B"]) -> Float[Tensor, ""]:
    """The share of photos that classifiers together name rightly."""
    scores = torch.stack([some.log_softmax(1) for some in logits]).sum(0)
    return (scores.argmax(1) == labels).float().mean()


def told_apart(recipe: ReidRecipe, records: Records) -> Records:
    """Photos labelled by what is to be told apart.

    Raises:
        InputError: outfits, and clothes are not labelled.
    """
    return replace(records, pids=records.clothes_labels()) if recipe.identities == "outfits" else records


def identity_losses(output: ReidOutput, batch: Batch, smoothing: float) -> dict[str, Tensor]:
    """Softmax of every classifier, summed."""
    losses = [identity_loss(logits, batch["pid"], smoothing=smoothing).mean() for logits in output.logits]
    return {"identity": torch.stack(losses).sum()}


def triplet_losses(output: ReidOutput, batch: Batch, recipe: TripletRecipe) -> dict[str, Tensor]:
    """Over the batch of all processes: the hardest stranger may be on another one."""
    if not recipe.triplet_weight:
        return {}
    labels = gathered(batch["pid"])
    losses = [triplet_loss(gathered(embedding), labels, margin=recipe.margin).mean() for embedding in output.embeddings]
    return {"triplet": recipe.triplet_weight * torch.stack(losses).mean()}


def photo_dataset(recipe: ReidRecipe, records: Records) -> PhotoDataset:
    """The photos, augmented as the recipe says."""
    transform = train_transform(recipe.size, flip=recipe.flip, pad=recipe.pad, erase=recipe.erase, jitter=recipe.jitter)
    return PhotoDataset(records, transform, seed=recipe.seed, on_broken="stop" if recipe.strict else "skip")


def pk_batches(recipe: TripletRecipe, records: Records) -> PKBatches:
    """Batches of people for triplets, by the recipe's strategy."""
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


def model_step(
    recipe: ReidRecipe,
    model: ReidModel,
    losses: Callable[[Any, Batch, int], Losses],
    others: Mapping[nn.Module, float] | None = None,
) -> Step:
    """All of the model under one optimiser; a pretrained backbone may learn at a rate of its own.

    Args:
        recipe: with the learning rate of the rest.
        model: its backbone is given the weights of `recipe.init`.
        losses: of the step.
        others: parts of the model, and the learning rate of each.
    """
    factor = recipe.backbone_rate
    if recipe.init is not None:
        load_backbone(model.backbone, recipe.init)
        factor = BACKBONE_RATES.get(model.kind, 1.0) if factor is None else factor
    rates = {model.backbone: recipe.lr * (1.0 if factor is None else factor), **(others or {})}
    apart = {id(parameter) for part in rates for parameter in part.parameters()}
    groups: list[dict[str, Any]] = [
        {"params": [p for p in _trained(model) if id(p) not in apart]},
        *({"params": _trained(part), "lr": rate} for part, rate in rates.items()),
    ]
    return Step("model", optimizer_of(recipe, groups), losses, rate_of(recipe))


def _trained(part: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in part.parameters() if parameter.requires_grad]


def optimizer_of(recipe: ReidRecipe, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    """The recipe's optimiser over groups of parameters."""
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, recipe.lr, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimizer]
    return kind(groups, recipe.lr, weight_decay=recipe.weight_decay)


def rate_of(recipe: ReidRecipe) -> schedules.Rate:
    """The recipe's schedule."""
    after = {
        "cosine": schedules.cosine(epochs=recipe.epochs),
        "steps": schedules.steps(milestones=recipe.milestones),
        "constant": schedules.constant,
    }[recipe.schedule]
    return schedules.warm_up(after, epochs=recipe.warmup)
