"""Which way bodies are recovered from crops: fitted, said by a network, or fitted from what a network says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.perception.resample import affine, sample
from habitus.recovery.fit import Fit, FitSettings, Progress, fit, measure
from habitus.recovery.frames import reframed
from habitus.recovery.regressor.model import BodyRegressor
from habitus.types import BodyParams, Crop

FindWay = Literal["fit", "regress"]
"""By optimisation, or by one pass of a network."""


@dataclass(frozen=True)
class BodyFinder:
    """A way to recover bodies, ready to be used on many people."""

    name: str
    """The way, and whose network: "fit", "regress, run/model", "fit from run/model"."""
    find: Callable[[BodyModel, list[Crop], Progress | None], Fit]

    def __call__(self, body: BodyModel, crops: list[Crop], *, progress: Progress | None = None) -> Fit:
        """The bodies in crops of one person each."""
        return self.find(body, crops, progress)


def body_finder(
    way: FindWay = "fit",
    *,
    regressor: BodyRegressor | None = None,
    name: str = "a network",
    settings: FitSettings | None = None,
) -> BodyFinder:
    """The way that is asked for.

    Args:
        way: fit starts from what the regressor says, if one is given.
        regressor: E_3D, in eval mode.
        name: of its weights, for reports and messages.
        settings: of fits.

    Raises:
        InputError: a network is asked for and none is given.
    """
    if regressor is None:
        if way == "regress":
            raise InputError(
                "--method regress: needs a network, and none comes with Habitus yet; make one with "
                "`habitus train body --out run/` and give --regressor run/model"
            )
        return BodyFinder(way, lambda body, crops, progress: fit(body, crops, settings=settings, progress=progress))

    def regressed(body: BodyModel, crops: list[Crop], _: Progress | None) -> Fit:
        return measure(body, crops, _bodies(body, regressor, crops, name))

    def refined(body: BodyModel, crops: list[Crop], progress: Progress | None) -> Fit:
        start = _bodies(body, regressor, crops, name)
        return fit(body, crops, settings=settings, start=start, progress=progress)

    return BodyFinder(f"regress, {name}", regressed) if way == "regress" else BodyFinder(f"fit from {name}", refined)


@torch.no_grad()
def regress(regressor: BodyRegressor, images: Sequence[Float[Tensor, "3 _ _"]]) -> BodyParams:
    """The bodies that a network sees, one an image, in the frame of each (3DSL, section 3.2: E_3D).

    One of other proportions than the network's pictures is not squeezed, which no weak-perspective camera could undo:
    it is shown whole in the middle of a picture, its border continued beyond.

    Args:
        regressor: in eval mode.
        images: of one person each, such as crops; RGB in [0, 1], of any sizes.

    Returns:
        B = the number of images, on the CPU. A network may say anything: see `sound`.
    """
    device = next(regressor.parameters()).device
    pictures = torch.stack([picture_of(image, regressor.size) for image in images]).to(device)
    found = regressor(pictures).params()
    found = BodyParams(*(getattr(found, name).float().cpu() for name in ("theta", "beta", "delta", "psi")))
    sizes = [(image.shape[1], image.shape[2]) for image in images]
    bodies = [reframed(found[i], _to_image(size, regressor.size), regressor.size, size) for i, size in enumerate(sizes)]
    return BodyParams.cat(bodies)


def sound(params: BodyParams) -> list[bool]:
    """Whether each of some bodies is one that can be drawn: all numbers finite, the camera's scale positive."""
    numbers = torch.cat([getattr(params, name).flatten(1) for name in ("theta", "beta", "delta", "psi")], 1)
    return (numbers.isfinite().all(1) & (params.psi[:, 0] > 0)).tolist()


def picture_of(image: Float[Tensor, "3 H W"], size: tuple[int, int]) -> Float[Tensor, "3 h w"]:
    """An image as a network of `size` (h, w) sees it: all of it, in the middle, as large as it can be."""
    pixels = np.ascontiguousarray(image.permute(1, 2, 0).float().cpu().numpy())
    picture = sample(pixels, _to_image((image.shape[1], image.shape[2]), size), size).clip(0, 1)
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def _to_image(image: tuple[int, int], picture: tuple[int, int]) -> Float64[np.ndarray, "2 3"]:
    """Map of the picture's pixels to the image's; both sizes are (H, W)."""
    step = max(image[0] / picture[0], image[1] / picture[1])
    return affine((step, step), ((image[1] - step * picture[1]) / 2, (image[0] - step * picture[0]) / 2))


def _bodies(body: BodyModel, regressor: BodyRegressor, crops: Sequence[Crop], name: str) -> BodyParams:
    if regressor.topology != body.topology:
        raise InputError(f"{name}: regresses the body {regressor.topology!r}, not {body.topology!r}; use that body")
    found = regress(regressor, [crop.image for crop in crops])
    for crop, drawable in zip(crops, sound(found), strict=True):
        if not drawable:
            raise InputError(f"{crop.source}: {name} makes no body of it; fit without that network, or give another")
    return found
