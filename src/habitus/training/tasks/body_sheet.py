"""What a body regressor sees at the moment, for whoever watches a training: outline, and the body from the front."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.export.pictures import contact_sheet, overlay, scaled, to_picture
from habitus.recovery.regressor.model import BodyRegressor
from habitus.rendering.render import render, render_silhouette
from habitus.rendering.shading import Lambert

WATCHED = 6
"""Photos on a sheet."""
HEIGHT = 256
"""Of a row, pixels."""
_CLAY = torch.tensor((0.78, 0.74, 0.70))
_PAPER = 0.97


@torch.no_grad()
def sheet_of(
    regressor: BodyRegressor,
    body: BodyModel,
    images: Float[Tensor, "B 3 H W"],
    truth: tuple[Float[Tensor, "B 10"], Float[Tensor, "B N 3"]] | None = None,
) -> UInt8[np.ndarray, "H W 3"]:
    """A row a photo: the photo, the regressed body's outline on it, that body in the rest pose, and the true one.

    Args:
        regressor: put into eval mode.
        body: that it regresses, on the CPU.
        images: photos at the size that the network works at, RGB in [0, 1].
        truth: true beta and delta, if they are known.
    """
    device = next(regressor.parameters()).device
    params = regressor.eval()(images.to(device)).params()
    theta, beta, delta, psi = (value.float().cpu() for value in vars(params).values())
    height, width = images.shape[-2:]
    outlines = render_silhouette(body(theta, beta, delta).vertices, body.faces, psi, size=(height, width))
    columns = [_standing(body, beta, delta), *([] if truth is None else [_standing(body, *truth)])]
    strips = []
    for image, outline, *figures in zip(images, outlines, *columns, strict=True):
        photo = to_picture(image)
        pictures = [photo, overlay(photo, outline.numpy()), *map(to_picture, figures)]
        strips.append(np.concatenate([scaled(picture, HEIGHT) for picture in pictures], axis=1))
    title = "photo, outline found, body found" + ("" if truth is None else ", true body")
    return contact_sheet(strips, columns=2, title=title)


def _standing(body: BodyModel, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"]) -> Float[Tensor, "B 3 H H"]:
    """Clay figures in the rest pose, all at one scale."""
    psi = torch.tensor([[0.95, 0.0, 0.06]]).expand(len(beta), -1)
    return render(
        body.rest(beta, delta), body.faces, psi, body.uv, body.uv_faces, _CLAY.view(1, 3, 1, 1).expand(-1, -1, 8, 8),
        size=(HEIGHT, HEIGHT), background=torch.full((1, 3, HEIGHT, HEIGHT), _PAPER), shading=Lambert(), max_level=0,
    ).image  # fmt: skip
