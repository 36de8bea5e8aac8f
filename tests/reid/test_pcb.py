"""PCB: the paper's shapes and sizes, and what each stripe sees."""

import pytest
import torch
from small_networks import SIZE, people, small_pcb

from habitus.reid.pcb import PCB


def test_shapes_and_size_of_the_paper():
    """384 x 128 gives a 24 x 8 map of 2,048; H is 6 x 256, G 6 x 2,048; Market-1501 has 751 training people."""
    with torch.device("meta"):
        network = PCB(classes=751)
        network.mean, network.std = torch.zeros(3, 1, 1), torch.ones(3, 1, 1)
        output = network(torch.zeros(2, 3, 384, 128))
        maps = network.maps(torch.zeros(2, 3, 384, 128))
        pooled = PCB(descriptor="pooled").feature_size
    assert [tuple(m.shape[1:]) for m in maps] == [(256, 96, 32), (512, 48, 16), (1024, 24, 8), (2048, 24, 8)]
    assert network.feature_size == output.feature.shape[1] == 6 * 256
    assert pooled == 6 * 2048
    assert [tuple(e.shape) for e in output.embeddings] == [(2, 256)] * 6
    assert [tuple(scores.shape) for scores in output.logits] == [(2, 751)] * 6
    trunk = 25_557_032 - 2_049_000
    head = 2048 * 256 + 2 * 256 + 6 * (256 * 751 + 751)
    assert sum(p.numel() for p in network.parameters()) == trunk + head


@pytest.mark.parametrize("reduction", ["shared", "separate"])
@pytest.mark.parametrize("activation", ["relu", "none"])
def test_stripes_are_means_of_rows_reduced_and_classified(reduction, activation):
    network = small_pcb(reduction=reduction, activation=activation, stripes=3, dropout=0.0).eval()
    features = torch.randn(2, 256, 6, 4, generator=torch.Generator().manual_seed(1))
    output = network.head(features)
    network.training = True  # logits are made in training only; the normalisations stay as they are
    logits = network.head(features).logits
    for stripe in range(3):
        pooled = features[:, :, 2 * stripe : 2 * stripe + 2].mean((2, 3))
        state = network.state_dict()
        convolution, mean, var, weight, bias = (
            state[f"reductions.{0 if reduction == 'shared' else stripe}.{name}"]
            for name in ("0.weight", "1.running_mean", "1.running_var", "1.weight", "1.bias")
        )
        reduced = pooled @ convolution[:, :, 0, 0].T
        reduced = (reduced - mean) / (var + 1e-5).sqrt() * weight + bias
        reduced = reduced.clamp(min=0) if activation == "relu" else reduced
        torch.testing.assert_close(output.embeddings[stripe], reduced, rtol=1e-4, atol=1e-5)
        part = output.feature[:, 16 * stripe : 16 * stripe + 16]
        torch.testing.assert_close(part, reduced / reduced.norm(dim=1, keepdim=True), rtol=1e-4, atol=1e-5)
        scores = reduced @ state[f"classifiers.{stripe}.weight"].T + state[f"classifiers.{stripe}.bias"]
        torch.testing.assert_close(logits[stripe], scores)


def test_pooled_descriptor():
    network = small_pcb(descriptor="pooled").eval()
    features = torch.rand(2, 256, 6, 4, generator=torch.Generator().manual_seed(1))
    means = features.mean(3)
    expected = torch.cat([means[:, :, k] / means[:, :, k].norm(dim=1, keepdim=True) for k in range(6)], 1)
    torch.testing.assert_close(network.head(features).feature, expected)
    assert network.feature_size == 6 * 256


def test_each_stripe_has_a_classifier_of_its_own():
    network = small_pcb()
    output = network(people())
    output.logits[2].sum().backward()
    trained = [classifier.weight.grad is not None for classifier in network.classifiers]
    assert trained == [False, False, True, False, False, False]


def test_stripes_look_at_their_own_rows():
    """The gradient of a stripe reaches the last map in its rows only."""
    network = small_pcb(stripes=3).eval()
    features = torch.rand(2, 256, 6, 4, requires_grad=True)
    network.head(features).embeddings[1].sum().backward()
    assert features.grad is not None
    touched = features.grad.abs().sum((0, 1, 3)) > 0
    assert touched.tolist() == [False, False, True, True, False, False]


def test_dropout_only_in_training():
    network = small_pcb(dropout=0.9)
    images = people()
    assert network.eval()(images).feature.equal(network(images).feature)
    network.train()
    assert not network(images).embeddings[0].equal(network(images).embeddings[0])


def test_without_classifiers():
    network = small_pcb(classes=0)
    assert network(people(2, SIZE)).logits == ()
