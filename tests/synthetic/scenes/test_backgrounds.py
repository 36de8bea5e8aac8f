"""Backgrounds: a folder's frames whole, mirrored half the time; made streets; broken files named and passed over."""

import cv2
import numpy as np
import pytest

from habitus.errors import InputError
from habitus.synthetic.scenes.backgrounds import Backgrounds
from habitus.synthetic.scenes.folder import pictures_below

SIZE = (32, 16)


@pytest.fixture(autouse=True)
def one_camera(monkeypatch):
    """Drawing what a camera sees takes most of the time."""
    monkeypatch.setattr("habitus.synthetic.scenes.scene.STOCK", 1)


@pytest.fixture
def frames(tmp_path):
    """Two sets of frames, each dark on the left and of a brightness of its own on the right."""
    for index, name in enumerate(("prw/c1_002.png", "prw/c1_001.png", "sysu/s1.png")):
        picture = np.zeros((48, 96, 3), np.uint8)
        picture[:, 48:] = 80 * (index + 1)
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), picture)
    (tmp_path / "prw/notes.txt").write_text("no picture")
    return tmp_path


def halves(picture):
    return picture[..., :7].mean(), picture[..., 9:].mean()


def test_frames_are_taken_whole_and_mirrored_half_the_time(frames):
    backgrounds = Backgrounds(frames, SIZE)
    drawn = [halves(backgrounds[key]) for key in range(200)]
    assert {max(pair) for pair in drawn} == {80, 160, 240}
    assert {min(pair) for pair in drawn} == {0}
    assert 70 < sum(left > right for left, right in drawn) < 130


def test_pictures_are_sorted_whatever_the_disk_says(frames):
    names = [str(path.relative_to(frames)) for path in pictures_below(frames)]
    assert names == ["prw/c1_001.png", "prw/c1_002.png", "sysu/s1.png"]


@pytest.mark.parametrize("made", [False, True])
def test_keys_decide_not_the_order(frames, made):
    source = "made" if made else frames
    keys = [(3, 0, 1), (3, 1, 1), (4, 0, 0)]
    first, second = Backgrounds(source, SIZE, seed=1), Backgrounds(source, SIZE, seed=1)
    there = [first[key] for key in keys]
    back = [second[key] for key in reversed(keys)][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(there, back, strict=True))
    others = [Backgrounds(source, SIZE, seed=2)[key] for key in keys]
    assert any(not np.array_equal(a, b) for a, b in zip(there, others, strict=True))
    assert {(p.shape, p.dtype, p.flags.c_contiguous) for p in there} == {((3, *SIZE), np.dtype(np.uint8), True)}


def test_made_streets_are_not_flat():
    backgrounds = Backgrounds("made", (128, 64))
    pictures = np.stack([backgrounds[(0, key)] for key in range(4)]).astype(float)
    assert (pictures.std((2, 3)) > 2).all()
    assert 30 < pictures.mean() < 225


def test_broken_frames_are_named_once_and_passed_over(frames, caplog):
    broken = frames / "prw/c1_001.png"
    broken.write_bytes(broken.read_bytes()[:60])
    backgrounds = Backgrounds(frames, SIZE)
    drawn = {max(halves(backgrounds[key])) for key in range(40)}
    assert drawn == {80, 240}
    assert list(backgrounds.broken) == [broken]
    assert caplog.text.count(str(broken)) == 1


def test_nothing_intact(frames):
    for path in pictures_below(frames):
        path.write_bytes(b"")
    with pytest.raises(InputError, match="no background can be read"):
        Backgrounds(frames, SIZE)[0]


def test_folders_without_pictures_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Backgrounds(tmp_path / "missing", SIZE)
    with pytest.raises(InputError, match="holds no picture"):
        Backgrounds(tmp_path, SIZE)


def test_memory_is_bounded(frames, monkeypatch):
    monkeypatch.setattr("habitus.synthetic.scenes.backgrounds.CACHE_BYTES", 2 * 3 * SIZE[0] * SIZE[1])
    backgrounds = Backgrounds(frames, SIZE)
    for key in range(20):
        backgrounds[key]
    assert len(backgrounds._kept) == 2
