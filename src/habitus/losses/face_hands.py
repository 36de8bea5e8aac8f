"""The face and hand loss: what a photo hardly shows should look as on scanned people (RSTG, section 3.3)."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

RELEASED_RANGE = 2.0
"""The released training has colours in [-1, 1], where differences are twice those in [0, 1]."""


def face_hand_loss(
    texture: Float[Tensor, "B 3 T T"],
    scan: Float[Tensor, "B 3 T T"],
    mask: Float[Tensor, "T T"],
    *,
    kind: Literal["l1", "mse"] = "l1",
) -> Float[Tensor, "B"]:
    """Mean difference from a scanned texture inside the face and the hands; neither their share nor T matters.

    Args:
        texture: generated, RGB in [0, 1].
        scan: of anybody, in the same UV layout, RGB in [0, 1].
        mask: 1 in the face and on the hands, see `habitus.texture.region_masks.face_hand_mask`.
        kind: "l1" as the paper has it, or the released code's "mse".
    """
    difference = (texture - scan) * mask
    if kind == "l1":
        return difference.abs().sum((1, 2, 3)) / (3 * mask.sum())
    return difference.square().sum((1, 2, 3)) / (3 * mask.square().sum())


def released_weight(mask: Float[Tensor, "T T"]) -> float:
    """The weight with which "mse" is the released training's loss, whose mean is over the whole map, not the mask.

    Args:
        mask: as for `face_hand_loss`. The released one covers 31 % of its map, which makes the weight 1.24.
    """
    return RELEASED_RANGE**2 * float(mask.square().mean())
