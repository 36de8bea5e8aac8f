"""ImageNet networks from files with torchvision's names, their maps against the layers called one by one."""

import pytest
import torch
from small_networks import people, randomise
from torch.nn import functional as F

from habitus.backbones import ResNet
from habitus.errors import InputError
from habitus.losses.reid_features import reid_feature_loss
from habitus.reid.imagenet import load_imagenet

VGG16 = {0: 64, 2: 64, 5: 128, 7: 128, 10: 256, 12: 256, 14: 256, 17: 512, 19: 512, 21: 512, 24: 512, 26: 512, 28: 512}
"""torchvision's numbers of the convolutions and their channels."""
POOLS = (4, 9, 16, 23)
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
SIZE = (48, 24)


def vgg_weights(layers):
    """All zero, as in torchvision's files, classifier included."""
    weights, channels = {"classifier.6.weight": torch.zeros(4, 2)}, 3
    for number, out in layers.items():
        weights |= {f"features.{number}.weight": torch.zeros(out, channels, 3, 3)}
        weights |= {f"features.{number}.bias": torch.zeros(out)}
        channels = out
    return weights


@pytest.fixture(scope="module")
def vgg16():
    """Random weights."""
    generator = torch.Generator().manual_seed(0)
    weights = vgg_weights(VGG16)
    for tensor in weights.values():
        tensor.normal_(0, (2 / max(tensor[0].numel(), 50)) ** 0.5, generator=generator)
    return weights


def saved(path, weights):
    torch.save(weights, path)
    return path


def test_vgg(tmp_path, vgg16):
    network = load_imagenet(saved(tmp_path / "vgg16-397923af.pth", vgg16), size=SIZE)
    x, expected = (people() - MEAN.view(3, 1, 1)) / STD.view(3, 1, 1), []
    for number in range(22):
        if number in VGG16:
            x = F.conv2d(x, vgg16[f"features.{number}.weight"], vgg16[f"features.{number}.bias"], padding=1).relu()
        elif number in POOLS:
            expected.append(x)
            x = F.max_pool2d(x, 2, 2)
    expected.append(x)
    for one, other in zip(network.maps(people()), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_resnet_with_the_last_stride_of_imagenet(tmp_path):
    torch.manual_seed(0)
    own = ResNet("resnet18", last_stride=2)
    randomise(own).eval()
    weights = {**own.state_dict(), "fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    network = load_imagenet(saved(tmp_path / "resnet18.pth", weights), size=SIZE)
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    with torch.no_grad():
        expected = own.maps((people() - MEAN.view(3, 1, 1)) / STD.view(3, 1, 1))
    for one, other in zip(network.maps(people()), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_serves_the_re_id_feature_loss(tmp_path, vgg16):
    """The paper's perceptual loss is the same loss on other maps; images of any size are resized."""
    network = load_imagenet(saved(tmp_path / "vgg.pth", vgg16), size=SIZE)
    renders = people(size=(32, 16)).requires_grad_()
    loss = reid_feature_loss(network.maps(renders), network.maps(people(seed=1)))
    loss.sum().backward()
    assert loss.shape == (3,)
    assert renders.grad is not None
    assert renders.grad.abs().sum() > 0


VGG13 = {0: 64, 2: 64, 5: 128, 7: 128, 10: 256, 12: 256, 15: 512, 17: 512, 20: 512, 22: 512}
VGG19 = {**{k: v for k, v in VGG16.items() if k < 16}, 16: 256, **dict.fromkeys((19, 21, 23, 25, 28, 30, 32, 34), 512)}


@pytest.mark.parametrize("weights", [vgg_weights(VGG13), vgg_weights(VGG19), {"layer1.0.conv1.weight": torch.zeros(2)}])
def test_other_networks_are_refused(tmp_path, weights):
    with pytest.raises(InputError, match=r"other\.pth: weights of neither VGG-16 nor one of resnet18"):
        load_imagenet(saved(tmp_path / "other.pth", weights))


def test_broken_numbers_are_refused(tmp_path):
    weights = vgg_weights(VGG16)
    weights["features.5.bias"][3] = torch.nan
    with pytest.raises(InputError, match="NaN"):
        load_imagenet(saved(tmp_path / "vgg.pth", weights))
