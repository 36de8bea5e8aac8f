"""The one training loop: epochs of batches, checkpoints that resume exactly, a log, and the model at the end.

Whatever is random in batch n of an epoch is a function of (seed, epoch, n): the loop seeds torch's generator for each
batch, tasks draw their batches from (seed, epoch), and learning rates are functions of the epoch. So a checkpoint holds
no generator's state, and a run that was killed anywhere goes on to the same weights, bit for bit on a CPU.
"""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from habitus.errors import InputError
from habitus.training.averaging import MovingAverage
from habitus.training.checkpoints import load_latest, save_checkpoint
from habitus.training.distributed import (
    copy_from_first,
    mean_over_processes,
    own_share,
    process_group,
    processes,
    rank,
)
from habitus.training.logbook import Logbook, Silence
from habitus.training.run_folder import MODEL, PICTURES, is_finished, open_run
from habitus.training.settings import LoopSettings, RunOptions, check
from habitus.training.stepping import DivergedError, prepare, train_on
from habitus.training.task import Batch, Task

_STREAM = 41  # of random numbers, of the loop's own
_NAMED = 3
_SAME_WISH = 5.0


@dataclass
class Progress:
    """How far a run is."""

    epoch: int = 0
    batch: int = 0
    """Batches done in this epoch."""
    batches: int = 0
    """Done in all."""
    images: int = 0
    """Seen in all."""
    timed: int = 0
    """Of them, those whose time was taken: not the first batch after a start, which waits for workers and kernels."""
    seconds: float = 0.0
    """That they took; checkpoints and scores are not counted."""
    waited: float = 0.0
    """Of these seconds, waiting for data."""


@dataclass(frozen=True)
class _Run:
    task: Task
    folder: Path
    settings: LoopSettings
    options: RunOptions
    device: torch.device
    log: Logbook | Silence
    average: MovingAverage | None
    progress: Progress
    wanted: list[float] = field(default_factory=list)
    """When signals asked for an end, seconds of the monotonic clock."""

    def averaged(self) -> AbstractContextManager[None]:
        """The task with the weights that count: their average, where one is kept."""
        return nullcontext() if self.average is None else self.average.in_place()


def train(
    task: Task,
    folder: str | Path,
    *,
    settings: LoopSettings,
    options: RunOptions,
    identity: dict[str, Any],
    notes: dict[str, Any] | None = None,
    resume: bool = False,
) -> Path:
    """Train a task to the end of its epochs; under torchrun, together with the other processes.

    Args:
        task: what is trained, on the CPU.
        folder: of the run: config.json, metrics.csv, tensorboard/, pictures/ of tasks that draw, the two last
            checkpoints, and model/ at the end.
        settings: what decides the outcome in the loop.
        options: what does not.
        identity: the whole of what decides the outcome, as JSON values; a resumed run must have the same.
        notes: what else the folder and the model should tell, as JSON values.
        resume: go on with a run begun in the folder (or begin it).

    Returns:
        The folder of the trained model.

    Raises:
        InputError: settings, the folder, the device or the batches cannot be used; a loss or a gradient is not finite,
            or a loss larger than its step allows (the last checkpoint is from before); the disk is full (likewise).
        KeyboardInterrupt: somebody asked for an end (SIGINT, SIGTERM); a checkpoint was written.
    """
    check(settings, options)
    folder = Path(folder)
    device = choose_device(options.device)
    with process_group(device):
        about = open_run(folder, identity, notes or {}, resume=resume) if rank() == 0 else {}
        if processes() > 1:
            dist.barrier()
        if not is_finished(folder):
            _train(task, folder, settings=settings, options=options, device=device, about=about)
        elif rank() == 0:
            print(f"{folder}: is finished already; model: {folder / MODEL}")  # noqa: T201
    return folder / MODEL


def choose_device(name: str) -> torch.device:
    """The device of an option; this process's own GPU under torchrun.

    Raises:
        InputError: there is no GPU.
    """
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InputError("--device cuda: PyTorch sees no GPU; run `habitus doctor`, or choose --device cpu")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(device)
    return device


def _train(
    task: Task,
    folder: Path,
    *,
    settings: LoopSettings,
    options: RunOptions,
    device: torch.device,
    about: dict[str, Any],
) -> None:
    prepare(task, device)
    average = None if settings.ema is None else MovingAverage(task.modules, decay=settings.ema)
    found = load_latest(folder)
    progress = Progress(**found[1]["progress"]) if found else Progress()
    images = settings.epochs * sum(len(items) for items in task.batches(0))
    log = Logbook(folder, batches=progress.batches, images=images, done=progress.images) if rank() == 0 else Silence()
    run = _Run(task, folder, settings, options, device, log, average, progress)
    try:
        if found:
            _restore(run, *found)
            log.say(f"going on from {found[0].name}: epoch {progress.epoch}, batch {progress.batch}")
        copy_from_first(task.modules)
        remaining = _Remaining(task, settings.epochs, progress.epoch, progress.batch)
        # Whatever a task works out before its first batch is not waited for: a signal ends it at once.
        loaded = iter(task.load(remaining, workers=options.workers))
        with _asked_to_stop(run.wanted):
            _run_epochs(run, loaded)
        _finish(run, about)
    finally:
        log.close()


def _run_epochs(run: _Run, loaded: Iterator[Batch]) -> None:
    task, progress, options = run.task, run.progress, run.options
    saved, rowed, started = time.monotonic(), replace(progress), False
    for epoch in range(progress.epoch, run.settings.epochs):
        batches = task.batches(epoch)
        for number in range(progress.batch, len(batches)):
            begun = time.monotonic()
            batch = to_device(next(loaded), run.device)
            ready = time.monotonic()
            values = _one_batch(run, batch, batches[number], epoch=epoch, number=number, of=len(batches))
            images, ended = len(batches[number]), time.monotonic()
            if started:
                progress.timed += images
                progress.seconds += ended - begun
                progress.waited += ready - begun
            started = True
            progress.batch, progress.batches = number + 1, progress.batches + 1
            progress.images += images
            run.log.add(values, images=images)
            last = number + 1 == len(batches)
            if last or progress.batches % options.log_every == 0:
                scores = _scores(run, epoch) if last else {}
                _write_row(run, epoch + (number + 1) / len(batches), since=rowed, scores=scores)
                rowed = replace(progress)
            if last:
                _draw(run, epoch)
            if ended - saved >= 60 * options.checkpoint_minutes and rank() == 0:
                _save(run)
                saved = time.monotonic()
            _stop_if_asked(run)
        progress.epoch, progress.batch = epoch + 1, 0


def _one_batch(run: _Run, batch: Batch, items: Sequence[Any], *, epoch: int, number: int, of: int) -> dict[str, float]:
    key = (run.settings.seed, _STREAM, epoch, number, rank())
    torch.manual_seed(int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1))
    try:
        values = train_on(
            run.task, batch, epoch=epoch, progress=epoch + number / of, settings=run.settings, device=run.device
        )
    except DivergedError as error:
        names = run.task.names(items)
        shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        raise InputError(
            f"{run.folder}: {error} in epoch {epoch}, batch {number} ({shown}); the last checkpoint is from before it: "
            "look at these images, or train anew with a lower rate or --clip"
        ) from error
    if run.average is not None:
        run.average.update(run.progress.batches)
    return values


def _scores(run: _Run, epoch: int) -> dict[str, float]:
    """What the task is worth after this epoch, if that was asked for."""
    if not run.options.score_every or (epoch + 1) % run.options.score_every or rank() != 0:
        return {}
    with run.averaged():
        scores = run.task.scores()
    run.task.modules.train()
    return scores


def _draw(run: _Run, epoch: int) -> None:
    """A picture of what the task makes after this epoch."""
    if rank() == 0:
        with run.averaged():
            run.task.draw(run.folder / PICTURES / f"epoch-{epoch + 1:03d}.png")
        run.task.modules.train()


def _write_row(run: _Run, epoch: float, *, since: Progress, scores: dict[str, float]) -> None:
    progress = run.progress
    others = {f"rate of {step.name}": step.optimizer.param_groups[0]["lr"] for step in run.task.steps} | scores
    seconds = progress.seconds - since.seconds
    if seconds > 0:
        others["images/s"] = (progress.timed - since.timed) / seconds
        others["waiting %"] = 100 * (progress.waited - since.waited) / seconds
    run.log.write_row(batch=progress.batches, epoch=epoch, **others)


def _stop_if_asked(run: _Run) -> None:
    asked = mean_over_processes(torch.tensor([float(len(run.wanted))], device=run.device)) if processes() > 1 else None
    if asked.item() if asked is not None else run.wanted:
        if rank() == 0:
            _save(run)
        run.log.say(f"stopped after epoch {run.progress.epoch}, batch {run.progress.batch}; go on with --resume")
        raise KeyboardInterrupt


def _finish(run: _Run, about: dict[str, Any]) -> None:
    progress = run.progress
    if progress.seconds:
        run.log.say(
            f"{progress.batches} batches, {progress.images} images, {progress.timed / progress.seconds:.1f} images/s, "
            f"{100 * progress.waited / progress.seconds:.1f} % of the time waiting for data"
        )
    if rank() == 0:
        _save(run)
        with run.averaged():
            _write_model(run, about)
    run.log.say(f"model: {run.folder / MODEL}")
    if processes() > 1:
        dist.barrier()  # whoever goes on finds the model there


def _write_model(run: _Run, about: dict[str, Any]) -> None:
    """The folder appears whole, by a rename."""
    unfinished = run.folder / f".writing-{MODEL}"
    shutil.rmtree(unfinished, ignore_errors=True)  # of a killed run
    try:
        run.task.save(unfinished, about)
        unfinished.rename(run.folder / MODEL)
    except OSError as error:
        raise InputError(
            f"{run.folder / MODEL}: cannot be written ({error.strerror}); free some space and go on with --resume"
        ) from error


def _save(run: _Run) -> None:
    state = {
        "progress": vars(run.progress),
        "modules": run.task.modules.state_dict(),
        "optimizers": {step.name: step.optimizer.state_dict() for step in run.task.steps},
        "average": None if run.average is None else run.average.state_dict(),
        "log": run.log.state_dict(),
    }
    save_checkpoint(run.folder, run.progress.batches, state)


def _restore(run: _Run, path: Path, state: dict[str, Any]) -> None:
    try:
        run.task.modules.load_state_dict(state["modules"])
        for step in run.task.steps:
            step.optimizer.load_state_dict(state["optimizers"][step.name])
        if run.average is not None:
            run.average.load_state_dict(state["average"])
        run.log.load_state_dict(state["log"])
    except (KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: does not fit this run ({reason}); choose another --out") from error


class _Remaining:
    """This process's share of every batch from one on to the end of the run, drawn as it is asked for."""

    def __init__(self, task: Task, epochs: int, epoch: int, batch: int) -> None:
        self._task, self._epochs, self._epoch, self._batch = task, epochs, epoch, batch

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for epoch in range(self._epoch, self._epochs):
            skipped = self._batch if epoch == self._epoch else 0
            yield from (own_share(items) for items in self._task.batches(epoch)[skipped:])


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch with its tensors on the device."""
    return {k: v.to(device, non_blocking=True) if isinstance(v, Tensor) else v for k, v in batch.items()}


@contextmanager
def _asked_to_stop(wanted: list[float]) -> Iterator[None]:
    """Take SIGINT and SIGTERM as a wish to end after the batch; a later one ends at once.

    Those that follow within seconds are the same wish: torchrun hands on what the processes got already.
    """

    def note(_number: int, _frame: FrameType | None) -> None:
        if wanted and time.monotonic() - wanted[0] > _SAME_WISH:
            raise KeyboardInterrupt
        wanted.append(time.monotonic())

    try:
        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread: whoever runs us there handles signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
