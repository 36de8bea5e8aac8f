"""What a body regressor sees at the moment, for whoever watches a training: outline, and the body from the front."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.evaluation.recovery.sheet import HEIGHT, standing_figures
from habitus.export.pictures import contact_sheet, overlay, strip, to_picture
from habitus.recovery.regressor.model import BodyRegressor
from habitus.rendering.camera import stretched
from habitus.rendering.render import render_silhouette

WATCHED = 6
"""Photos on a sheet."""


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
    columns = [standing_figures(body, beta, delta), *([] if truth is None else [standing_figures(body, *truth)])]
    strips = []
    for image, outline, *figures in zip(images, outlines, *columns, strict=True):
        photo = to_picture(image)
        pictures = [photo, overlay(photo, outline.numpy()), *map(to_picture, figures)]
        strips.append(strip(pictures, height=HEIGHT))
    title = "photo, outline found, body found" + ("" if truth is None else ", true body")
    return contact_sheet(strips, columns=2, title=title)
