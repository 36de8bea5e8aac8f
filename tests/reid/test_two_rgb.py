"""3DSL's baseline: two networks of appearance, what they say together, and how they are saved."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import people, randomise
from torch.nn import functional as F

from habitus.errors import InputError
from habitus.reid.baseline import StrongBaseline
from habitus.reid.fusion import fused
from habitus.reid.pretrained import load_model
from habitus.reid.two_rgb import TwoRgb

SIZE = (48, 24)


def small(**options) -> TwoRgb:
    torch.manual_seed(0)
    network = TwoRgb(**{
        "backbone": "resnet18-half", "second": "resnet10-half", "size": SIZE, "width": 12, "classes": 5, **options,
    })  # fmt: skip
    randomise(network)
    return network


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    widths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    shares=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
)
def test_the_cosine_of_a_fused_feature_is_the_weighted_mean_of_cosines(seed, widths, shares):
    generator = torch.Generator().manual_seed(seed)
    weights = [share / sum(shares[: len(widths)]) for share in shares[: len(widths)]]
    streams = [
        torch.randn(2, width, generator=generator, dtype=torch.float32) * 10**place
        for place, width in enumerate(widths)
    ]
    found = fused(zip(weights, streams, strict=True))
    assert found.shape == (2, sum(widths))
    expected = sum(w * F.cosine_similarity(x[:1], x[1:]) for w, x in zip(weights, streams, strict=True))
    torch.testing.assert_close(F.cosine_similarity(found[:1], found[1:]), expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2))


def test_two_networks_count_alike_and_are_each_what_they_are_alone():
    model, images = small().eval(), people()
    found = model(images)
    assert found.feature.shape == (3, model.feature_size) == (3, 24)
    cosines = [F.cosine_similarity(f[:1], f[1:]) for f in (found.feature, found.first.feature, found.second.feature)]
    torch.testing.assert_close(cosines[0], (cosines[1] + cosines[2]) / 2)
    alone = StrongBaseline(backbone="resnet18-half", classes=5, size=SIZE, pooling="avg+max", width=12).eval()
    alone.load_state_dict({name: value for name, value in model.state_dict().items() if not name.startswith("second.")})
    torch.testing.assert_close(alone(images).feature, found.first.feature)
    torch.testing.assert_close(model.second(images).feature, found.second.feature)


def test_each_network_has_a_classifier_in_training_and_none_after():
    model, images = small(), people()
    found = model.train()(images)
    assert [logits.shape for logits in found.logits] == [(3, 5)] * 2
    assert [embedding.shape for embedding in found.embeddings] == [(3, 12)] * 2
    assert model.eval()(images).logits == ()
    released = model.without_classifiers()
    assert not any("classifier" in name for name in released.state_dict())
    torch.testing.assert_close(released(images).feature, model(images).feature)


def test_a_model_comes_back_from_its_folder(tmp_path):
    model, images = small(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4), trained={"recipe": "mine"}).eval(), people()
    model.save_pretrained(tmp_path)
    again = load_model(tmp_path)
    assert isinstance(again, TwoRgb) and again.trained == {"recipe": "mine"}
    torch.testing.assert_close(again(images).feature, model(images).feature)
    torch.testing.assert_close(again.second(images).feature, model.second(images).feature)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"second": "vgg"}))
    with pytest.raises(InputError, match="vgg"):
        load_model(tmp_path)
