"""How far a texture is from the true one, where a photo showed it and where it had to be guessed."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
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

    @property
    def all(self) -> float:
        """Over all texels of the charts."""
        parts = ((self.seen, self.seen_share), (self.unseen, 1 - self.seen_share))
        return sum(error * share for error, share in parts if share > 0)


def texture_error(
    body: BodyModel,
    texture: Texture,
    truth: Float[Tensor, "3 T T"],
    *,
    seen: Bool[Tensor, "T T"] | None = None,
) -> TextureError:
    """Compare a texture with the true one over the charts of the body's UV map.

    Args:
        body: whose UV map it is.
        texture: to compare.
        truth: RGB in [0, 1]; see `losses.texture_truth.in_light_of` for photos in a light of their own.
        seen: texels that the photo showed; None: where the texture's own confidence is above 0.

    Raises:
        ValueError: the two differ in size.
    """
    if texture.image.shape != truth.shape:
        raise ValueError(f"textures differ in size: {tuple(texture.image.shape)}, {tuple(truth.shape)}")
    covered = texel_surface(body, truth.shape[-1])[0] >= 0
    difference = (texture.image - truth).abs().mean(0)[covered]
    shown = (texture.confidence > 0 if seen is None else seen)[covered]
    return TextureError(
        float(difference[shown].mean()) if shown.any() else torch.nan,
        float(difference[~shown].mean()) if not shown.all() else torch.nan,
        float(shown.float().mean()),
    )
