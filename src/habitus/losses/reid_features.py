"""The re-ID feature loss: a render must look like the photo to a re-ID network (RSTG, section 3.2)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

LAYER_WEIGHTS = (1.0, 2.0, 4.0, 2.0)
"""Of layer1 to layer4, relative to each other, as the released training has them."""
RELEASED_FACTOR = 5000.0
"""By which the released training multiplies the sum of its mean squared errors."""
RELEASED_ELEMENTS = (786_432, 393_216, 196_608, 393_216)
"""Of the maps of layer1 to layer4 of PCB's ResNet-50 at 384x128, by which those means divide."""
RELEASED_WEIGHTS = tuple(RELEASED_FACTOR / elements for elements in RELEASED_ELEMENTS)
"""What the released training comes to at 384x128, as weights of squared distances between maps of unit length. They
are `LAYER_WEIGHTS` times 0.00636, and mean the same at any resolution."""

Maps = Sequence[Float[Tensor, "B C h w"]]
"""Of layer1 to layer4 of a network; channels, height and width differ from layer to layer."""


def reid_feature_loss(
    features_render: Maps, features_photo: Maps, *, weights: Sequence[float] = LAYER_WEIGHTS
) -> Float[Tensor, "B"]:
    """Weighted sum over layers of the squared distance between maps, each of unit length as a whole.

    The batch mean with `RELEASED_WEIGHTS` is the released loss. The paper's ablations are the same loss on the maps of
    another network: one trained without stripes ("no PCB"), or on ImageNet ("perceptual").

    Args:
        features_render: maps of the renders, in which the loss is differentiable.
        features_photo: maps of the photos.
        weights: of the layers. A layer's term lies between 0 and 2, as maps behind a ReLU are not negative.
    """
    distances = layer_distances(features_render, features_photo)
    return distances @ distances.new_tensor(tuple(weights))


def layer_distances(one: Maps, other: Maps) -> Float[Tensor, "B L"]:
    """Squared distance between two images' maps in each layer, the maps of an image brought to unit length.

    In float32 or better, whatever precision the network works in. A map of zeros stays one.

    Raises:
        ValueError: the two differ in the number of layers.
    """
    return torch.stack([_squared_distance(a, b) for a, b in zip(one, other, strict=True)], 1)


def _squared_distance(one: Float[Tensor, "B C h w"], other: Float[Tensor, "B C h w"]) -> Float[Tensor, "B"]:
    """By the difference, not by the cosine: near its end a training compares maps that hardly differ."""
    return (_unit(one) - _unit(other)).square().sum((1, 2, 3))


def _unit(maps: Float[Tensor, "B C h w"]) -> Float[Tensor, "B C h w"]:
    maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
    length = torch.linalg.vector_norm(maps, dim=(1, 2, 3), keepdim=True)
    return maps / length.clamp_min(1e-12)
