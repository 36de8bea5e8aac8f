"""The perceptual loss with a network of ImageNet, an alternative to the re-ID feature loss that RSTG compares."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from habitus.losses.reid_features import RELEASED_FACTOR, Maps, reid_feature_loss

RELEASED_ELEMENTS = (786_432, 393_216, 196_608, 98_304)
"""Of the maps of layer1 to layer4 of ImageNet's ResNet-50 at 384x128, which keeps its last stride."""
RELEASED_PERCEPTUAL_WEIGHTS = tuple(RELEASED_FACTOR / elements for elements in RELEASED_ELEMENTS)
"""Relative to each other 1 : 2 : 4 : 8; for the rest as `reid_features.RELEASED_WEIGHTS`."""


def perceptual_loss(
    features_render: Maps, features_photo: Maps, *, weights: Sequence[float] = RELEASED_PERCEPTUAL_WEIGHTS
) -> Float[Tensor, "B"]:
    """The formula of the re-ID feature loss on the maps of a network that has learnt ImageNet.

    Args:
        features_render: maps of the renders, in which the loss is differentiable (`reid.imagenet.load_imagenet`).
        features_photo: maps of the photos.
        weights: of the four maps; the batch mean with the default is the released loss.
    """
    return reid_feature_loss(features_render, features_photo, weights=weights)
