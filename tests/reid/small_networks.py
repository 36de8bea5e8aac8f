"""Networks that are small enough for tests, with normalisations away from their start."""

import torch
from torch import nn

from habitus.reid.baseline import StrongBaseline
from habitus.reid.pcb import PCB

SIZE = (48, 24)


def randomise(module: nn.Module, seed: int = 0) -> nn.Module:
    """Move every statistic, scale and shift of batch normalisation from 0 and 1, as training would."""
    generator = torch.Generator().manual_seed(seed)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor, low, high in (
                (norm.weight, 0.5, 1.0), (norm.bias, -0.2, 0.2),
                (norm.running_mean, -0.2, 0.2), (norm.running_var, 0.5, 1.5),
            ):  # fmt: skip
                assert tensor is not None
                nn.init.uniform_(tensor, low, high, generator=generator)
    return module


def small_pcb(**options) -> PCB:
    """Six stripes of a narrow ResNet-18."""
    torch.manual_seed(0)
    network = PCB(**{"backbone": "resnet18-half", "size": SIZE, "width": 16, "classes": 5, **options})
    randomise(network)
    return network


def small_baseline(**options) -> StrongBaseline:
    """One feature of a narrow ResNet-18."""
    torch.manual_seed(0)
    network = StrongBaseline(**{"backbone": "resnet18-half", "size": SIZE, "classes": 5, **options})
    randomise(network)
    nn.init.zeros_(network.neck.bias)
    return network


def people(count: int = 3, size: tuple[int, int] = SIZE, seed: int = 0) -> torch.Tensor:
    """Noise in [0, 1]."""
    return torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(seed))
