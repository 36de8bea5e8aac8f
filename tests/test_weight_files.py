"""Files of weights: every wrapping that checkpoints come in, and every way a file can be bad or hostile."""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from small_networks import small_pcb

from habitus import weight_files
from habitus.errors import InputError
from habitus.reid.pcb import PCB
from habitus.reid.pretrained import load_model
from habitus.weight_files import read_config, read_tensors

TENSORS = {"a.weight": torch.arange(6.0).view(2, 3), "a.steps": torch.tensor(7)}


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "before torch 1.6"])
@pytest.mark.parametrize(
    "content",
    [
        TENSORS,
        {"state_dict": TENSORS, "epoch": 60, "optimizer": {"state": {0: torch.zeros(9)}}},
        {"model": {f"module.{name}": value for name, value in TENSORS.items()}},
        {"net": {f"_orig_mod.module.{name}": value for name, value in TENSORS.items()}},
        {"state_dicts": [TENSORS, {"state": {}}], "ep": 60},
        {"model": {"state_dict": TENSORS}},
        {"state_dict": TENSORS, "best_top1": np.float64(0.93), "scores": (np.float32(1), np.int64(2))},
    ],
    ids=["bare", "lightning", "parallel", "compiled", "list", "nested", "numpy scores"],
)
def test_wrappings(content, legacy, tmp_path):
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=not legacy)
    read = read_tensors(tmp_path / "a.pth")
    assert read.keys() == TENSORS.keys()
    assert all(torch.equal(read[name], value) for name, value in TENSORS.items())


def test_safetensors(tmp_path):
    save_file(TENSORS, tmp_path / "a.safetensors")
    assert torch.equal(read_tensors(tmp_path / "a.safetensors")["a.weight"], TENSORS["a.weight"])


class Attack:
    """A pickle that creates a file when a trusting reader opens it."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


class SystemAttack:
    """The same by the shell."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


@pytest.mark.parametrize("attack", [Attack, SystemAttack])
@pytest.mark.parametrize("writer", ["zip", "legacy", "pickle"])
@pytest.mark.parametrize("hidden", [False, True], ids=["bare", "beside weights"])
def test_malicious_pickles_are_refused_and_not_run(attack, writer, hidden, tmp_path):
    target, file = tmp_path / "owned", tmp_path / "weights.pth"
    content = {"state_dict": TENSORS, "extra": attack(target)} if hidden else attack(target)
    if writer == "pickle":
        file.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=writer == "zip")
    with pytest.raises(InputError, match=r"weights\.pth: (refused, it holds|is damaged or no checkpoint)") as caught:
        load_model(file)
    assert "\n" not in str(caught.value)
    assert not target.exists()
    torch.load(file, weights_only=False) if writer != "pickle" else pickle.loads(file.read_bytes())
    assert target.exists(), "the attack of this test is a dud"


def test_refusal_names_what_it_found(tmp_path):
    torch.save({"state_dict": TENSORS, "net": SystemAttack(tmp_path / "owned")}, tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"refused, it holds \w+\.system, which is not data; if you trust"):
        read_tensors(tmp_path / "a.pth")


def test_numpy_scores_run_nothing_of_numpy(tmp_path, monkeypatch):
    """Scalars beside the weights are read over: a stand-in takes the place of numpy's constructors."""
    torch.save({"state_dict": TENSORS, "top1": np.float64(1)}, tmp_path / "a.pth")
    monkeypatch.setattr(np, "dtype", None)
    assert read_tensors(tmp_path / "a.pth").keys() == TENSORS.keys()
    assert not any("_Ignored" in str(allowed) for allowed in torch.serialization.get_safe_globals())


def test_half_precision_becomes_single(tmp_path):
    network = small_pcb().eval()
    half = {name: v.half() if v.is_floating_point() else v for name, v in network.state_dict().items()}
    network.save_pretrained(tmp_path)
    save_file(half, tmp_path / "model.safetensors")
    loaded = PCB.from_pretrained(tmp_path)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    images = torch.rand(2, 3, 48, 24, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(loaded(images).feature, network(images).feature, atol=0.02, rtol=0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nan_weights_are_refused(bad, tmp_path):
    network = small_pcb()
    network.backbone.layer2[0].conv1.weight.data[3, 0, 1, 1] = bad
    network.save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"NaN or infinite numbers in backbone\.layer2\.0\.conv1\.weight; take an"):
        PCB.from_pretrained(tmp_path)


def test_views_larger_than_their_storage_are_refused(tmp_path):
    """A tensor of stride 0 costs four bytes in the file and 4 TB when it is copied."""
    torch.save({"weight": torch.zeros(1).expand(10**12)}, tmp_path / "a.pth")
    assert (tmp_path / "a.pth").stat().st_size < 5000
    with pytest.raises(InputError, match="unfold to more than 2 GiB"):
        read_tensors(tmp_path / "a.pth")


def test_files_too_large_are_refused_unread(tmp_path, monkeypatch):
    torch.save(TENSORS, tmp_path / "a.pth")
    monkeypatch.setattr(weight_files, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="too many for weights"):
        read_tensors(tmp_path / "a.pth")


def test_zip_bombs_are_refused_unread(tmp_path, monkeypatch):
    """What counts is the size unpacked: a megabyte of zeros packs into a thousand bytes."""
    with zipfile.ZipFile(tmp_path / "a.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2**20))
    monkeypatch.setattr(weight_files, "MAX_BYTES", 2**19)
    assert (tmp_path / "a.pth").stat().st_size < 2**12
    with pytest.raises(InputError, match="too many for weights"):
        read_tensors(tmp_path / "a.pth")


def test_files_cut_off_anywhere(tmp_path):
    torch.save(TENSORS, tmp_path / "whole.pth")
    torch.save(TENSORS, tmp_path / "legacy.pth", _use_new_zipfile_serialization=False)
    save_file(TENSORS, tmp_path / "whole.safetensors")
    for whole in ("whole.pth", "legacy.pth", "whole.safetensors"):
        content = (tmp_path / whole).read_bytes()
        file = tmp_path / f"cut{Path(whole).suffix}"
        for share in (0, 0.1, 0.5, 0.99):
            file.write_bytes(content[: int(share * len(content))])
            with pytest.raises(InputError, match=r"cut\.\w+: ") as caught:
                read_tensors(file)
            assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_files_with_wrong_bytes(kind, tmp_path):
    """Whatever is wrong with a file comes out as one line, or not at all where the bytes were numbers."""
    file = tmp_path / ("a.safetensors" if kind == "safetensors" else "a.pth")
    if kind == "safetensors":
        save_file(TENSORS, file)
    else:
        torch.save(TENSORS, file, _use_new_zipfile_serialization=kind == "zip")
    content = file.read_bytes()
    generator = np.random.default_rng(0)
    refused = 0
    for _ in range(150):
        wrong = bytearray(content)
        for place in generator.integers(len(wrong), size=generator.choice([1, 3, 30])):
            wrong[place] = generator.integers(256)
        file.write_bytes(wrong)
        try:
            read_tensors(file)
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 30


@pytest.mark.parametrize("content", [{}, [], 3, {"state_dict": {}}, {"epoch": 3}, {3: torch.zeros(2)}])
def test_checkpoints_without_weights(content, tmp_path):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(InputError, match="holds no weights"):
        read_tensors(tmp_path / "a.pth")


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(InputError, match=r"a\.pth: cannot be read \(No such file"):
        read_tensors(tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"config\.json: cannot be read \(No such file"):
        read_config(tmp_path / "config.json")
    with pytest.raises(InputError, match="is a folder without config"):
        read_tensors(tmp_path)


def test_configs_too_large(tmp_path):
    (tmp_path / "config.json").write_text("[" + " " * 2**20 + "]")
    with pytest.raises(InputError, match="more than 1048576 bytes"):
        read_config(tmp_path / "config.json")
