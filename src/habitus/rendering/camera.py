"""The weak-perspective camera psi = (s, tx, ty), relative to the height of the crop."""

import torch
from jaxtyping import Float
from torch import Tensor


def project(points: Float[Tensor, "B N 3"], psi: Float[Tensor, "B 3"], size: tuple[int, int]) -> Float[Tensor, "B N 3"]:
    """Project points in metres onto a crop.

    Convention 5: `x = W/2 + s * H/2 * (X + tx)`, `y = H/2 - s * H/2 * (Y + ty)`; s is half the crop's height per metre.

    Args:
        points: metres, +Y up, the camera looks along -Z.
        psi: (s, tx, ty) of each crop.
        size: (H, W) of the crop in pixels.

    Returns:
        x, y in pixels (y down, the centre of the top-left pixel is (0.5, 0.5)) and z in metres, larger is nearer.
    """
    height, width = size
    scale = psi[:, None, 0] * (height / 2)
    x = width / 2 + scale * (points[..., 0] + psi[:, None, 1])
    y = height / 2 - scale * (points[..., 1] + psi[:, None, 2])
    return torch.stack((x, y, points[..., 2]), dim=-1)


def stretched(
    points: Float[Tensor, "B N 3"], psi: Float[Tensor, "B 3"], factor: Float[Tensor, "B"]
) -> tuple[Float[Tensor, "B N 3"], Float[Tensor, "B 3"]]:
    """Points and camera that show them wider, as in a photo that was resized to other proportions than it had.

    Args:
        points: metres.
        psi: (s, tx, ty) of each crop.
        factor: how many times as wide, about the middle.
    """
    one = torch.ones_like(factor)
    wider = torch.stack((factor, one, one), 1)
    return points * wider[:, None], psi * wider[:, [1, 0, 2]]
