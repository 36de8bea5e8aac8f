"""What users get wrong, through the command line: one line that names the file, status 2, nothing written."""

import json
import os
import pickle
import struct
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from clear_photos import clear_photo
from PIL import Image

from habitus import cli
from habitus.body.model import BodyModel
from habitus.export.pictures import to_picture
from habitus.synthetic.photos.making import make_person


@pytest.fixture(scope="module")
def person_photo(tmp_path_factory):
    """A made person that perception finds, 256x128."""
    body = BodyModel.load()
    photo = clear_photo(body, make_person(body, 3, texture_size=256), 0)
    path = tmp_path_factory.mktemp("photo") / "person.png"
    Image.fromarray(to_picture(photo.image)).save(path)
    return path


def refuse(capsys, folder, *arguments):
    """Run `habitus person`, which must refuse; the line it says."""
    before = sorted(folder.rglob("*"))
    with pytest.raises(SystemExit) as stop:
        cli.main(["person", *map(str, arguments), "-o", str(folder / "out")])
    out, err = capsys.readouterr()
    assert stop.value.code == 2
    assert out == ""
    lines = [line for line in err.strip().splitlines() if not line.startswith("habitus: WARNING")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    assert sorted(folder.rglob("*")) == before
    return lines[0]


def bomb(path):
    """A PNG of 100,000 x 100,000 pixels in a few hundred bytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def noise(size):
    return np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)


BAD_PHOTOS = {
    "nobody in it": lambda p: Image.fromarray(np.full((300, 200, 3), 128, np.uint8)).save(p / "x.png"),
    "one pixel": lambda p: Image.new("RGB", (1, 1)).save(p / "x.png"),
    "a decompression bomb": lambda p: bomb(p / "x.png"),
    "no picture": lambda p: (p / "x.png").write_text("hello"),
    "empty": lambda p: (p / "x.png").write_bytes(b""),
    "a folder": lambda p: (p / "x.png").mkdir(),
}


@pytest.mark.parametrize("what", BAD_PHOTOS)
def test_photos_that_cannot_be_used(capsys, tmp_path, what):
    BAD_PHOTOS[what](tmp_path)
    line = refuse(capsys, tmp_path, tmp_path / "x.png")
    assert "x.png" in line
    assert ";" in line


def test_a_truncated_photo(capsys, tmp_path):
    Image.fromarray(noise((300, 200))).save(tmp_path / "x.jpg")
    content = (tmp_path / "x.jpg").read_bytes()
    (tmp_path / "x.jpg").write_bytes(content[: len(content) // 2])
    assert "x.jpg" in refuse(capsys, tmp_path, tmp_path / "x.jpg")


ODD_PHOTOS = {
    "renamed": lambda image, path: image.save(path, format="JPEG"),
    "grey": lambda image, path: image.convert("L").save(path),
    "sixteen bits": lambda image, path: Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(
        path
    ),
    "transparent": lambda image, path: image.convert("RGBA").save(path),
    "palette": lambda image, path: image.convert("P").save(path),
}


@pytest.mark.parametrize("what", ODD_PHOTOS)
def test_odd_photos_work(what, person_photo, tmp_path):
    path = tmp_path / "x.png"
    with Image.open(person_photo) as image:
        ODD_PHOTOS[what](image, path)
    cli.main(["person", str(path), "-o", str(tmp_path / "out"), "--texture-size", "256"])
    assert json.loads((tmp_path / "out" / "report.json").read_text())["mask_iou"] > 0.85


def test_cmyk_and_turned_photos_work(person_photo, tmp_path):
    with Image.open(person_photo) as image:
        exif = Image.Exif()
        exif[0x0112] = 6  # stored on its side
        turned = image.transpose(Image.Transpose.ROTATE_90).convert("CMYK")
        turned.save(tmp_path / "x.jpg", quality=95, exif=exif)
    cli.main(["person", str(tmp_path / "x.jpg"), "-o", str(tmp_path / "out"), "--texture-size", "256"])
    assert json.loads((tmp_path / "out" / "report.json").read_text())["mask_iou"] > 0.85


def test_a_very_wide_photo_works(person_photo, tmp_path):
    with Image.open(person_photo) as image:
        wide = np.full((256, 20_000, 3), 120, np.uint8)
        wide[:, 9000:9128] = np.asarray(image.convert("RGB"))
    Image.fromarray(wide).save(tmp_path / "x.png")
    box = ["--box", "9000", "0", "9128", "256"]
    cli.main(["person", str(tmp_path / "x.png"), *box, "-o", str(tmp_path / "out"), "--texture-size", "256"])
    assert (tmp_path / "out" / "person.glb").exists()


def test_several_people_are_told_of(person_photo, tmp_path, caplog):
    with Image.open(person_photo) as image:
        pair = np.concatenate([np.asarray(image.convert("RGB"))] * 2, 1)
    Image.fromarray(np.pad(pair, ((40, 40), (40, 40), (0, 0)), mode="edge")).save(tmp_path / "x.png")
    cli.main(["person", str(tmp_path / "x.png"), "-o", str(tmp_path / "out"), "--texture-size", "256"])
    warnings = json.loads((tmp_path / "out" / "report.json").read_text())["warnings"]
    assert any("--person" in w and "--all" in w for w in warnings)
    cli.main(["person", str(tmp_path / "x.png"), "--all", "-o", str(tmp_path / "all"), "--texture-size", "256"])
    assert {p.name for p in (tmp_path / "all").iterdir()} == {"person-1", "person-2"}


def test_a_person_who_is_not_there(capsys, person_photo, tmp_path):
    assert "--person" in refuse(capsys, tmp_path, person_photo, "--person", "7")


def test_a_cut_off_person_works_and_is_told_of(person_photo, tmp_path):
    with Image.open(person_photo) as image:
        image.crop((0, 0, 128, 170)).save(tmp_path / "x.png")
    box = ["--box", "0", "0", "128", "170"]
    cli.main(["person", str(tmp_path / "x.png"), *box, "-o", str(tmp_path / "out"), "--texture-size", "256"])
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert any("cut off" in w or "border" in w or "edge" in w for w in report["warnings"]), report["warnings"]


def keypoints_with_nan(path):
    path.write_text(json.dumps([{"image_id": "person.png", "keypoints": [1.0, 2.0, 1.0] * 16 + [float("nan")] * 3}]))


BAD_FILES = {
    "keypoints with NaN": ("--keypoints", "k.json", keypoints_with_nan),
    "keypoints that are no JSON": ("--keypoints", "k.json", lambda p: p.write_text("{")),
    "a mask of another size": ("--mask", "m.png", lambda p: Image.new("L", (50, 50)).save(p)),
    "parameters cut off": ("--params", "p.npz", lambda p: p.write_bytes(b"PK\x03\x04")),
    "a body without arrays": ("--body", "b.npz", lambda p: np.savez(p, f=np.zeros((3, 3), np.int64))),
    "a body that is no file": ("--body", "b.pkl", lambda p: p.write_bytes(b"rubbish")),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_files_that_cannot_be_used(capsys, person_photo, tmp_path, what):
    option, name, write = BAD_FILES[what]
    write(tmp_path / name)
    assert name in refuse(capsys, tmp_path, person_photo, option, tmp_path / name)


class _Runs:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("option", ["--body", "--params"])
def test_a_pickle_never_runs_code(capsys, person_photo, tmp_path, option):
    victim = tmp_path / "ran"
    content = pickle.dumps({"theta": _Runs(f"touch {victim}"), "v_template": _Runs(f"touch {victim}")}, protocol=2)
    (tmp_path / "evil.pkl").write_bytes(content)
    assert "evil.pkl" in refuse(capsys, tmp_path, person_photo, option, tmp_path / "evil.pkl")
    assert not victim.exists()


def test_an_output_that_is_a_file(capsys, person_photo, tmp_path):
    (tmp_path / "out").write_text("in the way")
    assert "out" in refuse(capsys, tmp_path, person_photo)
    assert (tmp_path / "out").read_text() == "in the way"


def test_a_full_disk(capsys, person_photo, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    assert "free some space" in refuse(capsys, tmp_path, person_photo)
