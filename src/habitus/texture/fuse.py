"""Several photos of one person -> one texture: each texel from where it is seen best, in one light."""

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.types import Texture

SHARPNESS = 12.0
"""How clearly the best view wins: weights are confidence * exp(SHARPNESS * confidence / best). A plain mean would blur,
for no two unwrapped photos agree to the texel; a hard choice would show where it changes."""
GAIN_LIMIT = 1.8
"""Exposure and white balance are mended up to this factor, either way, and channel by channel."""
ENOUGH_OVERLAP = 400
"""Texels that two views of a 512 texture must both show before their colours are compared."""


@torch.no_grad()
def fuse(textures: list[Texture]) -> Texture:
    """Fuse unwrapped photos of one person by confidence.

    The view that shows most sets exposure and white balance; the others are brought to it, the best connected first,
    by one gain for each channel, found on the texels that both show.

    Args:
        textures: of `unwrap`, all of one size. They should show the same clothes.

    Returns:
        The confidence of a texel is that of its best view.

    Raises:
        ValueError: no textures, or of different sizes.
    """
    if not textures or len({t.image.shape for t in textures}) != 1:
        raise ValueError("fuse takes at least one texture, all of one size")
    if len(textures) == 1:
        return textures[0]
    order = sorted(range(len(textures)), key=lambda k: -float(textures[k].confidence.sum()))
    images, merged = {order[0]: textures[order[0]].image}, textures[order[0]]
    left = order[1:]
    while left:
        nearest = max(left, key=lambda k: float(torch.minimum(textures[k].confidence, merged.confidence).sum()))
        left.remove(nearest)
        other = textures[nearest]
        gain = _gain(merged, other)
        images[nearest] = (other.image * gain[:, None, None]).clamp(0, 1)
        merged = _blend(torch.stack([images[k] for k in images]), torch.stack([textures[k].confidence for k in images]))
    return merged


def _blend(images: Float[Tensor, "P 3 T T"], confidence: Float[Tensor, "P T T"]) -> Texture:
    best = confidence.amax(0)
    weight = confidence * torch.exp(SHARPNESS * (confidence / best.clamp(min=1e-6) - 1))
    weight = weight / weight.sum(0).clamp(min=1e-6)
    return Texture((images * weight[:, None]).sum(0), best)


def _gain(reference: Texture, other: Texture) -> Float[Tensor, "3"]:
    """By what each channel of `other` is to be multiplied to look like `reference`: the median ratio where both see."""
    overlap = torch.minimum(reference.confidence, other.confidence)
    common = overlap > 0.3 * overlap.max()
    count = int(common.sum()) if float(overlap.max()) > 0 else 0
    if count == 0:
        return torch.ones(3)
    ratio = (reference.image[:, common] + 0.02).log() - (other.image[:, common] + 0.02).log()
    sure = min(1.0, count / (ENOUGH_OVERLAP * (reference.image.shape[-1] / 512) ** 2))
    return (sure * ratio.median(1).values).exp().clamp(1 / GAIN_LIMIT, GAIN_LIMIT)
