"""LPIPS (Zhang et al., CVPR 2018): distance of two pictures in the maps of an ImageNet network, learnt from people.

The weights are the user's: the trunk as torchvision publishes it (`alexnet-owt-7be5be79.pth`, `vgg16-397923af.pth`) and
the linear heads of the authors (`alex.pth`, `vgg.pth`), or one file of a whole `lpips.LPIPS` with both.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from habitus.errors import InputError
from habitus.reid.plain_networks import TRUNKS, PlainNetwork
from habitus.weight_files import fitted, read_tensors

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""Of the channels, for pictures in [-1, 1]."""
_TINY = 1e-10
_TRUNK = re.compile(r"(?:features|net\.slice\d+)\.(\d+)\.(weight|bias)")
_HEAD = re.compile(r"lin(\d)\.model\.1\.weight")


class Lpips(nn.Module):
    """The distance, of version 0.1.

    Args:
        trunk: a key of `TRUNKS`.
    """

    def __init__(self, trunk: str):
        super().__init__()
        self.trunk = trunk
        channels = TRUNKS[trunk].channels
        self.network = PlainNetwork(trunk, stages=len(channels))
        self.heads = nn.ParameterList(torch.zeros(1, count, 1, 1) for count in channels)

    def forward(self, one: Float[Tensor, "B 3 H W"], other: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B"]:
        """Distance of pairs of pictures in [0, 1]; 0 for equal ones."""
        total = one.new_zeros(len(one))
        for head, a, b in zip(self.heads, self._maps(one), self._maps(other), strict=True):
            total = total + ((a - b) ** 2 * head).sum(1).mean((1, 2))
        return total

    def _maps(self, images: Float[Tensor, "B 3 H W"]) -> list[Float[Tensor, "B C h w"]]:
        """Of unit length at each place."""
        shift, scale = (images.new_tensor(values).view(3, 1, 1) for values in (_SHIFT, _SCALE))
        maps = self.network.maps((2 * images - 1 - shift) / scale)
        return [values / ((values**2).sum(1, keepdim=True).sqrt() + _TINY) for values in maps]


def load_lpips(files: Sequence[Path]) -> Lpips:
    """The distance with published weights, in eval mode.

    Args:
        files: the trunk's and the heads', in any order, or one with both.

    Raises:
        InputError: a file cannot be read, or trunk or heads are missing or do not fit each other.
    """
    trunk: dict[str, Tensor] = {}
    heads: dict[str, Tensor] = {}
    for file in files:
        tensors = read_tensors(file)
        trunk |= _renamed(tensors, _TRUNK, "network.features.{}.{}")
        heads |= _renamed(tensors, _HEAD, "heads.{}")
    names = " and ".join(map(str, files))
    if not trunk or not heads:
        lacking = "trunk (features.0.weight, ... as torchvision's alexnet and vgg16)" if not trunk else "linear heads"
        raise InputError(f"--lpips {names}: no {lacking} there; give the trunk's file and the heads' (lin0.model.1...)")
    first = trunk.get("network.features.0.weight", torch.empty(0))
    kind = "alex" if first.shape[-1:] == (11,) else "vgg"
    model = Lpips(kind)
    wanted = model.state_dict()
    kept = {name: tensor for name, tensor in (trunk | heads).items() if name in wanted}
    model.load_state_dict(fitted(kept, wanted, source=names, network=f"LPIPS with {kind}"))
    return model.eval().requires_grad_(False)


def _renamed(tensors: Mapping[str, Tensor], pattern: re.Pattern[str], name: str) -> dict[str, Tensor]:
    found = ((pattern.fullmatch(key), tensor) for key, tensor in tensors.items())
    return {name.format(*match.groups()): tensor for match, tensor in found if match}
