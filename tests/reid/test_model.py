"""What every re-ID network promises: its input, its determinism, and its folder of weights."""

import copy
import json

import pytest
import torch
from safetensors.torch import load_file
from small_networks import SIZE, people, small_baseline, small_pcb
from torch.nn import functional as F

from habitus import model_folders
from habitus.errors import InputError
from habitus.reid.baseline import StrongBaseline
from habitus.reid.model import ReidModel
from habitus.reid.pcb import PCB

NETWORKS = [small_pcb, small_baseline]


def feature_of(network, images):
    with torch.no_grad():
        return network.eval()(images).feature


@pytest.mark.parametrize("make", NETWORKS)
def test_a_photo_is_worth_the_same_in_every_batch(make):
    network, images = make(), people(5)
    together = feature_of(network, images)
    alone = torch.cat([feature_of(network, image[None]) for image in images])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", NETWORKS)
def test_same_seed_same_network_same_feature(make):
    first, second = feature_of(make(), people()), feature_of(make(), people())
    assert torch.equal(first, second)


@pytest.mark.parametrize("make", NETWORKS)
def test_feature_size_is_the_length_of_features(make):
    network = make()
    assert feature_of(network, people(2)).shape == (2, network.feature_size)


@pytest.mark.parametrize("make", NETWORKS)
def test_other_sizes_are_resized(make):
    network = make()
    images = people(2, (96, 48))
    resized = F.interpolate(images, SIZE, mode="bilinear", antialias=True)
    torch.testing.assert_close(feature_of(network, images), feature_of(network, resized))
    assert feature_of(network, people(1, (30, 77))).isfinite().all()


def test_images_are_normalised_by_mean_and_std():
    network = small_baseline(mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 2.0))
    prepared = network.prepared(torch.full((1, 3, *SIZE), 0.6))
    assert prepared[0, :, 0, 0].tolist() == pytest.approx([1.0, 0.4, 0.15])


def test_maps_are_the_four_layers_and_differentiable():
    network = small_pcb().eval()
    images = people(2, (60, 30)).requires_grad_()
    maps = network.maps(images)
    assert [tuple(m.shape[1:]) for m in maps] == [(32, 12, 6), (64, 6, 3), (128, 3, 2), (256, 3, 2)]
    torch.stack([m.mean() for m in maps]).sum().backward()
    assert images.grad is not None and images.grad.abs().sum() > 0
    torch.testing.assert_close(network.head(maps[-1]).feature, network(images).feature)


def test_copies_are_independent():
    network = small_baseline().eval()
    twin = copy.deepcopy(network)
    assert twin.config() == network.config()
    torch.nn.init.zeros_(twin.backbone.conv1.weight)
    assert not torch.equal(feature_of(network, people()), feature_of(twin, people()))


@pytest.mark.parametrize("make", NETWORKS)
def test_saved_and_loaded(make, tmp_path):
    network = make(mean=(0.4, 0.5, 0.6), trained={"recipe": "pcb", "scores": {"mAP": 0.5}})
    network.save_pretrained(tmp_path / "model")
    loaded = type(network).from_pretrained(tmp_path / "model")
    assert not loaded.training
    assert loaded.config() == network.config()
    assert loaded.trained == {"recipe": "pcb", "scores": {"mAP": 0.5}}
    assert torch.equal(feature_of(loaded, people()), feature_of(network, people()))
    trainable = {name for name, p in network.named_parameters() if p.requires_grad}
    assert {name for name, p in loaded.named_parameters() if p.requires_grad} == trainable
    assert loaded.train()(people()).logits
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["model"] == network.kind
    assert config["size"] == list(SIZE)
    assert "recipe: pcb" in (tmp_path / "model" / "README.md").read_text()


@pytest.mark.parametrize("make", NETWORKS)
def test_released_without_classifiers(make):
    network = make(trained={"seed": 3})
    slim = network.without_classifiers()
    assert slim.config() == network.config() | {"classes": 0}
    assert not any("classifier" in name for name in slim.state_dict())
    assert torch.equal(feature_of(slim, people()), feature_of(network, people()))
    torch.nn.init.zeros_(slim.backbone.conv1.weight)
    assert network.backbone.conv1.weight.abs().sum() > 0


def test_half_precision_where_numbers_fit(tmp_path):
    network = small_baseline().eval()
    variance = network.backbone.layer4[0].bn2.running_var
    variance.fill_(1e6)  # above the largest number of 16 bits
    network.save_pretrained(tmp_path, dtype=torch.float16)
    kept = load_file(tmp_path / "model.safetensors")
    wide = [name for name, tensor in kept.items() if tensor.dtype == torch.float32]
    assert wide == ["backbone.layer4.0.bn2.running_var"]
    again = StrongBaseline.from_pretrained(tmp_path)
    assert F.cosine_similarity(feature_of(again, people(3)), feature_of(network, people(3))).min() > 0.9999


def test_saved_again_over_the_old(tmp_path):
    network = small_baseline()
    network.save_pretrained(tmp_path)
    network.trained = {"seed": 7}
    network.save_pretrained(tmp_path)
    assert StrongBaseline.from_pretrained(tmp_path).trained == {"seed": 7}
    assert "seed: 7" in (tmp_path / "README.md").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["README.md", "config.json", "model.safetensors"]


def test_full_disk_leaves_the_old_model(tmp_path, monkeypatch):
    old = small_baseline(trained={"seed": 1})
    old.save_pretrained(tmp_path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_folders, "save", full)
    with pytest.raises(InputError, match=r"model\.safetensors: cannot be written \(No space left on device\)"):
        small_baseline(width=8).save_pretrained(tmp_path)
    assert StrongBaseline.from_pretrained(tmp_path).config() == old.config()
    assert len(list(tmp_path.iterdir())) == 3


def test_uploads_when_asked(tmp_path, monkeypatch):
    """The mixin writes the folder again, in a temporary place, and hands it to the hub."""
    uploads = []

    class Hub:
        def __init__(self, token=None):
            pass

        def create_repo(self, repo_id, **_):
            return self

        repo_id = "owner/name"

        def upload_folder(self, *, repo_id, folder_path, **_):
            uploads.append((repo_id, sorted(path.name for path in folder_path.iterdir())))
            return "https://example.org"

    monkeypatch.setattr("huggingface_hub.hub_mixin.HfApi", Hub)
    assert small_baseline().save_pretrained(tmp_path / "a", push_to_hub=True, repo_id="owner/name")
    assert uploads == [("owner/name", ["README.md", "config.json", "model.safetensors"])]


def test_only_hf_names_reach_for_the_network(tmp_path, monkeypatch):
    asked = []

    def download(name, **options):
        asked.append((name, options["revision"]))
        return str(tmp_path)

    monkeypatch.setattr(model_folders, "snapshot_download", download)
    with pytest.raises(InputError, match=r"owner/name: no folder with a config\.json; give .* or hf://owner/name"):
        StrongBaseline.from_pretrained("owner/name")
    assert asked == []
    small_baseline().save_pretrained(tmp_path)
    assert StrongBaseline.from_pretrained("hf://owner/name", revision="v1").feature_size == 256
    assert asked == [("owner/name", "v1")]


def test_what_the_hub_refuses_is_one_line(monkeypatch):
    def download(*_, **__):
        raise OSError("no route\nto host")

    monkeypatch.setattr(model_folders, "snapshot_download", download)
    with pytest.raises(InputError, match=r"^hf://a/b: cannot be had from the Hugging Face hub \(no route\)$"):
        PCB.from_pretrained("hf://a/b")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "baseline"}, "describes 'baseline', not a PCB"),
        ({"backbone": "resnet9000"}, "backbone 'resnet9000': no such network"),
        ({"size": [0, 10]}, r"size \(0, 10\): give a height and a width of 16 to 2048"),
        ({"classes": -1}, "classes -1: give the number of training identities"),
        ({"std": [1, 0, 1]}, "std .*: give a positive number"),
        ({"mean": [0, float("nan"), 0]}, "mean .*: give a number for each"),
        ({"last_stride": 3}, "last_stride 3: choose from 1, 2"),
        ({"reduction": "both"}, "reduction 'both': choose from shared, separate"),
        ({"activation": True}, "activation True: choose from relu, none"),
        ({"descriptor": None}, "descriptor None: choose from reduced, pooled"),
        ({"size": "ab"}, "its options make no PCB"),
        ({"width": 10**40}, "its options make no PCB"),
        ({"colour": "red"}, "its options make no PCB .*colour"),
        ({"stripes": "six"}, "its options make no PCB"),
        ({"stripes": 10**9}, "stripes 1000000000: give a number from 1 to 64"),
        ({"classes": 10**12}, "weights do not fit pcb with resnet18-half: differs in classifiers.0.weight"),
        (
            {"backbone": "resnet18"},
            r"do not fit pcb with resnet18: differs in backbone\.conv1\.weight is \(32, 3, 7, 7\)",
        ),
        ({"reduction": "separate"}, r"lacks reductions\.1\.0\.weight, reductions\.1\.1\.weight.* and 21 more"),
        ({"stripes": 5}, r"does not know classifiers\.5\.bias, classifiers\.5\.weight"),
    ],
)
def test_bad_configs(changes, message, tmp_path):
    small_pcb().save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | changes))
    with pytest.raises(InputError, match=message) as caught:
        PCB.from_pretrained(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00", "[" * 100_000])
def test_configs_that_are_no_json_object(text, tmp_path):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config\.json: is no JSON"):
        PCB.from_pretrained(tmp_path)


def test_base_class_alone_loads_nothing(tmp_path):
    small_pcb().save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"load it by pretrained\.load_model"):
        ReidModel.from_pretrained(tmp_path)
