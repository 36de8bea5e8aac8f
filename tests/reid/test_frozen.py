"""Frozen networks: the same maps and gradients as the network that they were made from, and nothing that learns."""

import pytest
import torch
from small_networks import people, randomise, small_baseline, small_pcb

from habitus.backbones import ResNet
from habitus.losses.reid_features import reid_feature_loss
from habitus.reid.frozen import FrozenFeatures
from habitus.reid.imagenet import ImageNetNetwork
from habitus.reid.plain_networks import PlainNetwork


@pytest.mark.parametrize("backbone", ["resnet18-ibn-a", "resnet50-half"])
def test_maps_are_those_of_the_network(backbone):
    """Batch normalisations are gone, IBN-a's instance normalisations are not."""
    torch.manual_seed(0)
    network = small_baseline(backbone=backbone).eval()
    frozen = FrozenFeatures(network)
    left = sum(isinstance(m, torch.nn.BatchNorm2d) for m in frozen.modules())
    assert left == sum(name.endswith("BN") for name, _ in frozen.named_modules())
    for one, other in zip(frozen.maps(people()), network.maps(people()), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_gradients_are_those_of_the_network():
    network = small_pcb().eval()
    frozen, photos = FrozenFeatures(network), people(seed=1)
    gradients = []
    for judge in (network, frozen):
        renders = people().requires_grad_()
        reid_feature_loss(judge.maps(renders), frozen.photo_maps(photos)).sum().backward()
        gradients.append(renders.grad)
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-6)
    assert all(p.grad is None for p in frozen.parameters())


def test_the_network_is_left_as_it_is():
    network = small_pcb().train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    frozen = FrozenFeatures(network)
    torch.nn.ModuleList([frozen]).train()
    assert not any(m.training for m in frozen.modules())
    assert not any(p.requires_grad for p in frozen.parameters())
    assert network.training
    assert all(p.requires_grad for p in network.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert not any(maps.requires_grad for maps in frozen.photo_maps(people().requires_grad_()))


def test_half_precision_is_close():
    frozen, quick = (FrozenFeatures(small_baseline(), dtype=dtype) for dtype in (None, torch.bfloat16))
    assert {maps.dtype for maps in quick.maps(people())} == {torch.bfloat16}
    assert reid_feature_loss(quick.maps(people()), frozen.maps(people())).max() < 2e-3
    with torch.autocast("cpu", torch.bfloat16):
        assert {maps.dtype for maps in frozen.maps(people())} == {torch.bfloat16}
        whole = FrozenFeatures(small_baseline(), dtype=torch.float32)
        assert {maps.dtype for maps in whole.maps(people())} == {torch.float32}


def test_feature():
    network = small_pcb().eval()
    torch.testing.assert_close(
        FrozenFeatures(network).feature(people()), network(people()).feature, rtol=1e-4, atol=1e-4
    )
    trunk = randomise(ResNet("resnet10-half"))
    assert isinstance(trunk, ResNet)
    with pytest.raises(TypeError, match="no feature"):
        FrozenFeatures(ImageNetNetwork(trunk, size=(32, 16))).feature(people())


def test_networks_without_normalisation():
    network = ImageNetNetwork(PlainNetwork("vgg", stages=2), size=(32, 16)).eval()
    for one, other in zip(FrozenFeatures(network).maps(people()), network.maps(people()), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
