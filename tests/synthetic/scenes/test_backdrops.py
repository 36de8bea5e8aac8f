"""Backdrops: one picture a camera, cut in true perspective, bounded in memory; the user's folder read safely."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from habitus.errors import InputError
from habitus.synthetic.scenes import backdrops
from habitus.synthetic.scenes.backdrops import background, check_picture, crop_to_picture
from habitus.synthetic.scenes.camera import STATURE, Camera, draw_camera
from habitus.synthetic.scenes.cards import project
from habitus.synthetic.scenes.folder import picture_files
from habitus.synthetic.scenes.scene import HIPS, Scene, draw_scene
from habitus.synthetic.scenes.sensor import expose

SIZE = (256, 128)


def small_camera(seed: int) -> Camera:
    """A camera whose picture is quick to draw."""
    camera = draw_camera(np.random.default_rng(seed))
    shrink = 360 / camera.size[0]
    return replace(camera, size=(360, round(camera.size[1] * shrink)), focal=camera.focal * shrink)


def place_of(scene: Scene) -> tuple[float, float]:
    ground = np.sqrt(scene.distance**2 - (scene.camera.height - HIPS) ** 2)
    return ground * np.sin(scene.azimuth), ground * np.cos(scene.azimuth)


@pytest.mark.parametrize("seed", range(12))
def test_the_crop_shows_the_ground_where_the_person_stands(seed: int) -> None:
    """The feet's row of the crop lands on the place's foot in the camera's picture, the hips' and head's above it."""
    scene = draw_scene(np.random.default_rng(seed), small_camera(seed), jitter=0.0)
    x, y = place_of(scene)
    height = 200.0
    metre = height / (STATURE * np.cos(scene.elevation) + 0.25 * np.sin(scene.elevation))
    feet = 230.0
    matrix = crop_to_picture(scene, SIZE, feet=feet, height=height)
    hips = feet - metre * HIPS * np.cos(scene.elevation) / (1 + HIPS * np.sin(scene.elevation) / scene.distance)
    above = metre * (STATURE - HIPS) * np.cos(scene.elevation)
    head = hips - above / (1 - (STATURE - HIPS) * np.sin(scene.elevation) / scene.distance)
    for row, z in ((feet, 0.0), (hips, HIPS), (head, STATURE)):
        mapped = matrix @ (63.5, row - 0.5, 1.0)
        expected = project(scene.camera, np.array([(x, y, z)]))[0] - 0.5
        assert mapped[:2] / mapped[2] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_a_metre_of_ground_is_a_metre_in_the_crop(seed: int) -> None:
    """Points of the ground plane beside the person project alike through the crop's own perspective."""
    scene = draw_scene(np.random.default_rng(seed), small_camera(seed), jitter=0.0)
    height, feet = 200.0, 230.0
    cos, sin = np.cos(scene.elevation), np.sin(scene.elevation)
    metre = height / (STATURE * cos + 0.25 * sin)
    hips = feet - metre * HIPS * cos / (1 + HIPS * sin / scene.distance)
    x, y = place_of(scene)
    matrix = crop_to_picture(scene, SIZE, feet=feet, height=height)
    for right, away in ((0.4, 0.0), (-0.3, 0.5), (0.2, -0.4)):
        up, near = -HIPS * cos + away * sin, -HIPS * sin - away * cos  # relative to the hips, in the view's axes
        depth = 1 - near / scene.distance
        pixel = (64 + metre * right / depth - 0.5, hips - metre * up / depth - 0.5, 1.0)
        turn, bend = np.cos(scene.azimuth), np.sin(scene.azimuth)
        spot = (x + right * turn + away * bend, y - right * bend + away * turn, 0.0)
        mapped = matrix @ pixel
        assert mapped[:2] / mapped[2] == pytest.approx(project(scene.camera, np.array([spot]))[0] - 0.5, abs=1e-6)


def test_a_scene_alone_decides_its_background() -> None:
    camera = small_camera(3)
    one, same, other = (
        background(draw_scene(np.random.default_rng(seed), camera), SIZE, feet=240, height=220) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert np.abs(one - other).mean() > 0.01
    assert one.shape == (*SIZE, 3)
    assert one.dtype == np.float32


def test_a_picture_drawn_again_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = draw_scene(np.random.default_rng(5), small_camera(5))
    first = background(scene, SIZE, feet=240, height=220)
    monkeypatch.setattr(backdrops, "_pictures", backdrops._Pictures())
    assert np.array_equal(first, background(scene, SIZE, feet=240, height=220))


@pytest.mark.parametrize("size", [(64, 32), (128, 64), (512, 256), (40, 90), (77, 33)])
def test_backgrounds_have_any_size(size: tuple[int, int]) -> None:
    for seed in range(4):
        scene = draw_scene(np.random.default_rng(seed), small_camera(seed))
        street = background(scene, size, feet=0.95 * size[0], height=0.9 * size[0])
        assert street.shape == (*size, 3)
        assert np.isfinite(street).all()
        assert street.min() >= 0
        assert street.std() > 0.005


def test_only_so_many_pictures_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backdrops, "CACHE_BYTES", 3_000_000)
    kept = backdrops._Pictures()
    cameras = [replace(small_camera(0), seed=seed) for seed in range(5)]
    for camera in cameras:
        kept.of(camera)
        assert kept.bytes() <= 3_000_000
    assert cameras[-1] in kept.kept
    assert cameras[0] not in kept.kept


def write_picture(path: Path, value: int) -> None:
    cv2.imwrite(str(path), np.full((90, 160, 3), value, np.uint8))


def test_a_folder_of_pictures_stands_behind_people(tmp_path: Path) -> None:
    for name, value in (("b.png", 200), ("a.png", 60)):
        write_picture(tmp_path / name, value)
    (tmp_path / "notes.txt").write_text("no picture")
    files = picture_files(tmp_path)
    assert [file.name for file in files] == ["a.png", "b.png"]
    seen = set()
    for seed in range(8):
        camera = draw_camera(np.random.default_rng(seed), folder=files)
        check_picture(camera)
        scene = draw_scene(np.random.default_rng(0), camera)
        street = expose(background(scene, SIZE, feet=240, height=220), scene.sensor, np.random.default_rng(0))
        seen.add(60 if abs(street.mean() * 255 - 60) < 12 else 200 if abs(street.mean() * 255 - 200) < 30 else None)
    assert seen == {60, 200}, "another brightness than the pictures have"


def test_a_folder_that_cannot_serve_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing: no such folder; check the name$"):
        picture_files(tmp_path / "missing")
    with pytest.raises(InputError, match="holds no picture; put JPEG or PNG"):
        picture_files(tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    with pytest.raises(InputError, match=r"is no folder; give a folder"):
        picture_files(tmp_path / "broken.jpg")
    camera = draw_camera(np.random.default_rng(0), folder=picture_files(tmp_path))
    with pytest.raises(InputError, match=r"broken.jpg: .*; save") as error:
        check_picture(camera)
    assert "\n" not in str(error.value)
