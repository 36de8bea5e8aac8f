"""Soft silhouettes: coverage at the border of the mask that the mesh's vertices can move.

At 256x128 a triangle of a body is about one pixel, so the triangle that a border pixel sees rarely owns the border.
The mesh's silhouette edges do: those between a face seen from the front and one seen from behind, or at the rim of an
open mesh. They are followed along *lines*, the rows and columns through the pixels' centres. Where a line meets such an
edge, layers of the mesh begin or end; where the first begins or the last ends is a *crossing*, a point of the border.
So fingers and gaps thinner than a pixel count too, and where a limb is seen before the body, the layers behind it go on
and its edges rightly have no say.

Let a crossing lie between the centres of two neighbouring pixels, *inner* on the covered side and *outer*, t pixels
from the inner one: the line is covered for t past the inner centre. From t = 1/2 on, the outer pixel gains t - 1/2;
before it, the inner pixel loses 1/2 - t. That makes the coverage along the line exact.

Rows see the border best where it is steep, columns where it is level. A crossing with an edge of unit normal (nx, ny)
counts nx**2 in rows and ny**2 in columns, 1 in all: the sum of the silhouette is its area, the gradient of that sum the
area's, and no crossing moves faster than the vertices do.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from habitus.rendering.rasterizer import Fragments, Implementation, check_mesh
from habitus.rendering.topology import topology_of


@dataclass(frozen=True)
class Crossings:
    """Where silhouette edges cross the rows and columns of pixel centres; K of them, int64 but for the weight."""

    image: Int[Tensor, "K"]
    axis: Int[Tensor, "K"]
    """0: along a row; 1: along a column."""
    line: Int[Tensor, "K"]
    """Which row or column."""
    place: Int[Tensor, "K"]
    """Number, on the line, of the last pixel whose centre comes before the crossing; -1 before the first."""
    outwards: Int[Tensor, "K"]
    """1: the mesh is before the crossing; -1: behind it."""
    start: Int[Tensor, "K"]
    """Vertex at one end of the edge."""
    end: Int[Tensor, "K"]
    weight: Float[Tensor, "K"]
    """nx**2 or ny**2 of the edge's normal; a constant to gradients."""
    size: tuple[int, int]
    """(H, W)."""

    def pixel(self, beyond: Int[Tensor, "K"]) -> Int[Tensor, "K"]:
        """row * W + column of the pixel `beyond` places after the crossing's."""
        height, width = self.size
        # Past the image's border there is no pixel: its neighbour within stands in, and gains and loses nothing for it.
        along = (self.place + beyond).clamp(min=0).minimum(torch.where(self.axis == 0, width - 1, height - 1))
        return torch.where(self.axis == 0, self.line * width + along, along * width + self.line)


@dataclass(frozen=True)
class Border:
    """What crossings do to pixels. Pixels are numbered row * W + column."""

    image: Int[Tensor, "K"]
    inner: Int[Tensor, "K"]
    """The pixel on the covered side."""
    outer: Int[Tensor, "K"]
    target: Int[Tensor, "K"]
    """Which of the two changes: the outer one gains, or the inner one loses."""
    excess: Float[Tensor, "K"]
    """By how much, weighted; negative for a loss."""


def silhouette(
    screen: Float[Tensor, "B N 3"], faces: Int[Tensor, "F 3"], fragments: Fragments
) -> Float[Tensor, "B H W"]:
    """How much of each pixel the mesh covers, in [0, 1]; 1 inside, 0 outside, between at the border.

    Differentiable in x and y of `screen`. `fragments` must be `rasterize(screen, faces, ...)`.
    """
    crossings = find_crossings(screen, faces, fragments.size)
    return soften(fragments, trace_border(screen, crossings, fragments))


@torch.no_grad()
def find_crossings(
    screen: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    size: tuple[int, int],
    *,
    implementation: Implementation = "auto",
) -> Crossings:
    """The crossings that make up the border of the mask; no gradient. Both implementations find the same ones.

    Vertices are rounded as by `rasterizer.rasterize`, and the decisions are exact.
    """
    check_mesh(screen, faces)
    if implementation == "auto":
        implementation = "numba" if screen.device.type == "cpu" else "torch"
    if implementation == "numba":
        from habitus.rendering.crossings_numba import find_crossings_numba as find  # noqa: PLC0415 - numba loads on use
    else:
        from habitus.rendering.crossings_torch import find_crossings_torch as find  # noqa: PLC0415
    rows = find(screen.detach().float().contiguous(), topology_of(faces), size)
    image, axis, line, place, outwards, start, end = rows.long().unbind(dim=1)
    squared = (screen[image, end, :2] - screen[image, start, :2]).square()
    across_line = torch.where(axis == 0, squared[:, 1], squared[:, 0])
    weight = across_line / squared.sum(dim=1).clamp(min=1e-12)
    return Crossings(image, axis, line, place, outwards, start, end, weight, size)


def trace_border(screen: Float[Tensor, "B N 3"], crossings: Crossings, fragments: Fragments) -> Border:
    """Follow the crossings to where the edges are now: t - 1/2 of each, weighted.

    The excess is differentiable in x and y of `screen`. Where several crossings in a pixel would take its coverage out
    of [0, 1] they are scaled back (the gradient passes as if they were not).
    """
    along, across = crossings.axis[:, None], 1 - crossings.axis[:, None]
    a, b = screen[crossings.image, crossings.start, :2], screen[crossings.image, crossings.end, :2]
    (ua, ub), (va, vb) = ([end.gather(1, which)[:, 0] for end in (a, b)] for which in (along, across))
    with torch.no_grad():
        line = crossings.line + 0.5
        u_inner = crossings.place + (crossings.outwards < 0) + 0.5
        dv = vb - va
        tiny = dv.abs() < 1e-6
        dv = torch.where(tiny, torch.ones_like(dv), dv)
        share = torch.where(tiny, 0.5, (line - va) / dv).clamp(0, 1)
        slope = torch.where(tiny, 0.0, (ub - ua) / dv)
    # When the edge moves along v, the crossing slides along it: du = -slope dv. This is the exact derivative of the
    # intersection, written so that a short edge divides nothing.
    u = ua + share * (ub - ua) - slope * (va + share * (vb - va) - line)
    t = crossings.outwards * (u - u_inner)
    excess = crossings.weight * (t - 0.5)
    with torch.no_grad():
        inner, outer = crossings.pixel(crossings.outwards < 0), crossings.pixel(crossings.outwards > 0)
        target = torch.where(t > 0.5, outer, inner)
        bounded = crossings.weight * (t.clamp(0, 1) - 0.5)
        flat = crossings.image * math.prod(fragments.size) + target
        total = excess.new_zeros(fragments.face_id.numel()).index_add_(0, flat, bounded)[flat]
        covered = fragments.mask.view(-1)[flat].to(total.dtype)
        allowed = (covered + total).clamp(0, 1) - covered
        bounded = torch.where(allowed == total, bounded, bounded * allowed / total)
    return Border(crossings.image, inner, outer, target, excess + (bounded - excess.detach()))


def soften(fragments: Fragments, border: Border) -> Float[Tensor, "B H W"]:
    """The mask, with the border's gains and losses."""
    hard = fragments.mask.to(border.excess.dtype).view(-1)
    flat = border.image * math.prod(fragments.size) + border.target
    return hard.index_add(0, flat, border.excess).view(fragments.face_id.shape)


def soften_image(image: Float[Tensor, "B C H W"], border: Border) -> Float[Tensor, "B C H W"]:
    """Blend colours over the border by the same amounts: the outer pixel gains the inner one's colour, or the inner
    one loses to the outer one's. Differentiable in `image` and in the border's excess.
    """
    return _SoftenImage.apply(image, border.excess, border)  # type: ignore[return-value]


class _SoftenImage(torch.autograd.Function):
    """image[target] += excess * (image[inner] - image[outer]), with one copy of the image each way."""

    @staticmethod
    def forward(ctx, image, excess, border):
        planes = image.flatten(2)
        step = planes[border.image, :, border.inner] - planes[border.image, :, border.outer]  # (K, C)
        ctx.save_for_backward(excess, step)
        ctx.border = border
        result = planes.clone(memory_format=torch.contiguous_format)
        channels = torch.arange(image.shape[1], device=image.device)
        index = (border.image[:, None], channels, border.target[:, None])
        return result.index_put_(index, excess[:, None] * step, accumulate=True).view(image.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx, *gradients):  # pyright: ignore[reportIncompatibleMethodOverride] - the decorator's signature
        excess, step = ctx.saved_tensors
        border = ctx.border
        planes = gradients[0].flatten(2)
        at_target = planes[border.image, :, border.target]  # (K, C)
        moved = excess[:, None] * at_target
        result = planes.clone(memory_format=torch.contiguous_format)
        channels = torch.arange(planes.shape[1], device=planes.device)
        for pixel, amount in ((border.inner, moved), (border.outer, -moved)):
            result.index_put_((border.image[:, None], channels, pixel[:, None]), amount, accumulate=True)
        return result.view(gradients[0].shape), (at_target * step).sum(dim=1), None
