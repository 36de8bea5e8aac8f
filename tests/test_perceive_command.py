"""`habitus perceive`: one file of any layout, with masks and keypoints of others or our own, however often killed."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from command_runs import Killed, kill_after, refusal
from made_photos import write_photos

from habitus import cli, perceive_command, photo_parts
from habitus.errors import InputError
from habitus.recovery import photo_seen
from habitus.recovery.seen_file import SeenFile, read_seen
from habitus.types import Crop

SIZE = (48, 36)
POINTS = np.column_stack([np.linspace(8, 30, 17), np.linspace(3, 45, 17), np.full(17, 0.5)])
CROP = Crop(
    image=torch.zeros(3, 24, 18),
    mask=torch.ones(24, 18),
    valid=torch.ones(24, 18),
    keypoints=torch.full((17, 2), 5.0),
    confidence=torch.ones(17),
    to_photo=torch.tensor([[1.0, 0.0, 9.0], [0.0, 1.0, 12.0]], dtype=torch.float64),
)


told: list[tuple[str, bool, bool]] = []
"""Which photos `perceive` was asked about, and whether with a mask and with keypoints."""


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Path:
    """Eleven photos; nobody is found in the sixth. What others saw is handed on."""

    def perceive(photo, *, mask_method, mask, keypoints):
        name = Path(photo.name).name
        assert mask is None or (mask.shape == SIZE and mask.max() == 255)
        assert keypoints is None or np.allclose(keypoints, POINTS)
        told.append((name, mask is not None, keypoints is not None))
        if name == "005.png":
            raise InputError(f"{photo.name}: no person was found; give --box")
        shift = torch.tensor([[0.0, 0.0, float(name[:3]) / 2], [0.0, 0.0, 0.0]], dtype=torch.float64)
        return [replace(CROP, to_photo=CROP.to_photo + shift)]

    told.clear()
    monkeypatch.setattr(photo_seen, "perceive", perceive)
    monkeypatch.setattr(perceive_command, "missing_models", list)
    monkeypatch.setattr(photo_parts, "PART", 4)
    write_photos(tmp_path / "photos", list(range(11)), size=SIZE)
    return tmp_path / "photos"


def seen(folder, output, *options) -> SeenFile:
    cli.main(["perceive", str(folder), "-o", str(output), "--workers", "1", *map(str, options)])
    return read_seen(output)


def refused(capsys, *arguments):
    return refusal(capsys, lambda: seen(*arguments))


def test_every_photo_in_its_own_frame_and_who_is_not_found_is_named(tmp_path, photos, capsys, caplog):
    table = seen(photos, tmp_path / "s.parquet")
    assert table.paths == tuple(f"{row:03d}.png" for row in range(11) if row != 5)
    mask = table.mask(4)
    assert mask is not None and table.size(4) == mask.shape == SIZE
    assert (mask[13:35, 12:28] == 255).all() and mask[:, :10].max() == 0  # 18 x 24 pixels from (11, 12)
    np.testing.assert_allclose(table.keypoints(4), [[16, 17, 1]] * 17)
    assert "10 photos, 1 more show nobody or cannot be read" in capsys.readouterr().out
    assert "005.png: no person was found; it is left out" in caplog.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos", "s.parquet"]


@pytest.mark.parametrize(("name", "calls"), [("write_seen", 2), ("merge_tables", 0)])
def test_a_killed_run_ends_in_the_same_file(tmp_path, photos, monkeypatch, name, calls):
    seen(photos, tmp_path / "whole.parquet")
    with monkeypatch.context() as patches:
        kill_after(patches, photo_parts if name == "merge_tables" else perceive_command, name, calls)
        with pytest.raises(Killed):
            seen(photos, tmp_path / "killed.parquet")
    with monkeypatch.context() as patches:
        kill_after(
            patches, perceive_command, "see_photos", 3 - calls if name == "write_seen" else 0
        )  # none is seen again
        seen(photos, tmp_path / "killed.parquet", "--resume")
    assert (tmp_path / "killed.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def write_masks(folder: Path, rows) -> np.ndarray:
    folder.mkdir()
    labels = np.zeros(SIZE, np.uint8)
    labels[4:40, 6:20] = 7
    for row in rows:
        cv2.imwrite(str(folder / f"{row:03d}.png"), labels)
    return 255 * (labels > 0)


def write_keypoints(file: Path, rows) -> None:
    file.write_text(json.dumps([{"image_id": f"{row:03d}.jpg", "keypoints": POINTS.ravel().tolist()} for row in rows]))


def test_masks_of_others(tmp_path, photos):
    """Photos without a mask there have none; the models' keypoints stay."""
    mask = write_masks(tmp_path / "masks", [0, 5])
    cv2.imwrite(str(tmp_path / "masks/001.png"), np.zeros(SIZE, np.uint8))  # a parsing that found nobody
    cv2.imwrite(str(tmp_path / "masks/002.png"), np.ones((40, 40), np.uint8))
    table = seen(photos, tmp_path / "s.parquet", "--masks", tmp_path / "masks")
    assert table.paths == tuple(f"{row:03d}.png" for row in range(11) if row != 2)
    np.testing.assert_array_equal(table.mask(0), mask)
    assert table.keypoints(0)[:, 2].min() == 1
    assert [name for name, masked, _ in told if masked] == ["000.png", "005.png"]
    assert table.mask(1) is None and table.keypoints(1)[:, 2].min() == 1
    np.testing.assert_array_equal(table.mask(4), mask)  # 005, whom the models do not find
    assert not table.keypoints(4).any()


def test_keypoints_of_others(tmp_path, photos):
    write_keypoints(tmp_path / "k.json", [0, 5])
    table = seen(photos, tmp_path / "s.parquet", "--keypoints", tmp_path / "k.json")
    assert len(table) == 11
    np.testing.assert_allclose(table.keypoints(0), POINTS, atol=1e-5)
    assert table.mask(0) is not None
    assert [name for name, _, pointed in told if pointed] == ["000.png", "005.png"]
    assert table.mask(5) is None and table.keypoints(5).any()
    assert table.mask(1) is not None and not table.keypoints(1).any()


def test_both_of_others_need_no_models(tmp_path, photos, monkeypatch, caplog):
    write_masks(tmp_path / "masks", [0, 1])
    write_keypoints(tmp_path / "k.json", [1, 2])
    monkeypatch.setattr(perceive_command, "missing_models", lambda: ["pose"])
    monkeypatch.setattr(photo_seen, "perceive", None)
    table = seen(photos, tmp_path / "s.parquet", "--masks", tmp_path / "masks", "--keypoints", tmp_path / "k.json")
    assert table.paths == ("000.png", "001.png", "002.png")
    assert [table.mask(row) is not None for row in range(3)] == [True, True, False]
    assert [bool(table.keypoints(row).any()) for row in range(3)] == [False, True, True]
    assert "003.png: neither a mask nor keypoints are given of it" in caplog.text


def test_bad_input(tmp_path, photos, monkeypatch, capsys):
    output = tmp_path / "s.parquet"
    assert "absent" in refused(capsys, tmp_path / "absent", output)
    assert "--workers 0" in refused(capsys, photos, output, "--workers", "0")
    assert "no such folder" in refused(capsys, photos, output, "--masks", tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    assert "such as 000.png" in refused(capsys, photos, output, "--masks", tmp_path / "empty")
    assert "holds the photos themselves" in refused(capsys, photos, output, "--masks", photos)
    assert "no such file" in refused(capsys, photos, output, "--keypoints", tmp_path / "absent.json")
    (tmp_path / "k.json").write_text(json.dumps({"people": []}))
    assert "names no photos" in refused(capsys, photos, output, "--keypoints", tmp_path / "k.json")
    with monkeypatch.context() as patches:
        kill_after(patches, photo_parts, "merge_tables", 0)
        with pytest.raises(Killed):
            seen(photos, output)
    assert "--resume" in refused(capsys, photos, output)
    assert "other mask method" in refused(capsys, photos, output, "--resume", "--mask-method", "grabcut")
    write_keypoints(tmp_path / "k.json", [0])
    monkeypatch.setattr(perceive_command, "missing_models", lambda: ["pose"])
    assert "habitus fetch-models" in refused(capsys, photos, tmp_path / "c")
    given = ("--keypoints", tmp_path / "k.json", "--mask-method", "selfie")
    assert "habitus fetch-models" in refused(capsys, photos, tmp_path / "c", *given)
