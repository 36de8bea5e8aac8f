"""Textures in one UV layout of a body brought into another, and a checker that shows a layout.

Two bodies of one topology have the same faces, so that every texel of one layout lies at a known place of the surface,
and that place at a known one of the other layout. SMPL's files come with several layouts (`--uv`); without one, SMPL
bodies carry that of the open body.

    plain, own = BodyModel.load("smpl.npz"), BodyModel(load_body_data("smpl.npz", uv_obj="smpl_uv.obj"))
    texture = convert_texture(texture, plain, own)
    picture = checker(own, 512)
"""

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface
from habitus.errors import InputError
from habitus.rendering.texture_sampling import sample_texture
from habitus.texture.surface import region_of_texels, surface_texels
from habitus.types import Texture

COARSEST = 5
"""Halvings of the given texture that are looked at where the wanted one is coarser."""
SMALLEST_AREA = 1e-12
"""Of a triangle in UV, lest one without area divides by zero."""


def convert_texture(texture: Texture, source: BodyModel, target: BodyModel, *, size: int | None = None) -> Texture:
    """A texture in the layout of `source`, in the layout of `target`.

    Args:
        texture: T x T, in the layout of `source`; outside the charts its colours do not matter.
        source: the body whose layout the texture has.
        target: of the same topology, with the layout that is wanted.
        size: S, texels along a side; None is T.

    Returns:
        S x S, the gutters between the charts filled.

    Raises:
        InputError: the two bodies have different meshes.
    """
    size = texture.image.shape[-1] if size is None else size
    layers = torch.cat([texture.image, texture.confidence[None]])
    image = convert_image(layers, source, target, size=size)
    covered = texel_surface(target, size)[0] >= 0
    return Texture(image[:3], image[3] * covered)


def convert_image(
    image: Float[Tensor, "C T T"], source: BodyModel, target: BodyModel, *, size: int
) -> Float[Tensor, "C S S"]:
    """Any numbers on the surface, from one layout to the other; arguments and errors as of `convert_texture`."""
    _check_same_mesh(source, target)
    texels = surface_texels(source, image.shape[-1])
    # The gutters are filled first: looking between texels at a chart's border must not mix in what is beside it.
    whole = torch.from_numpy(texels.scatter_with_gutters(texels.gather(image.cpu().numpy().astype(np.float32))))
    face, weights = texel_surface(target, size)
    found = face.clamp(min=0)
    uv = (source.uv.cpu()[source.uv_faces.cpu()[found]] * weights[..., None]).sum(-2)
    texels_each = _uv_area(source)[found] * image.shape[-1] ** 2 / (_uv_area(target)[found] * size**2)
    level = 0.5 * texels_each.log2()
    sampled = sample_texture(whole[None], uv[None], level=level[None], max_level=COARSEST)[0]
    wanted = surface_texels(target, size)
    return torch.from_numpy(wanted.scatter_with_gutters(wanted.gather(sampled.numpy())))


def checker(body: BodyModel, size: int, *, squares: int = 16) -> Float[Tensor, "3 T T"]:
    """A texture that shows a body's UV layout: squares with their names, in the hues of the regions, grey between.

    On the body the squares show where the layout stretches or turns, and where its seams are; A1 is at the upper left
    of the picture, letters go to the right.

    Args:
        body: whose layout it is.
        size: T, texels along a side.
        squares: along a side, 26 at most.

    Raises:
        ValueError: there are more squares than letters, or than texels.
    """
    if not 1 <= squares <= min(26, size):
        raise ValueError(f"squares {squares}: give 1 to {min(26, size)}")
    row, column = np.divmod(np.arange(size**2), size)
    light = (row * squares // size + column * squares // size) % 2
    texels = surface_texels(body, size)
    hue = np.full(size**2, -1.0)
    hue[texels.flat] = region_of_texels(body, texels) / len(body.regions)
    hsv = np.stack([np.maximum(hue, 0) * 360, np.where(hue < 0, 0, 0.55), 0.55 + 0.4 * light], 1).astype(np.float32)
    picture = (255 * cv2.cvtColor(hsv.reshape(size, size, 3), cv2.COLOR_HSV2RGB)).round().astype(np.uint8)
    side = size / squares
    for r in range(squares):
        for c in range(squares):
            corner = (round((c + 0.12) * side), round((r + 0.68) * side))
            name = f"{chr(ord('A') + c)}{r + 1}"
            cv2.putText(picture, name, corner, cv2.FONT_HERSHEY_SIMPLEX, side / 70, (0, 0, 0), 1, cv2.LINE_AA)
    return torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32) / 255)


def _check_same_mesh(source: BodyModel, target: BodyModel) -> None:
    if source.topology != target.topology or not torch.equal(source.faces.cpu(), target.faces.cpu()):
        raise InputError(
            f"layouts: {source.topology!r} and {target.topology!r} have different meshes; textures go only between "
            "layouts of one topology"
        )


def _uv_area(body: BodyModel) -> Float[Tensor, "F"]:
    corners = body.uv.cpu()[body.uv_faces.cpu()]
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).abs().clamp(min=SMALLEST_AREA)
