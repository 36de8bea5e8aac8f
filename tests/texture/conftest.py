"""A made person with a known texture, seen from the front and from the back."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from made_person import COLOURS, MAGENTA

from habitus.body.model import BodyModel
from habitus.rendering.render import render
from habitus.texture.surface import kind_of_texels, surface_texels
from habitus.types import BodyParams

Photo = tuple[BodyParams, torch.Tensor, torch.Tensor]


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="session")
def true_texture(body) -> Callable[[int], torch.Tensor]:
    """Flat colours by region, a smooth pattern over them."""

    def make(size: int) -> torch.Tensor:
        texels = surface_texels(body, size)
        kind, kinds = kind_of_texels(body, texels)
        place = texels.spread @ body.v_template.numpy()
        colour = np.array([COLOURS[name] for name in kinds], np.float32)[kind]
        colour *= 1 + 0.15 * np.sin(2 * np.pi * place[:, 1:2] / 0.25)
        return torch.from_numpy(texels.scatter_with_gutters(colour.clip(0, 1)))

    return make


@pytest.fixture(scope="session")
def take_photo(body) -> Callable[..., Photo]:
    """Render a standing person before a magenta wall, turned by `yaw`."""

    def shoot(texture: torch.Tensor, yaw: float, height: int = 512) -> Photo:
        theta = torch.zeros(1, body.num_joints, 3)
        theta[0, 0, 1] = yaw
        theta[0, 16, 2], theta[0, 17, 2] = -1.0, 1.0  # arms down
        beta, delta = torch.zeros(1, body.num_betas), torch.zeros(1, body.num_vertices, 3)
        vertices = body(theta, beta, delta).vertices
        low, high = vertices[0].amin(0), vertices[0].amax(0)
        middle = (low + high) / 2
        psi = torch.stack([1.8 / (high[1] - low[1]), -middle[0], -middle[1]])[None]
        size = (height, height // 2)
        wall = MAGENTA.view(1, 3, 1, 1).expand(1, 3, *size)
        seen = render(
            vertices, body.faces, psi, body.uv, body.uv_faces, texture[None], size=size, background=wall, max_level=0
        )
        return BodyParams(theta, beta, delta, psi), seen.image[0], seen.silhouette[0]

    return shoot


@pytest.fixture(scope="session")
def front(take_photo, true_texture) -> Photo:
    return take_photo(true_texture(512), 0.0)


@pytest.fixture(scope="session")
def back(take_photo, true_texture) -> Photo:
    return take_photo(true_texture(512), np.pi)
