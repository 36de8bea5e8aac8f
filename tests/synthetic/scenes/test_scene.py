"""Scenes and cameras: people stand whole in the picture, seen from where the camera hangs, lit from one side."""

import numpy as np
import pytest

from habitus.synthetic.scenes.camera import SMALLEST, STATURE, TALLEST, Camera, draw_camera
from habitus.synthetic.scenes.cards import project
from habitus.synthetic.scenes.light import draw_light
from habitus.synthetic.scenes.places import places
from habitus.synthetic.scenes.scene import HIPS, STOCK, draw_scene
from habitus.synthetic.scenes.site import draw_site


@pytest.fixture(scope="module")
def cameras() -> list[Camera]:
    return [draw_camera(np.random.default_rng(seed)) for seed in range(40)]


def test_cameras_are_surveillance_cameras(cameras: list[Camera]) -> None:
    assert {camera.indoor for camera in cameras} == {True, False}
    for camera in cameras:
        assert 2.2 <= camera.height <= 7.0
        assert (576, 704) <= camera.size <= (1080, 1920)
        assert 0.7 < camera.focal / camera.size[1] < 1.3
        assert hash(camera) == hash(draw_camera(np.random.default_rng(cameras.index(camera))))


def test_people_stand_whole_in_the_picture_and_large_enough(cameras: list[Camera]) -> None:
    for camera in cameras:
        spots = places(camera)
        assert len(spots) > 0
        feet, heads = (project(camera, np.insert(spots[:, :2], 2, z, axis=1)) for z in (0.0, STATURE))
        tall = np.hypot(*(feet - heads).T)
        assert tall.min() >= SMALLEST
        assert tall.max() <= TALLEST
        assert ((feet > 0) & (feet < camera.size[::-1] + 0.1 * tall[:, None])).all()


def test_nothing_but_the_ground_is_between_the_camera_and_the_feet(cameras: list[Camera]) -> None:
    sites = [(camera, draw_site(camera).things) for camera in cameras]
    assert sum(len(things) > 0 for _, things in sites) > 20
    for camera, things in sites:
        for x, y, _ in places(camera)[:20]:
            assert all(np.hypot(thing.x - x, thing.y - y) > 0.6 for thing in things)


def test_a_scene_is_seen_from_where_the_camera_hangs(cameras: list[Camera]) -> None:
    for seed, camera in enumerate(cameras):
        scene = draw_scene(np.random.default_rng(seed), camera)
        assert scene.distance * np.sin(scene.elevation) == pytest.approx(camera.height - HIPS)
        pixels = camera.focal * STATURE * np.cos(scene.elevation) / scene.distance
        assert scene.sensor.rows == pytest.approx(pixels / scene.fill)


def test_a_seed_gives_the_same_scene(cameras: list[Camera]) -> None:
    one, same, other = (draw_scene(np.random.default_rng(seed), cameras[0], occluded=0.5) for seed in (4, 4, 5))
    assert one == same
    assert one != other


def test_scenes_of_no_camera_share_a_stock() -> None:
    seen = {draw_scene(np.random.default_rng(seed)).camera for seed in range(150)}
    assert len(seen) == STOCK


def test_light_turns_with_the_view() -> None:
    """The sun stays where it is in the world, whichever way the camera is turned."""
    light = draw_light(np.random.default_rng(0))
    assert light.turned(0.0, 0.0).direction == pytest.approx(light.direction)
    for azimuth, elevation in ((0.5, 0.0), (-0.4, 0.3), (0.0, 0.6)):
        right = np.array((np.cos(azimuth), 0.0, np.sin(azimuth)))  # level axes: right, up, back
        back = np.array((-np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)))
        axes = np.stack([right, np.cross(back, right), back])
        assert light.turned(azimuth, elevation).direction == pytest.approx(axes @ light.direction)
