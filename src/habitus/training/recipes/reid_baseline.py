"""The strong baseline (Luo et al., "Bag of Tricks", 2019), with its own settings as defaults."""

from dataclasses import dataclass

from habitus.training.recipes.reid import TripletRecipe


@dataclass(frozen=True, kw_only=True)
class ReidBaseline(TripletRecipe):
    """Strong re-ID baseline: softmax with smoothed labels, batch-hard triplets, a batch-norm neck (Luo et al. 2019).

    Try:
        habitus synth world/ --preset small

        habitus train reid-baseline --data world/ --out run/ --backbone resnet18-half --size 128x64 --epochs 30

        habitus train reid-baseline --data Market-1501/ --out run/ --init resnet50.pth

        habitus evaluate reid --data world/ --weights run/model
    """

    epochs: int = 120
    """Passes over the data."""
    milestones: tuple[float, ...] = (40, 70)
    """Of --schedule steps, epochs."""
    warmup: float = 10
    """Epochs in which the learning rate climbs in a line, from a hundredth."""
