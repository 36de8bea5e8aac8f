"""ResNets against torchvision's published structure, a functional re-derivation, and torchvision when it is here."""

from typing import Literal, get_args

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from habitus.backbones import BACKBONES, ResNet
from habitus.errors import InputError
from habitus.training.recipes.reid import Backbone

BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}
PARAMETERS = {"resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032}
"""As torchvision's documentation gives them, classifier of 1,000 classes included."""
MULTIPLICATIONS = {"resnet18": 1.81e9, "resnet34": 3.66e9, "resnet50": 4.09e9}
"""For one picture of 224 x 224, from the same tables."""


STRIDES: tuple[Literal[1], Literal[2]] = (1, 2)


def recorded(name):
    """Names and shapes of torchvision's state dict without fc, from table 1 of He et al. and torchvision's naming."""
    shapes = {"conv1.weight": (64, 3, 7, 7), **norm("bn1", 64)}
    expansion = 4 if name == "resnet50" else 1
    inputs = 64
    for layer in (1, 2, 3, 4):
        width = 32 * 2**layer
        for block in range(BLOCKS[name][layer - 1]):
            prefix = f"layer{layer}.{block}."
            if expansion == 1:
                kernels = [(width, inputs, 3, 3), (width, width, 3, 3)]
            else:
                kernels = [(width, inputs, 1, 1), (width, width, 3, 3), (4 * width, width, 1, 1)]
            for k, shape in enumerate(kernels, start=1):
                shapes |= {f"{prefix}conv{k}.weight": shape, **norm(f"{prefix}bn{k}", shape[0])}
            if block == 0 and inputs != expansion * width:
                shapes |= {f"{prefix}downsample.0.weight": (expansion * width, inputs, 1, 1)}
                shapes |= norm(f"{prefix}downsample.1", expansion * width)
            inputs = expansion * width
    return shapes


def norm(prefix, channels):
    return {f"{prefix}.num_batches_tracked": ()} | {
        f"{prefix}.{name}": (channels,) for name in ("weight", "bias", "running_mean", "running_var")
    }


def by_functions(state, images, blocks, *, last_stride):
    """A ResNet as a plain function of its state dict, in eval mode."""

    def bn(x, name):
        terms = (state[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
        mean, var, weight, bias = (t.view(-1, 1, 1) for t in terms)
        return (x - mean) / torch.sqrt(var + 1e-5) * weight + bias

    x = F.relu(bn(F.conv2d(images, state["conv1.weight"], stride=2, padding=3), "bn1"))
    x = F.max_pool2d(x, 3, 2, 1)
    for layer, count in enumerate(blocks, start=1):
        for block in range(count):
            p = f"layer{layer}.{block}."
            stride = (1, 2, 2, last_stride)[layer - 1] if block == 0 else 1
            convolutions = 3 if f"{p}conv3.weight" in state else 2
            strided = 2 if convolutions == 3 else 1
            y = x
            for k in range(1, convolutions + 1):
                weight = state[f"{p}conv{k}.weight"]
                y = F.conv2d(y, weight, stride=stride if k == strided else 1, padding=weight.shape[-1] // 2)
                y = bn(y, f"{p}bn{k}")
                y = F.relu(y) if k < convolutions else y
            if f"{p}downsample.0.weight" in state:
                x = bn(F.conv2d(x, state[f"{p}downsample.0.weight"], stride=stride), f"{p}downsample.1")
            x = F.relu(x + y)
    return x


def randomised(name, *, last_stride: Literal[1, 2] = 1, seed=0):
    """A network whose normalisations are not at their start."""
    torch.manual_seed(seed)
    network = ResNet(name, last_stride=last_stride)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor, low, high in (
                (module.weight, 0.5, 1.0), (module.bias, -0.2, 0.2),
                (module.running_mean, -0.2, 0.2), (module.running_var, 0.5, 1.5),
            ):  # fmt: skip
                assert tensor is not None
                torch.nn.init.uniform_(tensor, low, high)
    return network.eval()


@pytest.mark.parametrize("name", BLOCKS)
def test_names_shapes_and_size_are_torchvisions(name):
    with torch.device("meta"):
        network = ResNet(name)
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == recorded(name)
    classifier = 1000 * network.channels + 1000
    assert sum(p.numel() for p in network.parameters()) + classifier == PARAMETERS[name]


@pytest.mark.parametrize("name", BLOCKS)
def test_work_is_the_published(name):
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        ResNet(name, last_stride=2)(torch.zeros(1, 3, 224, 224))
    assert counter.get_total_flops() / 2 == pytest.approx(MULTIPLICATIONS[name], rel=0.005)


@pytest.mark.parametrize(("name", "blocks"), [("resnet50", (3, 4, 6, 3)), ("resnet18-half", (2, 2, 2, 2))])
@pytest.mark.parametrize("last_stride", [1, 2])
def test_equals_the_function_of_its_weights(name, blocks, last_stride):
    network = randomised(name, last_stride=last_stride)
    images = torch.randn(2, 3, 32, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = by_functions(network.state_dict(), images, blocks, last_stride=last_stride)
        torch.testing.assert_close(network(images), expected, rtol=1e-5, atol=1e-5 * expected.abs().max().item())


@pytest.mark.parametrize("name", BLOCKS)
def test_equals_torchvision(name):
    models = pytest.importorskip("torchvision.models")
    theirs = getattr(models, name)(weights=None).eval()
    ours = ResNet(name, last_stride=2).eval()
    state = theirs.state_dict()
    ours.load_state_dict({key: value for key, value in state.items() if not key.startswith("fc.")})
    images = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        scores = F.linear(ours(images).mean((2, 3)), state["fc.weight"], state["fc.bias"])
        torch.testing.assert_close(scores, theirs(images), rtol=1e-5, atol=1e-5)


def test_last_stride_doubles_the_map():
    images = torch.zeros(1, 3, 128, 64)
    sizes = {s: [m.shape[-2:] for m in randomised("resnet18-half", last_stride=s).maps(images)] for s in STRIDES}
    assert sizes[1] == [(32, 16), (16, 8), (8, 4), (8, 4)]
    assert sizes[2] == [(32, 16), (16, 8), (8, 4), (4, 2)]


def test_ibn_has_the_published_names_in_layers_1_to_3():
    """resnet50_ibn_a of IBN-Net: bn1 of each block of layer1 to layer3 is IN beside BN, half and half."""
    with torch.device("meta"):
        state = ResNet("resnet50-ibn-a").state_dict()
    expected = recorded("resnet50")
    for layer, width in ((1, 64), (2, 128), (3, 256)):
        for block in range(BLOCKS["resnet50"][layer - 1]):
            name = f"layer{layer}.{block}.bn1"
            for key in norm(name, width):
                del expected[key]
            expected |= norm(f"{name}.BN", width // 2)
            expected |= {f"{name}.IN.weight": (width // 2,), f"{name}.IN.bias": (width // 2,)}
    assert {key: tuple(value.shape) for key, value in state.items()} == expected


def test_ibn_forgets_the_contrast_of_half_the_channels():
    """Instance normalisation takes a photo's own mean and spread out; batch normalisation in eval mode does not."""
    norm1 = randomised("resnet18-ibn-a").layer1[0].bn1
    x = torch.randn(1, 64, 8, 4, generator=torch.Generator().manual_seed(3))
    dim, bright = norm1(x), norm1(3 * x + 1)
    torch.testing.assert_close(dim[:, :32], bright[:, :32], rtol=1e-3, atol=1e-3)
    assert (dim[:, 32:] - bright[:, 32:]).abs().mean() > 0.5


@pytest.mark.parametrize("name", ["resnet18-half", "resnet18-ibn-a"])
def test_every_parameter_takes_part(name):
    torch.manual_seed(0)
    network = ResNet(name)
    network(torch.rand(2, 3, 64, 32)).mean((2, 3)).std().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_unknown_backbone():
    with pytest.raises(InputError, match=r"backbone 'vgg16': no such network; choose from resnet18, "):
        ResNet("vgg16")


def test_recipes_offer_every_backbone():
    assert set(get_args(Backbone)) == set(BACKBONES)
