"""Worlds on disk: the same bytes however they come about, nothing overwritten, nothing half-written."""

import hashlib
import multiprocessing
import resource
import signal
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest

from habitus.errors import InputError
from habitus.synthetic.worlds.layouts import LAYOUTS, placed
from habitus.synthetic.worlds.taking import dressed, take
from habitus.synthetic.worlds.truth_files import read_maps, read_person
from habitus.synthetic.worlds.world import World
from habitus.synthetic.worlds.writing import read_world, world_around, write_world

SMALL = World(seed=5, people=4, outfits=2, views=2, cameras=3, size=(64, 32))


def digest(folder):
    """Every file below a folder and what it holds."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*")) if p.is_file()
    }  # fmt: skip


def read(path):
    pixels = cv2.imread(str(path))
    assert pixels is not None, path
    return pixels[..., ::-1] / np.float32(255)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_world(SMALL, tmp_path_factory.mktemp("world") / "w", layout="ltcc")


def test_workers_change_nothing(written, tmp_path):
    write_world(SMALL, tmp_path / "w", layout="ltcc", workers=3)
    assert digest(tmp_path / "w") == digest(written.folder)


def test_interrupted_worlds_are_resumed_to_the_same_bytes(written, tmp_path):
    done = []

    def stop(photos, _):
        done.append(photos)
        if len(done) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_world(SMALL, tmp_path / "w", layout="ltcc", progress=stop)
    assert set(digest(tmp_path / "w")) < set(digest(written.folder))
    resumed = []
    write_world(SMALL, tmp_path / "w", layout="ltcc", resume=True, progress=lambda n, _: resumed.append(n))
    assert digest(tmp_path / "w") == digest(written.folder)
    assert resumed[0] == 2 * SMALL.outfits * SMALL.views  # what was there was not made again


def _write(folder):
    write_world(SMALL, folder, layout="ltcc", workers=2)


def test_killed_worlds_are_resumed_to_the_same_bytes(written, tmp_path):
    process = multiprocessing.get_context("spawn").Process(target=_write, args=(tmp_path / "w",))
    process.start()
    until = time.monotonic() + 120
    while not list((tmp_path / "w").glob("truth/people/*.npz")) and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    (tmp_path / "w" / "LTCC_ReID" / ".writing-left.png").write_bytes(b"half")
    write_world(SMALL, tmp_path / "w", layout="ltcc", resume=True)
    assert digest(tmp_path / "w") == digest(written.folder)


def test_every_photo_is_there_and_shows_what_the_truth_says(written, body):
    for person in range(SMALL.people):
        truth = read_person(written.folder, person)
        places = placed(LAYOUTS["ltcc"], SMALL, person)
        assert truth.paths == tuple(str(p.path) for p in places)
        worn = [dressed(body, SMALL, person, outfit) for outfit in range(SMALL.outfits)]
        np.testing.assert_allclose(truth.delta, np.stack([w.delta for w in worn]), atol=1e-3)
        for i, place in enumerate(places):
            photo = take(body, SMALL, worn[place.shot.outfit], [place.shot])[0]
            pixels = read(written.folder / place.path)
            np.testing.assert_allclose(pixels, photo.image.numpy().transpose(1, 2, 0), atol=1e-6)
            maps = read_maps(written.folder, truth.paths[i])
            np.testing.assert_allclose(maps.mask, photo.mask, atol=0.5 / 255 + 1e-6)
            np.testing.assert_array_equal(maps.parts, photo.parts)
            np.testing.assert_allclose(maps.depth[maps.covered], photo.depth[maps.covered], atol=6e-4)
            np.testing.assert_allclose(maps.uv[:, maps.covered], photo.uv[:, maps.covered], atol=1e-4)
            assert (maps.uv[:, ~maps.covered] == -1).all()
            np.testing.assert_array_equal(truth.theta[i], photo.params.theta[0])
            np.testing.assert_array_equal(truth.keypoints[i, :, :2], photo.keypoints)
            np.testing.assert_array_equal(truth.joints[i, :, 2] > 0, photo.joints_visible)


def test_jpeg_photos_lose_little(tmp_path, body):
    world = replace(SMALL, people=2, outfits=1)
    write_world(world, tmp_path / "w", layout="market1501")
    for place in placed(LAYOUTS["market1501"], world, 0):
        photo = take(body, world, dressed(body, world, 0, 0), [place.shot])[0]
        error = read(tmp_path / "w" / place.path) - photo.image.numpy().transpose(1, 2, 0)
        assert np.sqrt((error**2).mean()) < 0.04


def test_worlds_say_what_they_are(written):
    assert read_world(written.folder) == written


def test_photos_know_the_world_that_they_belong_to(written, tmp_path):
    for below in ("", "LTCC_ReID", "LTCC_ReID/query", "images.csv"):
        assert world_around(written.folder / below) == written
    assert world_around(written.folder / "prcc" / "rgb" / "test") is None, "three below"
    assert world_around(tmp_path) is None


def test_folders_that_hold_something_are_left_alone(written, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    before = digest(tmp_path)
    with pytest.raises(InputError, match=r"is not empty.*--resume"):
        write_world(SMALL, tmp_path)
    with pytest.raises(InputError, match=r"world\.json: cannot be read"):
        write_world(SMALL, tmp_path, resume=True)
    assert digest(tmp_path) == before
    before = digest(written.folder)
    with pytest.raises(InputError, match="another world"):
        write_world(replace(SMALL, seed=6), written.folder, layout="ltcc", resume=True)
    with pytest.raises(InputError, match="another world"):
        write_world(SMALL, written.folder, layout="market1501", resume=True)
    assert digest(written.folder) == before


@pytest.mark.parametrize("text", ["", "[]", '{"layout": "ltcc"}', '{"layout": "ltcc", "world": {"seed": 1}}', "\x00"])
def test_damaged_descriptions(tmp_path, text):
    (tmp_path / "world.json").write_text(text)
    with pytest.raises(InputError, match=r"world\.json: "):
        read_world(tmp_path)


def test_options_that_make_no_sense(tmp_path):
    with pytest.raises(InputError, match="layout duke"):
        write_world(SMALL, tmp_path / "w", layout="duke")
    for workers in (0, -2):
        with pytest.raises(InputError, match=f"workers {workers}"):
            write_world(SMALL, tmp_path / "w", workers=workers)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(InputError, match="cannot be used as a folder"):
        write_world(SMALL, file)
    assert not (tmp_path / "w").exists()


def _write_within(folder, most):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing fails with an error as on a full disk
    try:
        write_world(SMALL, folder, layout="ltcc")
    except InputError as error:
        (folder.parent / "message").write_text(str(error))


def test_full_disks_leave_nothing_half_written(written, tmp_path):
    process = multiprocessing.get_context("spawn").Process(target=_write_within, args=(tmp_path / "w", 6000))
    process.start()
    process.join()
    assert "cannot be written" in (tmp_path / "message").read_text()
    whole = digest(written.folder)
    partial = digest(tmp_path / "w")
    assert partial.items() < whole.items()
    write_world(SMALL, tmp_path / "w", layout="ltcc", resume=True)
    assert digest(tmp_path / "w") == whole


def test_damaged_truth_is_told(tmp_path):
    path = tmp_path / "truth" / "people" / "0001.npz"
    with pytest.raises(InputError, match="is not there"):
        read_person(tmp_path, 0)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputError, match=r"0001\.npz"):
        read_person(tmp_path, 0)
