"""What a body regressor sees at the moment, for whoever watches a training: outline, and the body from the front."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.export.figures import draw_figures, standing, standing_camera
from habitus.export.pictures import contact_sheet, overlay, scaled, to_picture
from habitus.recovery.regressor.model import BodyRegressor
from habitus.rendering.camera import stretched
from habitus.rendering.render import render_silhouette

WATCHED = 6
"""Photos on a sheet."""
HEIGHT = 256
"""Of a row, pixels."""


@torch.no_grad()
def sheet_of(
    regressor: BodyRegressor,
    body: BodyModel,
    images: Float[Tensor, "B 3 H W"],
    truth: tuple[Float[Tensor, "B 10"], Float[Tensor, "B N 3"]] | None = None,
    *,
    stretch: Float[Tensor, "B"] | None = None,
) -> UInt8[np.ndarray, "H W 3"]:
    """A row a photo: the photo, the regressed body's outline on it, that body standing, and the true one.

    Args:
        regressor: put into eval mode.
        body: that it regresses, on the CPU.
        images: photos at the size that the network works at, RGB in [0, 1].
        truth: true beta and delta, if they are known.
        stretch: how many times too wide the photos are shown; None: they are as they were.
    """
    device = next(regressor.parameters()).device
    params = regressor.eval()(images.to(device)).params()
    theta, beta, delta, psi = (value.float().cpu() for value in vars(params).values())
    height, width = images.shape[-2:]
    stretch = torch.ones(len(psi)) if stretch is None else stretch
    vertices, psi = stretched(body(theta, beta, delta).vertices, psi, stretch)
    outlines = render_silhouette(vertices, body.faces, psi, size=(height, width))
    columns = [_standing(body, beta, delta), *([] if truth is None else [_standing(body, *truth)])]
    strips = []
    for image, outline, *figures in zip(images, outlines, *columns, strict=True):
        photo = to_picture(image)
        pictures = [photo, overlay(photo, outline.numpy()), *map(to_picture, figures)]
        strips.append(np.concatenate([scaled(picture, HEIGHT) for picture in pictures], axis=1))
    title = "photo, outline found, body found" + ("" if truth is None else ", true body")
    return contact_sheet(strips, columns=2, title=title)


def _standing(body: BodyModel, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"]) -> Float[Tensor, "B 3 H W"]:
    """Clay figures, all of one height."""
    camera = standing_camera(body).expand(len(beta), -1)
    return draw_figures(body, standing(body, beta, delta), camera, size=(HEIGHT, HEIGHT // 2))
