"""Recovered bodies to look at: outlines on photos, and figures from the front beside the true ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.evaluation.recovery.scoring import BodyPhoto
from habitus.export.figures import draw_figures, standing, standing_camera
from habitus.export.pictures import contact_sheet, overlay, strip, to_picture
from habitus.rendering.render import render_silhouette
from habitus.types import BodyParams

Picture = UInt8[np.ndarray, "H W 3"]
HEIGHT = 256
"""Of a row, pixels."""


@dataclass(frozen=True, eq=False)
class ShownBody:
    """A photo, and the body (or why there is none) and the scores of each method by its name."""

    photo: BodyPhoto
    bodies: Mapping[str, BodyParams | str]
    scores: Mapping[str, Mapping[str, float]]


def draw_bodies(body: BodyModel, people: Sequence[ShownBody]) -> Picture:
    """A sheet: a row a person, in it the photo, each method's outline and body from the front, and the true body."""
    pictures, labels = [], []
    for person in people:
        photo = person.photo
        pictures.append(strip([to_picture(photo.image)], height=HEIGHT))
        labels.append(photo.name)
        for name, found in person.bodies.items():
            pictures.append(_found(body, photo, found))
            labels.append(_caption(name, found, person.scores.get(name, {})))
        pictures.append(to_picture(standing_figures(body, photo.params.beta, photo.params.delta)[0]))
        labels.append("truth")
    title = "photo; outline and body found, by method; true body"
    return contact_sheet(pictures, labels, columns=len(pictures) // len(people), title=title)


def standing_figures(
    body: BodyModel, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"]
) -> Float[Tensor, "B 3 H W"]:
    """Clay figures from the front, all of one height: no photo alone tells how tall somebody is."""
    camera = standing_camera(body).expand(len(beta), -1)
    return draw_figures(body, standing(body, beta, delta), camera, size=(HEIGHT, HEIGHT // 2))


@torch.no_grad()
def _found(body: BodyModel, photo: BodyPhoto, found: BodyParams | str) -> Picture:
    if isinstance(found, str):
        return strip([to_picture(photo.image)], height=HEIGHT)
    figure = to_picture(standing_figures(body, found.beta, found.delta)[0])
    return strip([_outlined(body, photo.image, found), figure], height=HEIGHT)


def _outlined(body: BodyModel, image: Float[Tensor, "3 H W"], params: BodyParams) -> Picture:
    """A photo with a body's outline on it; B = 1, psi in the photo's frame."""
    vertices = body(params.theta, params.beta, params.delta).vertices
    size = (image.shape[1], image.shape[2])
    return overlay(to_picture(image), render_silhouette(vertices, body.faces, params.psi, size=size)[0].numpy())


def _caption(name: str, found: BodyParams | str, scores: Mapping[str, float]) -> str:
    if isinstance(found, str):
        return f"{name}\n{found}"
    return f"{name}\njoints {scores['aligned']:.0f} mm, IoU {scores['iou']:.3f}"
