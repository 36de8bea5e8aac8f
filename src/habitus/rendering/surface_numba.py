"""`surface.surface_colours` on a CPU: one pass over the visible pixels each way."""

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from habitus.compiled import over_batch
from habitus.rendering.rasterizer import Fragments
from habitus.rendering.surface_kernels import halve, halve_back, paint, trace_back
from habitus.rendering.topology import topology_of


def surface_colours_numba(
    screen: Tensor,
    faces: Tensor,
    fragments: Fragments,
    uv: Tensor,
    uv_faces: Tensor,
    texture: Tensor,
    *,
    brightness: Tensor | None,
    background: Tensor | None,
    max_level: int,
) -> Tensor:
    """See `surface.surface_colours`."""
    batch, height, width = fragments.face_id.shape
    mesh = (
        topology_of(faces).faces.numpy().view(np.uint32),
        uv.detach().to(screen.dtype).contiguous().numpy(),
        topology_of(uv_faces).faces.numpy().view(np.uint32),
        fragments.face_id.contiguous().numpy(),
        texture.shape[-1],
        max_level,
    )
    if background is not None:
        background = background.to(screen.dtype).expand(batch, 3, height, width).reshape(batch, 3, height * width)
    lit = screen.new_empty(batch, 0, 3) if brightness is None else brightness.to(screen.dtype)
    colours: Tensor = _Surface.apply(screen, texture.to(screen.dtype).flatten(2), lit, background, mesh)  # type: ignore[assignment]
    return colours.view(batch, 3, height, width)


class _Surface(torch.autograd.Function):
    @staticmethod
    def forward(ctx, screen, texture, brightness, background, mesh):
        face_id, size, max_level = mesh[3:]
        batch, pixels = face_id.shape[0], face_id.shape[1] * face_id.shape[2]
        screen, texture, brightness = (x.detach().contiguous() for x in (screen, texture, brightness))
        coarse = texture.new_empty(len(texture), 3, sum((size >> n) ** 2 for n in range(1, max_level + 1)))
        if max_level:
            over_batch(halve, len(texture), texture.numpy(), size, max_level, coarse.numpy())
        if background is None:
            colours = screen.new_zeros(batch, 3, pixels)
        else:
            colours = background.detach().clone(memory_format=torch.contiguous_format)
        saved = (screen, texture, coarse, brightness)
        over_batch(paint, batch, *(x.numpy() for x in saved), *mesh, colours.numpy())
        ctx.save_for_backward(*saved)
        ctx.mesh = mesh
        return colours

    @staticmethod
    @once_differentiable
    def backward(ctx, *gradients):  # pyright: ignore[reportIncompatibleMethodOverride] - the decorator's signature
        screen, texture, coarse, brightness = saved = ctx.saved_tensors
        face_id, size, max_level = ctx.mesh[3:]
        learns = ctx.needs_input_grad[1]
        nothing = (len(texture), 3, 0)
        shapes = (
            screen.shape,
            texture.shape if learns else nothing,
            coarse.shape if learns else nothing,
            brightness.shape,
        )
        # numpy's zeros come from the system untouched: texels that nobody sees cost nothing.
        results = [np.zeros(shape, screen.numpy().dtype) for shape in shapes]
        to_screen, to_texture, to_coarse, to_brightness = results
        gradient = gradients[0].contiguous()
        arrays = (x.numpy() for x in saved)
        parts = over_batch(trace_back, len(screen), *arrays, *ctx.mesh, gradient.numpy(), *results)
        if learns and len(texture) == 1:  # each slice of the batch summed into its own
            for fine, rough in parts:
                to_texture += fine
                to_coarse += rough
        if learns and max_level:
            over_batch(halve_back, len(texture), to_texture, size, max_level, to_coarse)
        to_background = None
        if ctx.needs_input_grad[3]:
            to_background = gradient * torch.from_numpy(face_id < 0).flatten(1)[:, None]
        return (
            torch.from_numpy(to_screen),
            torch.from_numpy(to_texture) if learns else None,
            torch.from_numpy(to_brightness),
            to_background,
            None,
        )
