"""Painted garments: zips, buttons, belts and open fronts where they belong, the same person at every texture size."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from habitus.body.model import BodyModel
from habitus.synthetic.clothes.dressing import paint
from habitus.synthetic.clothes.outfits import Bottom, Outfit, Shoes, Top, draw_outfit
from habitus.synthetic.people.look import Look, draw_look
from habitus.synthetic.surface.mannequin import mannequin_of
from habitus.synthetic.surface.points import ARM, Points

RED, BLUE, GREEN = np.array((0.7, 0.1, 0.1)), np.array((0.1, 0.1, 0.6)), np.array((0.1, 0.6, 0.1))
TOP = Top(RED, GREEN, "plain", 0.05, sleeve=2.0, length=0.05, collar="crew", looseness=0.02)
BOTTOM = Bottom("trousers", BLUE, "plain", leg=2.0, looseness=0.02, waist=0.08)
OUTFIT = Outfit(TOP, BOTTOM, Shoes(GREEN, GREEN, shaft=-0.02, thickness=0.02), None, RED, weave=5)
SIZE = 256


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def look() -> Look:
    return replace(draw_look(np.random.default_rng(4)), skin=np.array((0.8, 0.6, 0.5)))


def painted(body: BodyModel, look: Look, outfit: Outfit) -> tuple[np.ndarray, Points]:
    """Colours (P, 3) of the texels, and where they lie."""
    texels = mannequin_of(body).texels(SIZE)
    return paint(body, look, outfit, size=SIZE).numpy()[:, texels.rows, texels.columns].T, texels.points


def test_the_same_seed_gives_the_same_bytes_whatever_was_painted_before(body: BodyModel, look: Look) -> None:
    first = paint(body, look, OUTFIT, size=SIZE)
    paint(body, look, replace(OUTFIT, weave=6), size=SIZE)
    paint(body, look, OUTFIT, size=64)
    assert torch.equal(paint(body, look, OUTFIT, size=SIZE), first)


@pytest.mark.parametrize("seed", range(6))
def test_small_textures_show_what_large_ones_do(body: BodyModel, seed: int) -> None:
    rng = np.random.default_rng(seed)
    look, outfit = draw_look(rng), draw_outfit(rng)
    large, small = paint(body, look, outfit, size=512), paint(body, look, outfit, size=128)
    error = (F.avg_pool2d(large, 4) - small).abs().mean(0)
    assert float(error.mean()) < 0.035
    assert float((error > 0.25).float().mean()) < 0.02


def test_an_open_front_shows_what_is_worn_below(body: BodyModel, look: Look) -> None:
    outer = replace(TOP, colour=GREEN, looseness=0.04, opening=0.06, zipped=True, collar="high")
    colours, p = painted(body, look, replace(OUTFIT, outer=outer))
    chest = (p.y > 0.1) & (p.y < 0.35) & (p.limb[ARM] < 0.1)
    red, green = (colours[:, c] > colours[:, 1 - c] + 0.1 for c in (0, 1))
    assert red[chest & (np.abs(p.x) < 0.03) & (p.normal[:, 2] > 0.5)].mean() > 0.95
    assert green[chest & (p.normal[:, 2] < -0.5)].mean() > 0.95
    assert green[chest & (np.abs(p.x) > 0.13)].mean() > 0.95


def test_a_zip_runs_down_the_middle_of_the_front_only(body: BodyModel, look: Look) -> None:
    plain, p = painted(body, look, OUTFIT)
    zipped, _ = painted(body, look, replace(OUTFIT, top=replace(TOP, zipped=True, collar="high")))
    changed = np.abs(zipped - plain).max(1) > 0.15
    trunk = (p.y > 0.05) & (p.y < 0.35) & (p.limb[ARM] < 0.1)
    middle = trunk & (np.abs(p.x) < 0.003) & (p.normal[:, 2] > 0.5)
    assert changed[middle].mean() > 0.9


def test_tights_under_a_dress_have_neither_belt_nor_pockets(body: BodyModel, look: Look) -> None:
    tights = replace(BOTTOM, kind="dress", leg=2.4, looseness=0.0)
    for weave in range(4):
        colours, p = painted(body, look, replace(OUTFIT, bottom=tights, weave=weave))
        hips = (p.y < -0.1) & (p.y > -0.6) & (p.limb[ARM] < 0.1)
        ratio = colours[hips, 2] / colours[hips].sum(1)
        assert ratio.std() < 0.05
        assert ratio.min() > 0.5


def test_a_garment_throws_its_shadow_on_what_is_below_its_hem(body: BodyModel, look: Look) -> None:
    colours, p = painted(body, look, OUTFIT)
    light = colours.sum(1)
    below = mannequin_of(body).joints["pelvis"][1] - TOP.length - p.y
    front = (p.limb[ARM] < 0.1) & (p.normal[:, 2] > 0.5)
    near = light[front & (below > 0.006) & (below < 0.012)].mean()
    assert near < 0.9 * light[front & (below > 0.04) & (below < 0.08)].mean()
