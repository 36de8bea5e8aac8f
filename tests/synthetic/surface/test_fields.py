"""Fields on the surface: soft edges of the stated width, stripes of the stated share, paint that covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.synthetic.surface.fields import bands, blend, bump, crease, edge, length, line, shaded, smoothstep, tinted


@settings(deadline=None)  # the first call may compile
@given(st.floats(-1, 1), st.floats(0.001, 0.1))
def test_an_edge_is_half_covered_at_its_border_and_a_width_wide(distance: float, width: float) -> None:
    at = edge(np.array([distance, 0.0, width / 2, -width / 2]), width)
    assert at[1:] == pytest.approx([0.5, 1.0, 0.0], abs=1e-5)
    assert 0 <= at[0] <= 1


@settings(deadline=None)  # the first call may compile
@given(st.floats(-2, 2), st.floats(-1, 1), st.floats(-1, 1))
def test_smoothstep_goes_from_low_to_high_either_way(x: float, low: float, high: float) -> None:
    if abs(high - low) < 1e-3:
        return
    value, turned = (smoothstep(a, b, np.array([x, low, high])) for a, b in ((low, high), (high, low)))
    assert value[1:] == pytest.approx([0, 1])
    assert value + turned == pytest.approx(np.ones(3), abs=1e-3)  # of a step as narrow as 1 mm, in float32


def test_a_bump_is_a_hill_of_height_one_that_ends() -> None:
    at = np.array([0.3, 0.3 + 0.1, 0.3 - 0.05, 0.3 + 0.29])
    assert bump(at, 0.3, 0.1) == pytest.approx(np.exp([0, -0.5, -0.125, -9]), abs=0.025)
    assert bump(at, at, 0.1) == pytest.approx(np.ones(4))
    assert bump(at, 0.3, 0.1)[3] == 0


@settings(deadline=None)  # the first call may compile
@given(st.floats(0.05, 0.95), st.floats(-3, 3), st.floats(0.02, 0.5))
def test_bands_cover_their_share_of_each_period(share: float, phase: float, period: float) -> None:
    x = np.linspace(0, 4 * period, 4000, endpoint=False)
    stripes = bands(x, period, phase, share, 0.02 * period)
    assert stripes.mean() == pytest.approx(share, abs=2e-3)
    assert stripes == pytest.approx(np.roll(stripes, 1000), abs=0.02)


def test_blending_covers_what_is_below() -> None:
    below, above = np.zeros((3, 3), np.float32), np.ones(3, np.float32)
    assert blend(below, above, np.array([0.0, 0.25, 1.0])).tolist() == [[0] * 3, [0.25] * 3, [1] * 3]


def test_shading_stays_within_the_range_of_colours() -> None:
    colours = np.full((3, 3), 0.5, np.float32)
    assert shaded(colours, np.array([-1.0, 1.5, 3.0]))[:, 0].tolist() == [0.0, 0.75, 1.0]


def test_sheen_whitens_only_what_is_bright() -> None:
    black = np.full((2, 3), 0.05, np.float32)
    lit = shaded(black, np.array([0.8, 1.4]), sheen=0.2)
    assert lit[0] == pytest.approx(np.full(3, 0.04))
    assert lit[1] == pytest.approx(np.full(3, 0.05 * 1.4 + 0.2 * 0.4))


@given(width=st.floats(0.002, 0.02), texel=st.floats(0.002, 0.02))
@settings(deadline=None)
def test_a_line_covers_its_width_whatever_the_texels(width: float, texel: float) -> None:
    x = np.linspace(-0.05, 0.05, 20001)
    cover = line(x, width, texel)
    assert cover.mean() * 0.1 == pytest.approx(width, rel=2e-2)
    assert cover.max() == pytest.approx(min(1.0, width / texel), abs=1e-3)
    sampled = [line(x[start :: round(texel / 5e-6)], width, texel).sum() * texel for start in (0, 100, 200)]
    assert np.ptp(sampled) < 0.05 * width, "where texels lie does not matter"


def test_creases_break_where_the_folds_do() -> None:
    folds, slope = np.linspace(-1, 1, 201, dtype=np.float32), np.full(201, 0.8, np.float32)
    light = crease(folds, slope)
    assert light[0] == -light[-1] == pytest.approx(-0.8)
    assert (np.diff(light) > 0).sum() < 80


def test_colours_keep_their_values_whatever_their_memory_layout() -> None:
    rng = np.random.default_rng(0)
    below, above, cover = rng.uniform(size=(9, 3)), rng.uniform(size=(9, 3)), rng.uniform(size=9)
    expected = below + cover[:, None] * (above - below)
    assert blend(below, above, cover) == pytest.approx(expected, abs=1e-6)
    assert blend(np.asfortranarray(below), above[::-1][::-1], cover) == pytest.approx(expected, abs=1e-6)
    assert tinted(below[0], cover) == pytest.approx(below[0] * cover[:, None], abs=1e-6)


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_length_is_that_of_the_vector(x: float, y: float) -> None:
    assert length(np.array([x]), np.array([y])) == pytest.approx(np.hypot(x, y), abs=1e-9)
