"""`cached_views_render.render_views` on a CPU: one pass over the visible pixels each way."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from habitus.compiled import over_batch
from habitus.rendering.cached_views_batch import Views
from habitus.rendering.cached_views_kernels import halve_seen, halve_seen_back, look, look_back
from habitus.rendering.surface_kernels import halve, halve_back


def paint_views(views: Views, texture: Tensor, background: Tensor, max_level: int) -> Tensor:
    """The image of `render_views`; `background` is (B, 3, H, W)."""
    level = (views.footprint.double() + math.log2(texture.shape[-1])).clamp(0, max_level)
    images = torch.arange(len(views) + 1)
    places = (
        torch.searchsorted(views.image, images), views.pixel, views.uv, level,
        torch.searchsorted(views.border_image, images), views.inner, views.outer, views.excess.double(),
    )  # fmt: skip
    shape = (len(views), 3, *views.size)
    image: Tensor = _PaintViews.apply(texture.flatten(2), background.flatten(2), places, texture.shape[-1], max_level)  # type: ignore[assignment]
    return image.view(shape)


class _PaintViews(torch.autograd.Function):
    @staticmethod
    def forward(ctx, texture, background, places, size, max_level):
        texture = texture.detach().contiguous()
        arrays = tuple(x.contiguous().numpy() for x in places)
        batch = len(background)
        coarse = np.empty((len(texture), 3, _coarse(size, max_level)), _dtype(texture))
        seen = np.zeros((batch if len(texture) > 1 else 0, coarse.shape[2]), np.uint8)
        if max_level and len(texture) == 1:
            over_batch(halve, 1, texture.numpy(), size, max_level, coarse)
        elif max_level:
            over_batch(halve_seen, batch, arrays[0], *arrays[2:4], texture.numpy(), size, max_level, seen, coarse)
        image = background.detach().clone(memory_format=torch.contiguous_format)
        over_batch(look, batch, *arrays, texture.numpy(), coarse, size, max_level, image.numpy())
        ctx.kept = arrays, seen, len(texture), size, max_level
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx, *gradients):  # pyright: ignore[reportIncompatibleMethodOverride] - the decorator's signature
        arrays, seen, textures, size, max_level = ctx.kept
        gradient = gradients[0].clone(memory_format=torch.contiguous_format)
        learns = ctx.needs_input_grad[0]
        # numpy's zeros come from the system untouched: texels that nobody sees cost nothing.
        shapes = ((textures, 3, size * size), (textures, 3, _coarse(size, max_level)))
        to_texture, to_coarse = (np.zeros(shape if learns else (textures, 3, 0), _dtype(gradient)) for shape in shapes)
        parts = over_batch(look_back, len(gradient), *arrays, size, max_level, gradient.numpy(), to_texture, to_coarse)
        if learns and textures == 1:  # each slice of the batch summed into its own
            for fine, rough in parts:
                to_texture += fine
                to_coarse += rough
            if max_level:
                over_batch(halve_back, 1, to_texture, size, max_level, to_coarse)
        elif learns and max_level:
            over_batch(halve_seen_back, textures, to_texture, size, max_level, seen, to_coarse)
        return torch.from_numpy(to_texture) if learns else None, gradient, None, None, None


def _coarse(size: int, max_level: int) -> int:
    """Texels of all coarser levels."""
    return sum((size >> n) ** 2 for n in range(1, max_level + 1))


def _dtype(tensor: Tensor) -> np.dtype:
    return tensor.new_empty(0).numpy().dtype
