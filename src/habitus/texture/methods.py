"""Ways from one photo to a whole texture, by name: what is compared with what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.losses.texture_truth import in_light_of
from habitus.texture.from_photos import texture_from_photos
from habitus.texture.scans import ScanTextures
from habitus.texture.unwrap import unwrap
from habitus.types import BodyParams, Texture

TextureMethod = Callable[[BodyParams, Float[Tensor, "3 H W"], Float[Tensor, "H W"]], Texture]
"""From a person's parameters (B = 1), the photo and the person's mask in it to a texture without holes."""

COARSE = 64
"""Texels a side at which textures are compared to find the nearest."""


@dataclass(frozen=True)
class Setting:
    """What methods are made for."""

    body: BodyModel
    size: int
    """T, texels along a side of the textures; divisible by 4."""
    scans: ScanTextures
    """Other people's textures of that size."""


def unwrapped(setting: Setting) -> TextureMethod:
    """What the photo shows, completed from the person's other side and from around: no network."""
    return lambda params, image, mask: texture_from_photos(setting.body, [(params, image, mask)], size=setting.size)


def mean_texture(setting: Setting) -> TextureMethod:
    """The mean of other people's textures, whatever the photo shows."""
    total = np.zeros((3, setting.size, setting.size))
    for scan in _each(setting.scans):
        total += scan
    mean = torch.from_numpy(total / (255 * len(setting.scans))).float()
    return lambda *_: _guessed(mean)


def nearest_texture(setting: Setting) -> TextureMethod:
    """That of other people's textures which is most like what the photo shows, in the photo's light.

    Compared are the visible texels, weighted by their confidence, in least squares with one gain a channel.
    """
    coarse = torch.cat([_coarse(_as_floats(scan)[None]) for scan in _each(setting.scans)]).flatten(2)
    power = coarse**2

    def method(params: BodyParams, image: Float[Tensor, "3 H W"], mask: Float[Tensor, "H W"]) -> Texture:
        seen = unwrap(setting.body, params, image, mask, size=setting.size)
        weight = _coarse(seen.confidence[None, None])[0].flatten(1)  # (1, K)
        weighted = _coarse((seen.image * seen.confidence)[None])[0].flatten(1)  # (3, K)
        alike = torch.einsum("nck,ck->nc", coarse, weighted)
        size = torch.einsum("nck,k->nc", power, weight[0])
        # With the best gain, the squared differences are those of black less this.
        nearest = int((alike**2 / size.clamp(min=1e-9)).sum(1).argmax())
        chosen = _as_floats(setting.scans[nearest])
        return _guessed(in_light_of(chosen[None], seen.image[None], seen.confidence[None])[0])

    return method


METHODS: dict[str, Callable[[Setting], TextureMethod]] = {
    "unwrap": unwrapped,
    "mean": mean_texture,
    "nearest": nearest_texture,
}
"""What makes each method."""


def _guessed(image: Float[Tensor, "3 T T"]) -> Texture:
    """A texture of which the photo shows nothing."""
    return Texture(image, torch.zeros(image.shape[1:]))


def _each(scans: ScanTextures) -> Iterator[UInt8[np.ndarray, "3 T T"]]:
    return (scans[number] for number in range(len(scans)))


def _as_floats(scan: UInt8[np.ndarray, "3 T T"]) -> Float[Tensor, "3 T T"]:
    return torch.from_numpy(np.asarray(scan)).float() / 255


def _coarse(images: Float[Tensor, "B C T T"]) -> Float[Tensor, "B C t t"]:
    return F.adaptive_avg_pool2d(images, min(COARSE, images.shape[-1]))
