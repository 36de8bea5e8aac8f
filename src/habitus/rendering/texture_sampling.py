"""Colours from a UV texture: bilinear within a level of detail, linear between levels (mip-mapping, Williams 1983).

A texture of 512 on a person 230 pixels tall has about two texels a pixel: one bilinear look sees a part of them, and
its gradient reaches a part of them. A level of detail chosen by the footprint of a pixel sees them all.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from habitus.rendering.interpolation import SMALLEST_AREA
from habitus.rendering.rasterizer import Fragments


def sample_texture(
    texture: Float[Tensor, "B 3 T T"],
    uv: Float[Tensor, "B H W 2"],
    *,
    level: Float[Tensor, "B H W"] | None = None,
    max_level: int = 0,
) -> Float[Tensor, "B 3 H W"]:
    """Look up `texture` at `uv`; past its border the border's texels continue. Differentiable in both.

    Convention 6: (0, 0) is the lower left corner; texel (r, c) has its centre at ((c + 0.5) / T, 1 - (r + 0.5) / T).

    Args:
        texture: of each image, or one (B = 1) for all.
        uv: in [0, 1].
        level: of detail, from `level_of_detail`: 0 is the texture itself, 1 its half size; clamped to [0, max_level].
            No gradient. None: the texture itself.
        max_level: coarsest level; less where T cannot be halved so often.
    """
    batch = uv.shape[0]
    grid = torch.stack((2 * uv[..., 0] - 1, 1 - 2 * uv[..., 1]), dim=-1)
    if texture.shape[0] == 1:  # one tall image: the texture is not copied for each
        grid = grid.reshape(1, -1, grid.shape[2], 2)
    levels = pyramid(texture, max_level if level is not None else 0)
    total = None
    for number, image in enumerate(levels):
        colours = F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
        if texture.shape[0] == 1:
            colours = colours.view(colours.shape[1], batch, uv.shape[1], uv.shape[2]).transpose(0, 1)
        if level is not None:
            weight = (1 - (level.detach().clamp(0, len(levels) - 1) - number).abs()).clamp(min=0)
            colours = colours * weight[:, None]
        total = colours if total is None else total + colours
    assert total is not None
    return total


def halvings(texture_size: int, max_level: int) -> int:
    """`max_level`, or how often `texture_size` can be halved if that is less."""
    while texture_size % 2**max_level:
        max_level -= 1
    return max_level


def pyramid(texture: Float[Tensor, "B 3 T T"], max_level: int) -> list[Float[Tensor, "B 3 _ _"]]:
    """The texture and its successive halves, each texel the mean of four: `max_level` + 1 images, or as many as
    T can be halved.
    """
    levels = [texture]
    for _ in range(halvings(texture.shape[-1], max_level)):
        levels.append(F.avg_pool2d(levels[-1], 2))
    return levels


@torch.no_grad()
def level_of_detail(
    screen: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    uv: Float[Tensor, "V 2"],
    uv_faces: Int[Tensor, "F 3"],
    fragments: Fragments,
    texture_size: int,
) -> Float[Tensor, "B H W"]:
    """log2 of the side, in texels, of a square that covers as much texture as a pixel does; 0 on the background."""
    face = fragments.face_id.long().clamp(min=0)
    pixels = _doubled_area(screen[:, faces.long(), :2]).clamp(min=SMALLEST_AREA)  # (B, F)
    texels = _doubled_area(uv[uv_faces.long()]) * texture_size**2
    footprint = (texels / pixels).clamp(min=1e-12)
    level = (0.5 * torch.log2(footprint)).gather(1, face.flatten(1)).view_as(face)
    return torch.where(fragments.mask, level, torch.zeros_like(level))


def _doubled_area(corners: Float[Tensor, "... 3 2"]) -> Float[Tensor, "..."]:
    a, b = corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :]
    return (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]).abs()
