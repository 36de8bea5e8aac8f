"""Silhouettes: their coverage, and gradients that are those of the area."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import capsule_person, sphere, turned

from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.silhouette import (
    Border,
    find_crossings,
    silhouette,
    soften,
    soften_image,
    trace_border,
)

SIZE = (256, 128)
FINER = 8


def soft(screen, faces, size):
    return silhouette(screen, faces, rasterize(screen, faces, size))


def quad(left, top, right, bottom):
    corners = [[left, top, 0.0], [left, bottom, 0.0], [right, bottom, 0.0], [right, top, 0.0]]
    return torch.tensor([corners]), torch.tensor([[0, 1, 2], [0, 2, 3]])


def rows_of(crossings):
    fields = (crossings.image, crossings.axis, crossings.line, crossings.place, crossings.outwards)
    return torch.stack((*fields, crossings.start, crossings.end), dim=1).tolist()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), spread=st.sampled_from([2.0, 8.0, 300.0, 1e5]), step=st.sampled_from([0.0, 0.5]))
def test_both_implementations_find_the_same_crossings(seed, spread, step):
    generator = torch.Generator().manual_seed(seed)
    screen = torch.randn(2, 20, 3, generator=generator) * spread + 10
    screen = torch.round(screen / step) * step if step else screen
    screen[0, 3, 1] = float("nan")
    faces = torch.randint(0, 20, (25, 3), generator=generator)
    found = [find_crossings(screen, faces, (19, 23), implementation=name) for name in ("numba", "torch")]
    assert sorted(rows_of(found[0])) == sorted(rows_of(found[1]))


@settings(max_examples=60, deadline=None)
@given(left=st.floats(-3, 9), top=st.floats(-3, 9), width=st.floats(0.1, 14), height=st.floats(0.1, 14))
def test_a_rectangle_covers_its_rows_and_columns_exactly(left, top, width, height):
    # Along each line through pixel centres the coverage of a box is exact; sides cross only rows, ends only columns.
    screen, faces = quad(left, top, left + width, top + height)
    screen = torch.round(screen * 256) / 256
    coverage = soft(screen, faces, (16, 16))[0]
    assert coverage.min() >= -1e-6
    assert coverage.max() <= 1 + 1e-6
    (x0, y0), (x1, y1) = screen[0, 0, :2], screen[0, 2, :2]
    pixels = torch.arange(16.0)
    across = (torch.minimum(pixels + 1, x1) - torch.maximum(pixels, x0)).clamp(0, 1)
    inside_rows = (pixels + 0.5 > y0 + 1) & (pixels + 0.5 < y1 - 1)
    torch.testing.assert_close(coverage[inside_rows], across.expand(int(inside_rows.sum()), -1), atol=1e-4, rtol=0)
    down = (torch.minimum(pixels + 1, y1) - torch.maximum(pixels, y0)).clamp(0, 1)
    inside_columns = (pixels + 0.5 > x0 + 1) & (pixels + 0.5 < x1 - 1)
    expected = down[:, None].expand(-1, int(inside_columns.sum()))
    torch.testing.assert_close(coverage[:, inside_columns], expected, atol=1e-4, rtol=0)


def test_it_is_close_to_a_supersampled_mask():
    vertices, faces, _ = capsule_person()
    vertices, psi = turned(vertices, np.array([0.3, 1.2])), torch.tensor([[1.0, 0.01, 0.03]]).expand(2, 3)
    coverage = soft(project(vertices, psi, SIZE), faces, SIZE)
    true = finer_mask(vertices, faces, psi)
    border = (true > 0) & (true < 1)
    assert (coverage - true)[border].square().mean().sqrt() < 0.05  # the hard mask: 0.26
    assert (coverage - true)[~border].abs().max() < 0.5


def test_what_lies_before_or_within_the_body_has_no_border():
    # A small sphere before a large one, and one inside it, are not seen in the silhouette.
    points, faces = sphere(20, 20)
    large = points * 20 + torch.tensor([32.0, 32.0, 0.0])
    for depth in (40.0, 0.0):
        both = torch.cat((large, points * 5 + torch.tensor([30.0, 33.0, depth])))[None].requires_grad_()
        coverage = soft(both, torch.cat((faces, faces + len(points))), (64, 64))
        torch.testing.assert_close(coverage, soft(large[None], faces, (64, 64)))
        (gradient,) = torch.autograd.grad(coverage.square().sum(), both)
        assert (gradient[0, len(points) :] == 0).all()
        assert (gradient[0, : len(points)] != 0).any()


def test_a_finger_thinner_than_a_pixel_counts_by_its_width():
    screen, faces = quad(5.1, 2.0, 5.4, 14.0)  # no pixel's centre lies in it
    screen.requires_grad_()
    fragments = rasterize(screen, faces, (16, 16))
    assert not fragments.mask.any()
    coverage = silhouette(screen, faces, fragments)
    torch.testing.assert_close(coverage[0, 4:12, 5], torch.full((8,), 0.3), atol=0.01, rtol=0)
    coverage.sum().backward()
    assert screen.grad is not None
    torch.testing.assert_close(screen.grad[0, 2:, 0].sum(), torch.tensor(12.0))  # to the right: wider by 12 rows
    torch.testing.assert_close(screen.grad[0, :2, 0].sum(), torch.tensor(-12.0))


def test_gradients_of_the_border():
    screen = torch.tensor([[[2.2, 3.1, 0.0], [4.6, 13.3, 0.0], [14.4, 8.7, 0.0], [9.1, 1.9, 0.0]]]).double()
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    fragments = rasterize(screen, faces, (16, 16))
    crossings = find_crossings(screen, faces, (16, 16))
    coverage = soften(fragments, trace_border(screen, crossings, fragments))
    free = (coverage > 0) & (coverage < 1)  # at the bounds the gradient passes though the value is held
    weight = torch.randn(1, 16, 16, dtype=torch.float64) * free

    def moved(screen):
        return (soften(fragments, trace_border(screen, crossings, fragments)) * weight).sum()

    assert torch.autograd.gradcheck(moved, screen.requires_grad_(), eps=1e-7)


def test_gradients_of_softened_images():
    screen, faces = quad(2.3, 3.2, 9.8, 11.9)
    fragments = rasterize(screen, faces, (14, 12))
    border = trace_border(screen.double(), find_crossings(screen, faces, (14, 12)), fragments)
    image = torch.rand(1, 2, 14, 12, dtype=torch.float64, requires_grad=True)

    def blend(image, excess):
        return soften_image(image, Border(border.image, border.inner, border.outer, border.target, excess))

    assert torch.autograd.gradcheck(blend, (image, border.excess.requires_grad_()))


def test_a_softened_mask_is_the_silhouette():
    vertices, faces, _ = capsule_person()
    screen = project(vertices[None], torch.tensor([[1.0, 0.0, 0.03]]), (128, 64))
    fragments = rasterize(screen, faces, (128, 64))
    border = trace_border(screen, find_crossings(screen, faces, (128, 64)), fragments)
    as_image = soften_image(fragments.mask[:, None].float(), border)[:, 0]
    # Where no pixel sees the mesh at all there is no colour to blend in.
    difference = (as_image - soften(fragments, border)).abs()
    assert difference.max() < 0.5
    assert (difference > 1e-5).float().mean() < 2e-3


# Areas: the gradient of the silhouette's sum against finite differences of 8 times finer masks.


def finer_mask(vertices, faces, psi):
    size = (SIZE[0] * FINER, SIZE[1] * FINER)
    fine = rasterize(project(vertices, psi, size), faces, size).mask.float()
    return fine.view(len(vertices), SIZE[0], FINER, SIZE[1], FINER).mean(dim=(2, 4))


def area_slopes(motion, faces, psi, step):
    """The area's derivative at 0 as `motion(amount)` moves vertices (B, N, 3): ours, and the finite difference."""
    with torch.no_grad():
        areas = [finer_mask(motion(torch.tensor(amount)), faces, psi).sum(dim=(1, 2)) for amount in (step, -step)]
    ours = []
    for b in range(len(psi)):
        amount = torch.zeros((), requires_grad=True)
        coverage = soft(project(motion(amount)[b : b + 1], psi[b : b + 1], SIZE), faces, SIZE)
        ours.append(torch.autograd.grad(coverage.sum(), amount)[0])
    return torch.stack(ours), (areas[0] - areas[1]) / (2 * step)


VIEWS = np.array([0.4, 1.1, 2.0, 2.8, 4.1, 5.2])


def person(sideways=0.0):
    vertices, faces, parts = capsule_person()
    psi = torch.tensor([[0.9 + 0.01 * i, sideways + 0.007 * i, 0.03] for i in range(len(VIEWS))])
    return turned(vertices, VIEWS), faces, parts, psi


def test_area_under_scale():
    vertices, faces, _, psi = person()
    ours, true = area_slopes(lambda amount: vertices * (1 + amount), faces, psi, 0.005)
    assert ((ours - true).abs() < 0.03 * true.abs()).all()


def test_area_under_translation():
    # Within the picture the area stays, and the gradients of both sides must cancel. Leaving it, the area shrinks.
    vertices, faces, _, psi = person()
    one_side = 1.7 * (0.9 * SIZE[0] / 2) ** 2  # a border of the body's height, moved by s * H/2 pixels a metre
    offset = torch.zeros(len(psi), 1, 3, requires_grad=True)
    soft(project(vertices + offset, psi, SIZE), faces, SIZE).sum().backward()
    assert offset.grad is not None
    assert (offset.grad.abs() < 0.03 * one_side).all()
    vertices, faces, _, psi = person(sideways=0.62)
    vertices, psi = vertices[:3], psi[:3]
    ours, true = area_slopes(lambda amount: vertices + amount * torch.eye(3)[0], faces, psi, 0.005)
    assert (true < -0.3 * one_side).all()
    assert ((ours - true).abs() < 0.03 * true.abs()).all()


@pytest.mark.parametrize("limb", ["left_arm", "right_leg"])
def test_area_under_the_growth_of_a_limb(limb):
    vertices, faces, parts, psi = person()
    middle = vertices[:, parts[limb]].mean(dim=1, keepdim=True)

    def grow(amount):
        grown = middle + (vertices[:, parts[limb]] - middle) * (1 + amount)
        return torch.cat((vertices[:, : parts[limb].start], grown, vertices[:, parts[limb].stop :]), dim=1)

    ours, true = area_slopes(grow, faces, psi, 0.01)
    assert ((ours - true).abs() < 0.1 * true.abs()).all()


def test_area_under_the_swing_of_a_limb():
    # Seen from the side, where the other leg hides one border of the leg that swings. In full view a limb sweeps as
    # much on one side as it frees on the other, and there is little area to compare.
    vertices, faces, parts, _ = person()
    vertices = turned(capsule_person()[0], np.array([1.3, 1.4, 1.45, 1.7, 4.5, 4.8]))
    psi = torch.tensor([[0.9, 0.007 * i, 0.03] for i in range(len(vertices))])
    hip = vertices[:, parts["left_leg"]].amax(dim=1, keepdim=True) * torch.tensor([0.0, 1.0, 0.0])

    def swing(amount):
        c, s, zero, one = (f(amount) for f in (torch.cos, torch.sin, torch.zeros_like, torch.ones_like))
        turn = torch.stack((c, s, zero, -s, c, zero, zero, zero, one)).view(3, 3)
        leg = (vertices[:, parts["left_leg"]] - hip) @ turn + hip
        return torch.cat((vertices[:, : parts["left_leg"].start], leg, vertices[:, parts["left_leg"].stop :]), dim=1)

    ours, true = area_slopes(swing, faces, psi, 0.005)
    assert (true.abs() > 500).all()
    assert ((ours - true).abs() < 0.1 * true.abs()).all()


@pytest.mark.parametrize("start", [1.25, 0.8])
def test_descent_brings_a_body_too_large_or_too_small_to_size(start):
    vertices, faces, _ = capsule_person()
    size = (128, 64)

    def seen(scale):
        return soft(project(vertices[None], torch.stack((scale, scale * 0, scale * 0 + 0.03))[None], size), faces, size)

    target = seen(torch.tensor(0.9))
    scale = torch.tensor(0.9 * start, requires_grad=True)
    optimiser = torch.optim.Adam([scale], lr=0.02)
    for step in range(60):
        optimiser.zero_grad()
        (seen(scale) - target).square().sum().backward()
        assert step or (scale.grad is not None and scale.grad.sign() == np.sign(start - 1))
        optimiser.step()
    assert (scale - 0.9).abs() < 0.005
