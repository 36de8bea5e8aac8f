"""`habitus bodies`: one file of any layout, the same however often it is killed."""

import numpy as np
import pytest
import torch
from command_runs import Killed, kill_after, refusal
from made_photos import write_photos

from habitus import bodies_command, cli, photo_parts
from habitus.body.model import BodyModel
from habitus.recovery.body_table import read_body_table
from habitus.recovery.body_table_file import FoundBody
from habitus.types import BodyParams


def body_of(path) -> FoundBody:
    """Whom the fake below finds: the file's name says it."""
    number = int(path.stem)
    params = BodyParams(
        torch.full((1, 24, 3), 0.01 * number), torch.zeros(1, 10), torch.zeros(1, 6890, 3), torch.ones(1, 3)
    )
    return FoundBody(params, np.full((8, 4), number, np.uint8), np.ones((17, 3), np.float32))


@pytest.fixture
def photos(tmp_path, monkeypatch):
    def found(body, paths, *, mask_method, finder):
        return [((8, 4), "no person was found" if path.stem == "005" else body_of(path)) for path in paths]

    monkeypatch.setattr(bodies_command, "recover_photos", found)
    monkeypatch.setattr(bodies_command, "missing_models", list)
    monkeypatch.setattr(photo_parts, "PART", 4)
    return write_photos(tmp_path / "photos", list(range(11)))


def bodies(folder, output, *options):
    cli.main(["bodies", str(folder), "-o", str(output), "--workers", "1", *options])


def refused(capsys, *arguments):
    return refusal(capsys, lambda: bodies(*arguments))


def test_every_photo_has_its_body_and_who_is_not_found_is_named(tmp_path, photos, capsys, caplog):
    bodies(tmp_path / "photos", tmp_path / "b.parquet")
    table = read_body_table(tmp_path / "b.parquet", BodyModel.load())
    assert table.paths == tuple(f"{row:03d}.png" for row in range(11) if row != 5)
    assert table.rows_of(photos.paths, tmp_path / "photos").tolist() == [0, 1, 2, 3, 4, -1, 5, 6, 7, 8, 9]
    assert float(table.params(5).theta[0, 0, 0]) == pytest.approx(0.06)
    assert table.mask(9).max() == 10
    assert "bodies of 10 photos, 1 show nobody or cannot be read" in capsys.readouterr().out
    assert "005.png: no person was found; it is left out" in caplog.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.parquet", "photos"]


@pytest.mark.parametrize(("name", "calls"), [("write_bodies", 0), ("write_bodies", 2), ("merge_tables", 0)])
def test_a_killed_run_ends_in_the_same_file(tmp_path, photos, monkeypatch, name, calls):
    bodies(tmp_path / "photos", tmp_path / "whole.parquet")
    with monkeypatch.context() as patches:
        kill_after(patches, photo_parts if name == "merge_tables" else bodies_command, name, calls)
        with pytest.raises(Killed):
            bodies(tmp_path / "photos", tmp_path / "killed.parquet")
    assert not (tmp_path / "killed.parquet").exists()
    with monkeypatch.context() as patches:
        kill_after(
            patches, bodies_command, "recover_photos", 3 - calls if name == "write_bodies" else 0
        )  # none is fitted again
        bodies(tmp_path / "photos", tmp_path / "killed.parquet", "--resume")
    assert (tmp_path / "killed.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not (tmp_path / "killed.parquet.unfinished").exists()


def test_bad_input(tmp_path, photos, monkeypatch, capsys):
    folder, output = tmp_path / "photos", tmp_path / "b.parquet"
    assert "absent" in refused(capsys, tmp_path / "absent", output)
    assert "--workers 0" in refused(capsys, folder, output, "--workers", "0")
    assert "leave the other away" in refused(capsys, folder, output, "--hmr", str(folder), "--smplmarket", str(folder))
    assert "no such folder" in refused(capsys, folder, output, "--hmr", str(tmp_path / "nothing"))
    assert "needs a network" in refused(capsys, folder, output, "--method", "regress")
    assert "have the bodies already" in refused(capsys, folder, output, "--hmr", str(folder), "--regressor", "run")
    assert "has no SMPL_RSC/pkl" in refused(capsys, folder, output, "--smplmarket", str(folder))
    (folder / "SMPL_RSC/pkl").mkdir(parents=True)
    assert "give your SMPL file with --body" in refused(capsys, folder, output, "--smplmarket", str(folder))
    (folder / "SMPL_RSC/pkl/000.pkl").touch()
    assert "give your SMPL file with --body" in refused(capsys, folder, output, "--hmr", str(folder))
    with monkeypatch.context() as patches:
        kill_after(patches, photo_parts, "merge_tables", 0)
        with pytest.raises(Killed):
            bodies(folder, output)
    assert "--resume" in refused(capsys, folder, output)
    assert "other mask method" in refused(capsys, folder, output, "--resume", "--mask-method", "grabcut")
    monkeypatch.setattr(bodies_command, "missing_models", lambda: ["pose"])
    assert "habitus fetch-models" in refused(capsys, folder, tmp_path / "c.parquet")
