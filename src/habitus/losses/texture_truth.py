"""The truth loss, where the whole texture is known: people made in code. No part of RSTG."""

import torch
from jaxtyping import Float
from torch import Tensor

_DARKEST = 1e-3
"""What true colours are divided by at least."""
GAINS = (0.25, 4.0)
"""Least and largest ratio of a photo's colours to the true ones."""


def truth_loss(
    texture: Float[Tensor, "B 3 T T"], truth: Float[Tensor, "B 3 T T"], weight: Float[Tensor, "B T T"]
) -> Float[Tensor, "B"]:
    """Weighted mean absolute difference from the true texture; 0 where all weights are.

    Args:
        texture: generated, RGB in [0, 1].
        truth: RGB in [0, 1], in the photo's light (`in_light_of`) if the texture is to keep the photo's colours.
        weight: of each texel, at least 0; (1, T, T) or (T, T) serves all people.
    """
    weight = weight.expand(len(texture), *weight.shape[-2:])
    difference = (texture - truth).abs().mean(1) * weight
    return difference.sum((1, 2)) / weight.sum((1, 2)).clamp_min(1e-6)


def in_light_of(
    truth: Float[Tensor, "B 3 T T"], known: Float[Tensor, "B 3 T T"], confidence: Float[Tensor, "B T T"]
) -> Float[Tensor, "B 3 T T"]:
    """The true texture as the photo's light, exposure and white balance would show it, clipped to [0, 1].

    Args:
        truth: RGB in [0, 1], as in even light.
        known: what unwrapping took from the photo, RGB in [0, 1].
        confidence: of `known`; 0 where nothing is known.
    """
    return (truth * light_gain(truth, known, confidence)[..., None, None]).clamp(0, 1)


def light_gain(
    truth: Float[Tensor, "B 3 T T"], known: Float[Tensor, "B 3 T T"], confidence: Float[Tensor, "B T T"]
) -> Float[Tensor, "B 3"]:
    """By what the true colours are to be multiplied to look like the photo's, a factor for each channel.

    The factor with the least mean absolute difference over the texels seen, which is the median of the ratios weighted
    by confidence times true colour: shade on one side, what stands before the person, and texels that the recovered
    body puts in the wrong place do not move it, nor does black cloth, whose ratios say little. 1 if nothing is known.

    Args:
        truth: RGB in [0, 1], as in even light.
        known: what unwrapping took from the photo, RGB in [0, 1].
        confidence: of `known`, the weight of each texel.
    """
    weight = (confidence[:, None] * truth).flatten(2)
    ratio, order = (known / truth.clamp_min(_DARKEST)).flatten(2).sort(2)
    share = weight.gather(2, order).cumsum(2)
    total = share[..., -1:]
    middle = (share < total / 2).sum(2, keepdim=True).clamp_max(ratio.shape[2] - 1)
    gain = ratio.gather(2, middle).clamp(*GAINS)
    return torch.where(total > 0, gain, torch.ones_like(gain))[..., 0]
