"""How far a texture is from the true one, where a photo showed it and where it had to be guessed."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface
from habitus.types import Texture


class TextureError(NamedTuple):
    """Mean absolute differences of RGB in [0, 1]; NaN where there is no such texel."""

    seen: float
    """Over the texels of confidence above 0."""
    unseen: float
    """Over the rest of the charts."""
    seen_share: float
    """Of the charts' texels."""


def texture_error(body: BodyModel, texture: Texture, truth: Float[Tensor, "3 T T"]) -> TextureError:
    """Compare a texture with the true one over the charts of the body's UV map.

    Raises:
        ValueError: the two differ in size.
    """
    if texture.image.shape != truth.shape:
        raise ValueError(f"textures differ in size: {tuple(texture.image.shape)}, {tuple(truth.shape)}")
    covered = texel_surface(body, truth.shape[-1])[0] >= 0
    difference = (texture.image - truth).abs().mean(0)[covered]
    seen = (texture.confidence > 0)[covered]
    return TextureError(
        float(difference[seen].mean()) if seen.any() else torch.nan,
        float(difference[~seen].mean()) if not seen.all() else torch.nan,
        float(seen.float().mean()),
    )
