"""Textures by a network: its own colours everywhere, or what the photos show at full detail over its fill."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.texture.complete import complete, without_strays
from habitus.texture.fuse import fuse
from habitus.texture.generator.model import TextureGenerator
from habitus.texture.generator.sight import Sight, seen_by_networks
from habitus.texture.unwrap import unwrap
from habitus.types import BodyParams, Texture

PhotoOfPerson = tuple[BodyParams, Float[Tensor, "3 H W"], Float[Tensor, "H W"]]
"""The person's parameters (B = 1) in a photo, the picture, and the person's mask; see `unwrap`."""


def generate_texture(
    body: BodyModel, generator: TextureGenerator, photos: Iterable[PhotoOfPerson], *, size: int = 512
) -> Texture:
    """What one or several photos of a person show, at full detail, over what a network makes of them.

    The network's colours are bent to meet what is seen around them (`complete`), so that no line shows.

    Args:
        body: of the parameters and of the generator.
        generator: in eval mode, on any device.
        photos: of each the person's parameters (B = 1) in it, the picture and the person's mask; see `unwrap`.
        size: T, texels along a side.

    Returns:
        The confidence is that of what is seen: 0 marks what the network said.

    Raises:
        InputError: the generator makes no textures (no-pose).
    """
    shown, said = _shown_and_said(body, generator, list(photos), size)
    return complete(body, shown, guess=said)


def network_texture(
    body: BodyModel, generator: TextureGenerator, photos: Iterable[PhotoOfPerson], *, size: int = 512
) -> Texture:
    """A network's own texture, resized; arguments and errors as for `generate_texture`."""
    shown, said = _shown_and_said(body, generator, list(photos), size)
    return Texture(said, shown.confidence)


@torch.no_grad()
def _shown_and_said(
    body: BodyModel, generator: TextureGenerator, photos: list[PhotoOfPerson], size: int
) -> tuple[Texture, Float[Tensor, "3 T T"]]:
    """What all photos show, and what the network makes of that and of the photo that shows most."""
    if generator.preset == "no-pose":
        raise InputError("no-pose: this generator makes pictures, not textures; give another one")
    shown = [unwrap(body, *photo, size=size) for photo in photos]
    most = max(range(len(photos)), key=lambda k: float(shown[k].confidence.sum()))
    sight = Sight(seen_by_networks(photos[most][1][None]))
    if generator.needs_known:
        # As in `complete`: hands with the colours of clothes would teach the network a glove.
        known = without_strays(body, fuse([unwrap(body, *photo, size=generator.size) for photo in photos]))
        sight = Sight(sight.photo, known.image[None], known.confidence[None, None])
    device = next(generator.parameters()).device
    said = generator(sight.to(device)).cpu()
    return fuse(shown), F.interpolate(said, (size, size), mode="bilinear", antialias=True)[0]
