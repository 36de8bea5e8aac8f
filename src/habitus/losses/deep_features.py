"""Deep features only, an alternative to the re-ID feature loss that RSTG compares (section 4.4)."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def deep_feature_loss(feature_render: Float[Tensor, "B D"], feature_photo: Float[Tensor, "B D"]) -> Float[Tensor, "B"]:
    """Mean absolute difference of the last feature vectors, each brought to unit length.

    Args:
        feature_render: of the renders, such as PCB's reduced stripes side by side (`ReidOutput.feature`).
        feature_photo: of the photos.
    """
    wide = torch.promote_types(feature_render.dtype, torch.float32)
    return (F.normalize(feature_render.to(wide), dim=1) - F.normalize(feature_photo.to(wide), dim=1)).abs().mean(1)
