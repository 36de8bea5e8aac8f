"""What a texture generator sees of people."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

PHOTO_SIZE = (128, 64)
"""(height, width) in pixels at which generators see photos."""


@dataclass(frozen=True)
class Sight:
    """Of B people. What a preset does not need (`TextureGenerator.needs_known`) may be None."""

    photo: Float[Tensor, "B 3 128 64"]
    """RGB in [0, 1]: the whole photo, resized (`seen_by_networks`)."""
    known: Float[Tensor, "B 3 T T"] | None = None
    """RGB in [0, 1] of the texels that the photo shows (`texture.unwrap`), 0 elsewhere."""
    confidence: Float[Tensor, "B 1 T T"] | None = None
    """In [0, 1]: how well the photo shows each texel; 0 where it does not."""

    def to(self, device: str | torch.device) -> "Sight":
        """The same on another device."""
        known, confidence = (None if t is None else t.to(device) for t in (self.known, self.confidence))
        return Sight(self.photo.to(device), known, confidence)


def seen_by_networks(photo: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 128 64"]:
    """Photos as generators see them: resized whole, smoothed where they shrink."""
    if photo.shape[-2:] == PHOTO_SIZE:
        return photo
    return F.interpolate(photo, PHOTO_SIZE, mode="bilinear", align_corners=False, antialias=True).clamp(0, 1)
