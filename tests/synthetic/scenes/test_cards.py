"""Cards, things, vehicles and figures: the same for a seed, as large as they say, projected where they stand."""

from dataclasses import replace

import numpy as np
import pytest

from habitus.synthetic.scenes import cards
from habitus.synthetic.scenes.camera import Camera, draw_camera
from habitus.synthetic.scenes.cards import Card, fallen, lay_over, project, upright, warp
from habitus.synthetic.scenes.figures import FIGURES, figure
from habitus.synthetic.scenes.site import Thing
from habitus.synthetic.scenes.things import VARIANTS, extent, thing
from habitus.synthetic.scenes.vehicles import lay_vehicle, vehicle

KINDS = ("tree", "bush", "plant", "lamp", "sign", "bollard", "bin", "bench", "bicycle", "cone", "railing", "suitcase")


@pytest.fixture(scope="module")
def camera() -> Camera:
    plain = draw_camera(np.random.default_rng(0))
    return replace(plain, size=(360, 480), focal=400.0, height=4.0, pitch=0.25, indoor=False)


def solid() -> Card:
    return Card(np.full((40, 20, 4), 255, np.uint8), 1.0, 2.0)


@pytest.mark.parametrize("kind", KINDS)
def test_things_are_their_kinds_size(kind: str) -> None:
    card = thing(kind, 3)
    assert np.array_equal(card.sprite, thing(kind, 3 + VARIANTS).sprite)
    assert (card.width, card.height) == pytest.approx(extent(kind), rel=0.21)
    assert card.sprite[..., 3].max() > 150
    assert (card.sprite[..., :3] <= card.sprite[..., 3:]).all(), "colours are not multiplied by opacity"


def test_people_stand_on_the_lower_edge_and_fill_the_card() -> None:
    for seed in range(4):
        card = figure(seed)
        assert np.array_equal(card.sprite, figure(seed + FIGURES).sprite)
        rows = np.flatnonzero(card.sprite[..., 3].any(1))
        assert rows[-1] > len(card.sprite) - 4
        assert 1.2 < (rows[-1] - rows[0]) / len(card.sprite) * card.height < 2.4


def test_a_card_stands_where_it_is_put(camera: Camera) -> None:
    corners = upright(solid(), camera, 1.0, 9.0)
    assert corners[2:].mean(0) == pytest.approx(project(camera, np.array([(1.0, 9.0, 0.0)]))[0], abs=0.5)
    picture = np.zeros((*camera.size, 3), np.float32)
    lay_over(picture, solid().sprite, corners, np.ones(3))
    rows, columns = np.nonzero(picture[..., 0] > 0.5)
    assert rows.max() + 1 == pytest.approx(corners[2:, 1].max(), abs=1.5)
    assert columns.min() == pytest.approx(corners[:, 0].min(), abs=1.5)


def test_what_lies_outside_the_picture_is_left_out(camera: Camera) -> None:
    assert warp(solid().sprite, upright(solid(), camera, 30.0, 9.0), camera.size) is None
    half = warp(solid().sprite, upright(solid(), camera, 5.3, 9.0), camera.size)
    assert half is not None
    assert half[1][1].stop == camera.size[1]


def test_shadows_fall_away_from_the_sun(camera: Camera) -> None:
    for right in (0.6, -0.6):
        lit = replace(camera, light=replace(camera.light, direction=(right, 0.7, -0.39)))
        corners = fallen(solid(), lit, 0.0, 12.0)
        assert corners is not None
        foot, top = corners[2:].mean(0), corners[:2].mean(0)
        assert (top[0] - foot[0]) * right < 0
    assert fallen(solid(), replace(camera, indoor=True), 0.0, 12.0) is None
    assert cards.project(camera, np.array([(0.0, 50.0, 0.0)]))[0, 1] < 180


@pytest.mark.parametrize("kind", ["car", "van"])
def test_vehicles_are_drawn_from_any_side(camera: Camera, kind: str) -> None:
    for heading in np.linspace(-3, 3, 7):
        picture = np.full((*camera.size, 3), -1.0, np.float32)
        lay_vehicle(picture, camera, Thing(kind, 0.0, 12.0, float(heading), 5))
        rows, columns = np.nonzero(picture[..., 0] >= 0)
        wide = np.ptp(columns) * 12.0 / camera.focal
        assert 1.4 < wide < 6.0
        assert np.mean(picture[rows.min() : rows.max(), columns.min() : columns.max(), 0] >= 0) > 0.5
    assert np.array_equal(vehicle(kind, 1).sprite, vehicle(kind, 17).sprite)
