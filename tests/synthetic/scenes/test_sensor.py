"""Sensors: blur, colour, noise, low resolution, and always the same for a seed."""

from dataclasses import replace

import numpy as np
import pytest

from habitus.synthetic.scenes.sensor import PLAIN, draw_sensor, expose


def halves(size: tuple[int, int] = (64, 32)) -> np.ndarray:
    picture = np.full((*size, 3), 0.4, np.float32)
    picture[:, size[1] // 2 :] = 0.6
    return picture


def exposed(picture: np.ndarray, seed: int = 0, **changes: object) -> np.ndarray:
    sensor = replace(replace(PLAIN, rows=float(len(picture))), **changes)  # type: ignore[arg-type]
    return expose(picture, sensor, np.random.default_rng(seed)).transpose(1, 2, 0)


def test_a_plain_sensor_changes_nothing() -> None:
    assert np.abs(exposed(halves()) - halves()).mean() < 0.01


def test_a_sensor_blurs() -> None:
    assert np.abs(np.diff(exposed(halves(), blur=2.0).mean((0, 2)))).max() < 0.08


def test_sharpening_puts_rims_at_edges() -> None:
    columns = exposed(halves(), blur=0.4, sharpening=1.0).mean((0, 2))
    assert columns.max() > 0.62
    assert columns.min() < 0.38


def test_gain_colours_and_highlights_bend_off() -> None:
    warm = exposed(halves(), gain=(1.2, 1.0, 0.8))
    assert warm.mean((0, 1)) == pytest.approx([0.6, 0.5, 0.4], abs=0.02)
    bright = exposed(np.full((64, 32, 3), 1.3, np.float32))
    assert 0.93 < bright.mean() < 1.0


def test_colours_fade_and_keep_their_brightness() -> None:
    red = np.full((64, 32, 3), 0.3, np.float32)
    red[..., 0] = 0.6
    grey = exposed(red, saturation=0.0)
    assert np.ptp(grey.mean((0, 1))) < 0.01
    assert grey.mean() == pytest.approx(0.3 + 0.299 * 0.3, abs=0.01)


def test_noise_is_as_strong_as_stated() -> None:
    noisy = exposed(halves(), noise=0.05)
    assert noisy[:, :12].std() == pytest.approx(0.05, rel=0.35)
    assert not np.array_equal(noisy, exposed(halves(), seed=1, noise=0.05))


def test_few_rows_lose_detail() -> None:
    picture = np.random.default_rng(0).uniform(0.2, 0.8, (128, 64, 3)).astype(np.float32)
    sharpness = [np.abs(np.diff(exposed(picture, rows=rows), axis=1)).mean() for rows in (128.0, 64.0, 32.0)]
    assert sharpness[0] > 1.5 * sharpness[1] > 2.0 * sharpness[2]


@pytest.mark.parametrize("size", [(256, 128), (128, 64), (77, 33), (40, 90), (9, 8), (700, 520)])
def test_any_size_in_whole_levels_the_same_for_a_seed(size: tuple[int, int]) -> None:
    picture = halves(size)
    sensor = draw_sensor(np.random.default_rng(3))
    made, again = (expose(picture, sensor, np.random.default_rng(1)) for _ in range(2))
    assert made.shape == (3, *size)
    assert made.dtype == np.float32
    assert np.array_equal(made, again)
    assert np.array_equal(np.round(made * 255) / np.float32(255), made)
