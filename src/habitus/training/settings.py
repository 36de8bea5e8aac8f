"""What a run may be told: what decides the weights that come out, and what does not. Nothing heavy is imported."""

from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import arg


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """What decides the outcome, whatever is trained; recipes add their own. A resumed run must repeat it."""

    epochs: int = 60
    """Passes over the data."""
    seed: int = 0
    """Of the weights at the start, the batches and the augmentation."""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """Of the forward pass. auto: bf16 on GPUs that compute in it, float32 elsewhere."""
    accumulate: int = 1
    """Parts of a batch that are computed one after another, to save memory; each is a batch of its own to batch
    normalisation and to losses between images, and gradients are averaged."""
    clip: Annotated[float | None, arg(metavar="NORM")] = None
    """Longest gradient of a step (Euclidean norm); longer ones are scaled down."""
    ema: Annotated[float | None, arg(metavar="DECAY")] = None
    """Keep an exponential moving average of the weights with this decay, such as 0.999; it is what is saved."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What does not decide the outcome; a resumed run may change it."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute; auto: the GPU where there is one."""
    workers: Annotated[int, arg(metavar="W")] = 2
    """Processes that load data (for each training process); 0: load in the training process."""
    checkpoint_minutes: Annotated[float, arg(metavar="MINUTES")] = 5.0
    """A killed run loses no more than this."""
    log_every: Annotated[int, arg(metavar="BATCHES")] = 50
    """Batches to a row of metrics.csv and TensorBoard; the end of an epoch has one too."""
