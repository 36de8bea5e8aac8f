"""3DSL: two streams, what they say together, and how they are saved and asked."""

import json

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.evaluation.features import embed_photos
from habitus.reid.embedder import Embedder
from habitus.reid.pretrained import load_model
from habitus.reid.shape_reid import STREAMS, ShapeReid

BODY = BodyModel.load()
SMALL = {
    "backbone": "resnet10-half", "size": (64, 32), "width": 24,
    "regressor": {"backbone": "resnet10-half", "width": 16, "part_width": 8, "hidden": 32, "handles": 12},
}  # fmt: skip


def small(**options) -> ShapeReid:
    torch.manual_seed(0)
    return ShapeReid(**{**SMALL, "body": BODY, **options})


def pictures(count: int = 3) -> torch.Tensor:
    return torch.rand(count, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def test_the_fused_cosine_is_the_weighted_mean_of_both_streams():
    model = small(weight=0.3).eval()
    found = model(pictures())
    assert found.feature.shape == (3, model.feature_size) == (3, 24 + 16 + 3 * 8)
    cosine = [F.cosine_similarity(f[:1], f[1:]) for f in (found.feature, found.rgb.feature, found.shape.feature)]
    torch.testing.assert_close(cosine[0], 0.3 * cosine[1] + 0.7 * cosine[2])
    for stream, size in zip(STREAMS, (24, 40, 64), strict=True):
        assert model.choose(stream)(pictures()).feature.shape == (3, size)


def test_every_feature_of_identity_has_a_classifier_in_training_and_none_after():
    model = small(classes=7)
    found = model.train()(pictures())
    assert [logits.shape for logits in found.logits] == [(3, 7)] * 5
    assert [embedding.shape[1] for embedding in found.embeddings] == [24, 16, 8, 8, 8]
    assert model.eval()(pictures()).logits == ()
    released = model.without_classifiers()
    assert not any("classifier" in name for name in released.state_dict())
    torch.testing.assert_close(released(pictures()).feature, model(pictures()).feature)


def test_a_model_comes_back_from_its_folder_and_refuses_another_body(tmp_path):
    model = small(weight=0.25, classes=4).eval()
    model.save_pretrained(tmp_path / "m")
    again = load_model(tmp_path / "m")
    assert isinstance(again, ShapeReid) and again.weight == 0.25
    first, second = again(pictures()), model(pictures())
    torch.testing.assert_close(first.feature, second.feature)
    torch.testing.assert_close(first.body.delta, second.body.delta)
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    for change, message in (
        ({"topology": "smpl"}, "topology 'smpl': these weights are not for the body"),
        ({"weight": 2}, "weight 2: of the RGB stream"),
        ({"regressor": {"backbone": "vgg"}}, "no such network"),
        ({"regressor": {"hidden": 10**9}}, "hidden 1000000000"),
        ({"regressor": {"colour": 1}}, "make no ShapeReid"),
    ):
        (tmp_path / "m" / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(InputError, match=message):
            load_model(tmp_path / "m")


def test_embedders_give_the_feature_that_is_asked_for(tmp_path):
    from made_photos import write_photos

    small(weight=0.5).save_pretrained(tmp_path / "m")
    records = write_photos(tmp_path / "photos", [0, 1, 2], size=(48, 20))
    features = {}
    for feature in STREAMS:
        embedder = Embedder(tmp_path / "m", device="cpu", flip="none", feature=feature)
        table = embed_photos(records, embedder, weights="m", progress=lambda _: None)
        features[feature] = table.features
        assert table.source.feature == ("fused, rgb 0.5" if feature == "fused" else feature)
    cosine = {name: values @ values.T for name, values in features.items()}
    np.testing.assert_allclose(cosine["fused"], (cosine["rgb"] + cosine["shape"]) / 2, atol=1e-5)
    alone = Embedder(tmp_path / "m", device="cpu", flip="none", feature="fused", rgb_weight=1.0)(records.paths)
    np.testing.assert_allclose(alone @ alone.T, cosine["rgb"], atol=1e-5)


def test_networks_of_one_stream_have_no_other_feature():
    from tiny_models import tiny_model

    assert Embedder(tiny_model(), device="cpu", feature="rgb").model.feature_size > 0
    with pytest.raises(InputError, match=r"feature shape: .* sees appearance alone; leave it out"):
        Embedder(tiny_model(), device="cpu", feature="shape")
    with pytest.raises(InputError, match="sees appearance alone"):
        Embedder(tiny_model(), device="cpu", rgb_weight=0.5)
    with pytest.raises(InputError, match="feature 'colour': choose from rgb, shape, fused"):
        small().choose("colour")  # type: ignore[arg-type]
