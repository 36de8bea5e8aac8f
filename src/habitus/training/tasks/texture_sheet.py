"""What a texture network makes at the moment, for whoever watches a training: photo, render, texture, other side."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.data.transforms import resized
from habitus.export.pictures import contact_sheet, to_picture
from habitus.rendering.render import render
from habitus.texture.generator.model import TextureGenerator
from habitus.training.tasks.texture_data import TextureDataset, sight_of
from habitus.types import BodyParams

ROWS = 5
HEIGHT = 192
"""Of a row, pixels."""
_GREY = 0.85


@torch.no_grad()
def sheet_of(generator: TextureGenerator, dataset: TextureDataset, body: BodyModel) -> UInt8[np.ndarray, "H W 3"]:
    """A row a photo, of photos evenly spaced over the data.

    Args:
        generator: put into eval mode.
        dataset: of the training, its cache made.
        body: that is textured.
    """
    rows = np.unique(np.linspace(0, len(dataset) - 1, ROWS).round().astype(int)).tolist()
    items = [dataset[(row, 0, 0)] for row in rows]
    batch = {name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]}
    device = next(generator.parameters()).device
    textures = generator.eval()(sight_of(batch).to(str(device))).float().cpu()
    strips = []
    for photo, item, texture in zip(batch["photo"], items, textures, strict=True):
        pictures = [photo.float() / 255, texture]
        if generator.preset != "no-pose":
            row = int(item["row"])
            front, back = _both_sides(body, dataset.photos.params(row), texture, dataset.photos.size(row))
            pictures = [pictures[0], front, back, texture]
        strips.append(np.concatenate([_of_height(picture) for picture in pictures], axis=1))
    title = "photo, picture" if generator.preset == "no-pose" else "photo, render, other side, texture"
    return contact_sheet(strips, columns=1, title=title)


def _of_height(picture: Float[Tensor, "3 H W"]) -> UInt8[np.ndarray, "_ _ 3"]:
    scale = HEIGHT / picture.shape[1]
    return resized(to_picture(picture), (HEIGHT, round(scale * picture.shape[2])))


def _both_sides(
    body: BodyModel, params: BodyParams, texture: Float[Tensor, "3 T T"], photo: tuple[int, int]
) -> Float[Tensor, "2 3 H W"]:
    """The person as in the photo and turned by half a turn, in the photo's frame."""
    vertices = body(params.theta, params.beta, params.delta).vertices
    middle = (vertices.amin(1, keepdim=True) + vertices.amax(1, keepdim=True)) / 2
    turned = (vertices - middle) * vertices.new_tensor([-1, 1, -1]) + middle
    background = torch.full((1, 3, *photo), _GREY)
    return render(
        torch.cat([vertices, turned]), body.faces, params.psi.expand(2, -1), body.uv, body.uv_faces, texture[None],
        size=photo, background=background,
    ).image  # fmt: skip
