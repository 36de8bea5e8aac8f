"""One body for all photos of a tracklet. No part of 3DSL, which recovers each photo by itself."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.types import BodyParams

_CUT = 4.0
"""Times the photos' median distance from the middle: who is as far away shows somebody else, or next to nothing."""
_ROUNDS = 10


@dataclass(frozen=True)
class TrackletBody:
    """What is the same in all photos of a tracklet."""

    beta: Float[Tensor, "K"]
    """Standard deviations."""
    delta: Float[Tensor, "N 3"]
    """Metres, in the rest pose."""
    beta_shares: Float[Tensor, "B"]
    """How much each photo had to say on beta; they sum to 1, and an outlier has 0."""
    delta_shares: Float[Tensor, "B"]


def tracklet_body(params: BodyParams, weights: Float[Tensor, "B"] | None = None) -> TrackletBody:
    """The build and the outfit that the photos of one person agree on; robust means of beta and of delta.

    A photo counts for beta or for delta as a whole, by its distance from the others: a wrong person in the tracklet, or
    somebody half hidden, is wrong in all numbers at once.

    Args:
        params: of photos of one person in one outfit, one a photo.
        weights: how much to believe each, such as the share of the person that is seen; 0 leaves a photo out. None: all
            alike.

    Raises:
        ValueError: no photo has a weight above 0.
    """
    believed = torch.ones_like(params.psi[:, 0]) if weights is None else weights.to(params.beta)
    beta, beta_shares = robust_mean(params.beta, believed)
    delta, delta_shares = robust_mean(params.delta.flatten(1), believed)
    return TrackletBody(beta, delta.view(params.delta.shape[1:]), beta_shares, delta_shares)


def robust_mean(
    values: Float[Tensor, "B D"], weights: Float[Tensor, "B"]
) -> tuple[Float[Tensor, "D"], Float[Tensor, "B"]]:
    """A mean in which far rows have no say: an M-estimate by Tukey's biweight (Beaton and Tukey, 1974).

    It starts from the median of each number, and what is far is measured in median distances from there; in both every
    row has one vote, whatever its weight. Two rows cannot tell which of them is wrong: their mean is the plain one.

    Returns:
        The mean, and each row's share in it.

    Raises:
        ValueError: no row has a weight above 0.
    """
    voting = weights > 0
    if not voting.any():
        raise ValueError("none of the photos has a weight above 0")
    shares = weights.clamp(min=0) / weights.clamp(min=0).sum()
    values = values.where(voting[:, None], 0)  # what has no weight may be anything, NaN too
    if voting.sum() < 3:
        return shares @ values, shares
    mean = _median(values[voting])
    limits = torch.finfo(values.dtype)
    alike = 16 * limits.eps * mean.norm()  # who differs by no more than rounding is not far
    scale = _median((values[voting] - mean).norm(dim=1)).clamp(min=max(float(alike), limits.tiny))
    for _ in range(_ROUNDS):
        far = (values - mean).norm(dim=1) / (_CUT * scale)
        kept = weights.clamp(min=0) * (1 - far.clamp(max=1) ** 2) ** 2
        shares = kept / kept.sum()
        mean = shares @ values
    return mean, shares


def rebuilt(
    body: BodyModel, params: BodyParams, beta: Float[Tensor, "B K"], delta: Float[Tensor, "B N 3"]
) -> BodyParams:
    """The same people in the same poses with another build and outfit, as large in their photos as before.

    A photo shows a small person near by as it shows a tall one far away. So who is made taller must be moved away: psi
    becomes the one that lays the joints nearest to where they were, by least squares.

    Args:
        body: of the parameters.
        params: how they stand and what they were.
        beta: the new build, such as `TrackletBody.beta` for each photo.
        delta: the new outfit, metres.
    """
    before, after = (body.frames(params.theta, b).transforms[..., :2, 3] for b in (params.beta, beta))
    seen = params.psi[:, None, :1] * (before + params.psi[:, None, 1:])
    middle, target = after.mean(1), seen.mean(1)
    spread = after - middle[:, None]
    scale = (spread * (seen - target[:, None])).sum((1, 2)) / (spread**2).sum((1, 2)).clamp(min=1e-12)
    psi = torch.cat([scale[:, None], target / scale[:, None] - middle], 1)
    return BodyParams(params.theta, beta, delta, psi)


def _median(values: Float[Tensor, "B *shape"]) -> Float[Tensor, "*shape"]:
    """Between the two in the middle, of an even number; `torch.median` takes the lower one."""
    ordered = values.sort(0).values
    return (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2
