"""Our generator: what a photo shows of the texture stays, hints and a small U-Net in UV space fill in the rest.

For every texel the network weighs the hints anew and adds a change of its own, freely and by learned patterns. All
start at nothing, so that the untrained network gives what the hints say. What it says is then bent to meet what is
seen around it on the surface.
"""

import itertools
from typing import NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from habitus.body.model import BodyModel
from habitus.texture.generator.hints import HINTS, HintMaker, Hints
from habitus.texture.generator.sight import Sight
from habitus.texture.generator.surface_average import SurfaceAverage
from habitus.texture.generator.template import block_features, seam_texels
from habitus.texture.surface import surface_texels

WIDTHS = (48, 96, 160, 192)
"""Channels at a quarter of the texture's side, an eighth, and so on."""
PHOTO_WIDTHS = (32, 64, 96, 128)
"""Channels of the photo's encoder, each at half the side of the one before."""
BLOCK = 4
"""Texels along a side that share a place of the network's finest maps."""
OTHER_MATERIAL = 0.15
"""RGB distance from which what is seen no longer bends what is beside it."""
DOUBT = (2e-2, 1e-7)
"""How much must be seen around a texel to bend it half way: for counterparts, and for the colour of a whole part."""
MEMORIES = 16
"""Numbers that are learned of each block of the UV map, whoever wears it: where eyes, collars and soles are."""
PATTERNS = 3
"""Learned RGB textures of which every block takes its own amounts: what a face or a shoe looks like at full detail."""
SMALLEST_WEIGHT = 1e-4
"""Of a hint that is not there: what the network would have to want it in spite of."""


class Said(NamedTuple):
    """What the U-Net says of each texel."""

    preference: Float[Tensor, "B K 5"]
    """Added to the logarithm of each hint's weight."""
    change: Float[Tensor, "B K 3"]
    """Added to the colour, RGB."""
    bend: Float[Tensor, "B K 1"]
    """In [0, 1], how far to meet what is seen around."""


class UvNetwork(nn.Module):
    """Ours, for one body and textures of T x T.

    Args:
        body: whose UV map the textures are in.
        size: T, a multiple of 32.
    """

    texel: Tensor
    unshuffled: Tensor
    gutter: Tensor
    template: Tensor
    one_side: Tensor
    other_side: Tensor

    def __init__(self, body: BodyModel, size: int):
        super().__init__()
        self.size = size
        texels = surface_texels(body, size)
        pairs = seam_texels(body, size)
        for name, value in {
            "texel": torch.from_numpy(texels.flat),
            "unshuffled": torch.from_numpy(_unshuffled(texels.flat, size)),
            "gutter": torch.from_numpy(texels.nearest),
            "template": block_features(body, size, BLOCK),
            "one_side": pairs[:, 0],
            "other_side": pairs[:, 1],
        }.items():
            self.register_buffer(name, value, persistent=False)
        self.hints = HintMaker(body, size)
        self.average = SurfaceAverage(body, size)
        self.photo = _PhotoEncoder()
        side = size // BLOCK
        self.memory = nn.Parameter(0.1 * torch.randn(1, MEMORIES, side, side))
        self.patterns = nn.Parameter(torch.zeros(PATTERNS, len(texels), 3))
        self.unet = _UNet(
            inside=_IMAGE_CHANNELS * BLOCK**2 + self.template.shape[1] + MEMORIES,
            outside=_SAID * BLOCK**2 + PATTERNS,
        )
        # Unlike amounts of patterns that are nothing yet: nothing is said, but each learns its own.
        nn.init.normal_(cast(Tensor, self.unet.leave.bias)[-PATTERNS:])

    def forward(self, sight: Sight) -> Float[Tensor, "B 3 T T"]:
        """Colours in [0, 1], gutters filled."""
        if sight.known is None or sight.confidence is None:
            raise ValueError("this preset needs to see what unwrapping knows: known and confidence")
        colour, confidence = self._gather(sight.known), self._gather(sight.confidence)
        hints = self.hints(colour, confidence)
        said = self._say(sight.photo, hints)
        logits = hints.weights.clamp(min=SMALLEST_WEIGHT).log() + said.preference
        weights = logits.softmax(2)
        guess = (weights[..., None] * hints.candidates).sum(2) + said.change
        missed = (colour - guess) * hints.seen
        open_to = hints.seen / (1 + ((colour - guess).square().sum(2, keepdim=True) / OTHER_MATERIAL**2) ** 2)
        sure = 1 - weights[..., -1:]
        doubt = DOUBT[1] * (DOUBT[0] / DOUBT[1]) ** sure
        guess = guess + said.bend * self.average(missed, open_to, doubt)
        filled = guess + hints.seen * (colour - guess)
        return self._image(self._one_across_seams(filled).clamp(0, 1))

    def _gather(self, image: Float[Tensor, "B C T T"]) -> Float[Tensor, "B K C"]:
        return image.flatten(2)[..., self.texel].transpose(1, 2)

    def _image(self, values: Float[Tensor, "B K C"]) -> Float[Tensor, "B C T T"]:
        """An image of the values, the nearest one repeated outside the charts."""
        return values.transpose(1, 2)[..., self.gutter].unflatten(2, (self.size, self.size))

    def _say(self, photo: Float[Tensor, "B 3 128 64"], hints: Hints) -> Said:
        base = (hints.weights[..., None] * hints.candidates).sum(2)
        shown = torch.cat([hints.seen * hints.colour, hints.seen, base, hints.weights, hints.candidates.flatten(2)], 2)
        # Blocks of texels as channels (pixel-unshuffle), and back, by where they are written and read.
        people, side = len(shown), self.size // BLOCK
        blocks = shown.new_zeros(people, shown.shape[2], self.size**2)
        blocks[..., self.unshuffled] = shown.transpose(1, 2)
        fixed = torch.cat([self.template, self.memory], 1).expand(people, -1, -1, -1)
        x = torch.cat([blocks.view(people, -1, side, side), fixed], 1)
        said, amounts = self.unet(x, self.photo(photo)).flatten(2).split((_SAID * BLOCK**2, PATTERNS), 1)
        said = said.reshape(people, _SAID, -1)[..., self.unshuffled].transpose(1, 2)
        preference, change, bend = said.split((HINTS, 3, 1), 2)
        change = change + torch.einsum("bpk,pkc->bkc", amounts[..., self.unshuffled % side**2], self.patterns)
        return Said(preference, change, (bend + 3).sigmoid())

    def _one_across_seams(self, colour: Float[Tensor, "B K 3"]) -> Float[Tensor, "B K 3"]:
        """Texels that face each other across a seam of the UV map take the mean of both sides."""
        count = colour.new_ones(colour.shape[1]).index_add(0, self.one_side, colour.new_ones(len(self.one_side)))
        for _ in range(2):  # where a texel faces several, once is not enough
            colour = colour.index_add(1, self.one_side, colour[:, self.other_side]) / count[:, None]
        return colour


_IMAGE_CHANNELS = 3 + 1 + 3 + HINTS + 3 * HINTS
_SAID = HINTS + 3 + 1


def _unshuffled(texel: Int[np.ndarray, "K"], size: int) -> Int[np.ndarray, "K"]:
    """Where pixel-unshuffle puts texels of an image of one channel."""
    row, column = np.divmod(texel, size)
    within = row % BLOCK * BLOCK + column % BLOCK
    return (within * (size // BLOCK) + row // BLOCK) * (size // BLOCK) + column // BLOCK


class _PhotoEncoder(nn.Module):
    """The photo as one vector."""

    def __init__(self):
        super().__init__()
        layers, inside = [], 3
        for width in PHOTO_WIDTHS:
            layers += [nn.Conv2d(inside, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.SiLU()]
            inside = width
        self.layers = nn.Sequential(*layers)

    def forward(self, photo: Float[Tensor, "B 3 128 64"]) -> Float[Tensor, "B D"]:
        found = self.layers(2 * photo - 1)
        return torch.cat([found.mean((2, 3)), found.amax((2, 3))], 1)


class _UNet(nn.Module):
    """Residual blocks down and up; the photo's vector scales and shifts the bottleneck (FiLM, Perez et al., 2018)."""

    def __init__(self, inside: int, outside: int):
        super().__init__()
        self.enter = nn.Conv2d(inside, WIDTHS[0], 1)
        self.down = nn.ModuleList([_Block(a, b) for a, b in zip((WIDTHS[0], *WIDTHS), WIDTHS, strict=False)])
        self.film = nn.Linear(2 * PHOTO_WIDTHS[-1], 2 * WIDTHS[-1])
        self.middle = _Block(WIDTHS[-1], WIDTHS[-1])
        up = WIDTHS[::-1]
        self.up = nn.ModuleList([_Block(a + b, b) for a, b in itertools.pairwise(up)])
        self.leave = nn.Conv2d(WIDTHS[0], outside, 1)
        for parameter in (*self.film.parameters(), *self.leave.parameters()):
            nn.init.zeros_(parameter)

    def forward(self, x: Float[Tensor, "B C h w"], photo: Float[Tensor, "B D"]) -> Float[Tensor, "B O h w"]:
        x, kept = self.enter(x), []
        for number, block in enumerate(self.down):
            x = block(F.avg_pool2d(x, 2) if number else x)
            kept.append(x)
        scale, shift = self.film(photo)[..., None, None].chunk(2, 1)
        x = self.middle(kept.pop() * (1 + scale) + shift)
        for block in self.up:
            x = block(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), kept.pop()], 1))
        return self.leave(x)


class _Block(nn.Module):
    """Two 3x3 convolutions beside a 1x1 one."""

    def __init__(self, inside: int, outside: int):
        super().__init__()
        self.first = nn.Conv2d(inside, outside, 3, padding=1)
        self.second = nn.Conv2d(outside, outside, 3, padding=1)
        self.norms = nn.ModuleList([nn.GroupNorm(8, outside), nn.GroupNorm(8, outside)])
        self.beside = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B O h w"]:
        inner = F.silu(self.norms[0](self.first(x)))
        return F.silu(self.norms[1](self.second(inner)) + self.beside(x))
