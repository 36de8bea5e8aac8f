"""One feature of several streams."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def fused(parts: Iterable[tuple[float, Float[Tensor, "B _"]]]) -> Float[Tensor, "B D"]:
    """Unit features side by side, so that the cosine of two is the weighted mean of the streams' cosines.

    Args:
        parts: each stream's weight, and its feature; the weights sum to 1.
    """
    return torch.cat([weight**0.5 * F.normalize(feature.float(), dim=1) for weight, feature in parts], 1)
