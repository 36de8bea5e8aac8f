"""What a network may know of every place of a body's UV map, whoever wears it."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.texture.surface import kind_of_texels, seam_pairs, surface_texels


@lru_cache(maxsize=2)
def block_features(body: BodyModel, size: int, block: int) -> Float[Tensor, "1 C T/block T/block"]:
    """Place in the rest pose (3, about -1 to 1), share of the block on charts, and shares of the kinds of regions.

    Args:
        body: whose UV map it is.
        size: T.
        block: texels along a side of the squares whose means are taken; divides T.
    """
    texels = surface_texels(body, size)
    kind, kinds = kind_of_texels(body, texels)
    vertices = body.v_template.cpu().numpy()
    middle, reach = (vertices.max(0) + vertices.min(0)) / 2, (vertices.max(0) - vertices.min(0)) / 2
    place = (texels.spread @ vertices - middle) / reach
    features = np.column_stack([place, np.ones(len(texels)), np.eye(len(kinds))[kind]]).astype(np.float32)
    image = torch.from_numpy(texels.scatter(features))[None]
    return torch.nn.functional.avg_pool2d(image, block)


def seam_texels(body: BodyModel, size: int) -> Int[Tensor, "S 2"]:
    """Pairs of texels that face each other across a seam, both ways round."""
    pairs = torch.from_numpy(seam_pairs(body, size))
    return torch.cat([pairs, pairs.flip(1)])
