"""Outfits cover what they should, in their colours, and stand off where they should."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.body.uv import uv_region
from habitus.synthetic.clothes.dressing import dress, paint
from habitus.synthetic.clothes.outfits import Bottom, Outfit, Shoes, Top, draw_outfit
from habitus.synthetic.people.look import Look, draw_look
from habitus.synthetic.surface.mannequin import mannequin_of

RED, BLUE, GREEN, WHITE = (np.array(c) for c in ((0.8, 0.1, 0.1), (0.1, 0.1, 0.7), (0.1, 0.6, 0.1), (0.9, 0.9, 0.9)))
TOP = Top(RED, WHITE, "plain", 0.05, sleeve=0.6, length=0.05, collar="crew", looseness=0.02)
BOTTOM = Bottom("trousers", BLUE, "plain", leg=2.0, looseness=0.02, waist=0.08)
SHOES = Shoes(GREEN, WHITE, shaft=-0.02, thickness=0.02)
OUTFIT = Outfit(TOP, BOTTOM, SHOES, None, WHITE, weave=5)
SIZE = 256


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def look() -> Look:
    looks = (draw_look(np.random.default_rng(seed)) for seed in range(100))
    look = next(look for look in looks if look.hair.style == "short" and not look.hair.streaks and not look.facial_hair)
    return replace(look, beta=np.zeros(10, np.float32), skin=np.array((0.8, 0.6, 0.5)), glasses=None)


def colour_of(body: BodyModel, texture: torch.Tensor, region: str) -> np.ndarray:
    return texture[:, uv_region(body, region, SIZE)].median(1).values.numpy()


def near(colour: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(colour - other).max() < 0.12)


def test_garments_cover_their_parts_in_their_colours(body: BodyModel, look: Look) -> None:
    texture = paint(body, look, OUTFIT, size=SIZE)
    wanted = {"torso": RED, "left_forearm": look.skin, "right_hand": look.skin, "face": look.skin,
              "left_calf": BLUE, "right_thigh": BLUE, "hair": look.hair.colour}  # fmt: skip
    for region, colour in wanted.items():
        assert near(colour_of(body, texture, region), colour), region
    foot = texture[:, uv_region(body, "left_foot", SIZE)].numpy()
    green = (foot[1] > foot[0] + 0.2) & (foot[1] > foot[2] + 0.2)
    assert 0.2 < green.mean() < 0.95, "an upper, and a sole of another colour"


@pytest.mark.parametrize(("change", "region", "colour"), [
    ({"top": replace(TOP, sleeve=2.0)}, "left_forearm", RED),
    ({"bottom": replace(BOTTOM, leg=0.8)}, "left_calf", np.array((0.8, 0.6, 0.5))),
    ({"outer": replace(TOP, colour=GREEN, sleeve=2.0, looseness=0.04)}, "torso", GREEN),
    ({"bottom": replace(BOTTOM, kind="skirt", leg=1.2)}, "left_thigh", BLUE),
])  # fmt: skip
def test_cuts_differ(body: BodyModel, look: Look, change: dict, region: str, colour: np.ndarray) -> None:
    assert near(colour_of(body, paint(body, look, replace(OUTFIT, **change), size=SIZE), region), colour)


def test_looser_clothes_stand_further_off(body: BodyModel, look: Look) -> None:
    def off(outfit: Outfit, region: str) -> float:
        return float(torch.from_numpy(dress(body, look, outfit).delta).norm(dim=1)[body.vertex_region(region)].median())

    loose = replace(OUTFIT, top=replace(TOP, looseness=0.05), bottom=replace(BOTTOM, looseness=0.05))
    assert off(loose, "torso") > off(OUTFIT, "torso") + 0.008
    assert off(loose, "left_calf") > off(OUTFIT, "left_calf") + 0.015
    assert off(OUTFIT, "left_hand") == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("seed", range(30))
def test_every_outfit_can_be_worn(body: BodyModel, seed: int) -> None:
    rng = np.random.default_rng(seed)
    look, outfit = draw_look(rng), draw_outfit(rng)
    texture, delta = paint(body, look, outfit, size=64), torch.from_numpy(dress(body, look, outfit).delta)
    assert bool(torch.isfinite(texture).all())
    assert bool(torch.isfinite(delta).all())
    assert 0 <= float(texture.min()) <= float(texture.max()) <= 1
    assert float(texture.std()) > 0.03


@pytest.mark.parametrize("seed", range(30))
def test_clothes_stay_near_the_body_and_are_the_same_twice(body: BodyModel, seed: int) -> None:
    rng = np.random.default_rng((1, seed))
    look = draw_look(rng)
    outfit = draw_outfit(rng, female=look.female)
    worn, again = dress(body, look, outfit), dress(body, look, outfit)
    assert worn.delta.dtype == np.float32
    np.testing.assert_array_equal(worn.delta, again.delta)
    points = mannequin_of(body).vertices
    off = np.linalg.norm(worn.delta, axis=1)
    reach = 0.3 if outfit.bag else 0.12
    assert off[points.limb["arm"] > 0.9].max() < 0.08
    assert off[(points.y > 0.15) & (points.limb["head"] < 0.1)].max() < reach
    assert off.max() < 0.4
