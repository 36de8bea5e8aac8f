"""Occluders, truncation and jitter: as often and as much as stated."""

from dataclasses import replace

import numpy as np
import pytest

from habitus.synthetic.scenes.camera import Camera, draw_camera
from habitus.synthetic.scenes.occluders import LEAST, MOST, occlude
from habitus.synthetic.scenes.scene import Scene, draw_scene

SIZE = (128, 64)
FEET, HEIGHT = 120.0, 112.0


@pytest.fixture(scope="module")
def cameras() -> list[Camera]:
    return [draw_camera(np.random.default_rng(seed)) for seed in range(4)]


def scenes(cameras: list[Camera], count: int, **rates: float) -> list[Scene]:
    return [draw_scene(np.random.default_rng(seed), cameras[seed % len(cameras)], **rates) for seed in range(count)]


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.35, 1.0])
def test_rates_come_out_as_stated(cameras: list[Camera], rate: float) -> None:
    drawn = scenes(cameras, 1200, occluded=rate, truncated=rate)
    for share in (np.mean([s.occluder is not None for s in drawn]), np.mean([any(s.truncation) for s in drawn])):
        assert share == pytest.approx(rate, abs=3.5 * np.sqrt(rate * (1 - rate) / 1200) + 1e-9)


def test_rates_change_nothing_else(cameras: list[Camera]) -> None:
    plain, covered = (scenes(cameras, 20, occluded=rate) for rate in (0.0, 1.0))
    for one, other in zip(plain, covered, strict=True):
        assert replace(other, occluder=None, seed=one.seed) == one


def test_jitter_is_as_wide_as_stated(cameras: list[Camera]) -> None:
    shifts = np.array([s.shift for s in scenes(cameras, 1000, jitter=0.03)])
    assert shifts.std(0) == pytest.approx([0.03, 0.03], rel=0.1)
    assert np.abs(shifts.mean(0)).max() < 0.004


def test_truncation_leaves_most_of_the_person(cameras: list[Camera]) -> None:
    cuts = np.array([s.truncation for s in scenes(cameras, 400, truncated=1.0)])
    assert cuts.min() >= 0
    assert cuts.sum(1).max() < 0.5
    assert (cuts > 0).any(0).all()


def test_nothing_stands_before_most_people(cameras: list[Camera]) -> None:
    assert occlude(scenes(cameras, 1)[0], SIZE, feet=FEET, height=HEIGHT) is None


def test_occluders_cover_some_of_the_person_but_not_all(cameras: list[Camera]) -> None:
    shares = []
    for scene in scenes(cameras, 60, occluded=1.0):
        made = occlude(scene, SIZE, feet=FEET, height=HEIGHT)
        assert made is not None
        colours, coverage = made
        assert colours.shape == (*SIZE, 3)
        assert coverage.shape == SIZE
        assert colours.dtype == coverage.dtype == np.float32
        assert 0 <= coverage.min() <= coverage.max() <= 1
        assert colours.min() >= 0
        half = 0.17 * HEIGHT
        middle = 32 + scene.shift[0] * 128
        box = coverage[int(FEET - HEIGHT) : int(FEET), int(middle - half) : int(middle + half)]
        shares.append(float(box.mean()))
    inside = [LEAST - 0.02 <= share <= MOST + 0.02 for share in shares]
    assert np.mean(inside) > 0.95
    assert np.std(shares) > 0.05


@pytest.mark.parametrize("size", [(64, 32), (77, 33), (256, 128), (40, 90)])
def test_occluders_have_any_size_and_are_decided_by_the_scene(cameras: list[Camera], size: tuple[int, int]) -> None:
    scene = scenes(cameras, 3, occluded=1.0)[2]
    made, again = (occlude(scene, size, feet=0.95 * size[0], height=0.88 * size[0]) for _ in range(2))
    assert made is not None
    assert again is not None
    assert made[1].shape == size
    assert np.array_equal(made[0], again[0])
    assert np.array_equal(made[1], again[1])
