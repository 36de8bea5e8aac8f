"""The 3D stream of 3DSL, learned from made people whose bodies are known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from habitus.sizes import Size
from habitus.training.recipes.reid import Backbone
from habitus.training.settings import LoopSettings


@dataclass(frozen=True, kw_only=True)
class BodyHeads:
    """What E_3D says, and by what."""

    granularity: Literal["global", "multi"] = "multi"
    """multi: MGS, local shape features beside the global one, each for a part of the body."""
    width: int = 768
    """Of the global shape feature."""
    part_width: int = 256
    """Of each local shape feature."""
    pooling: Literal["mean", "grid"] = "mean"
    """What heads see of the last map: its mean, or every cell, squeezed."""
    displacement: Literal["handles", "vertices"] = "handles"
    """What clothes and hair are made of: a smooth basis, or every vertex by itself (21 M weights)."""
    handles: int = 64
    """Of the smooth basis."""
    hidden: int = 1024
    """Width of the heads' hidden layers."""
    dropout: float = 0.5
    """In the heads."""


@dataclass(frozen=True, kw_only=True)
class BodyNetwork(BodyHeads):
    """What E_3D is made of."""

    backbone: Backbone = "resnet50"
    """Convolutional network; those of half the width are for CPUs."""
    size: Size = (256, 128)
    """Of the photos as the network sees them, pixels."""


@dataclass(frozen=True, kw_only=True)
class BodyRecipe(BodyNetwork, LoopSettings):
    """Bodies from photos: the 3D stream of 3DSL (CVPR 2021), learned from new made people without end.

    Nobody comes twice: the number of different builds is what makes a build learnable. The result starts `shape-reid`,
    and is what `habitus person --method regress` uses.

    Try:
        habitus train body --out run/ --backbone resnet18-half --width 256 --part-width 128 --hidden 512 --pooling grid
    """

    epochs: int = 60
    """Of --batches batches each."""
    batches: int = 500
    """In an epoch."""
    people: Annotated[int, arg(metavar="P")] = 16
    """New people in a batch."""
    images: Annotated[int, arg(metavar="K")] = 2
    """Photos of each of them."""
    world: Annotated[int, arg(metavar="SEED")] = 0
    """Of the people; 900000 to 999999 are held out for scoring."""
    init: Annotated[Path | None, arg(metavar="FILE")] = None
    """Weights of the backbone, with torchvision's names. Without: trained from scratch."""
    body: Annotated[Path | None, arg(metavar="FILE")] = None
    """Your SMPL .npz or .pkl, instead of the open body."""
    lr: Annotated[float, arg(metavar="RATE")] = 1e-3
    """Learning rate of AdamW after warm-up, with a cosine to 0."""
    weight_decay: float = 0.01
    """Of all weights."""
    warmup: Annotated[float, arg(metavar="EPOCHS")] = 0.5
    """Epochs in which the learning rate climbs in a line, from a hundredth."""
    rotation: Annotated[float, arg(metavar="WEIGHT")] = 1.0
    """Of the difference of the joints' rotation matrices."""
    joints: Annotated[float, arg(metavar="WEIGHT")] = 5.0
    """Of the distance of the joints in space, metres."""
    keypoints: Annotated[float, arg(metavar="WEIGHT")] = 10.0
    """Of the distance of the projected keypoints, heights of the picture."""
    beta: Annotated[float, arg(metavar="WEIGHT")] = 0.5
    """Of the squared difference of the shape coefficients."""
    delta: Annotated[float, arg(metavar="WEIGHT")] = 20.0
    """Of the distance of the vertices' displacement, metres."""
