"""Other people in the street: dressed bodies in poses, seen from the height of the chest, ready to be pasted."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.shading import vertex_normals
from habitus.rendering.surface import surface_colours
from habitus.synthetic.clothes.dressing import dress, paint
from habitus.synthetic.clothes.hanging import hang
from habitus.synthetic.clothes.outfits import draw_outfit
from habitus.synthetic.people.look import draw_look
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.poses.turning import turned
from habitus.synthetic.scenes.cards import Card

FIGURES = 40
"""How many different ones there are."""
_FIGURE = 72
_SIZE = (256, 160)


def figure(seed: int) -> Card:
    """One of `FIGURES` people."""
    return _figure(seed % FIGURES)


@lru_cache(maxsize=1)
def _body() -> BodyModel:
    return BodyModel.load()


@lru_cache(maxsize=FIGURES)
@torch.no_grad()
def _figure(number: int) -> Card:
    rng = np.random.default_rng((_FIGURE, number))
    body, look, outfit = _body(), draw_look(rng), draw_outfit(rng)
    worn, texture = dress(body, look, outfit), paint(body, look, outfit, size=128)
    theta = turned(draw_pose(rng).theta, yaw=rng.uniform(-np.pi, np.pi), elevation=0.15).astype(np.float32)
    beta, delta = torch.from_numpy(look.beta)[None], torch.as_tensor(worn.delta)[None]
    posed = body(torch.from_numpy(theta)[None], beta, delta)
    vertices = posed.vertices
    if worn.hanging is not None:
        hung = hang(worn.hanging, vertices[0].numpy(), posed.joints[0].numpy())
        vertices[0, torch.as_tensor(worn.hanging.index).long()] = torch.as_tensor(hung)
    psi, metres = _framed(vertices[0])
    screen = project(vertices, psi, _SIZE)
    fragments = rasterize(screen, body.faces, _SIZE)
    bright = 0.8 + 0.25 * vertex_normals(vertices, body.faces)[..., 1:2].expand(-1, -1, 3)
    colours = surface_colours(
        screen, body.faces, fragments, body.uv, body.uv_faces, texture[None], brightness=bright
    )  # fmt: skip
    sprite = torch.cat([colours[0], fragments.mask.float()]).permute(1, 2, 0).numpy()
    return Card((sprite.clip(0, 1) * 255).astype(np.uint8), metres * _SIZE[1] / _SIZE[0], metres)


def _framed(vertices: Float[Tensor, "N 3"]) -> tuple[Float[Tensor, "1 3"], float]:
    """The camera that shows a figure whole, soles on the lower edge, and the height in metres that it shows."""
    low, high = vertices.amin(0), vertices.amax(0)
    width, height = (float(v) for v in (high - low)[:2])
    metres = max(height, width * _SIZE[0] / _SIZE[1])
    middle = float(low[0] + high[0]) / 2
    return torch.tensor([[2 / metres, -middle, -float(low[1]) - metres / 2]]), metres
