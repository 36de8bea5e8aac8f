"""Soft silhouettes: coverage at the border of the mask that the mesh's vertices can move.

At 256x128 a triangle of a body is about one pixel, so the triangle that a border pixel sees rarely owns the border.
The mesh's silhouette edges do: those between a face seen from the front and one seen from behind, or at the rim of an
open mesh. Wherever such an edge passes between the centres of two neighbouring pixels, of which one (inner) sees the
mesh and the other (outer) does not, it is a *crossing*; of several the outermost is the border. With t the distance of
the crossing from the inner centre in pixels, the pair's covered length is 1/2 + t: from t = 1/2 on the outer pixel
gains t - 1/2, before it the inner one loses 1/2 - t.

Pairs in rows and pairs in columns each see the border, rows best where it is steep, columns where it is level. An edge
of unit normal (nx, ny) counts nx**2 for its crossings in rows and ny**2 for those in columns, 1 in all: the sum of the
silhouette is its area, the gradient of that sum the area's, and no crossing moves faster than the vertices do.
Where a limb is seen before the body no pair has a background pixel, and its edges rightly have no say.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from habitus.rendering.rasterizer import Fragments, Implementation, check_mesh
from habitus.rendering.topology import topology_of


@dataclass(frozen=True)
class Crossings:
    """Where silhouette edges pass between an inner and an outer pixel; K of them, int64 but for the weight."""

    image: Int[Tensor, "K"]
    inner: Int[Tensor, "K"]
    """row * W + column."""
    outer: Int[Tensor, "K"]
    start: Int[Tensor, "K"]
    """Vertex at one end of the edge."""
    end: Int[Tensor, "K"]
    axis: Int[Tensor, "K"]
    """0: the pixels are neighbours in a row; 1: in a column."""
    weight: Float[Tensor, "K"]
    """nx**2 or ny**2 of the edge's normal; a constant to gradients."""


def silhouette(
    screen: Float[Tensor, "B N 3"], faces: Int[Tensor, "F 3"], fragments: Fragments
) -> Float[Tensor, "B H W"]:
    """How much of each pixel the mesh covers, in [0, 1]; 1 inside, 0 outside, between at the border.

    Differentiable in x and y of `screen`. `fragments` must be `rasterize(screen, faces, ...)`.
    """
    crossings = find_crossings(screen, faces, fragments)
    return soften(fragments, crossings, excess_coverage(screen, crossings, fragments))


@torch.no_grad()
def find_crossings(
    screen: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    fragments: Fragments,
    *,
    implementation: Implementation = "auto",
) -> Crossings:
    """The crossings that make up the border of the mask; no gradient. Both implementations find the same ones."""
    check_mesh(screen, faces)
    if implementation == "auto":
        implementation = "numba" if screen.device.type == "cpu" else "torch"
    if implementation == "numba":
        from habitus.rendering.crossings_numba import find_crossings_numba as find  # noqa: PLC0415 - numba loads on use
    else:
        from habitus.rendering.crossings_torch import find_crossings_torch as find  # noqa: PLC0415
    rows = find(screen.detach().float().contiguous(), topology_of(faces), fragments.face_id)
    image, inner, outer, start, end, axis = rows.long().unbind(dim=1)
    squared = (screen[image, end, :2] - screen[image, start, :2]).square()
    across_line = torch.where(axis == 0, squared[:, 1], squared[:, 0])
    weight = across_line / squared.sum(dim=1).clamp(min=1e-12)
    return Crossings(image, inner, outer, start, end, axis, weight)


def excess_coverage(screen: Float[Tensor, "B N 3"], crossings: Crossings, fragments: Fragments) -> Float[Tensor, "K"]:
    """Weighted t - 1/2 of each crossing: what the outer pixel gains, or, where negative, the inner one loses.

    Differentiable in x and y of `screen`. Should a pixel's losses or gains add up to more than 1 (the tip of a thin
    part has borders on three sides) they are scaled down to 1.
    """
    width = fragments.face_id.shape[2]
    across, along = crossings.axis, 1 - crossings.axis
    a, b = screen[crossings.image, crossings.start, :2], screen[crossings.image, crossings.end, :2]
    ua, ub = a.gather(1, across[:, None])[:, 0], b.gather(1, across[:, None])[:, 0]
    va, vb = a.gather(1, along[:, None])[:, 0], b.gather(1, along[:, None])[:, 0]
    centres = torch.stack((crossings.inner % width, crossings.inner // width)).to(screen.dtype) + 0.5
    u_inner, v_line = torch.where(across == 0, centres, centres.flip(0))
    with torch.no_grad():
        dv = vb - va
        tiny = dv.abs() < 1e-6
        share = torch.where(tiny, 0.5, (v_line - va) / torch.where(tiny, torch.ones_like(dv), dv)).clamp(0, 1)
        slope = torch.where(tiny, 0.0, (ub - ua) / torch.where(tiny, torch.ones_like(dv), dv))
        outwards = torch.where(crossings.outer > crossings.inner, 1.0, -1.0).to(screen.dtype)
    # When the edge moves along v, the crossing slides along it: du = -slope dv. This is the exact derivative of the
    # intersection, written so that a short edge divides nothing.
    u = ua + share * (ub - ua) - slope * (va + share * (vb - va) - v_line)
    t = outwards * (u - u_inner)
    t = t + (t.detach().clamp(0, 1) - t.detach())
    excess = crossings.weight * (t - 0.5)
    with torch.no_grad():
        target = _target(crossings, excess, fragments)
        total = excess.new_zeros(fragments.face_id.numel()).index_add_(0, target, excess.abs())
        scale = 1 / total[target].clamp(min=1)
    return excess * scale


def soften(fragments: Fragments, crossings: Crossings, excess: Float[Tensor, "K"]) -> Float[Tensor, "B H W"]:
    """The mask with `excess_coverage` added where it belongs."""
    hard = fragments.mask.to(excess.dtype).view(-1)
    return hard.index_add(0, _target(crossings, excess, fragments), excess).view(fragments.face_id.shape)


def soften_image(
    image: Float[Tensor, "B C H W"], crossings: Crossings, excess: Float[Tensor, "K"], fragments: Fragments
) -> Float[Tensor, "B C H W"]:
    """Blend colours over the border by the same amounts: the outer pixel gains the inner one's colour, or the inner
    one loses to the outer one's. Differentiable in `image` and `excess`.
    """
    return _SoftenImage.apply(image, excess, crossings, _target(crossings, excess, fragments))  # type: ignore[return-value]


def _target(crossings: Crossings, excess: Tensor, fragments: Fragments) -> Tensor:
    pixels = fragments.face_id[0].numel()
    return crossings.image * pixels + torch.where(excess.detach() > 0, crossings.outer, crossings.inner)


class _SoftenImage(torch.autograd.Function):
    """image[target] += excess * (image[inner] - image[outer]), with one copy of the image each way."""

    @staticmethod
    def forward(ctx, image, excess, crossings, target):
        pixels = image.shape[2] * image.shape[3]
        planes = image.reshape(image.shape[0], image.shape[1], pixels)
        step = planes[crossings.image, :, crossings.inner] - planes[crossings.image, :, crossings.outer]  # (K, C)
        ctx.save_for_backward(excess, step, target)
        ctx.crossings = crossings
        result = planes.clone()
        place = target - crossings.image * pixels
        channels = torch.arange(image.shape[1], device=image.device)
        index = (crossings.image[:, None], channels, place[:, None])
        result.index_put_(index, excess[:, None] * step, accumulate=True)
        return result.view(image.shape)

    @staticmethod
    def backward(ctx, *gradients):
        (gradient,) = gradients
        excess, step, target = ctx.saved_tensors
        crossings = ctx.crossings
        pixels = gradient.shape[2] * gradient.shape[3]
        planes = gradient.reshape(gradient.shape[0], gradient.shape[1], pixels)
        at_target = planes[crossings.image, :, target - crossings.image * pixels]  # (K, C)
        to_excess = (at_target * step).sum(dim=1)
        moved = excess[:, None] * at_target
        result = planes.clone()
        channels = torch.arange(gradient.shape[1], device=gradient.device)
        for place, amount in ((crossings.inner, moved), (crossings.outer, -moved)):
            result.index_put_((crossings.image[:, None], channels, place[:, None]), amount, accumulate=True)
        return result.view(gradient.shape), to_excess, None, None
