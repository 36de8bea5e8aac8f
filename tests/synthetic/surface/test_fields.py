"""Fields on the surface: soft edges of the stated width, noise that does not depend on how points are listed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from habitus.synthetic.surface.fields import Noise, blend, bump, edge, smoothstep


@given(st.floats(-1, 1), st.floats(0.001, 0.1))
def test_an_edge_is_half_covered_at_its_border_and_a_width_wide(distance: float, width: float) -> None:
    at = edge(np.array([distance, 0.0, width / 2, -width / 2]), width)
    assert at[1:] == pytest.approx([0.5, 1.0, 0.0], abs=1e-9)
    assert 0 <= at[0] <= 1


@given(st.floats(-2, 2), st.floats(-1, 1), st.floats(-1, 1))
def test_smoothstep_goes_from_low_to_high_either_way(x: float, low: float, high: float) -> None:
    if abs(high - low) < 1e-3:
        return
    value, turned = (smoothstep(a, b, np.array([x, low, high])) for a, b in ((low, high), (high, low)))
    assert value[1:] == pytest.approx([0, 1])
    assert value + turned == pytest.approx(np.ones(3), abs=1e-9)


def test_a_bump_has_height_one_at_its_centre() -> None:
    assert bump(np.array([0.3, 0.3 + 0.1]), 0.3, 0.1) == pytest.approx([1.0, np.exp(-0.5)])


def test_blending_covers_what_is_below() -> None:
    below, above = np.zeros((3, 3), np.float32), np.ones(3, np.float32)
    assert blend(below, above, np.array([0.0, 0.25, 1.0])).tolist() == [[0] * 3, [0.25] * 3, [1] * 3]


def test_noise_has_unit_variance_and_its_wavelength() -> None:
    line = np.zeros((4000, 3), np.float32)
    line[:, 0] = np.linspace(0, 4, 4000)
    noise = Noise(line, wavelength=0.1, stretch=(1.0, 1.0, 1.0), waves=32)
    draws = [noise.draw(np.random.default_rng(seed)) for seed in range(12)]
    assert np.mean([d.var() for d in draws]) == pytest.approx(1.0, abs=0.25)
    # Along a line waves of random direction look longer than they are: sign changes every 5 to 30 cm, not every mm.
    crossings = np.mean([(np.diff(np.sign(d)) != 0).sum() for d in draws])
    assert 4 / 0.3 < crossings < 4 / 0.03


def test_noise_belongs_to_places_not_to_their_order() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3)).astype(np.float32)
    some = np.array([7, 3, 40])
    noise = Noise(points, wavelength=0.1, stretch=(1.0, 2.0, 1.0), waves=8)
    whole = noise.draw(np.random.default_rng(5))
    assert noise.take(some).draw(np.random.default_rng(5)) == pytest.approx(whole[some], abs=1e-5)
    alone = Noise(points[some], wavelength=0.1, stretch=(1.0, 2.0, 1.0), waves=8)
    assert alone.draw(np.random.default_rng(5)) == pytest.approx(whole[some], abs=1e-4)
