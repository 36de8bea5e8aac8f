"""Textures by a network, from photos to the finest size: what is seen stays as sharp as without it."""

import numpy as np
import pytest
import torch

from habitus.errors import InputError
from habitus.texture.from_photos import texture_from_photos
from habitus.texture.generate import generate_texture, network_texture
from habitus.texture.generator.model import TextureGenerator
from habitus.texture.measures import texture_error
from habitus.texture.surface import surface_texels
from habitus.texture.unwrap import unwrap

SIZE = 256


@pytest.fixture(scope="module")
def ours(body):
    torch.manual_seed(0)
    return TextureGenerator.ours(body, size=128).eval()


class Plain(torch.nn.Module):
    """A network that says one colour, whatever it sees."""

    def __init__(self, rgb):
        super().__init__()
        self.rgb = torch.nn.Parameter(torch.tensor(rgb))
        self.seen = []

    def forward(self, sight):
        self.seen.append(sight)
        return self.rgb.view(1, 3, 1, 1).expand(1, 3, 64, 64)


@pytest.fixture
def plain(body):
    generator = TextureGenerator.rstg(body).eval()
    generator.network = Plain([0.2, 0.9, 0.2])
    return generator


def test_what_is_seen_is_kept_over_what_the_network_says(body, front, plain):
    texture = generate_texture(body, plain, [front], size=SIZE)
    seen = unwrap(body, *front, size=SIZE)
    texels = surface_texels(body, SIZE)
    sure = texels.gather(seen.confidence[None].numpy())[:, 0] > 0.6
    given, found = (texels.gather(image.numpy()) for image in (seen.image, texture.image))
    assert np.quantile(np.abs(given - found)[sure], 0.98) < 0.01
    assert torch.equal(texture.confidence, seen.confidence)
    # Far from all that is seen, the network's colour is left as it is.
    behind = (texels.spread @ body.v_template.numpy())[:, 2] < -0.08
    hidden = behind & (texels.gather(seen.confidence[None].numpy())[:, 0] == 0)
    green = found[hidden][:, 1] - found[hidden][:, 0]
    assert np.median(green) > 0.6


def test_the_networks_own_colours(body, front, plain):
    texture = network_texture(body, plain, [front], size=SIZE)
    torch.testing.assert_close(texture.image, torch.tensor([0.2, 0.9, 0.2]).view(3, 1, 1).expand(3, SIZE, SIZE))
    assert float(texture.confidence.max()) > 0.5


def test_the_photo_that_shows_most_is_what_the_network_sees(body, front, plain):
    params, image, mask = front
    behind_a_wall = (params, torch.zeros_like(image), mask * (torch.arange(mask.shape[0]) < 150)[:, None])
    network_texture(body, plain, [behind_a_wall, front], size=64)
    assert float(plain.network.seen[0].photo.mean()) > 0.1


def test_ours_is_as_good_as_unwrapping_before_it_is_trained(body, front, back, ours, true_texture):
    truth = true_texture(SIZE)
    without = texture_error(body, texture_from_photos(body, [front, back], size=SIZE), truth)
    found = texture_error(body, generate_texture(body, ours, [front, back], size=SIZE), truth)
    assert found.seen < without.seen + 0.005
    assert found.unseen < 1.3 * without.unseen + 0.01


def test_pictures_are_no_textures(body, front):
    with pytest.raises(InputError, match="no-pose: this generator makes pictures"):
        generate_texture(body, TextureGenerator.no_pose(body).eval(), [front])
