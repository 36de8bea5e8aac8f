"""The released U-Net, against the facts known of it."""

import torch

from habitus.texture.generator.model import TextureGenerator
from habitus.texture.generator.sight import Sight


def test_it_has_the_released_number_of_parameters(body):
    """Counted by hand: two 3x3 convolutions with biases and normalisation a level, a 1x1 convolution at the end."""
    levels = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 512), (1024, 256), (512, 128), (256, 64), (128, 64)]
    by_hand = sum(9 * a * b + b + 2 * b + 9 * b * b + b + 2 * b for a, b in levels) + 64 * 3 + 3
    counted = sum(parameter.numel() for parameter in TextureGenerator.rstg(body).parameters())
    assert counted == by_hand == 13_395_459


def test_shapes_and_range(body):
    sight = Sight(torch.rand(2, 3, 128, 64))
    with torch.no_grad():
        texture = TextureGenerator.rstg(body).eval()(sight)
        picture = TextureGenerator.no_pose(body).eval()(sight)
    assert texture.shape == (2, 3, 64, 64)
    assert picture.shape == (2, 3, 128, 64)
    assert 0 <= float(texture.min()) <= float(texture.max()) <= 1


def test_colours_are_half_where_the_last_layer_says_nothing(body):
    """tanh(0) = 0 in [-1, 1]."""
    generator = TextureGenerator.rstg(body).eval()
    last = generator.get_submodule("network.last")
    torch.nn.init.zeros_(last.get_parameter("weight"))
    torch.nn.init.zeros_(last.get_parameter("bias"))
    with torch.no_grad():
        assert torch.equal(generator(Sight(torch.rand(1, 3, 128, 64))), torch.full((1, 3, 64, 64), 0.5))
