"""How good a recovery is: against the photo, and against the truth where it is known."""

import torch
from jaxtyping import Float
from torch import Tensor


def mask_iou(
    silhouette: Float[Tensor, "B H W"], mask: Float[Tensor, "B H W"], valid: Float[Tensor, "B H W"] | None = None
) -> Float[Tensor, "B"]:
    """Intersection over union of two coverages, each cut at a half; only `valid` pixels count."""
    ours, theirs = silhouette > 0.5, mask > 0.5
    if valid is not None:
        ours, theirs = ours & (valid > 0.5), theirs & (valid > 0.5)
    union = (ours | theirs).sum((1, 2))
    return (ours & theirs).sum((1, 2)) / union.clamp(min=1)


def keypoint_error(
    projected: Float[Tensor, "B K 2"], seen: Float[Tensor, "B K 2"], confidence: Float[Tensor, "B K"]
) -> Float[Tensor, "B"]:
    """Confidence-weighted mean distance, in the unit given."""
    distance = (projected - seen).norm(dim=-1)
    return (confidence * distance).sum(1) / confidence.sum(1).clamp(min=1e-6)


def procrustes(estimate: Float[Tensor, "B P 3"], truth: Float[Tensor, "B P 3"]) -> Float[Tensor, "B P 3"]:
    """The estimate after the similarity transform that brings it nearest to the truth (Umeyama, 1991)."""
    estimate_mean, truth_mean = estimate.mean(1, keepdim=True), truth.mean(1, keepdim=True)
    ours, theirs = estimate - estimate_mean, truth - truth_mean
    u, singular, vt = torch.linalg.svd(ours.mT @ theirs)
    sign = torch.linalg.det(u @ vt).sign()
    correction = torch.ones_like(singular)
    correction[:, -1] = sign
    rotation = u @ (correction[..., None] * vt)
    scale = (singular * correction).sum(1) / (ours**2).sum((1, 2)).clamp(min=1e-12)
    return scale[:, None, None] * (ours @ rotation) + truth_mean


def procrustes_error(estimate: Float[Tensor, "B P 3"], truth: Float[Tensor, "B P 3"]) -> Float[Tensor, "B"]:
    """Mean distance in metres after the best similarity transform.

    On joints it is the field's PA-MPJPE, on vertices its PA-PVE.
    """
    return (procrustes(estimate, truth) - truth).norm(dim=-1).mean(1)
