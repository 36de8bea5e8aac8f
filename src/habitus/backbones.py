"""ResNets (He et al., CVPR 2016) with torchvision's state-dict names, so that public weights load from a file.

ImageNet sizes with and without IBN-a (Pan et al., ECCV 2018, "Two at Once"), and small ones for training on CPUs.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from habitus.errors import InputError
from habitus.initial_weights import start_convolution


class IBN(nn.Module):
    """Instance normalisation of the first half of the channels, batch normalisation of the others (IBN-a)."""

    def __init__(self, channels: int):
        super().__init__()
        self.split = channels // 2
        self.IN = nn.InstanceNorm2d(self.split, affine=True)
        self.BN = nn.BatchNorm2d(channels - self.split)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """Normalise."""
        instance, batch = x.tensor_split([self.split], dim=1)
        return torch.cat((self.IN(instance), self.BN(batch)), 1)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    expansion = 1

    def __init__(self, inputs: int, width: int, *, stride: int, ibn: bool):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = IBN(width) if ibn else nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inputs, width, stride)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        """One residual step."""
        residual = self.relu(self.bn1(self.conv1(x)))
        residual = self.bn2(self.conv2(residual))
        return self.relu(residual + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride, as in torchvision's v1.5) and 1x1 convolutions beside a shortcut."""

    expansion = 4

    def __init__(self, inputs: int, width: int, *, stride: int, ibn: bool):
        super().__init__()
        outputs = self.expansion * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = IBN(width) if ibn else nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        """One residual step."""
        residual = self.relu(self.bn1(self.conv1(x)))
        residual = self.relu(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        return self.relu(residual + (x if self.downsample is None else self.downsample(x)))


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


@dataclass(frozen=True)
class Architecture:
    """What distinguishes one ResNet from another."""

    block: type[BasicBlock] | type[Bottleneck]
    blocks: tuple[int, int, int, int]
    """Of layer1 to layer4."""
    width: int = 64
    """Channels of the stem and of the 3x3 convolutions of layer1; each layer doubles them."""
    ibn: bool = False
    """IBN-a: in every block of layer1 to layer3."""


BACKBONES: dict[str, Architecture] = {
    "resnet18": Architecture(BasicBlock, (2, 2, 2, 2)),
    "resnet34": Architecture(BasicBlock, (3, 4, 6, 3)),
    "resnet50": Architecture(Bottleneck, (3, 4, 6, 3)),
    "resnet18-ibn-a": Architecture(BasicBlock, (2, 2, 2, 2), ibn=True),
    "resnet34-ibn-a": Architecture(BasicBlock, (3, 4, 6, 3), ibn=True),
    "resnet50-ibn-a": Architecture(Bottleneck, (3, 4, 6, 3), ibn=True),
    "resnet10-half": Architecture(BasicBlock, (1, 1, 1, 1), width=32),
    "resnet18-half": Architecture(BasicBlock, (2, 2, 2, 2), width=32),
    "resnet50-half": Architecture(Bottleneck, (3, 4, 6, 3), width=32),
}
"""By name; those of half the width are for CPUs: `benchmarks/bench_backbones.py` prints what each costs."""


class ResNet(nn.Module):
    """The convolutional part of a ResNet: no pooling and no classifier behind layer4.

    Args:
        name: a key of `BACKBONES`.
        last_stride: of layer4. 1 doubles the size of its map, as re-ID networks do since PCB.

    Raises:
        InputError: there is no such backbone.
    """

    def __init__(self, name: str, *, last_stride: Literal[1, 2] = 1):
        super().__init__()
        if name not in BACKBONES:
            raise InputError(f"backbone {name!r}: no such network; choose from {', '.join(BACKBONES)}")
        parts = BACKBONES[name]
        self.name = name
        self.conv1 = nn.Conv2d(3, parts.width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(parts.width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        channels = parts.width
        layers = []
        for level, stride in enumerate((1, 2, 2, last_stride)):
            layers.append(_layer(parts, level, inputs=channels, stride=stride))
            channels = parts.block.expansion * (parts.width << level)
        self.layer1, self.layer2, self.layer3, self.layer4 = layers
        self.channels = channels
        """Of layer4's map."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                start_convolution(module)

    def stem(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C h w"]:
        """The map of layer2: what networks of several streams share."""
        return self.layer2(self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(images))))))

    def maps(self, images: Float[Tensor, "B 3 H W"]) -> tuple[Float[Tensor, "B C h w"], ...]:
        """The maps of layer1 to layer4, from coarse colours to parts of people."""
        first = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(images)))))
        second = self.layer2(first)
        third = self.layer3(second)
        return first, second, third, self.layer4(third)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C h w"]:
        """The map of layer4."""
        return self.maps(images)[-1]


def _layer(parts: Architecture, level: int, *, inputs: int, stride: int) -> nn.Sequential:
    width = parts.width << level
    outputs = parts.block.expansion * width
    ibn = parts.ibn and level < 3
    first = parts.block(inputs, width, stride=stride, ibn=ibn)
    return nn.Sequential(
        first, *(parts.block(outputs, width, stride=1, ibn=ibn) for _ in range(parts.blocks[level] - 1))
    )
