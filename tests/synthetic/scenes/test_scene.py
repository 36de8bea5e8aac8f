"""Scenes: streets differ and fit any crop, sensors do what they say."""

from dataclasses import replace

import numpy as np
import pytest

from habitus.synthetic.scenes.backdrops import background
from habitus.synthetic.scenes.scene import Scene, draw_scene
from habitus.synthetic.scenes.sensor import Sensor, expose

SIZE = (256, 128)


def scene_of(seed: int) -> Scene:
    return draw_scene(np.random.default_rng(seed))


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
