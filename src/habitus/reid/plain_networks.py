"""AlexNet and VGG-16 (without batch normalisation) as torchvision numbers their layers: trunks of perceptual losses."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

Convolution = tuple[int, int, int, int]
"""Channels out, kernel, stride, padding."""


@dataclass(frozen=True)
class Trunk:
    """The convolutions of a network, stage by stage; the last map of each stage is what losses compare."""

    stages: tuple[tuple[Convolution, ...], ...]
    pooled: tuple[int, ...]
    """Stages that a max-pool stands before."""
    pool: int
    """Side of the max-pool's window; its stride is 2."""

    @property
    def channels(self) -> tuple[int, ...]:
        """Of the map of each stage."""
        return tuple(stage[-1][0] for stage in self.stages)


def _vgg_stage(channels: int, count: int) -> tuple[Convolution, ...]:
    return ((channels, 3, 1, 1),) * count


TRUNKS: dict[str, Trunk] = {
    "alex": Trunk(
        (((64, 11, 4, 2),), ((192, 5, 1, 2),), ((384, 3, 1, 1),), ((256, 3, 1, 1),), ((256, 3, 1, 1),)), (1, 2), 3
    ),
    "vgg": Trunk(
        (_vgg_stage(64, 2), _vgg_stage(128, 2), _vgg_stage(256, 3), _vgg_stage(512, 3), _vgg_stage(512, 3)),
        (1, 2, 3, 4),
        2,
    ),
}
"""AlexNet up to relu5, VGG-16 up to relu5_3."""


class PlainNetwork(nn.Module):
    """The convolutional part of a trunk; `features.N` are torchvision's names.

    Args:
        trunk: a key of `TRUNKS`.
        stages: how many of its stages, from the first, are built.
    """

    def __init__(self, trunk: str, *, stages: int):
        super().__init__()
        parts = TRUNKS[trunk]
        layers: list[nn.Module] = []
        taps, channels = [], 3
        for number, stage in enumerate(parts.stages[:stages]):
            if number in parts.pooled:
                layers.append(nn.MaxPool2d(parts.pool, 2))
            for out, kernel, stride, padding in stage:
                layers += [nn.Conv2d(channels, out, kernel, stride, padding), nn.ReLU()]
                channels = out
            taps.append(len(layers) - 1)
        self.features = nn.Sequential(*layers)
        self._taps = frozenset(taps)

    def maps(self, images: Float[Tensor, "B 3 H W"]) -> tuple[Float[Tensor, "B C h w"], ...]:
        """The last map of each stage, behind its ReLU."""
        maps = []
        for number, layer in enumerate(self.features):
            images = layer(images)
            if number in self._taps:
                maps.append(images)
        return tuple(maps)
