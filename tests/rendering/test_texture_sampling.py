"""Bilinear texture sampling and levels of detail."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.rendering.rasterizer import rasterize
from habitus.rendering.texture_sampling import halvings, level_of_detail, pyramid, sample_texture


def at(u: float, v: float) -> torch.Tensor:
    return torch.tensor([[[[u, v]]]], dtype=torch.float64)


def test_the_centre_of_a_texel_gives_its_colour_with_v_pointing_up():
    texture = torch.rand(1, 3, 4, 4, dtype=torch.float64)
    for r in range(4):
        for c in range(4):
            found = sample_texture(texture, at((c + 0.5) / 4, 1 - (r + 0.5) / 4))
            torch.testing.assert_close(found[0, :, 0, 0], texture[0, :, r, c])


@settings(max_examples=50, deadline=None)
@given(u=st.floats(0, 1), v=st.floats(0, 1))
def test_between_texels_it_is_bilinear_and_past_the_border_constant(u, v):
    texture = torch.rand(1, 3, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    x, y = min(max(u * 5 - 0.5, 0), 4), min(max((1 - v) * 5 - 0.5, 0), 4)
    c, r = min(int(x), 3), min(int(y), 3)
    fx, fy = x - c, y - r
    upper = texture[0, :, r, c] * (1 - fx) + texture[0, :, r, c + 1] * fx
    lower = texture[0, :, r + 1, c] * (1 - fx) + texture[0, :, r + 1, c + 1] * fx
    found = sample_texture(texture, at(u, v))[0, :, 0, 0]
    torch.testing.assert_close(found, upper * (1 - fy) + lower * fy, atol=1e-9, rtol=0)


def test_one_texture_serves_all_images_as_copies_would():
    texture, uv = torch.rand(1, 3, 8, 8), torch.rand(4, 5, 6, 2)
    level = torch.rand(4, 5, 6) * 3
    alone = sample_texture(texture, uv, level=level, max_level=2)
    copies = sample_texture(texture.expand(4, -1, -1, -1), uv, level=level, max_level=2)
    torch.testing.assert_close(alone, copies)


def test_levels_blend_linearly_and_keep_the_mean():
    texture = torch.rand(1, 3, 8, 8, dtype=torch.float64)
    one, two = (sample_texture(texture, at(0.3, 0.6), level=torch.tensor([[[n]]]), max_level=2) for n in (1.0, 2.0))
    between = sample_texture(texture, at(0.3, 0.6), level=torch.tensor([[[1.25]]], dtype=torch.float64), max_level=2)
    torch.testing.assert_close(between, 0.75 * one + 0.25 * two)
    for level in pyramid(texture, 3):
        torch.testing.assert_close(level.mean(dim=(2, 3)), texture.mean(dim=(2, 3)))


def test_a_size_that_cannot_be_halved_has_fewer_levels():
    assert [halvings(size, 3) for size in (512, 12, 4, 7, 1)] == [3, 2, 2, 0, 0]
    assert len(pyramid(torch.rand(1, 3, 6, 6), 3)) == 2


def test_the_level_of_detail_is_the_footprint_in_texels():
    # A square of 16 pixels that shows a quarter of a texture of 128: 4 texels a pixel each way.
    screen = torch.tensor([[[2.0, 2, 0], [2, 18, 0], [18, 18, 0], [18, 2, 0]]])
    uv = torch.tensor([[0.0, 0.5], [0, 0], [0.5, 0], [0.5, 0.5]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    fragments = rasterize(screen, faces, (20, 20))
    level = level_of_detail(screen, faces, uv, faces, fragments, 128)
    torch.testing.assert_close(level, 2.0 * fragments.mask)


def test_gradients():
    texture = torch.rand(2, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    uv = (torch.rand(2, 3, 3, 2, dtype=torch.float64) * 0.9 + 0.05).requires_grad_()
    level = torch.rand(2, 3, 3, dtype=torch.float64) * 2

    def sample(texture, uv):
        return sample_texture(texture, uv, level=level, max_level=2)

    torch.manual_seed(0)
    assert torch.autograd.gradcheck(sample, (texture, uv))
