"""Textures in other UV layouts: the same colours at the same places of the surface."""

import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.texture.layouts import checker, convert_image, convert_texture
from habitus.texture.surface import surface_texels
from habitus.types import Texture


@pytest.fixture(scope="module")
def turned():
    """The open body with its UV map mirrored, turned by a quarter and shrunk, which is another layout."""
    other = BodyModel.load()
    other.uv = torch.stack([0.1 + 0.8 * other.uv[:, 1], 0.1 + 0.8 * (1 - other.uv[:, 0])], 1)
    return other


def pattern(body, size):
    """Colours that are a smooth function of the place on the body, black in the gutters."""
    texels = surface_texels(body, size)
    place = texels.spread @ body.v_template.numpy()
    return torch.from_numpy(texels.scatter((0.5 + 0.4 * np.sin(6 * place)).astype(np.float32)))


@pytest.mark.parametrize(("size", "tolerance"), [(256, 0.02), (128, 0.03), (64, 0.06)])
def test_colours_stay_at_their_places(body, turned, size, tolerance):
    found = convert_image(pattern(body, 256), body, turned, size=size)
    texels = surface_texels(turned, size)
    given = texels.gather(pattern(turned, size).numpy())
    assert np.quantile(np.abs(texels.gather(found.numpy()) - given), 0.98) < tolerance


def test_there_and_back(body, turned):
    texels = surface_texels(body, 128)
    image = pattern(body, 128)
    back = convert_image(convert_image(image, body, turned, size=256), turned, body, size=128)
    apart = np.abs(texels.gather(back.numpy()) - texels.gather(image.numpy()))
    assert np.quantile(apart, 0.98) < 0.02


def test_the_same_layout_changes_nothing(body):
    texels = surface_texels(body, 128)
    image = pattern(body, 128)
    same = convert_image(image, body, body, size=128)
    np.testing.assert_allclose(texels.gather(same.numpy()), texels.gather(image.numpy()), atol=2e-5)


def test_gutters_are_filled_and_confidence_ends_at_the_charts(body, turned):
    texture = convert_texture(Texture(pattern(body, 128) * 0 + 0.7, torch.ones(128, 128)), body, turned, size=64)
    assert texture.image.shape == (3, 64, 64)
    torch.testing.assert_close(texture.image, torch.full((3, 64, 64), 0.7))
    covered = surface_texels(turned, 64).index >= 0
    assert torch.equal(texture.confidence > 0, torch.from_numpy(covered))


def test_what_lies_outside_the_charts_does_not_matter(body, turned):
    texels = surface_texels(body, 128)
    clean = pattern(body, 128)
    dirty = torch.where(torch.from_numpy(texels.index) < 0, 5.0, clean)
    found = [convert_image(image, body, turned, size=128) for image in (clean, dirty)]
    assert torch.equal(*found)


def test_other_meshes_are_refused(body):
    other = BodyModel.load()
    other.topology = "smpl"
    with pytest.raises(InputError, match="'habitus-open-1' and 'smpl' have different meshes"):
        convert_image(torch.zeros(3, 64, 64), body, other, size=64)


def test_the_checker_has_its_squares_and_hues(body):
    image = checker(body, 256, squares=8)
    assert image.shape == (3, 256, 256)
    assert 0 <= float(image.min()) <= float(image.max()) <= 1
    texels = surface_texels(body, 256)
    spread = (image.amax(0) - image.amin(0)).numpy().ravel()
    assert spread[texels.index.ravel() < 0].max() < 1e-6  # grey
    bright = image.amax(0)
    squares = bright.view(8, 32, 8, 32).permute(0, 2, 1, 3).flatten(2).median(2).values
    expected = (torch.arange(8)[:, None] + torch.arange(8)) % 2
    assert torch.equal(squares > 0.75, expected == 1)
    with pytest.raises(ValueError, match="squares 27"):
        checker(body, 256, squares=27)
