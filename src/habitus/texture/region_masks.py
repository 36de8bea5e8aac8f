"""Parts of a UV map as tensors that losses take: face and hands, and what faces each other across the seams."""

from functools import lru_cache

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.texture.surface import in_kinds, kind_of_texels, seam_pairs, surface_texels

FACE_AND_HANDS = ("face", "hand")
GUTTER = 1
"""Texels past the charts that belong to a part as well: sampling a texture between texels reads them."""


@lru_cache(maxsize=8)
def face_hand_mask(body: BodyModel, size: int) -> Float[Tensor, "T T"]:
    """1 in the face and on both hands, 0 elsewhere; shared, so read-only.

    On the open body this is about an eighth of the map; the masks of RSTG, drawn by hand on SMPL's map, cover 31 %.

    Args:
        body: with regions.
        size: T.
    """
    texels = surface_texels(body, size)
    chosen = in_kinds(*kind_of_texels(body, texels), FACE_AND_HANDS)
    charts = (texels.index >= 0).astype(np.uint8)
    around = cv2.dilate(charts, np.ones((3, 3), np.uint8), iterations=GUTTER)
    return torch.from_numpy(chosen[texels.nearest].reshape(size, size) * around.astype(np.float32))


@lru_cache(maxsize=8)
def seam_texels(body: BodyModel, size: int) -> Int64[Tensor, "S 2"]:
    """row * T + column of the texels that face each other across a seam; shared, so read-only."""
    return torch.from_numpy(surface_texels(body, size).flat[seam_pairs(body, size)])
