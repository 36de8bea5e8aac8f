"""Other people in the street: dressed bodies in poses, seen from the height of the chest, ready to be pasted."""

from functools import lru_cache

import numpy as np
import torch

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.shading import vertex_normals
from habitus.rendering.surface import surface_colours
from habitus.synthetic.clothes.dressing import dress, paint
from habitus.synthetic.clothes.outfits import draw_outfit
from habitus.synthetic.people.look import draw_look
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.poses.turning import turned
from habitus.synthetic.scenes.cards import Card

FIGURES = 24
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
    delta, texture = dress(body, look, outfit).delta, paint(body, look, outfit, size=128)
    theta = turned(draw_pose(rng).theta, yaw=rng.uniform(-np.pi, np.pi), elevation=0.15).astype(np.float32)
    posed = body(
        torch.from_numpy(theta)[None], torch.from_numpy(look.beta)[None], torch.as_tensor(delta)[None]
    )  # fmt: skip
    low, high = posed.vertices[0].amin(0), posed.vertices[0].amax(0)
    width, height = (float(v) for v in (high - low)[:2])
    scale = min(1.0, height / width * _SIZE[1] / _SIZE[0])
    psi = torch.tensor([[2 * scale / height, -float(low[0] + high[0]) / 2, -float(low[1]) - height / 2 / scale]])
    screen = project(posed.vertices, psi, _SIZE)
    fragments = rasterize(screen, body.faces, _SIZE)
    up = 0.5 + 0.5 * vertex_normals(posed.vertices, body.faces)[..., 1:2]
    colours = surface_colours(
        screen,
        body.faces,
        fragments,
        body.uv,
        body.uv_faces,
        texture[None],
        brightness=(0.55 + 0.5 * up).expand(-1, -1, 3),
    )
    sprite = np.concatenate([colours[0].permute(1, 2, 0).numpy(), fragments.mask[0, ..., None].float().numpy()], 2)
    metres = height / scale
    return Card((sprite.clip(0, 1) * 255).astype(np.uint8), metres * _SIZE[1] / _SIZE[0], metres)
