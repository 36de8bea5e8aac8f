"""The truth loss, where the whole texture is known: people made in code. No part of RSTG.

A photo shows the true colours in its own light: exposure, white balance, the camera's contrast and saturation. What it
makes of a colour c is close to (gain * (saturation c + (1 - saturation) grey(c))) ^ exponent, with a gain a channel.
These five numbers, found on the texels that the photo shows, tell what it would make of those that it does not.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

COARSE = 32
"""Texels a side at which the light is looked for: means over several texels hardly mind a body that is a little off."""
DARKEST = 0.02
"""Of the colours that tell something of the light."""
SATURATIONS = (1.0, 0.85, 0.7, 0.55, 0.4)
"""That are tried; photos of streets are paler than paint."""
EXPONENT = 1.3
"""Expected of cameras, where colours seen are too much alike to tell."""
EXPONENTS = (0.5, 2.5)
CERTAINTY = 0.01
"""Of the expected exponent: the variance of log brightness among the colours seen that counts as much."""
NEAR = 0.03
"""Difference of log brightness below which colours count as equal."""
STEPS = 5
"""Of reweighted least squares."""
_GREY = (0.299, 0.587, 0.114)


class Light(NamedTuple):
    """What photos make of true colours."""

    saturation: Float[Tensor, "B 1 1"]
    exponent: Float[Tensor, "B 1 1"]
    level: Float[Tensor, "B 3 1"]
    """exponent * log(gain) of each channel."""


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


@torch.no_grad()
def in_light_of(
    truth: Float[Tensor, "B 3 T T"], known: Float[Tensor, "B 3 T T"], confidence: Float[Tensor, "B T T"]
) -> Float[Tensor, "B 3 T T"]:
    """The true texture as the photo's light and camera would show it, clipped to [0, 1].

    Against what made cameras do to the texels that they do not see, this is off by 0.016 in the mean, the best factor
    for each channel by 0.048 (`benchmarks/bench_light.py`).

    Args:
        truth: RGB in [0, 1], as in even light.
        known: what unwrapping took from the photo, RGB in [0, 1].
        confidence: of `known`; 0 where nothing is known.

    Returns:
        `truth` itself for photos of which nothing is known.
    """
    light = find_light(truth, known, confidence)
    colours = _paler(truth.flatten(2).float(), light.saturation).clamp_min(1e-3)
    lit = (light.level + light.exponent * colours.log()).exp().clamp(0, 1).view_as(truth)
    seen = (confidence > 0).flatten(1).any(1)
    return torch.where(seen[:, None, None, None], lit.to(truth), truth)


@torch.no_grad()
def find_light(
    truth: Float[Tensor, "B 3 T T"], known: Float[Tensor, "B 3 T T"], confidence: Float[Tensor, "B T T"]
) -> Light:
    """The light that a photo was taken in, by robust regression of log colours for each of some saturations.

    Shade on one side, what stands before the person, and texels that the recovered body puts in the wrong place count
    little: least absolute differences, by reweighting.

    Args:
        truth: RGB in [0, 1], as in even light.
        known: what unwrapping took from the photo, RGB in [0, 1].
        confidence: of `known`, the weight of each texel.
    """
    true, seen, weight = _coarse(truth.float(), known.float(), confidence.float())
    weight = weight * ((true > DARKEST) & (seen > DARKEST / 2))
    target = seen.clamp_min(DARKEST / 2).log()
    best, least = None, None
    for saturation in SATURATIONS:
        tried = torch.full_like(target[:, :1, :1], saturation)
        source = _paler(true, tried).clamp_min(DARKEST).log()
        exponent, level = _fitted(source, target, weight)
        off = ((level + exponent * source - target).abs() * weight * seen).sum((1, 2))[:, None, None]
        found = Light(tried, exponent, level)
        if best is None or least is None:
            best, least = found, off
        else:
            best = Light(*(torch.where(off < least, new, old) for new, old in zip(found, best, strict=True)))
            least = torch.minimum(off, least)
    assert best is not None
    return best


def _coarse(
    truth: Float[Tensor, "B 3 T T"], known: Float[Tensor, "B 3 T T"], confidence: Float[Tensor, "B T T"]
) -> tuple[Float[Tensor, "B 3 K"], Float[Tensor, "B 3 K"], Float[Tensor, "B 1 K"]]:
    """Weighted means of squares of texels, and their weights."""
    side = max(truth.shape[-1] // COARSE, 1)
    weight = confidence[:, None]
    total = F.avg_pool2d(weight, side)
    means = (F.avg_pool2d(colours * weight, side) / total.clamp_min(1e-6) for colours in (truth, known))
    true, seen = (mean.flatten(2) for mean in means)
    return true, seen, total.flatten(2)


def _paler(colours: Float[Tensor, "B 3 K"], saturation: Float[Tensor, "B 1 1"]) -> Float[Tensor, "B 3 K"]:
    grey = (colours * colours.new_tensor(_GREY).view(3, 1)).sum(1, keepdim=True)
    return grey + saturation * (colours - grey)


def _fitted(
    source: Float[Tensor, "B 3 K"], target: Float[Tensor, "B 3 K"], weight: Float[Tensor, "B 3 K"]
) -> tuple[Float[Tensor, "B 1 1"], Float[Tensor, "B 3 1"]]:
    """target = level + exponent * source, the exponent common to all channels."""

    def mean(values: Tensor, weights: Tensor) -> Tensor:
        return (weights * values).sum(2, keepdim=True) / weights.sum(2, keepdim=True).clamp_min(1e-6)

    exponent = torch.full_like(target[:, :1, :1], EXPONENT)
    level = mean(target - exponent * source, weight)
    for _ in range(STEPS):
        trusted = weight / (target - level - exponent * source).abs().clamp_min(NEAR)
        x, y = mean(source, trusted), mean(target, trusted)
        both = (trusted * (source - x) * (target - y)).sum((1, 2), keepdim=True)
        spread = (trusted * (source - x) ** 2).sum((1, 2), keepdim=True)
        prior = CERTAINTY * trusted.sum((1, 2), keepdim=True).clamp_min(1e-6)
        exponent = ((both + EXPONENT * prior) / (spread + prior)).clamp(*EXPONENTS)
        level = y - exponent * x
    return exponent, level
