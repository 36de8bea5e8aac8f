"""CAL (Gu et al., CVPR 2022), with its own settings as defaults."""

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg

from habitus.sizes import Size
from habitus.training.recipes.reid import TripletRecipe


@dataclass(frozen=True, kw_only=True)
class Cal(TripletRecipe):
    """Clothes-based adversarial loss: the strongest that colours alone give when clothes change (CAL, Gu et al. 2022).

    A classifier learns to tell outfits by the feature; the network learns a feature by which it cannot tell the
    outfits of one person apart. Needs data with clothes labels.

    Try:
        habitus synth world/ --preset small --layout ltcc

        habitus train cal --data world/ --out run/ --backbone resnet18-half --size 128x64

        habitus train cal --data LTCC_ReID/ --out run/ --init resnet50.pth

        habitus evaluate reid --data world/ --weights run/model --mode cc
    """

    size: Size = (384, 192)
    """Of the photos as the network sees them, pixels."""
    people: Annotated[int, arg(metavar="P")] = 8
    """People in a batch."""
    images: Annotated[int, arg(metavar="K")] = 8
    """Photos of each of them."""
    smoothing: float = 0.0
    """Of the identity labels."""
    triplet_weight: float = 0.0
    """Of the batch-hard triplet loss; 0 leaves it out."""
    clothes_weight: float = 1.0
    """Of the clothes-adversarial loss."""
    clothes_from: Annotated[int, arg(metavar="EPOCH")] = 25
    """The epoch, counted from 0, from which outfits are classified and fooled."""
    epsilon: float = 0.1
    """Of the clothes-adversarial loss: the share that all outfits of the person have."""
    scale: float = 16.0
    """Of the cosines with outfits."""
