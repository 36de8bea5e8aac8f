"""Cloth: every pattern in its two colours, the same for a seed, without a break where the texture is cut."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from scipy.spatial import KDTree

from habitus.body.model import BodyModel
from habitus.synthetic.clothes.dressing import paint
from habitus.synthetic.clothes.outfits import Bottom, Outfit, Pattern, Shoes, Top
from habitus.synthetic.clothes.patterns import woven
from habitus.synthetic.people.look import Look, draw_look
from habitus.synthetic.surface.mannequin import mannequin_of
from habitus.synthetic.surface.texels import Texels

RED, BLUE = np.array((0.8, 0.1, 0.1)), np.array((0.1, 0.1, 0.7))
TOP = Top(RED, BLUE, "plain", 0.08, sleeve=0.6, length=0.05, collar="crew", looseness=0.02)
BOTTOM = Bottom("trousers", BLUE, "denim", leg=2.0, looseness=0.02, waist=0.08)
OUTFIT = Outfit(TOP, BOTTOM, Shoes(BLUE, RED, -0.02, 0.02), None, RED, 5)
PATTERNS = get_args(Pattern)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def look() -> Look:
    return replace(draw_look(np.random.default_rng(4)), skin=np.array((0.8, 0.6, 0.5)))


def trunk(body: BodyModel, size: int) -> Texels:
    return mannequin_of(body).texels(size)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_of_its_colours_and_follows_its_seed(body: BodyModel, pattern: Pattern) -> None:
    points = trunk(body, 128).zone(above=-0.1).points
    draws = [woven(RED, BLUE, pattern, 0.08, points, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    assert draws[0].dtype == np.float32
    assert np.isfinite(draws[0]).all()
    if pattern != "reflective":  # whose colours are its own
        ground = draws[0] @ (1, -1, -1) > 0.25  # redder than anything mixed with blue
        assert ground.mean() > 0.15, "the ground shows"


@pytest.mark.parametrize("pattern", ["stripes", "pinstripes", "checks", "block", "dots", "camouflage", "sleeves"])
def test_figured_cloth_shows_its_second_colour(body: BodyModel, pattern: Pattern) -> None:
    points = trunk(body, 256).zone(above=0.0).points
    for seed in range(4):
        cloth = woven(RED, BLUE, pattern, 0.08, points, np.random.default_rng(seed))
        assert cloth[:, 0].std() > 0.06


@pytest.mark.parametrize("pattern", PATTERNS)
def test_clothes_do_not_break_where_the_texture_is_cut(body: BodyModel, look: Look, pattern: Pattern) -> None:
    """Texels that are neighbours on the body but far apart in the texture differ no more than neighbours in both."""
    long_sleeved = replace(TOP, pattern=pattern, sleeve=2.0, collar="shirt", zipped=True)
    outfit = replace(OUTFIT, top=long_sleeved, bottom=replace(BOTTOM, pattern=pattern))
    texels = trunk(body, 256)
    colours = paint(body, look, outfit, size=256).numpy()[:, texels.rows, texels.columns].T
    p = texels.points
    clothed = np.flatnonzero((np.abs(p.along_arm) < 1.8) & (p.y < 0.45) & (p.along_leg < 1.8))
    pairs = clothed[KDTree(np.stack([p.x, p.y, p.z], 1)[clothed]).query_pairs(p.texel, output_type="ndarray")]
    apart = np.maximum(*(np.abs(np.diff(where[pairs])[:, 0]) for where in (texels.rows, texels.columns)))
    jump = np.abs(np.diff(colours[pairs], axis=1)[:, 0]).mean(1)
    assert (apart > 20).sum() > 150
    assert jump[apart > 20].mean() < 1.6 * jump[apart == 1].mean() + 0.005


def test_borders_of_garments_are_one_to_three_texels_wide(body: BodyModel, look: Look) -> None:
    for size in (128, 512):
        texels = trunk(body, size)
        colours = paint(body, look, OUTFIT, size=size).numpy()[:, texels.rows, texels.columns].T
        skin, cloth = look.skin[1] / look.skin[0], RED[1] / RED[0]  # shading does not change their ratio
        cover = (colours[:, 1] / colours[:, 0] - skin) / (cloth - skin)
        x = np.abs(texels.points.x)
        sleeve = (np.abs(x - np.median(x[(x > 0.2) & (np.abs(cover - 0.5) < 0.3)])) < 0.04) & (x > 0.2)
        partly = sleeve & (cover > 0.1) & (cover < 0.9)
        assert 0.5 < np.ptp(x[partly]) / texels.points.texel < 3.0
