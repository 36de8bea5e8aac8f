"""Noise on the surface: of the stated size, and a matter of places, not of how points are listed."""

import numpy as np
import pytest

from habitus.synthetic.surface.noise import Noise


def test_noise_has_unit_variance_and_its_wavelength() -> None:
    line = np.zeros((4000, 3), np.float32)
    line[:, 0] = np.linspace(0, 4, 4000)
    noise = Noise.on(line, wavelength=0.1, stretch=(1.0, 1.0, 1.0))
    draws = [noise.draw(np.random.default_rng(seed)) for seed in range(12)]
    assert np.mean([d.var() for d in draws]) == pytest.approx(1.0, abs=0.25)
    # Along a line waves of random direction look longer than they are: sign changes every 5 to 30 cm, not every mm.
    crossings = np.mean([(np.diff(np.sign(d)) != 0).sum() for d in draws])
    assert 4 / 0.3 < crossings < 4 / 0.03


def test_noise_belongs_to_places_not_to_their_order() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3)).astype(np.float32)
    some = np.array([7, 3, 40])
    noise = Noise.on(points, wavelength=0.1, stretch=(1.0, 2.0, 1.0))
    whole = noise.draw(np.random.default_rng(5))
    assert noise.take(some).draw(np.random.default_rng(5)) == pytest.approx(whole[some], abs=1e-5)
    alone = Noise.on(points[some], wavelength=0.1, stretch=(1.0, 2.0, 1.0))
    assert alone.draw(np.random.default_rng(5)) == pytest.approx(whole[some], abs=1e-4)


def test_a_slice_of_the_points_has_the_same_noise_to_the_bit() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3)).astype(np.float32)
    noise = Noise.on(points, wavelength=0.1, stretch=(1.0, 1.0, 1.0))
    whole = noise.draw(np.random.default_rng(5))
    part = noise.take(slice(10, 40)).take(slice(5, None))
    assert np.array_equal(part.draw(np.random.default_rng(5)), whole[15:40])
    assert np.array_equal(part.take(np.array([3, 1])).draw(np.random.default_rng(5)), whole[[18, 16]])
