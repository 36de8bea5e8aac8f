"""Ways from one photo to a whole texture, by name: what is compared with what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.model_folders import HUB
from habitus.texture.choice import texture_maker
from habitus.texture.from_photos import texture_from_photos
from habitus.texture.generator.pretrained import load_generator
from habitus.texture.scans import ScanTextures
from habitus.texture.unwrap import unwrap
from habitus.types import BodyParams, Texture

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


@dataclass(frozen=True)
class TextureMethod:
    """A way from one photo to a texture."""

    words: str
    """What it does, and by which weights."""
    make: Callable[[BodyParams, Float[Tensor, "3 H W"], Float[Tensor, "H W"]], Texture]

    def __call__(self, params: BodyParams, image: Float[Tensor, "3 H W"], mask: Float[Tensor, "H W"]) -> Texture:
        """A texture without holes, from a person's parameters (B = 1), the photo, and the person's mask in it."""
        return self.make(params, image, mask)


def unwrapped(setting: Setting) -> TextureMethod:
    """What the photo shows, completed from the person's other side and from around: no network."""
    return TextureMethod(
        "what the photo shows, mirrored and filled in, no network",
        lambda *photo: texture_from_photos(setting.body, [photo], size=setting.size),
    )


def generated(name_or_path: str, setting: Setting) -> TextureMethod:
    """A generator's texture.

    What it was told by unwrapping stays as the photo shows it, at full detail; a generator that sees the photo alone,
    as the released one, says everything itself.

    Args:
        name_or_path: what `load_generator` takes.
        setting: what the method is made for.

    Raises:
        InputError: there are no such weights, they are for another body, or they make no textures (no-pose).
    """
    generator = load_generator(name_or_path, setting.body)
    maker = texture_maker(setting.body, "both" if generator.needs_known else "generate", generator=generator)
    way = "what the photo shows over what the network says" if generator.needs_known else "the network's own colours"
    trained = generator.trained.get("trained_on", "not recorded")
    return TextureMethod(
        f"preset {generator.preset}, {generator.size} texels, trained on {trained}; {way}",
        lambda *photo: maker([photo], setting.size),
    )


def mean_texture(setting: Setting) -> TextureMethod:
    """The mean of other people's textures, whatever the photo shows."""
    total = np.zeros((3, setting.size, setting.size))
    for scan in _each(setting.scans):
        total += scan
    mean = torch.from_numpy(total / (255 * len(setting.scans))).float()
    return TextureMethod(f"mean of {len(setting.scans)} other people's textures", lambda *_: _guessed(mean))


def nearest_texture(setting: Setting) -> TextureMethod:
    """That of other people's textures which is most like what the photo shows, as bright as there.

    Compared are the visible texels, weighted by their confidence, in least squares with one factor for all channels:
    the exposure is found, but nothing is tinted.
    """
    coarse = torch.cat([_coarse(_as_floats(scan)[None]) for scan in _each(setting.scans)]).flatten(2)
    power = (coarse**2).sum(1)

    def make(params: BodyParams, image: Float[Tensor, "3 H W"], mask: Float[Tensor, "H W"]) -> Texture:
        seen = unwrap(setting.body, params, image, mask, size=setting.size)
        weight = _coarse(seen.confidence[None, None]).flatten()
        weighted = _coarse((seen.image * seen.confidence)[None])[0].flatten(1)
        alike, size = torch.einsum("nck,ck->n", coarse, weighted), (power @ weight).clamp(min=1e-9)
        # With the best factor, the squared differences are those of black less this.
        nearest = int((alike**2 / size).argmax())
        factor = alike[nearest] / size[nearest] if weight.any() else 1.0
        return _guessed((_as_floats(setting.scans[nearest]) * factor).clamp(0, 1))

    count = len(setting.scans)
    return TextureMethod(f"of {count} other people's textures the nearest to the photo, as bright as there", make)


METHODS: dict[str, Callable[[Setting], TextureMethod]] = {
    "ours": partial(generated, "ours"),
    "rstg": partial(generated, "rstg"),
    "unwrap": unwrapped,
    "mean": mean_texture,
    "nearest": nearest_texture,
}
"""What makes each method."""


def method_named(name: str, setting: Setting) -> TextureMethod:
    """A method by its name.

    Args:
        name: a key of `METHODS`, or a generator's weights, as `load_generator` takes them.
        setting: what it is made for.

    Raises:
        InputError: there is no such method, or the weights cannot be used on the body.
    """
    if name not in METHODS and not Path(name).exists() and not name.startswith(HUB):
        raise InputError(f"method {name}: is not known; choose {', '.join(METHODS)}, or a folder of weights")
    return METHODS[name](setting) if name in METHODS else generated(name, setting)


def _guessed(image: Float[Tensor, "3 T T"]) -> Texture:
    """A texture of which the photo shows nothing."""
    return Texture(image, torch.zeros(image.shape[1:]))


def _each(scans: ScanTextures) -> Iterator[UInt8[np.ndarray, "3 T T"]]:
    return (scans[number] for number in range(len(scans)))


def _as_floats(scan: UInt8[np.ndarray, "3 T T"]) -> Float[Tensor, "3 T T"]:
    return torch.from_numpy(np.asarray(scan)).float() / 255


def _coarse(images: Float[Tensor, "B C T T"]) -> Float[Tensor, "B C t t"]:
    return F.adaptive_avg_pool2d(images, min(COARSE, images.shape[-1]))
