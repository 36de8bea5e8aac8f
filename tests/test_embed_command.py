"""`habitus embed`: one file for sets and plain folders, the same however often it is killed."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
from command_runs import Killed, kill_after, refusal
from made_photos import write_photos
from tiny_models import save_tiny_model

from habitus import cli, embed_command
from habitus.reid.embedder import Embedder
from habitus.reid.feature_files import read_features


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def photos(tmp_path):
    return write_photos(tmp_path / "photos", list(range(11)))


def embed(folder, output, weights, *options):
    cli.main(["embed", str(folder), "-o", str(output), "--weights", str(weights), "--device", "cpu", *options])


def refused(capsys, *arguments):
    return refusal(capsys, lambda: embed(*arguments))


def test_a_folder_of_photos(tmp_path, photos, weights, capsys):
    embed(tmp_path / "photos", tmp_path / "out.parquet", weights)
    file = read_features(tmp_path / "out.parquet")
    assert file.paths == tuple(f"{row:03d}.png" for row in range(11))
    np.testing.assert_allclose(file.features, Embedder(weights, device="cpu")(photos.paths), atol=1e-6)
    assert (file.pids == -1).all()
    assert file.made["weights"] == "tiny"
    assert file.made["size"] == [32, 16]
    assert len(file.made["sha256"]) == 64
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.parquet", "photos"]
    assert "features of 11 photos" in capsys.readouterr().out


def test_a_data_set(tmp_path, weights):
    """A table: labels and splits arrive in the file; photos that are asked for and searched come once."""
    write_photos(tmp_path / "set/images", list(range(8)))
    lines = [
        f"images/{row:03d}.png,{1 + row // 2 % 2},{row % 2},{row // 2},{split}"
        for row, split in enumerate(["train"] * 4 + ["query"] * 2 + ["gallery"] * 2)
    ]
    lines[5] = "images/005.png,1,1,2,gallery"
    (tmp_path / "set/images.csv").write_text("\n".join(["path,pid,camid,clothes_id,split", *lines]) + "\n")
    (tmp_path / "set/sheet.png").write_bytes((tmp_path / "set/images/000.png").read_bytes())  # none of the set's
    embed(tmp_path / "set", tmp_path / "out.parquet", weights)
    file = read_features(tmp_path / "out.parquet")
    assert sorted(file.paths) == [f"images/{row:03d}.png" for row in range(8)]
    assert dict(zip(file.paths, file.splits, strict=True))["images/004.png"] == "query"
    assert sorted(file.splits) == ["gallery"] * 3 + ["query"] + ["train"] * 4
    assert len(set(file.pids.tolist())) == 2
    assert (file.clothes_ids >= 0).all()


def test_a_folder_of_photos_within_a_data_set(tmp_path, weights):
    """Just these, not the whole set around them."""
    for part in ("bounding_box_train", "query", "bounding_box_test"):
        records = write_photos(tmp_path / "market" / part, [0] * 4)
        for row, path in enumerate(records.paths):
            path.rename(path.with_name(f"{1 + row // 2:04d}_c{1 + row % 2}s1_{row:06d}_00.png"))
    embed(tmp_path / "market/query", tmp_path / "query.parquet", weights)
    file = read_features(tmp_path / "query.parquet")
    assert len(file) == 4
    assert set(file.splits) == {""}
    embed(tmp_path / "market", tmp_path / "market.parquet", weights, "--layout", "market1501")
    assert len(read_features(tmp_path / "market.parquet")) == 12


def test_broken_photos_are_left_out_and_counted(tmp_path, photos, weights, capsys):
    photos.paths[3].write_bytes(b"no photo")
    embed(tmp_path / "photos", tmp_path / "out.parquet", weights)
    assert "003.png" not in read_features(tmp_path / "out.parquet").paths
    assert "10 photos, 1 could not be read" in capsys.readouterr().out
    assert "003.png" in refused(capsys, tmp_path / "photos", tmp_path / "strict.parquet", weights, "--strict")


@pytest.mark.parametrize(("name", "calls"), [("write_features", 0), ("write_features", 2), ("merge_features", 0)])
def test_a_killed_run_ends_in_the_same_file(tmp_path, photos, weights, monkeypatch, name, calls):
    monkeypatch.setattr(embed_command, "_SHARD", 4)
    photos.paths[5].write_bytes(b"no photo")
    embed(tmp_path / "photos", tmp_path / "whole.parquet", weights)
    with monkeypatch.context() as patches:
        kill_after(patches, embed_command, name, calls)
        with pytest.raises(Killed):
            embed(tmp_path / "photos", tmp_path / "killed.parquet", weights)
    assert (tmp_path / "killed.parquet.unfinished").is_dir()
    assert not (tmp_path / "killed.parquet").exists()
    embed(tmp_path / "photos", tmp_path / "killed.parquet", weights, "--resume")
    assert (tmp_path / "killed.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not (tmp_path / "killed.parquet.unfinished").exists()


def test_killed_while_tidying_up(tmp_path, photos, weights, monkeypatch):
    with monkeypatch.context() as patches:
        patches.setattr(embed_command.shutil, "rmtree", lambda _: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            embed(tmp_path / "photos", tmp_path / "out.parquet", weights)
    before = (tmp_path / "out.parquet").read_bytes()
    embed(tmp_path / "photos", tmp_path / "out.parquet", weights, "--resume")
    assert (tmp_path / "out.parquet").read_bytes() == before
    assert not (tmp_path / "out.parquet.unfinished").exists()


def test_nothing_is_overwritten_nor_mixed(tmp_path, photos, weights, monkeypatch, capsys):
    folder, output = tmp_path / "photos", tmp_path / "out.parquet"
    with monkeypatch.context() as patches:
        kill_after(patches, embed_command, "merge_features", 0)
        with pytest.raises(Killed):
            embed(folder, output, weights)
    assert "--resume" in refused(capsys, folder, output, weights)
    assert "other flip" in refused(capsys, folder, output, weights, "--resume", "--flip", "none")
    other = save_tiny_model(tmp_path / "tiny")
    (other / "model.safetensors").write_bytes((weights / "model.safetensors").read_bytes()[:-4] + b"\0\0\0\1")
    assert "other sha256" in refused(capsys, folder, output, other, "--resume")
    photos.paths[0].rename(folder / "another.png")
    assert "other photos" in refused(capsys, folder, output, weights, "--resume")
    (output.parent / "out.parquet.unfinished" / "options.json").write_text("{")
    assert "options.json" in refused(capsys, folder, output, weights, "--resume")
    output.write_text("mine")
    assert "is there already" in refused(capsys, folder, tmp_path / "out.parquet", weights)
    assert output.read_text() == "mine"


def test_bad_input(tmp_path, photos, weights, capsys):
    assert "absent" in refused(capsys, tmp_path / "absent", tmp_path / "out.parquet", weights)
    assert "no_such" in refused(capsys, tmp_path / "photos", tmp_path / "out.parquet", "no_such")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos"]
    (tmp_path / "file").touch()
    assert "cannot write" in refused(capsys, tmp_path / "photos", tmp_path / "file/out.parquet", weights)


@pytest.mark.slow
def test_kill_9(tmp_path, weights):
    """A real one, in the midst of embedding."""
    write_photos(tmp_path / "photos", [0] * 300)
    script = "import sys; from habitus import cli, embed_command; embed_command._SHARD = 8; cli.main(sys.argv[1:])"
    arguments = ["embed", str(tmp_path / "photos"), "--weights", str(weights), "--device", "cpu", "--batch", "4", "-o"]
    output, parts = tmp_path / "out.parquet", tmp_path / "out.parquet.unfinished"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", script, *arguments, str(output)], env=environment)
    while process.poll() is None and len(list(parts.glob("*.parquet"))) < 5:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads((parts / "options.json").read_text())["batch"] == 4
    assert not output.exists()
    for name, extra in (("out.parquet", ["--resume"]), ("whole.parquet", [])):
        command = [sys.executable, "-c", script, *arguments, str(tmp_path / name), *extra]
        subprocess.run(command, env=environment, check=True)
    assert output.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert pq.read_metadata(output).num_rows == 300
