"""Models by name and from files; published checkpoints, written here in their own layouts, mean the same as there."""

from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from small_networks import SIZE, people, randomise, small_baseline, small_pcb
from torch import nn
from torch.nn import functional as F

from habitus.backbones import ResNet
from habitus.errors import InputError
from habitus.reid import pretrained
from habitus.reid.baseline import StrongBaseline
from habitus.reid.pcb import PCB
from habitus.reid.pretrained import load_backbone, load_model

PEOPLE, CHANNELS, WIDTH = 7, 256, 16


def sequential(*layers):
    return nn.Sequential(*layers)


def authors():
    """syfafterzy/PCB_RPP_for_reID, also RSTG's: base, local_conv, feat_bn2d, instance0..5."""
    net: Any = nn.Module()
    net.base = ResNet("resnet18-half")
    net.base.fc = nn.Linear(CHANNELS, 1000)
    net.local_conv = nn.Conv2d(CHANNELS, WIDTH, 1, bias=False)
    net.feat_bn2d = nn.BatchNorm2d(WIDTH)
    for k in range(6):
        setattr(net, f"instance{k}", nn.Linear(WIDTH, PEOPLE))

    def head(g):
        reduced = [F.relu(net.feat_bn2d(net.local_conv(x[:, :, None, None]))).flatten(1) for x in g]
        return reduced, [getattr(net, f"instance{k}")(h) for k, h in enumerate(reduced)]

    return net, net.base, head, "pooled"


def torchreid():
    """KaiyangZhou/deep-person-reid pcb_p6: the ResNet at the top, conv5.layers, a list called classifier."""
    net: Any = ResNet("resnet18-half")
    net.conv5 = nn.Module()
    net.conv5.layers = sequential(nn.Conv2d(CHANNELS, WIDTH, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU())
    net.classifier = nn.ModuleList(nn.Linear(WIDTH, PEOPLE) for _ in range(6))

    def head(g):
        reduced = [net.conv5.layers(x[:, :, None, None]).flatten(1) for x in g]
        return reduced, [c(h) for c, h in zip(net.classifier, reduced, strict=True)]

    return net, net, head, "pooled"


def huanghoujing():
    """huanghoujing/beyond-part-models: base, local_conv_list with biases, fc_list."""
    net: Any = nn.Module()
    net.base = ResNet("resnet18-half")
    net.local_conv_list = nn.ModuleList(
        sequential(nn.Conv2d(CHANNELS, WIDTH, 1), nn.BatchNorm2d(WIDTH), nn.ReLU()) for _ in range(6)
    )
    net.fc_list = nn.ModuleList(nn.Linear(WIDTH, PEOPLE) for _ in range(6))

    def head(g):
        reduced = [conv(x[:, :, None, None]).flatten(1) for conv, x in zip(net.local_conv_list, g, strict=True)]
        return reduced, [fc(h) for fc, h in zip(net.fc_list, reduced, strict=True)]

    return net, net.base, head, "reduced"


def layumi():
    """layumi/Person_reID_baseline_pytorch: model, classifier0..5 of add_block (linear, BN, dropout) and classifier."""
    net: Any = nn.Module()
    net.model = ResNet("resnet18-half")
    net.model.fc = nn.Linear(CHANNELS, 1000)
    for k in range(6):
        block: Any = nn.Module()
        block.add_block = sequential(nn.Linear(CHANNELS, WIDTH), nn.BatchNorm1d(WIDTH), nn.Dropout())
        block.classifier = sequential(nn.Linear(WIDTH, PEOPLE))
        setattr(net, f"classifier{k}", block)

    def head(g):
        blocks = [getattr(net, f"classifier{k}") for k in range(6)]
        reduced = [block.add_block(x) for block, x in zip(blocks, g, strict=True)]
        return reduced, [block.classifier(h) for block, h in zip(blocks, reduced, strict=True)]

    return net, net.model, head, "pooled"


@pytest.mark.parametrize("layout", [authors, torchreid, huanghoujing, layumi])
def test_published_pcb(layout, tmp_path):
    torch.manual_seed(0)
    net, backbone, head, descriptor = layout()
    randomise(net).eval()
    state = {f"module.{name}": value for name, value in net.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 60}, tmp_path / "pcb.pth.tar")
    images = people(2, (96, 48))
    with torch.no_grad():
        features = backbone((images - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1))
                            / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1))  # fmt: skip
        pooled = F.adaptive_avg_pool2d(features, (6, 1))[..., 0].unbind(2)
        reduced, _ = head(pooled)

    ours = load_model(tmp_path / "pcb.pth.tar")
    assert isinstance(ours, PCB)
    assert (ours.size, ours.classes, ours.training) == ((384, 128), PEOPLE, False)
    ours.size = (96, 48)  # as the images: 384 x 128 takes longer and shows no more
    with torch.no_grad():
        output = ours(images)
    for theirs, embedding in zip(reduced, output.embeddings, strict=True):
        torch.testing.assert_close(embedding, theirs, rtol=1e-4, atol=1e-5)
    expected = torch.cat([F.normalize(part) for part in (pooled if descriptor == "pooled" else reduced)], 1)
    torch.testing.assert_close(output.feature, expected, rtol=1e-4, atol=1e-5)


def test_published_classifiers(tmp_path):
    """Their scores are ours, stripe by stripe."""
    for layout in (authors, torchreid, huanghoujing, layumi):
        net, _, head, _ = layout()
        randomise(net).eval()
        torch.save(net.state_dict(), tmp_path / "pcb.pth")
        ours = load_model(tmp_path / "pcb.pth")
        assert isinstance(ours, PCB)
        parts = torch.rand(3, CHANNELS, 6)
        with torch.no_grad():
            _, expected = head(parts.unbind(2))
            reduced = ours.head(parts[..., None]).embeddings
            scores = [c(h) for c, h in zip(ours.classifiers, reduced, strict=True)]
        torch.testing.assert_close(scores, expected, rtol=1e-4, atol=1e-5)


def test_checkpoints_older_than_counters_of_batches(tmp_path):
    """Before torch 0.4 batch normalisations counted nothing."""
    state = {name: v for name, v in authors()[0].state_dict().items() if not name.endswith("num_batches_tracked")}
    torch.save({"state_dict": state}, tmp_path / "pcb.pth.tar", _use_new_zipfile_serialization=False)
    assert load_model(tmp_path / "pcb.pth.tar").state_dict()["backbone.bn1.num_batches_tracked"] == 0


def test_published_strong_baseline(tmp_path):
    """michuanhaohao/reid-strong-baseline: base, bottleneck, classifier."""
    ours = small_baseline().eval()
    names = {"backbone.": "base.", "neck.": "bottleneck."}
    state = ours.state_dict()
    for here, there in names.items():
        state = {there + k.removeprefix(here) if k.startswith(here) else k: v for k, v in state.items()}
    torch.save(state, tmp_path / "baseline.pth")
    loaded = load_model(tmp_path / "baseline.pth")
    assert isinstance(loaded, StrongBaseline)
    assert (loaded.size, loaded.classes) == ((256, 128), 5)
    loaded.size = SIZE
    torch.testing.assert_close(loaded(people()).feature, ours(people()).feature)


def test_folder_and_file_in_it(tmp_path):
    network = small_pcb()
    network.save_pretrained(tmp_path)
    for name in (tmp_path, str(tmp_path), tmp_path / "model.safetensors"):
        assert load_model(name).config() == network.config()


def test_shipped_by_name(tmp_path, monkeypatch):
    small_pcb().save_pretrained(tmp_path)
    monkeypatch.setitem(pretrained.SHIPPED, "pcb", tmp_path)
    assert isinstance(load_model("pcb"), PCB)
    monkeypatch.setitem(pretrained.SHIPPED, "pcb", tmp_path / "nothing")
    with pytest.raises(InputError, match="pcb: these weights are not part of this installation"):
        load_model("pcb")


def test_unknown_name_lists_the_known():
    with pytest.raises(InputError, match="pbc: no such model; give pcb, baseline, or a folder or file of weights"):
        load_model("pbc")


def test_config_of_an_unknown_model(tmp_path):
    for text in ('{"model": "osnet"}', "{}", '{"model": ["pcb"]}'):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(InputError, match="is unknown; known are pcb, baseline"):
            load_model(tmp_path)


def test_weights_of_no_known_network(tmp_path):
    save_file({"encoder.weight": torch.zeros(2), "x": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(InputError, match=r"unknown network \(2 tensors: encoder\.weight, x, \.\.\.\)"):
        load_model(tmp_path / "a.safetensors")


def test_imagenet_weights_are_no_re_id_network(tmp_path):
    save_file(ResNet("resnet18-half").state_dict(), tmp_path / "a.safetensors")
    with pytest.raises(
        InputError, match="weights of resnet18-half alone, without a re-ID head; train with them by --init"
    ):
        load_model(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("feat_bn2d.weight"), r"lacks reductions\.0\.1\.weight$"),
        (
            lambda s: s.update({"instance3.weight": torch.zeros(7, 9)}),
            r"classifiers\.3\.weight is \(7, 9\), not \(7, 16\)",
        ),
        (lambda s: s.update({"local_conv.weight": torch.tensor(1.0)}), "its head has tensors missing or of odd shapes"),
        (lambda s: s.pop("base.layer4.1.conv1.weight"), "its backbone is none of resnet18, resnet34"),
        (lambda s: s.pop("base.layer1.0.conv1.weight"), "its backbone is none of resnet18, resnet34"),
        (lambda s: s.update({"local_mask.weight": torch.zeros(6)}), r"parts that Habitus does not know \(local_mask"),
        (lambda s: s.pop("instance5.weight"), r"does not know classifiers\.5\.bias"),
    ],
)
def test_published_pcb_with_a_part_missing(change, message, tmp_path):
    state = dict(authors()[0].state_dict())
    change(state)
    torch.save(state, tmp_path / "a.pth")
    with pytest.raises(InputError, match=message):
        load_model(tmp_path / "a.pth")


@pytest.mark.parametrize("prefix", ["", "module.", "base.", "model."])
def test_imagenet_weights_for_the_backbone(prefix, tmp_path):
    torch.manual_seed(3)
    public = randomise(ResNet("resnet18-half"))
    state = {prefix + name: value for name, value in public.state_dict().items()}
    torch.save(state | {prefix + "fc.weight": torch.zeros(1000, 256)}, tmp_path / "resnet.pth")
    network = small_pcb()
    head = network.state_dict()["reductions.0.0.weight"].clone()
    load_backbone(network.backbone, tmp_path / "resnet.pth")
    for name, value in public.state_dict().items():
        assert torch.equal(network.backbone.state_dict()[name], value)
    assert torch.equal(network.state_dict()["reductions.0.0.weight"], head)


def test_backbone_of_another_size(tmp_path):
    torch.save(ResNet("resnet18").state_dict(), tmp_path / "resnet18.pth")
    with pytest.raises(InputError, match="these are weights of resnet18, but the backbone is resnet18-half"):
        load_backbone(small_pcb().backbone, tmp_path / "resnet18.pth")


def test_backbone_file_without_a_resnet(tmp_path):
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "vgg.pth")
    with pytest.raises(InputError, match="holds no ResNet"):
        load_backbone(small_pcb().backbone, tmp_path / "vgg.pth")


def test_backbone_with_odd_keys_leaves_the_model_alone(tmp_path):
    state = ResNet("resnet18-half").state_dict()
    state["layer1.0.extra"] = torch.zeros(1)
    torch.save(state, tmp_path / "a.pth")
    network = small_pcb()
    before = network.backbone.conv1.weight.clone()
    with pytest.raises(InputError, match=r"do not fit resnet18-half: does not know layer1\.0\.extra"):
        load_backbone(network.backbone, tmp_path / "a.pth")
    assert torch.equal(network.backbone.conv1.weight, before)
