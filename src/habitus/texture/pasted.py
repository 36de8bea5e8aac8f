"""The pasted face: a scanned person's face and hands in place of a loss on them, an ablation of RSTG (section 4.4)."""

from jaxtyping import Float
from torch import Tensor


def paste_face(
    texture: Float[Tensor, "B 3 T T"], scan: Float[Tensor, "B 3 T T"], mask: Float[Tensor, "T T"]
) -> Float[Tensor, "B 3 T T"]:
    """The texture with another person's face and hands.

    Args:
        texture: RGB in [0, 1].
        scan: of anybody, in the same UV layout; (1, 3, T, T) serves all.
        mask: 1 in the face and on the hands, see `face_hand_mask`.
    """
    return texture + mask * (scan - texture)
