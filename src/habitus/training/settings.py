"""What a run may be told: what decides the weights that come out, and what does not. Nothing heavy is imported."""

import os
from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import arg

from habitus.errors import InputError


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """What decides the outcome, whatever is trained; recipes add their own. A resumed run must repeat it."""

    epochs: int = 60
    """Passes over the data."""
    seed: int = 0
    """Of the weights at the start, the batches and the augmentation."""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """Of the forward pass. auto: bf16 on GPUs that compute in it, float32 elsewhere. bf16 halves the time on CPUs with
    AVX512-BF16 too, if they are idle or each process has one thread (OMP_NUM_THREADS=1)."""
    accumulate: int = 1
    """Equal parts of a batch that are computed one after another, to save memory; each is a batch of its own to batch
    normalisation and to losses between images (whole people belong in it), and gradients are averaged."""
    clip: Annotated[float | None, arg(metavar="NORM")] = None
    """Longest gradient of a step (Euclidean norm); longer ones are scaled down."""
    ema: Annotated[float | None, arg(metavar="DECAY")] = None
    """Keep an exponential moving average of the weights with this decay, such as 0.999; it is what is saved."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What does not decide the outcome; a resumed run may change it."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute; auto: the GPU where there is one."""
    workers: Annotated[int, arg(metavar="W")] = max(1, min(8, (os.cpu_count() or 1) // 2))
    """Processes that load data (for each training process); 0: load in the training process."""
    checkpoint_minutes: Annotated[float, arg(metavar="MINUTES")] = 5.0
    """A killed run loses no more than this."""
    log_every: Annotated[int, arg(metavar="BATCHES")] = 50
    """Batches to a row of metrics.csv and TensorBoard; the end of an epoch has one too."""
    score_every: Annotated[int, arg(metavar="EPOCHS")] = 0
    """Score on the data's own test people every so many epochs, to watch; 0: never. Nothing is chosen by it."""


def check(settings: LoopSettings, options: RunOptions) -> None:
    """See that a run can be made of these.

    Raises:
        InputError: a number that makes no sense, with what would.
    """
    fine = {
        "epochs": (settings.epochs >= 1, "must be 1 at least"),
        "seed": (0 <= settings.seed < 2**32, "must be from 0 to 4294967295"),
        "accumulate": (settings.accumulate >= 1, "must be 1 at least"),
        "clip": (settings.clip is None or settings.clip > 0, "must be above 0"),
        "ema": (settings.ema is None or 0 < settings.ema < 1, "must be between 0 and 1, such as 0.999"),
        "checkpoint_minutes": (options.checkpoint_minutes >= 0, "must be 0 at least"),
        "log_every": (options.log_every >= 1, "must be 1 at least"),
        "score_every": (options.score_every >= 0, "must be 0 at least"),
    }
    for name, (passes, cure) in fine.items():
        if not passes:
            value = getattr(settings if hasattr(settings, name) else options, name)
            raise InputError(f"--{name.replace('_', '-')} {value}: {cure}")
