"""The one call."""

import numpy as np
import torch
from shapes import capsule_person, cylinder_uv, turned

from habitus.rendering.render import render, render_colours, render_silhouette
from habitus.rendering.shading import Lambert, lambert, vertex_normals

SIZE = (128, 64)


def scene(batch=2):
    vertices, faces, _ = capsule_person()
    psi = torch.tensor([[1.0, 0.0, 0.03]]).expand(batch, 3)
    return turned(vertices, np.linspace(0.3, 1.0, batch)), faces, psi, cylinder_uv(vertices)


def test_unlit_colours_are_the_textures_and_the_background_shows_outside():
    vertices, faces, psi, uv = scene()
    texture = torch.tensor([0.2, 0.5, 0.9]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    background = torch.rand(2, 3, *SIZE)
    seen = render(vertices, faces, psi, uv, faces, texture, size=SIZE, background=background)
    assert seen.image.shape == (2, 3, *SIZE)
    inside, outside = seen.silhouette == 1, seen.silhouette == 0
    for b in range(2):
        torch.testing.assert_close(seen.image[b][:, inside[b]], texture[0, :, :1, 0].expand(3, int(inside[b].sum())))
        assert torch.equal(seen.image[b][:, outside[b]], background[b][:, outside[b]])
    # At the border: the mixture that the silhouette says.
    covered = seen.silhouette[:, None]
    mixed = covered * texture[:, :, :1, :1] + (1 - covered) * background
    border = ~inside & ~outside
    error = (seen.image - mixed).abs().amax(dim=1)[border]
    assert error.median() < 0.05


def test_without_a_background_the_image_is_premultiplied():
    vertices, faces, psi, uv = scene()
    seen = render(vertices, faces, psi, uv, faces, torch.ones(1, 3, 8, 8), size=SIZE)
    difference = (seen.image - seen.silhouette[:, None]).abs()
    assert (difference > 1e-4).float().mean() < 2e-3  # specks that no pixel's centre sees have no colour


def test_light_multiplies():
    vertices, faces, psi, uv = scene()
    light = Lambert(direction=(1, 0, 0.5))
    seen = render(vertices, faces, psi, uv, faces, torch.full((1, 3, 4, 4), 0.8), size=SIZE, shading=light)
    brightness = 0.8 * lambert(vertex_normals(vertices, faces), light)
    inside = (seen.silhouette == 1)[:, None].expand_as(seen.image)
    assert seen.image[inside].min() >= brightness.min() - 1e-4
    assert seen.image[inside].max() <= brightness.max() + 1e-4
    assert seen.image[inside].std() > 0.05


def test_the_silhouette_alone_is_the_same():
    vertices, faces, psi, uv = scene()
    seen = render(vertices, faces, psi, uv, faces, torch.ones(1, 3, 8, 8), size=SIZE)
    torch.testing.assert_close(render_silhouette(vertices, faces, psi, size=SIZE), seen.silhouette)


def test_coarser_levels_come_closer_to_a_supersampled_image():
    vertices, faces, psi, uv = scene()
    texture = torch.rand(1, 3, 256, 256)
    fine = render(vertices, faces, psi, uv, faces, texture, size=(SIZE[0] * 8, SIZE[1] * 8), max_level=0)
    true = torch.nn.functional.avg_pool2d(fine.image, 8)
    inside = (torch.nn.functional.avg_pool2d(fine.silhouette, 8) == 1)[:, None]
    errors = []
    for max_level in (0, 3):
        seen = render(vertices, faces, psi, uv, faces, texture, size=SIZE, max_level=max_level)
        errors.append(((seen.image - true) * inside).square().mean().sqrt())
    assert errors[1] < 0.7 * errors[0]


def test_descent_on_colours_moves_a_body_that_the_silhouette_is_not_told_of():
    vertices, faces, psi, uv = scene()
    background = torch.zeros(2, 3, *SIZE)
    texture = torch.nn.functional.interpolate(torch.rand(1, 3, 8, 8), size=(64, 64), mode="bilinear")
    target = render(vertices, faces, psi, uv, faces, texture, size=SIZE, background=background).image.detach()
    offset = torch.tensor([0.02, -0.015, 0.0], requires_grad=True)
    optimiser = torch.optim.Adam([offset], lr=2e-3)
    for _ in range(40):
        optimiser.zero_grad()
        image = render(vertices + offset, faces, psi, uv, faces, texture, size=SIZE, background=background).image
        (image - target).square().sum().backward()
        optimiser.step()
    assert offset.detach().abs().max() < 0.003


def test_everything_that_should_learn_gets_a_gradient():
    vertices, faces, psi, uv = scene()
    leaves = [vertices, psi.clone(), torch.rand(1, 3, 16, 16), torch.rand(1, 3, *SIZE)]
    vertices, psi, texture, background = (leaf.requires_grad_() for leaf in leaves)
    seen = render(
        vertices, faces, psi, uv, faces, texture, size=SIZE, background=background, shading=Lambert()
    )  # fmt: skip
    (seen.image.square().sum() + seen.silhouette.square().sum()).backward()
    for leaf in leaves:
        assert leaf.grad is not None
        assert torch.isfinite(leaf.grad).all()
        assert (leaf.grad != 0).any()


def test_nobody_and_nothing():
    _, faces, _, uv = scene()
    nobody = render(torch.zeros(0, 6730, 3), faces, torch.zeros(0, 3), uv, faces, torch.rand(1, 3, 8, 8), size=SIZE)
    assert nobody.image.shape == (0, 3, *SIZE)
    none = torch.empty(0, 3, dtype=torch.int64)
    nothing = render(torch.zeros(2, 4, 3), none, torch.ones(2, 3), uv, none, torch.rand(1, 3, 8, 8), size=SIZE)
    assert (nothing.silhouette == 0).all()
    assert (nothing.image == 0).all()


def test_colours_of_vertices_are_as_a_texture_that_has_them():
    vertices, faces, psi, _ = scene()
    flat = torch.tensor([0.2, 0.5, 0.9]).expand_as(vertices)
    background, light = torch.rand(2, 3, *SIZE), Lambert(direction=(1, 0, 0.5))
    texture = flat[:1, :1].permute(0, 2, 1)[..., None].expand(1, 3, 8, 8)
    for shading in (None, light):
        found = render_colours(vertices, faces, psi, flat, size=SIZE, background=background, shading=shading)
        uv = torch.rand(vertices.shape[1], 2)
        wanted = render(
            vertices, faces, psi, uv, faces, texture, size=SIZE, background=background, shading=shading, max_level=0
        )
        torch.testing.assert_close(found.image, wanted.image)
        torch.testing.assert_close(found.silhouette, wanted.silhouette)


def test_colours_mix_within_faces():
    """A colour that is linear in the place is at every pixel what the place says."""
    vertices, faces, psi, _ = scene()
    low, high = vertices.amin((0, 1)), vertices.amax((0, 1))
    colours = (vertices - low) / (high - low)
    seen = render_colours(vertices, faces, psi, colours, size=SIZE)
    rows = (torch.arange(SIZE[0]) + 0.5 - SIZE[0] / 2) / (-SIZE[0] / 2)  # y on the picture's plane
    wanted = ((rows / psi[0, 0] - psi[0, 2] - low[1]) / (high[1] - low[1]))[None, :, None].expand_as(seen.silhouette)
    inside = seen.silhouette == 1
    torch.testing.assert_close(seen.image[:, 1][inside], wanted[inside], atol=2e-3, rtol=0)


def test_gradients_reach_the_colours():
    vertices, faces, psi, _ = scene()
    colours = torch.rand(vertices.shape).requires_grad_()
    seen = render_colours(vertices, faces, psi, colours, size=SIZE)
    seen.image.sum().backward()
    assert colours.grad is not None
    # Each pixel's colour is a convex mixture of its corners': gradients of a channel add up to the pixels it has.
    torch.testing.assert_close(colours.grad.sum((1, 2)) / 3, seen.silhouette.sum((1, 2)), rtol=0.02, atol=0)
