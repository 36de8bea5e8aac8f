"""What all recipes of re-identification share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from habitus.sizes import Size
from habitus.training.settings import LoopSettings

Backbone = Literal[
    "resnet18", "resnet34", "resnet50", "resnet18-ibn-a", "resnet34-ibn-a", "resnet50-ibn-a",
    "resnet10-half", "resnet18-half", "resnet50-half",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReidRecipe(LoopSettings):
    """Data, network, augmentation and learning rates."""

    data: Annotated[tuple[Path, ...], arg(metavar="DIR...")]
    """Data sets to train on: folders in the layout of a known set, made worlds, or tables (csv, parquet)."""
    train_on: Literal["train", "all"] = "train"
    """all: every photo of a made world, its test people too; for worlds that nothing is scored on."""
    identities: Literal["people", "outfits"] = "people"
    """What is told apart. outfits: somebody in other clothes counts as somebody else, as in Market-1501, where nobody
    changes: the better teacher where a network cannot see more of a person than clothes. Not for cal."""
    layout: Annotated[str | None, arg(metavar="NAME")] = None
    """Of the folders, when it cannot be told from what lies in them: market1501, prcc, ltcc, csv, ..."""
    strict: bool = False
    """Stop at a photo that cannot be read, instead of taking another photo of the person."""
    init: Annotated[Path | None, arg(metavar="FILE")] = None
    """ImageNet weights of the backbone, with torchvision's names. Without: trained from scratch."""
    backbone: Backbone = "resnet50"
    """Convolutional network; those of half the width are for CPUs."""
    size: Size = (256, 128)
    """Of the photos as the network sees them, pixels."""
    lr: Annotated[float, arg(metavar="RATE")] = 3.5e-4
    """Learning rate after warm-up."""
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """sgd: with Nesterov momentum 0.9."""
    weight_decay: float = 5e-4
    """Of all weights."""
    backbone_rate: Annotated[float | None, arg(metavar="FACTOR")] = None
    """Factor on the learning rate of the backbone. Default: the paper's with --init, 1 without."""
    schedule: Literal["cosine", "steps", "constant"] = "steps"
    """Of the learning rate after warm-up; steps: a tenth from each milestone on."""
    milestones: tuple[float, ...] = (20, 40)
    """Of --schedule steps, epochs."""
    warmup: Annotated[float, arg(metavar="EPOCHS")] = 0
    """Epochs in which the learning rate climbs in a line, from a hundredth."""
    flip: float = 0.5
    """Probability of a mirror image."""
    pad: int = 10
    """Pixels by which photos are shifted at most."""
    erase: float = 0.5
    """Probability that a box of the photo is erased."""
    jitter: float = 0.0
    """Strength of random brightness, contrast and saturation."""


@dataclass(frozen=True, kw_only=True)
class TripletRecipe(ReidRecipe):
    """Batches of P people with K photos each."""

    people: Annotated[int, arg(metavar="P")] = 16
    """People in a batch."""
    images: Annotated[int, arg(metavar="K")] = 4
    """Photos of each of them."""
    positives: Literal["any", "clothes-changing"] = "any"
    """clothes-changing: photos of a person in a batch show at least two outfits (3DSL)."""
    negatives: Literal["any", "similar-clothes"] = "any"
    """similar-clothes: people in a batch are dressed alike (3DSL)."""
    smoothing: float = 0.1
    """Of the identity labels."""
    triplet_weight: float = 1.0
    """Of the batch-hard triplet loss; 0 leaves it out."""
    margin: Annotated[float | None, arg(metavar="MARGIN")] = 0.3
    """Of the triplet loss; None: the soft margin."""
