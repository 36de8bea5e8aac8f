"""Checkpoints appear whole, two are kept, and strangers' files are read without harm."""

import os
import pickle
import resource
import signal
import zipfile

import pytest
import torch

from habitus.errors import InputError
from habitus.training.checkpoints import checkpoints_in, load_checkpoint, load_latest, save_checkpoint


def state(value, size=1000):
    return {"weights": torch.full((size,), float(value)), "batch": value, "log": {"sums": {"loss": 0.5}}}


def test_two_are_kept_and_the_newest_is_read(tmp_path):
    for batch in (5, 10, 100):
        save_checkpoint(tmp_path, batch, state(batch))
    assert [path.name for path in checkpoints_in(tmp_path)] == ["checkpoint-000000100.pt", "checkpoint-000000010.pt"]
    found = load_latest(tmp_path)
    assert found is not None
    assert found[1]["batch"] == 100
    assert torch.equal(found[1]["weights"], state(100)["weights"])


def test_none_is_none(tmp_path):
    assert load_latest(tmp_path) is None


def test_what_a_killed_run_left_is_removed(tmp_path):
    (tmp_path / ".writing-abc.pt").write_bytes(b"half a checkpoint")
    save_checkpoint(tmp_path, 1, state(1))
    load_latest(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-000000001.pt"]


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_the_one_before_stands_in_for_a_damaged_one(tmp_path, kept):
    save_checkpoint(tmp_path, 1, state(1))
    newest = save_checkpoint(tmp_path, 2, state(2))
    whole = newest.read_bytes()
    newest.write_bytes(whole[: int(kept if kept >= 1 else kept * len(whole))])
    found = load_latest(tmp_path)
    assert found is not None
    assert found[1]["batch"] == 1


def test_full_disk_leaves_the_old_one(tmp_path):
    """The system stops the file at a size, as a full disk does."""
    old = save_checkpoint(tmp_path, 1, state(1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(InputError, match=r"cannot be written.*free some space"):
            save_checkpoint(tmp_path, 2, state(2, size=1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == [old]
    assert load_checkpoint(old)["batch"] == 1


class Malice:
    def __reduce__(self):
        return os.mkdir, ("harm",)


def test_malicious_pickles_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "checkpoint-000000001.pt"
    torch.save({"weights": Malice()}, path)
    with pytest.raises(InputError, match="refused"):
        load_latest(tmp_path)
    path.write_bytes(pickle.dumps(Malice()))
    with pytest.raises(InputError, match="refused"):
        load_latest(tmp_path)
    assert not (tmp_path / "harm").exists()


def test_archives_that_unpack_to_much_are_refused(tmp_path):
    save_checkpoint(tmp_path, 1, {"weights": torch.zeros(10_000_000)})
    path = checkpoints_in(tmp_path)[0]
    with zipfile.ZipFile(path) as archive:
        contents = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InputError, match="unpacks to more"):
        load_checkpoint(path)


@pytest.mark.parametrize("value", [torch.zeros(3), [1, 2]])
def test_other_files_of_torch_are_no_checkpoints(tmp_path, value):
    torch.save(value, tmp_path / "checkpoint-000000001.pt")
    with pytest.raises(InputError, match="no checkpoint"):
        load_latest(tmp_path)
