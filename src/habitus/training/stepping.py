"""One batch: a forward pass, and each step's losses, gradients and update in order."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from habitus.errors import InputError
from habitus.training.distributed import average_gradients, mean_over_processes, synchronise_batch_norms
from habitus.training.settings import LoopSettings
from habitus.training.task import Batch, Step, Task


class DivergedError(ArithmeticError):
    """A loss or a gradient is NaN or infinite, or a loss larger than its step allows; the message names it."""


def autocast(settings: LoopSettings, device: torch.device) -> AbstractContextManager[Any]:
    """The context of forward passes at the precision that was asked for."""
    quick = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if settings.precision == "bf16" or (settings.precision == "auto" and quick):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def prepare(task: Task, device: torch.device) -> None:
    """Bring a task that was made on the CPU to where it is trained, once, before `train_on`."""
    task.modules.to(device)
    for parameter in task.modules.parameters():
        if parameter.dim() == 4:  # convolutions are faster on channels-last weights
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    synchronise_batch_norms(task.modules)
    for step in task.steps:
        for group in step.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
    task.modules.train()


def train_on(
    task: Task, batch: Batch, *, epoch: int, progress: float, settings: LoopSettings, device: torch.device
) -> dict[str, float]:
    """Take every step of the task on one batch.

    With `settings.accumulate` the forward pass is made anew for each part and step: a later step sees what earlier
    ones changed, as without it.

    Args:
        task: prepared for the device.
        batch: this process's share, on the device.
        epoch: counted from 0.
        progress: epochs done, with the fraction.
        settings: of the run.
        device: of task and batch.

    Returns:
        Losses, and what else the task measures, as means over the batch and the processes.

    Raises:
        InputError: the batch cannot be split into equal parts.
        DivergedError: a loss or a gradient is not finite, or a loss too large; the step that it belongs to was not
            taken.
    """
    parts = split(batch, settings.accumulate)
    shared: list[Any] = [None] * len(parts)
    values: dict[str, float] = {}
    measured: dict[str, Tensor] = {}
    for number, step in enumerate(task.steps):
        step.optimizer.zero_grad(set_to_none=True)
        totals: dict[str, Tensor] = {}
        for place, part in enumerate(parts):
            with autocast(settings, device):
                if number == 0 or len(parts) > 1:
                    shared[place] = task.forward(part, epoch)
                losses = step.losses(shared[place], part, epoch)
            if number == 0:
                with torch.no_grad():
                    _add(measured, task.measures(shared[place], part), parts)
            if losses:
                last = number == len(task.steps) - 1 or len(parts) > 1
                total = torch.stack([loss.float() for loss in losses.values()]).sum() / len(parts)
                total.backward(inputs=step.parameters, retain_graph=not last)
                _add(totals, losses, parts)
            if len(parts) > 1:
                shared[place] = None
        if totals:
            values |= _update(step, totals, progress=progress, clip=settings.clip)
    return values | _as_numbers(measured)


def split(batch: Batch, parts: int) -> list[Batch]:
    """Equal contiguous parts of a batch.

    Raises:
        InputError: the batch has no such parts.
    """
    if parts == 1:
        return [batch]
    items = next(len(value) for value in batch.values() if isinstance(value, Tensor))
    size, left = divmod(items, parts)
    if left:
        raise InputError(f"--accumulate {parts}: does not divide a batch of {items}; choose another number")
    return [{name: value[part * size : (part + 1) * size] for name, value in batch.items()} for part in range(parts)]


def _update(step: Step, losses: dict[str, Tensor], *, progress: float, clip: float | None) -> dict[str, float]:
    parameters: Sequence[nn.Parameter] = [p for p in step.parameters if p.grad is not None]
    average_gradients(parameters)
    norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    values = _as_numbers(losses | {f"gradient of {step.name}": norm})
    for name, value in values.items():
        if not math.isfinite(value):
            raise DivergedError(f"{name if name not in losses else f'loss {name}'} is {value}")
        if name in losses and value > step.largest:
            raise DivergedError(f"loss {name} is {value:.6g}, more than {step.largest:g},")
    if clip is not None:
        nn.utils.clip_grads_with_norm_(parameters, clip, norm)
    for group in step.optimizer.param_groups:
        group["lr"] = group["initial_lr"] * step.rate(progress)
    step.optimizer.step()
    return {name: value for name, value in values.items() if name in losses}


def _add(sums: dict[str, Tensor], values: Any, parts: list[Batch]) -> None:
    for name, value in values.items():
        share = value.detach().float() / len(parts)
        sums[name] = sums[name] + share if name in sums else share


def _as_numbers(values: dict[str, Tensor]) -> dict[str, float]:
    """Means over the processes, brought to the CPU in one go."""
    if not values:
        return {}
    means = mean_over_processes(torch.stack([value.reshape(()).float() for value in values.values()]))
    return dict(zip(values, means.tolist(), strict=True))
