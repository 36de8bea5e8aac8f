"""The strong baseline: what losses and galleries see, before and behind the neck."""

import pytest
import torch
from small_networks import people, small_baseline

from habitus.errors import InputError
from habitus.reid.clothes_classifier import NormalisedClassifier


def test_neck_stands_between_triplets_and_classes():
    network = small_baseline()
    features = torch.randn(4, 256, 3, 2, generator=torch.Generator().manual_seed(1))
    output = network.head(features)
    pooled = features.mean((2, 3))
    mean, var = pooled.mean(0), pooled.var(0, unbiased=False)
    normalised = (pooled - mean) / (var + 1e-5).sqrt() * network.neck.weight
    torch.testing.assert_close(output.embeddings[0], pooled)
    torch.testing.assert_close(output.feature, normalised, rtol=1e-4, atol=1e-5)
    assert network.classifier is not None
    torch.testing.assert_close(output.logits[0], output.feature @ network.classifier.weight.T)


def test_neck_has_no_shift_and_classifier_no_bias():
    network = small_baseline()
    assert not network.neck.bias.requires_grad
    assert network.neck.bias.eq(0).all()
    assert network.classifier is not None
    assert network.classifier.bias is None
    network(people()).logits[0].sum().backward()
    assert network.neck.bias.grad is None


def test_mean_and_maximum_side_by_side():
    network = small_baseline(pooling="avg+max", classes=0).eval()
    features = torch.randn(2, 256, 3, 2, generator=torch.Generator().manual_seed(1))
    expected = torch.cat((features.mean((2, 3)), features.flatten(2).max(2).values), 1)
    torch.testing.assert_close(network.head(features).embeddings[0], expected)
    assert network.feature_size == 512


def test_reduced_to_a_given_length():
    network = small_baseline(pooling="avg+max", width=24)
    output = network(people())
    assert output.feature.shape == output.embeddings[0].shape == (3, 24)
    assert network.feature_size == 24


def test_no_logits_when_not_training():
    assert small_baseline().eval()(people()).logits == ()
    assert small_baseline(classes=0).train()(people()).logits == ()


def test_clothes_classifier_gives_cosines():
    torch.manual_seed(0)
    classifier = NormalisedClassifier(6, 4)
    features = torch.randn(3, 6)
    expected = torch.stack([torch.cosine_similarity(features, w[None]) for w in classifier.weight], 1)
    torch.testing.assert_close(classifier(features), expected)
    torch.testing.assert_close(classifier(7 * features), expected)


def test_unknown_pooling():
    with pytest.raises(InputError, match=r"pooling 'max': choose from avg, avg\+max"):
        small_baseline(pooling="max")
