"""`cached_views_render.render_views` on a CPU: one pass over the visible pixels each way."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from habitus.compiled import over_batch
from habitus.rendering.cached_views_batch import Views
from habitus.rendering.cached_views_kernels import coarse_texels, look, look_back
from habitus.rendering.surface_kernels import halve, halve_back


def paint_views(views: Views, texture: Tensor, background: Tensor, max_level: int) -> Tensor:
    """The image of `render_views`; `background` is (B, 3, H, W)."""
    level = (views.footprint.double() + math.log2(texture.shape[-1])).clamp(0, max_level)
    border = (views.border_starts, views.inner, views.outer, views.excess.double())
    places = (views.starts, views.pixel, views.uv, level, *border)
    shape = (len(views), 3, *views.size)
    image: Tensor = _PaintViews.apply(texture.flatten(2), background.flatten(2), places, texture.shape[-1], max_level)  # type: ignore[assignment]
    return image.view(shape)


class _PaintViews(torch.autograd.Function):
    @staticmethod
    def forward(ctx, texture, background, places, size, max_level):
        texture = texture.detach().contiguous()
        arrays = tuple(x.contiguous().numpy() for x in places)
        texels = coarse_texels(size, max_level)
        coarse = np.empty((len(texture), 3, texels if len(texture) == 1 else 0), _dtype(texture))
        if len(texture) == 1:
            over_batch(halve, 1, texture.numpy(), size, max_level, coarse)
        own = len(texture) if len(texture) > 1 else 0
        kept = np.empty((own, texels, 2), np.int32), np.zeros((own, max_level + 1), np.int32)
        image = background.detach().clone(memory_format=torch.contiguous_format)
        over_batch(look, len(image), *arrays, texture.numpy(), coarse[0], size, max_level, *kept, image.numpy())
        ctx.kept = (*arrays, size, max_level, *kept), texture.shape, texels
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx, *gradients):  # pyright: ignore[reportIncompatibleMethodOverride] - the decorator's signature
        arrays, shape, texels = ctx.kept
        gradient = gradients[0].clone(memory_format=torch.contiguous_format)
        learns = ctx.needs_input_grad[0]
        # numpy's zeros come from the system untouched: texels that nobody sees cost nothing.
        to_texture = np.zeros(shape if learns else (shape[0], 3, 0), _dtype(gradient))
        parts = over_batch(look_back, len(gradient), *arrays, gradient.numpy(), to_texture)
        if not learns:
            return None, gradient, None, None, None
        if len(to_texture) == 1:  # each slice of the batch summed into its own
            to_coarse = np.zeros((1, 3, texels), to_texture.dtype)
            for fine, rough in parts:
                to_texture += fine
                to_coarse += rough
            size, max_level = arrays[-4:-2]
            over_batch(halve_back, 1, to_texture, size, max_level, to_coarse)
        return torch.from_numpy(to_texture), gradient, None, None, None


def _dtype(tensor: Tensor) -> np.dtype:
    return tensor.new_empty(0).numpy().dtype
