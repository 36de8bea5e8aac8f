"""Every official layout in miniature: who, where, in what and asked by which rule, row by row."""

import os

import numpy as np
import pytest
from tiny_sets import SETS, outfits_of

from habitus.data.opening import open_data


def rows(records):
    """(file, person, camera) of each photo."""
    names = [path.name for path in records.paths]
    return list(zip(names, records.pids.tolist(), records.camids.tolist(), strict=True))


def opened(name, tmp_path):
    root = SETS[name](tmp_path)
    data = open_data(root)
    assert data.root == root
    for table in (data.train, data.trials["general"].query, data.trials["general"].gallery):
        assert all(path.exists() for path in table.paths)
    return data


def test_market1501_drops_junk_and_keeps_distractors(tmp_path):
    data = opened("market1501", tmp_path)
    assert data.name == "Market-1501"
    assert rows(data.train) == [
        ("0002_c1s1_000451_03.jpg", 2, 1), ("0002_c2s1_000451_01.jpg", 2, 2), ("0007_c3s3_077419_03.jpg", 7, 3),
    ]  # fmt: skip
    trial = data.trial("general")
    assert rows(trial.query) == [("0001_c1s1_001051_00.jpg", 1, 1), ("0003_c2s1_001051_00.jpg", 3, 2)]
    assert rows(trial.gallery) == [
        ("0000_c1s1_000151_01.jpg", 0, 1), ("0001_c2s1_001051_01.jpg", 1, 2), ("0003_c1s1_001051_01.jpg", 3, 1),
    ]  # fmt: skip
    assert trial.rule == "general"
    assert trial.gallery.clothes_ids is None


def test_dukemtmc_is_told_from_market1501_by_its_names(tmp_path):
    data = opened("dukemtmc", tmp_path)
    assert data.name == "DukeMTMC-reID"
    assert rows(data.train) == [("0001_c2_f0046182.jpg", 1, 2), ("0004_c8_f0046182.jpg", 4, 8)]
    assert data.trial("general").gallery.pids.tolist() == [5, 6, 9]


def test_msmt17_joins_validation_to_training_and_keeps_test_people_apart(tmp_path):
    data = opened("msmt17", tmp_path)
    assert [(pid, camera) for _, pid, camera in rows(data.train)] == [(0, 1), (1, 12), (0, 14)]
    trial = data.trial("general")
    assert rows(trial.query) == [("0000_000_02_0302morning_0020_0.jpg", 1041, 2)]
    assert [(pid, camera) for _, pid, camera in rows(trial.gallery)] == [(1041, 5), (1042, 15)]


def test_msmt17_of_the_first_version(tmp_path):
    root = SETS["msmt17"](tmp_path)
    (root / "mask_train_v2").rename(root / "train")
    (root / "mask_test_v2").rename(root / "test")
    assert len(open_data(root).train) == 3


def test_prcc_asks_for_b_and_c_in_a(tmp_path):
    data = opened("prcc", tmp_path)
    assert [path.parent.name for path in data.train.paths] == ["001", "001", "002"]
    assert data.train.camids.tolist() == [1, 3, 2]
    assert len(set(outfits_of(data.train).tolist())) == 3  # what C sees of 001 differs from what A sees
    assert data.val is not None and outfits_of(data.val)[0] == outfits_of(data.train)[0]
    changed, same, both = (data.trial(mode) for mode in ("cc", "sc", "general"))
    assert [trial.rule for trial in (changed, same, both)] == ["general"] * 3
    assert [str(p.relative_to(data.root)) for p in changed.query.paths] == ["test/C/011/cropped_rgb001.jpg"]
    assert [str(p.relative_to(data.root)) for p in same.query.paths] == [
        "test/B/011/cropped_rgb001.jpg", "test/B/012/cropped_rgb002.jpg",
    ]  # fmt: skip
    assert len(both.query) == 3
    for trial in (changed, same, both):
        assert trial.gallery.pids.tolist() == [11, 11, 12]
        assert "gallery A" in trial.words and trial.words.endswith("multi-shot")
    worn = dict(zip(changed.gallery.pids.tolist(), outfits_of(changed.gallery).tolist(), strict=True))
    assert all(worn[p] == c for p, c in zip(same.query.pids.tolist(), outfits_of(same.query).tolist(), strict=True))
    assert worn[11] != outfits_of(changed.query)[0]
    single = data.trial("cc", shots="single")
    assert (single.shots, changed.shots) == ("single", "all")
    assert single.words.endswith("single-shot") and "multi" not in single.words
    assert data.trial("cc", shots="all") is changed


def test_ltcc_numbers_outfits_over_people_and_reads_odd_endings(tmp_path):
    data = opened("ltcc", tmp_path)
    assert rows(data.train) == [
        ("001_1_c9_015833.png.png", 1, 9), ("094_1_c9_004554.png", 94, 9), ("094_2_c12_004554.png", 94, 12),
    ]  # fmt: skip
    assert len(set(outfits_of(data.train).tolist())) == 3  # outfit 1 of person 1 is not outfit 1 of person 94
    for mode in ("general", "cc", "sc"):
        trial = data.trial(mode)
        assert trial.rule == mode
        asked, found = trial.query, trial.gallery
        same = outfits_of(asked)[:, None] == outfits_of(found)[None]
        assert same.tolist() == [[True, False, False], [False, False, False]]


def test_vc_clothes_filters_cameras_on_both_sides(tmp_path):
    data = opened("vcclothes", tmp_path)
    assert len(set(outfits_of(data.train).tolist())) == 3
    same, changed = data.trial("sc"), data.trial("cc")
    assert rows(same.query) == [("0003-02-01-01.jpg", 3, 2), ("0003-03-01-01.jpg", 3, 3)]
    assert rows(same.gallery) == [("0003-03-01-02.jpg", 3, 3), ("0004-02-01-02.jpg", 4, 2)]
    assert rows(changed.query) == [("0003-03-01-01.jpg", 3, 3), ("0004-04-02-01.jpg", 4, 4)]
    assert rows(changed.gallery) == [("0003-03-01-02.jpg", 3, 3), ("0003-04-02-02.jpg", 3, 4)]
    assert [len(data.trial("general").query), len(data.trial("general").gallery)] == [4, 4]
    assert {trial.rule for trial in data.trials.values()} == {"general"}


@pytest.mark.parametrize(("name", "title"), [("celeb-reid", "Celeb-reID"), ("celeb-reid-light", "Celeb-reID-light")])
def test_celeb_reid_has_no_camera_twice(name, title, tmp_path):
    data = opened(name, tmp_path)
    assert data.name == title
    assert data.train.pids.tolist() == [10, 9, 9]  # by name: "10" before "9"
    trial = data.trial("general")
    assert list(data.trials) == ["general"] and trial.query.clothes_ids is None
    cameras = np.concatenate([trial.query.camids, trial.gallery.camids])
    assert len(set(cameras.tolist())) == len(cameras) == 5


def test_deepchange_takes_tracklets_for_cameras(tmp_path):
    data = opened("deepchange", tmp_path)
    assert rows(data.train) == [
        ("P4_C12_1_000123.jpg", 4, 57), ("P4_C12_2_000200.jpg", 4, 58), ("P5_C1_1_000300.jpg", 5, 59),
    ]  # fmt: skip
    assert len(set(outfits_of(data.train).tolist())) == 3
    assert list(data.trials) == ["general"]
    assert data.trial("general").gallery.camids.tolist() == [5, 1, 7]


def test_last_knows_clothes_in_training_only(tmp_path):
    data = opened("last", tmp_path)
    assert data.train.pids.tolist() == [1, 1, 2]
    assert len(set(outfits_of(data.train).tolist())) == 3
    trial = data.trial("general")
    assert (trial.query.pids.tolist(), trial.gallery.pids.tolist()) == ([401, 402], [401, 402])
    assert trial.query.clothes_ids is None and trial.gallery.clothes_ids is None
    assert not set(trial.query.camids.tolist()) & set(trial.gallery.camids.tolist())


def test_ccvid_frames_know_their_tracklet(tmp_path):
    data = opened("ccvid", tmp_path)
    assert [path.name for path in data.train.paths] == ["00001.jpg", "00002.jpg"] * 2
    assert data.train.tracklets is not None and data.train.tracklets.tolist() == [0, 0, 1, 1]
    assert len(set(outfits_of(data.train).tolist())) == 2
    trial = data.trial("general")
    assert trial.query.camids.tolist() == [3, 3, 13, 13]  # walks of the third session are other cameras
    assert trial.gallery.camids.tolist() == [15, 15, 1, 1]
    same = outfits_of(trial.query)[::2, None] == outfits_of(trial.gallery)[None, ::2]
    assert same.tolist() == [[True, False], [False, False]]
    assert list(data.trials) == ["general", "cc", "sc"]


def test_cuhk03_takes_views_for_cameras(tmp_path):
    data = opened("cuhk03", tmp_path)
    assert data.name == "CUHK03-NP (detected)"
    people = [(pid, camera) for _, pid, camera in rows(data.train)]
    assert people == [(1001, 1), (1002, 2), (2001, 2)]  # person 1 of the first pair is not person 1 of the second
    assert [camera for _, _, camera in rows(data.trial("general").gallery)] == [1, 2]


@pytest.mark.parametrize("name", SETS)
def test_listings_are_sorted(name, tmp_path, monkeypatch):
    root = SETS[name](tmp_path)
    before = open_data(root)
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: sorted(listdir(path), reverse=True))
    after = open_data(root)
    assert after.train.paths == before.train.paths
    assert after.trials["general"].gallery.paths == before.trials["general"].gallery.paths


@pytest.mark.parametrize("name", SETS)
def test_the_people_of_a_tiny_set_are_no_official_count(name, tmp_path):
    data = opened(name, tmp_path)
    official = [line for line in data.warnings if "officially" in line]
    assert len(official) >= 3
    assert any(line.startswith(f"{data.name}: train has ") for line in official)
    assert len(official) == len(data.warnings)  # and nothing was left out
