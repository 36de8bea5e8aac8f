"""A trained network as the judge of a training: its maps as fast as they can be had, and nothing in it ever learns.

Most of a step of texture training is spent in the judge: forwards over photos and renders, and backwards to the
renders. Frozen weights save a third of it; each batch normalisation folded into the convolution before it, a tenth;
bfloat16, on processors that compute in it, half (`benchmarks/bench_frozen.py`).
"""

import copy
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format, fuse_conv_bn_eval

from habitus.backbones import BasicBlock, Bottleneck, ResNet
from habitus.reid.imagenet import ImageNetNetwork
from habitus.reid.model import ReidModel

Maps = tuple[Float[Tensor, "B C h w"], ...]


class FrozenFeatures(nn.Module):
    """A copy of a network whose maps of layer1 to layer4 (`maps`) and last feature (`feature`) losses compare.

    Args:
        network: trained; left as it is. With stripes or without: only the backbone makes maps.
        dtype: torch.bfloat16 computes in it, whatever surrounds the call; None as the surrounding autocast says.
    """

    def __init__(self, network: ReidModel | ImageNetNetwork, *, dtype: torch.dtype | None = None):
        super().__init__()
        self.network = copy.deepcopy(network).eval()
        if isinstance(self.network.backbone, ResNet):
            _fold(self.network.backbone)
        self.network.requires_grad_(False)
        convert_conv2d_weight_memory_format(self.network, torch.channels_last)
        self.dtype = dtype

    def train(self, mode: bool = True) -> "FrozenFeatures":
        """Stays in eval mode, also within a network that is trained."""
        del mode
        return super().train(False)

    def maps(self, images: Float[Tensor, "B 3 H W"]) -> Maps:
        """Of RGB images in [0, 1], any height and width; differentiable in them."""
        with self._precision(images.device):
            return self.network.maps(images)

    @torch.no_grad()
    def photo_maps(self, images: Float[Tensor, "B 3 H W"]) -> Maps:
        """The same without a gradient: what renders are compared with."""
        return self.maps(images)

    def feature(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B D"]:
        """What a re-ID network compares people by; differentiable in the images.

        Raises:
            TypeError: the network is none for re-identification.
        """
        if not isinstance(self.network, ReidModel):
            raise TypeError(f"{type(self.network).__name__} has maps but no feature")
        with self._precision(images.device):
            return self.network(images).feature

    def _precision(self, device: torch.device) -> AbstractContextManager[Any]:
        if self.dtype is None:
            return nullcontext()
        return torch.autocast(device.type, self.dtype, enabled=self.dtype != torch.float32)


def _fold(backbone: ResNet) -> None:
    """Each batch normalisation into the convolution before it; instance normalisation sees the image, and stays."""
    for block in backbone.modules():
        if isinstance(block, ResNet | BasicBlock | Bottleneck):
            for number in "123":
                _fold_pair(block, f"conv{number}", f"bn{number}")
        if isinstance(block, BasicBlock | Bottleneck) and block.downsample is not None:
            _fold_pair(block.downsample, "0", "1")


def _fold_pair(parent: nn.Module, convolution: str, normalisation: str) -> None:
    conv, norm = getattr(parent, convolution, None), getattr(parent, normalisation, None)
    if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
        setattr(parent, convolution, fuse_conv_bn_eval(conv, norm))
        setattr(parent, normalisation, nn.Identity())
