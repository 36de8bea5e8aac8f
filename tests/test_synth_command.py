"""`habitus synth` as users run it: what it writes, what it refuses, and that it never overwrites."""

import numpy as np
import pytest
from PIL import Image

from habitus import cli
from habitus.synthetic.worlds.writing import read_world

TINY = ("--people", "2", "--outfits", "1", "--views", "2", "--cameras", "2", "--size", "64x32", "--workers", "1")


def synth(*arguments):
    cli.main(["synth", *map(str, arguments)])


def refuse(capsys, *arguments):
    """Run `habitus synth`, which must refuse; the line it says."""
    with pytest.raises(SystemExit) as stop:
        synth(*arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2
    assert out == ""
    lines = err.strip().splitlines()
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0]


@pytest.mark.parametrize(
    ("layout", "some"),
    [
        ("csv", "images.csv"),
        ("ltcc", "LTCC_ReID/info/cloth-unchange_id_test.txt"),
        ("market1501", "Market-1501-v15.09.15/bounding_box_train/0001_c1s1_000001_01.jpg"),
    ],
)
def test_worlds_are_written(tmp_path, capsys, layout, some):
    folder = tmp_path / "w"
    synth(folder, *TINY, "--layout", layout, "--seed", 8)
    assert capsys.readouterr().out.strip() == f"open {folder / 'sheet.png'}"
    assert np.asarray(Image.open(folder / "sheet.png")).std() > 20
    assert (folder / some).exists()
    assert (folder / "truth" / "cameras.json").exists()
    written = read_world(folder)
    assert (written.layout, written.world.seed, written.world.size, written.world.people) == (layout, 8, (64, 32), 2)
    files = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    synth(folder, *TINY, "--layout", layout, "--seed", 8, "--resume")
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == files


def test_prcc_needs_no_further_options(tmp_path):
    synth(tmp_path / "w", "--people", 2, "--views", 2, "--size", "64x32", "--layout", "prcc", "--workers", 1)
    assert read_world(tmp_path / "w").world.schedule == "prcc"
    assert {p.name for p in (tmp_path / "w" / "prcc" / "rgb" / "test").iterdir()} == {"A", "B", "C"}


def test_show_writes_just_the_sheet(tmp_path, capsys):
    synth(tmp_path / "w", *TINY, "--show")
    assert [p.name for p in (tmp_path / "w").rglob("*")] == ["sheet.png"]
    capsys.readouterr()
    assert "sheet.png: is there already" in refuse(capsys, tmp_path / "w", *TINY, "--show")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--people", 0), "people 0"),
        (("--people", -5), "people -5"),
        (("--outfits", 0), "outfits 0"),
        (("--views", -1), "views -1"),
        (("--cameras", 0), "cameras 0"),
        (("--workers", 0), "workers 0"),
        (("--seed", -1), "seed -1"),
        (("--size", "0x0"), "size 0x0"),
        (("--size", "99999x9999"), "size 99999x9999"),
        (("--size", "big"), "--size big"),
        (("--size", "256"), "--size 256"),
        (("--occluded", 2), "occluded 2"),
        (("--layout", "prcc", "--cameras", 5), "PRCC has 3 cameras"),
        (("--layout", "market1501", "--cameras", 12), "cameras 12"),
        (("--backgrounds", "nowhere"), "nowhere"),
    ],
)
def test_options_that_make_no_sense(tmp_path, capsys, options, words):
    assert words in refuse(capsys, tmp_path / "w", *options)
    assert not (tmp_path / "w").exists()


def test_folders_with_something_in_them_stay(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("precious")
    for more in ((), ("--resume",)):
        assert str(tmp_path) in refuse(capsys, tmp_path, *TINY, *more)
        assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_backgrounds_that_are_no_pictures(tmp_path, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    assert str(pictures) in refuse(capsys, tmp_path / "w", *TINY, "--backgrounds", pictures)
    (pictures / "a.jpg").write_bytes(b"no picture")
    assert str(pictures / "a.jpg") in refuse(capsys, tmp_path / "w", *TINY, "--backgrounds", pictures)
    assert not (tmp_path / "w").exists()
