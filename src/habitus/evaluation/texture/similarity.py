"""How alike a network finds two pictures: CosSim, and CosSim-R with a network that no texture was trained with."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Maps = Sequence[Float[Tensor, "B C h w"]]
"""A network's maps of some pictures, layer by layer: `ReidModel.maps`."""


def map_similarity(one: Maps, other: Maps) -> Float[Tensor, "B"]:
    """Cosine of two pictures' maps, each flattened whole, and its mean over the layers (Texformer, ICCV 2021).

    Args:
        one: of B pictures, or of one that all others are compared with.
        other: of B pictures.

    Raises:
        ValueError: no layers, or another number of them.
    """
    if not one or len(one) != len(other):
        raise ValueError(f"maps of {len(one)} and {len(other)} layers cannot be compared")
    cosines = [F.cosine_similarity(a.flatten(1), b.flatten(1)) for a, b in zip(one, other, strict=True)]
    return torch.stack(cosines).mean(0)
