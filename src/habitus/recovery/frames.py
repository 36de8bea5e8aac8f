"""The same bodies in another frame: a crop, the photo that it was cut from, the picture that a network sees."""

import numpy as np
from jaxtyping import Float64

from habitus.perception.resample import apply, invert
from habitus.types import BodyParams, Crop


def in_photo(params: BodyParams, crop: Crop, size: tuple[int, int]) -> BodyParams:
    """Parameters of a crop with the camera of the photo of `size` (H, W) that it was cut from. B = 1."""
    return reframed(params, crop.to_photo.double().numpy(), crop.size, size)


def in_crop(params: BodyParams, crop: Crop, size: tuple[int, int]) -> BodyParams:
    """The other way: parameters of a photo of `size` (H, W) with the camera of a crop of it. B = 1."""
    return reframed(params, invert(crop.to_photo.double().numpy()), size, crop.size)


def reframed(
    params: BodyParams, to_new: Float64[np.ndarray, "2 3"], old: tuple[int, int], new: tuple[int, int]
) -> BodyParams:
    """The camera in another frame: convention 5 on both, x = W/2 + s H/2 (X + tx).

    Args:
        params: B = 1, in the old frame.
        to_new: map of the old frame's pixels to the new one's. What it squeezes in one direction alone no camera can
            follow; the size is then the mean of both.
        old: (H, W) of the old frame.
        new: of the new one.
    """
    zoom = float(np.sqrt(to_new[0, 0] * to_new[1, 1]))
    s, tx, ty = params.psi[0].double().tolist()
    metre = s * old[0] / 2  # pixels
    x, y = apply(to_new, np.array([old[1] / 2 + metre * tx, old[0] / 2 - metre * ty]))
    metre *= zoom
    psi = [metre * 2 / new[0], (x - new[1] / 2) / metre, (new[0] / 2 - y) / metre]
    return BodyParams(params.theta, params.beta, params.delta, params.psi.new_tensor([psi]))
