"""PCB (Sun et al., ECCV 2018), with its own settings as defaults."""

from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import arg

from habitus.sizes import Size
from habitus.training.recipes.reid import ReidRecipe


@dataclass(frozen=True, kw_only=True)
class Pcb(ReidRecipe):
    """Part-based convolutional baseline: six stripes, each with a classifier of its own (Sun et al. 2018).

    Try:
        habitus synth world/ --preset small

        habitus train pcb --data world/ --out run/ --backbone resnet18-half --reduction separate --dropout 0

        habitus train pcb --data Market-1501/ --out run/ --init resnet50.pth

        habitus evaluate reid --data world/ --weights run/model
    """

    size: Size = (384, 128)
    """Of the photos as the network sees them, pixels."""
    batch: int = 64
    """Photos in a batch."""
    stripes: int = 6
    """Parts of a person, top to bottom."""
    width: int = 256
    """Of each part's feature."""
    reduction: Literal["shared", "separate"] = "shared"
    """Whether one convolution and batch normalisation serves all parts, as in the authors' code, or each has its own:
    without ImageNet weights parts differ more from one another than people do, and only separate ones learn fast."""
    dropout: float = 0.5
    """Before the parts' features. 0 where the backbone does not begin with ImageNet weights: its features then vary
    too little between people to be seen through it."""
    smoothing: float = 0.0
    """Of the identity labels."""
    optimizer: Literal["adam", "adamw", "sgd"] = "sgd"
    """sgd: with Nesterov momentum 0.9."""
    lr: Annotated[float, arg(metavar="RATE")] = 0.1
    """Learning rate after warm-up."""
    milestones: tuple[float, ...] = (40,)
    """Of --schedule steps, epochs."""
    erase: float = 0.0
    """Probability that a box of the photo is erased."""
    pad: int = 0
    """Pixels by which photos are shifted at most."""
