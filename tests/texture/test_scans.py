"""Scan textures: SURREAL's folder in its layout, broken in each way it can break; and the open set."""

import pickle
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.synthetic.clothes.dressing import paint
from habitus.synthetic.photos.making import look_of
from habitus.synthetic.worlds.taking import wardrobe
from habitus.synthetic.worlds.world import World
from habitus.texture.scans import OPEN_SET, OpenScans, SurrealScans, scan_textures


def smpl(uv_vertices=7576):
    """As much of an SMPL body as the folder is checked against."""
    return cast(BodyModel, SimpleNamespace(topology="smpl", uv=torch.zeros(uv_vertices, 2)))


def colour(index):
    """BGR, one of its own for each texture."""
    return np.array([40 * index, 30, 200 - 40 * index], np.uint8)


@pytest.fixture
def surreal(tmp_path):
    """smpl_data/textures: coloured and grey ones of women and men, and the lists beside them."""
    folder = tmp_path / "textures"
    names = ["female/nongrey_female_0001", "female/nongrey_female_0002", "male/nongrey_male_0001"]
    for index, name in enumerate(names):
        path = folder / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.broadcast_to(colour(index), (512, 512, 3)))
    cv2.imwrite(str(folder / "male/grey_male_0001.jpg"), np.full((512, 512, 3), 128, np.uint8))
    (folder / "male_train.txt").write_text("textures/male/nongrey_male_0001.jpg\n")
    return folder


def test_surreal(surreal):
    scans = scan_textures(surreal, smpl(), 64)
    assert len(scans) == 3
    for index in range(3):
        texture = scans[index]
        assert texture.shape == (3, 64, 64)
        assert texture.dtype == np.uint8
        assert np.abs(texture.mean((1, 2)) - colour(index)[::-1]).max() < 3
    with pytest.raises(IndexError):
        scans[3]


def test_surreal_is_averaged_down(surreal):
    """Each texel of 64 is the mean of 8 x 8 of 512."""
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)
    cv2.imwrite(str(surreal / "female/nongrey_female_0000.png"), noise)
    means = noise[..., ::-1].reshape(64, 8, 64, 8, 3).mean((1, 3)).transpose(2, 0, 1)
    assert np.abs(scan_textures(surreal, smpl(), 64)[0] - means).max() <= 0.51


def test_broken_textures_are_named_once_and_passed_over(surreal, caplog):
    broken = surreal / "female/nongrey_female_0001.jpg"
    broken.write_bytes(broken.read_bytes()[:400])
    scans = SurrealScans(surreal, smpl(), 32)
    for _ in range(2):
        assert np.array_equal(scans[0], scans[1])
    assert list(scans.broken) == [broken]
    assert caplog.text.count(str(broken)) == 1


def test_nothing_intact(surreal):
    for file in surreal.rglob("nongrey*"):
        file.write_bytes(b"")
    scans = scan_textures(surreal, smpl(), 32)
    with pytest.raises(InputError, match="no texture can be read"):
        scans[1]


def test_another_size_is_refused(surreal):
    odd = surreal / "male/nongrey_male_0002.jpg"
    cv2.imwrite(str(odd), np.zeros((256, 256, 3), np.uint8))
    with pytest.raises(InputError, match=r"nongrey_male_0002.jpg: 256 x 256 pixels, but .* 512 x 512"):
        scan_textures(surreal, smpl(), 64)


def test_another_layout_is_refused(surreal, body):
    with pytest.raises(InputError, match="for SMPL, but the body is habitus-open-1"):
        scan_textures(surreal, body, 64)
    with pytest.raises(InputError, match=r"7576 vertices, but the body's has 100; give smpl_uv\.obj"):
        scan_textures(surreal, smpl(100), 64)


def test_folders_without_textures_are_refused(surreal, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder, reason in (("missing", "no such folder"), ("empty", "no textures")):
        with pytest.raises(InputError, match=reason):
            scan_textures(tmp_path / folder, smpl(), 64)
    for file in surreal.rglob("nongrey*"):
        file.unlink()
    with pytest.raises(InputError, match="only grey textures"):
        scan_textures(surreal, smpl(), 64)


def test_open_set(body):
    scans = scan_textures("open", body, 64)
    assert len(scans) == OPEN_SET.people
    seed = OPEN_SET.person_seed(5)
    painted = paint(body, look_of(seed), wardrobe(OPEN_SET, 5, 0), size=64).clamp(0, 1)
    assert np.abs(scans[5] / 255 - painted.numpy()).max() <= 0.5 / 255 + 1e-6
    assert not np.array_equal(scans[5], scans[6])
    with pytest.raises(IndexError):
        scans[len(scans)]


def test_the_open_set_goes_to_workers(body):
    scans = scan_textures("open", body, 32)
    assert np.array_equal(pickle.loads(pickle.dumps(scans))[3], scans[3])


def test_the_open_set_never_shows_people_held_out_for_scoring(body):
    with pytest.raises(InputError, match="held out"):
        OpenScans(body, 64, world=World(seed=900_010))
