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
from habitus.training.tasks.body_data import MadePeople

PHOTOS = 6
HEIGHT = 256
"""Of a row, pixels."""
_CLAY = torch.tensor((0.78, 0.74, 0.70))
_PAPER = 0.97


@torch.no_grad()
def sheet_of(regressor: BodyRegressor, people: MadePeople) -> UInt8[np.ndarray, "H W 3"]:
    """A row a photo, always of the same people: the photo, the regressed body's outline on it, that body in the rest
    pose, and the true one.

    Args:
        regressor: put into eval mode.
        people: of the training.
    """
    body, views = people.body, people.world.views
    items = [people[number * views, 0, 0] for number in range(PHOTOS)]
    device = next(regressor.parameters()).device
    images = torch.from_numpy(np.stack([item["image"] for item in items])).float() / 255
    params = regressor.eval()(images.to(device)).params()
    theta, beta, delta, psi = (value.float().cpu() for value in vars(params).values())
    size = (images.shape[2], images.shape[3])
    outlines = render_silhouette(body(theta, beta, delta).vertices, body.faces, psi, size=size)
    truth = [torch.from_numpy(np.stack([item[name] for item in items])).float() for name in ("beta", "delta")]
    strips = []
    for image, outline, found, true in zip(
        images, outlines, _standing(body, beta, delta), _standing(body, *truth), strict=True
    ):
        photo = to_picture(image)
        pictures = [photo, overlay(photo, outline.numpy()), to_picture(found), to_picture(true)]
        strips.append(np.concatenate([scaled(picture, HEIGHT) for picture in pictures], axis=1))
    return contact_sheet(strips, columns=2, title="photo, outline found, body found, true body")


def _standing(body: BodyModel, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"]) -> Float[Tensor, "B 3 H H"]:
    """Clay figures in the rest pose, all at one scale."""
    psi = torch.tensor([[0.95, 0.0, 0.06]]).expand(len(beta), -1)
    return render(
        body.rest(beta, delta), body.faces, psi, body.uv, body.uv_faces, _CLAY.view(1, 3, 1, 1).expand(-1, -1, 8, 8),
        size=(HEIGHT, HEIGHT), background=torch.full((1, 3, HEIGHT, HEIGHT), _PAPER), shading=Lambert(), max_level=0,
    ).image  # fmt: skip
