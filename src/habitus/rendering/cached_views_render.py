"""Textures on cached views: `render.render`'s image and silhouette without its geometry."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.rendering.cached_views_batch import Views
from habitus.rendering.rasterizer import Implementation
from habitus.rendering.silhouette import Border, soften_image
from habitus.rendering.texture_sampling import halvings, pyramid


def render_views(
    views: Views,
    texture: Float[Tensor, "B 3 T T"],
    background: Float[Tensor, "B 3 H W"] | None = None,
    *,
    max_level: int = 3,
    implementation: Implementation = "auto",
) -> tuple[Float[Tensor, "B 3 H W"], Float[Tensor, "B H W"]]:
    """Render textures on views; equals `render.render` unlit, differentiable in texture and background.

    Args:
        views: from `collate_views`, on the device of the texture.
        texture: of each view, or one (B = 1) for all; T is free. Whose it is does not matter: a person may wear the
            texture of another photo.
        background: of each view, or one (B = 1) for all; None: black.
        max_level: how often the texture may be halved where a pixel covers many texels.
        implementation: "numba" (CPU), "torch" (any device), "auto" the faster one for the texture's device.

    Returns:
        RGB over the background, and how much of each pixel the body covers (no gradient).

    Raises:
        ValueError: shapes do not fit.
    """
    count = len(views)
    if texture.ndim != 4 or texture.shape[0] not in (1, count) or texture.shape[1] != 3:
        raise ValueError(f"texture must be shaped (1 or {count}, 3, T, T), not {tuple(texture.shape)}")
    if texture.shape[2] != texture.shape[3]:
        raise ValueError(f"texture must be square, not {texture.shape[2]}x{texture.shape[3]}")
    shape = (3, *views.size)
    if background is not None and (background.shape[1:] != shape or background.shape[0] not in (1, count)):
        raise ValueError(f"background must be shaped (1 or {count}, {shape}), not {tuple(background.shape)}")
    max_level = halvings(texture.shape[-1], max_level)
    if implementation == "auto":
        implementation = "numba" if texture.device.type == "cpu" else "torch"
    if background is None:
        background = texture.new_zeros(1, *shape)
    background = background.to(texture.dtype).expand(count, *shape)
    if implementation == "numba":
        from habitus.rendering.cached_views_numba import paint_views  # noqa: PLC0415 - numba loads on use

        image = paint_views(views, texture, background, max_level)
    else:
        image = _image(views, texture, background, max_level)
    return image, views.silhouette.to(texture.dtype)


def _image(views: Views, texture: Tensor, background: Tensor, max_level: int) -> Float[Tensor, "B 3 H W"]:
    colours = _look(views, texture, max_level)
    flat = views.image * math.prod(views.size) + views.pixel
    hard = background.transpose(0, 1).reshape(3, -1).index_copy(1, flat, colours)
    excess = views.excess.to(texture.dtype)
    target = torch.where(excess > 0, views.outer, views.inner)
    border = Border(views.border_image, views.inner, views.outer, target, excess)
    return soften_image(hard.view(3, len(views), *views.size).transpose(0, 1), border)


def _look(views: Views, texture: Tensor, max_level: int) -> Float[Tensor, "3 P"]:
    """Colours at the visible pixels. `texture_sampling.sample_texture` with the coordinates in double precision:
    on a large texture float32 would be off by more than the rest of the arithmetic.
    """
    level = (views.footprint.double() + math.log2(texture.shape[-1])).clamp(0, max_level)
    u, v = views.uv.unbind(1)
    total = texture.new_zeros(3, len(level))
    for number, image in enumerate(pyramid(texture, max_level)):
        side = image.shape[-1]
        across, along = (u * side - 0.5).clamp(0, side - 1), ((1 - v) * side - 0.5).clamp(0, side - 1)
        column, row = (x.long().clamp(max=max(side - 2, 0)) for x in (across, along))
        right, down, share = across - column, along - row, (1 - (level - number).abs()).clamp(min=0)
        first = row * side + column + (views.image * side * side if len(texture) > 1 else 0)
        planes = image.transpose(0, 1).reshape(3, -1)
        step = min(1, side - 1)
        for place, weight in (
            (first, (1 - down) * (1 - right)), (first + step, (1 - down) * right),
            (first + step * side, down * (1 - right)), (first + step * (side + 1), down * right),
        ):  # fmt: skip
            total = total + (share * weight).to(texture.dtype) * planes.index_select(1, place)
    return total
