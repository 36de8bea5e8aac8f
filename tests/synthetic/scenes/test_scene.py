"""Scenes: light falls from where it should, shadows away from it, people fit their crops, streets differ."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.synthetic.scenes.backdrops import background
from habitus.synthetic.scenes.light import Light
from habitus.synthetic.scenes.scene import Scene, brightness, draw_scene, frame, shadow
from habitus.synthetic.scenes.sensor import Sensor, expose

GREY, DARK = (0.3, 0.3, 0.3), (0.0, 0.0, 0.0)
SIZE = (256, 128)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def standing(body: BodyModel) -> torch.Tensor:
    theta = torch.zeros(1, 24, 3)
    theta[0, 16, 2], theta[0, 17, 2] = -1.2, 1.2
    return body(theta, torch.zeros(1, 10)).vertices


def scene_of(seed: int) -> Scene:
    return draw_scene(np.random.default_rng(seed))


def scene(**changes: object) -> Scene:
    return replace(draw_scene(np.random.default_rng(0)), **changes)  # type: ignore[arg-type]


def test_the_sun_lights_the_side_that_faces_it(body: BodyModel, standing: torch.Tensor) -> None:
    light = Light((1.0, 0.0, 0.0), sun=(0.6, 0.5, 0.4), sky=GREY, ground=GREY)
    shade = brightness(standing, body.faces, light)[0]
    left, right = shade[standing[0, :, 0] > 0.15].mean(0), shade[standing[0, :, 0] < -0.15].mean(0)
    assert bool((left > right + 0.08).all())
    assert torch.allclose(shade.amax(0), torch.tensor([0.9, 0.8, 0.7]), atol=0.01)
    assert torch.allclose(shade.amin(0), torch.full((3,), 0.3), atol=1e-5)


def test_the_shadow_lies_away_from_the_sun(body: BodyModel, standing: torch.Tensor) -> None:
    columns = []
    for side in (0.7, -0.7):
        light = Light((side, 0.7, 0.1), sun=(2.0, 2.0, 2.0), sky=(0.03, 0.03, 0.03), ground=GREY)
        view = scene(light=light, elevation=0.3, shift=(0.0, 0.0))
        dark = shadow(standing, body.faces, frame(standing[0], view, SIZE)[None], view, SIZE)
        assert 0.3 < dark.max() <= 0.75
        columns.append(float((dark * np.arange(128)).sum() / dark.sum()))
    assert columns[0] < 62
    assert columns[1] > 66


def test_without_sun_only_the_ground_at_the_feet_is_dark(body: BodyModel, standing: torch.Tensor) -> None:
    light = Light((0.5, 0.8, 0.1), sun=DARK, sky=GREY, ground=GREY)
    view = scene(light=light, elevation=0.2)
    psi = frame(standing[0], view, SIZE)[None]
    dark = shadow(standing, body.faces, psi, view, SIZE)
    feet = float(project(standing, psi, SIZE)[0, :, 1].max())
    assert dark[int(feet) - 12 : int(feet) + 4].max() > 0.1
    assert dark[: int(feet) - 60].max() < 0.02


@pytest.mark.parametrize("seed", range(12))
def test_people_fill_their_crops_and_stay_inside(standing: torch.Tensor, seed: int) -> None:
    view = draw_scene(np.random.default_rng(seed))
    screen = project(standing, frame(standing[0], view, SIZE)[None], SIZE)[0]
    low, high = screen[:, :2].amin(0), screen[:, :2].amax(0)
    assert float(high[1] - low[1]) > 0.75 * 256
    assert float(low.min()) > -4
    assert float(high[1]) < 260


def test_a_scene_alone_decides_its_background() -> None:
    one, same, other = (
        background(draw_scene(np.random.default_rng(seed)), SIZE, feet=240, height=220) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert np.abs(one - other).mean() > 0.02
    assert one.shape == (256, 128, 3)
    assert one.dtype == np.float32


@pytest.mark.parametrize("size", [(64, 32), (128, 64), (512, 256), (40, 90), (77, 33)])
def test_backgrounds_have_any_size(size: tuple[int, int]) -> None:
    for seed in range(8):
        street = background(scene_of(seed), size, feet=0.95 * size[0], height=0.9 * size[0])
        assert street.shape == (*size, 3)
        assert np.isfinite(street).all()
        assert street.min() >= 0
        assert street.std() > 0.005


def test_a_sensor_blurs_colours_and_adds_noise() -> None:
    picture = np.full((64, 32, 3), 0.4, np.float32)
    picture[:, 16:] = 0.6
    plain = Sensor(rows=64, blur=0.0, noise=0.0, gain=(1.0, 1.0, 1.0), contrast=1.0, quality=100)
    rng = np.random.default_rng(0)
    assert np.abs(expose(picture, plain, rng) - picture).mean() < 0.01
    blurred = expose(picture, replace(plain, blur=2.0), rng)
    assert np.abs(np.diff(blurred.mean((0, 2)))).max() < 0.08
    warm = expose(picture, replace(plain, gain=(1.2, 1.0, 0.8)), rng)
    assert warm.mean((0, 1)) == pytest.approx([0.6, 0.5, 0.4], abs=0.02)
    noisy = expose(picture, replace(plain, noise=0.05), rng)
    assert noisy[:, :12].std() == pytest.approx(0.05, rel=0.35)
