"""The released generator of RSTG (CVPR 2019): a U-Net that turns the photo itself into colours, layer by layer."""

import itertools

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from habitus.texture.generator.sight import Sight

WIDTH = 64
"""Channels of the released network at the photo's own resolution."""
DOWN = (1, 2, 4, 8, 8)
"""How many times as many there are on the way down, from the photo's own resolution to its sixteenth."""
UP = (4, 2, 1, 1)
"""And on the way up."""


class ReleasedUNet(nn.Module):
    """The U-Net of the released code, 13.4 million parameters, trained from scratch: photo in, picture of its size out.

    Down by max-pooling and two 3x3 convolutions with batch normalisation, up by bilinear interpolation (corners
    aligned) beside what the way down saw, a 1x1 convolution and tanh.

    Args:
        out: (height, width) that the picture is resized to; None leaves it at the photo's.
        width: channels at the photo's own resolution, all others in proportion; fewer than the released 64 for
            experiments on CPUs, whose time goes with its square.
    """

    def __init__(self, out: tuple[int, int] | None = None, *, width: int = WIDTH):
        super().__init__()
        self.out = out
        down, up = ([factor * width for factor in factors] for factors in (DOWN, UP))
        self.first = _twice(3, down[0])
        self.down = nn.ModuleList([_twice(a, b) for a, b in itertools.pairwise(down)])
        below = (down[-1], *up[:-1])
        self.up = nn.ModuleList([_twice(a + b, c) for a, b, c in zip(below, down[-2::-1], up, strict=True)])
        self.last = nn.Conv2d(up[-1], 3, 1)

    def forward(self, sight: Sight) -> Float[Tensor, "B 3 h w"]:
        """Colours in [0, 1]; the network itself works in [-1, 1]."""
        seen = [self.first(2 * sight.photo - 1)]
        for layer in self.down:
            seen.append(layer(F.max_pool2d(seen[-1], 2)))
        x = seen.pop()
        for layer in self.up:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            x = layer(torch.cat([seen.pop(), x], 1))
        picture = (torch.tanh(self.last(x)) + 1) / 2
        if self.out is None:
            return picture
        return F.interpolate(picture, self.out, mode="bilinear", align_corners=False)


def _twice(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
        nn.Conv2d(outside, outside, 3, padding=1),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )
