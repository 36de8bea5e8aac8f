"""Structural similarity (Wang et al., IEEE TIP 2004), over whole pictures and over the person alone."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

WINDOW, SIGMA = 11, 1.5
"""Side and standard deviation of the Gaussian window, pixels."""
_K1, _K2 = 0.01, 0.03
_BORDER = WINDOW // 2


def ssim(one: Float[Tensor, "B C H W"], other: Float[Tensor, "B C H W"]) -> Float[Tensor, "B"]:
    """Mean structural similarity of pairs of pictures in [0, 1], over channels and pixels.

    As in the paper and in scikit-image, pixels whose window reaches past the picture are left out.

    Raises:
        ValueError: shapes differ, or a side is shorter than the window.
    """
    return ssim_map(one, other)[:, _BORDER:-_BORDER, _BORDER:-_BORDER].mean((1, 2))


def mask_ssim(
    one: Float[Tensor, "B C H W"], other: Float[Tensor, "B C H W"], mask: Float[Tensor, "B H W"]
) -> Float[Tensor, "B"]:
    """Structural similarity of what a mask keeps of two pictures, over the mask.

    Both are multiplied by the mask first, so the background is black and equal; counted is only where the mask is, so
    that this equal background does not inflate the score. NaN where a mask is empty.

    Args:
        one: RGB in [0, 1].
        other: the same.
        mask: weight of each pixel, in [0, 1].

    Raises:
        ValueError: shapes differ, or a side is shorter than the window.
    """
    kept = mask[:, None]
    return (ssim_map(one * kept, other * kept) * mask).sum((1, 2)) / mask.sum((1, 2))


def ssim_map(one: Float[Tensor, "B C H W"], other: Float[Tensor, "B C H W"]) -> Float[Tensor, "B H W"]:
    """Structural similarity at each pixel, the mean over the channels; the picture is mirrored at its border.

    Equals scikit-image's `structural_similarity(..., gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    data_range=1, full=True)`.

    Raises:
        ValueError: shapes differ, or a side is shorter than the window.
    """
    if one.shape != other.shape or min(one.shape[-2:]) < WINDOW:
        raise ValueError(f"ssim takes pictures of one shape, {WINDOW} pixels or more: {one.shape}, {other.shape}")
    batch, channels = one.shape[:2]
    stacked = torch.cat([one, other, one * one, other * other, one * other], 1)
    means = _smoothed(stacked).view(batch, 5, channels, *one.shape[-2:])
    mean_one, mean_other = means[:, 0], means[:, 1]
    variances = means[:, 2] - mean_one**2 + means[:, 3] - mean_other**2
    covariance = means[:, 4] - mean_one * mean_other
    luminance = (2 * mean_one * mean_other + _K1**2) / (mean_one**2 + mean_other**2 + _K1**2)
    return (luminance * (2 * covariance + _K2**2) / (variances + _K2**2)).mean(1)


def _smoothed(images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
    steps = torch.arange(WINDOW, device=images.device, dtype=images.dtype) - _BORDER
    window = torch.exp(-(steps**2) / (2 * SIGMA**2))
    window = window / window.sum()
    flat = images.flatten(0, 1)[:, None]
    flat = F.conv2d(_mirrored(flat, 2), window.view(1, 1, -1, 1))
    return F.conv2d(_mirrored(flat, 3), window.view(1, 1, 1, -1)).view_as(images)


def _mirrored(images: Tensor, axis: int) -> Tensor:
    """Continued past its ends as in a mirror that stands on the border: c b a | a b c."""
    length = images.shape[axis]
    before, after = images.narrow(axis, 0, _BORDER), images.narrow(axis, length - _BORDER, _BORDER)
    return torch.cat([before.flip(axis), images, after.flip(axis)], axis)
