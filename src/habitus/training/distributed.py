"""Several processes under torchrun that give the result of one: they share each global batch between them.

torch's DistributedDataParallel waits for one backward pass over all parameters, and its synchronised batch norm is for
CUDA alone. Here several optimisers share one forward pass, and two CPU processes must equal one; so gradients are
averaged step by step, and statistics and features are gathered with their gradients.

Convention: every process holds an equal share of the batch, in order, and gradients are averaged over processes. So a
loss that is a mean over the own share, and a loss over gathered features that each process computes whole, both come
out as in one process.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from habitus.errors import InputError

T = TypeVar("T")


def processes() -> int:
    """How many train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is; 0 writes files and speaks."""
    return dist.get_rank() if processes() > 1 else 0


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Join the processes that torchrun started, if it did: NCCL between GPUs, gloo between CPUs."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def own_share(items: Sequence[T]) -> Sequence[T]:
    """This process's share of a global batch: equal, contiguous.

    Raises:
        InputError: the batch cannot be shared equally.
    """
    share, left = divmod(len(items), processes())
    if left or not share:
        raise InputError(
            f"a batch of {len(items)}: cannot be shared equally by {processes()} processes; "
            "change the batch or --nproc-per-node"
        )
    return items[rank() * share : (rank() + 1) * share]


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        ctx.rows = len(own)
        return _gather(own)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        return total[rank() * ctx.rows : (rank() + 1) * ctx.rows]


def _gather(own: Tensor) -> Tensor:
    own = own.contiguous()
    parts = [torch.empty_like(own) for _ in range(processes())]
    dist.all_gather(parts, own)
    return torch.cat(parts)


def gathered(own: Shaped[Tensor, "b ..."]) -> Shaped[Tensor, "B ..."]:
    """The rows of all processes in their order, with gradients: what losses between images of a batch need.

    The gradient of a row is the sum over the processes of their gradients with respect to it.
    """
    if processes() == 1:
        return own
    return _Gather.apply(own) if own.requires_grad else _gather(own)  # type: ignore[return-value]


def mean_over_processes(values: Shaped[Tensor, "K"]) -> Shaped[Tensor, "K"]:
    """The same numbers on every process; one process's NaN is everybody's."""
    if processes() > 1:
        dist.all_reduce(values)
        values = values / processes()
    return values


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace gradients by their mean over the processes, in one message."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if processes() == 1 or not gradients:
        return
    message = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(message)
    message /= processes()
    for gradient, mean in zip(gradients, message.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def copy_from_first(modules: nn.Module) -> None:
    """Give every process the weights and buffers of the first."""
    if processes() > 1:
        for tensor in modules.state_dict().values():
            message = tensor.contiguous()  # channels-last weights are not
            dist.broadcast(message, 0)
            tensor.copy_(message)


class GlobalBatchNorm(_BatchNorm):
    """Batch normalisation over the images of all processes, on any device.

    Mean and variance of the shares are combined as in Chan, Golub and LeVeque 1983 (equal counts), so that nothing is
    lost where the mean is far from 0.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        del input

    def forward(self, input: Shaped[Tensor, "b C ..."]) -> Shaped[Tensor, "b C ..."]:
        """Normalise; evaluation uses the running statistics as ever."""
        if not self.training:
            return super().forward(input)
        axes = [axis for axis in range(input.dim()) if axis != 1]
        exact = input.to(torch.promote_types(input.dtype, torch.float32))
        variance, mean = torch.var_mean(exact, axes, correction=0)
        means, variances = gathered(torch.stack([mean, variance])[None]).unbind(1)  # (processes, C) each
        mean = means.mean(0)
        variance = (variances + (means - mean) ** 2).mean(0)
        self._track(mean.detach(), variance.detach(), count=processes() * input.numel() // input.shape[1])
        scale = (variance + self.eps).rsqrt()
        if self.weight is not None:
            scale = scale * self.weight
        shift = -mean * scale if self.bias is None else self.bias - mean * scale
        across = (1, -1) + (1,) * (input.dim() - 2)
        return (input * scale.view(across) + shift.view(across)).to(input.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, *, count: int) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_((variance * count / max(count - 1, 1)).to(self.running_var.dtype), share)


def synchronise_batch_norms(modules: nn.Module) -> None:
    """Let every batch normalisation see the images of all processes; parameters and their names stay as they are."""
    if processes() == 1:
        return
    for name, child in modules.named_children():
        if isinstance(child, _BatchNorm) and not isinstance(child, nn.SyncBatchNorm):
            setattr(modules, name, _synchronised(child))
        else:
            synchronise_batch_norms(child)


def _synchronised(norm: _BatchNorm) -> nn.Module:
    device = next(iter(norm.state_dict().values()), torch.empty(0)).device
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(norm)
    options = {"affine": norm.affine, "track_running_stats": norm.track_running_stats}
    found = GlobalBatchNorm(norm.num_features, norm.eps, norm.momentum, **options, device=device)
    found.weight, found.bias = norm.weight, norm.bias  # the very parameters that optimisers hold
    found.running_mean, found.running_var = norm.running_mean, norm.running_var
    found.num_batches_tracked = norm.num_batches_tracked
    return found.train(norm.training)
