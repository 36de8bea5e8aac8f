"""People differ, look the same in every outfit, and their hair, faces and glasses stay where they belong."""

from dataclasses import replace

import numpy as np
import pytest

from habitus.body.model import BodyModel
from habitus.synthetic.people.face_shape import FEATURES, face_shape
from habitus.synthetic.people.hair import hair_displacement, paint_hair, scalp_coverage
from habitus.synthetic.people.hairstyles import _CUTS, _plain
from habitus.synthetic.people.heads import face_displacement, paint_head
from habitus.synthetic.people.look import Look, draw_look
from habitus.synthetic.people.skull import Skull, skull_of, stroke
from habitus.synthetic.surface.mannequin import Mannequin, mannequin_of

SIZE = 128


@pytest.fixture(scope="module")
def mannequin() -> Mannequin:
    return mannequin_of(BodyModel.load())


@pytest.fixture(scope="module")
def skull(mannequin: Mannequin) -> Skull:
    return skull_of(mannequin)


@pytest.fixture(scope="module")
def looks() -> list[Look]:
    return [draw_look(np.random.default_rng(seed)) for seed in range(300)]


def head_displacement(look: Look, mannequin: Mannequin) -> np.ndarray:
    return hair_displacement(look.hair, skull_of(mannequin)) + face_displacement(look, mannequin)


def painted(look: Look, mannequin: Mannequin, size: int = SIZE) -> np.ndarray:
    colours = np.full((len(mannequin.texels(size).points), 3), 0.5, np.float32)
    paint_head(colours, look, mannequin, size)
    return colours


def test_a_seed_gives_one_look_and_others_give_others(mannequin: Mannequin) -> None:
    one, same, other = (draw_look(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(painted(one, mannequin), painted(same, mannequin))
    assert np.array_equal(head_displacement(one, mannequin), head_displacement(same, mannequin))
    assert not np.array_equal(painted(one, mannequin), painted(other, mannequin))


def test_marginals_are_those_of_a_street(looks: list[Look]) -> None:
    female = np.array([look.female for look in looks])
    assert 0.4 < female.mean() < 0.6
    assert not any(look.facial_hair for look in looks if look.female)
    assert 0.35 < np.mean([look.facial_hair is not None for look in looks if not look.female]) < 0.7
    assert 0.15 < np.mean([look.glasses is not None for look in looks]) < 0.5
    assert 0.02 < np.mean([bool(look.glasses and look.glasses.dark) for look in looks]) < 0.15
    long = np.array([look.hair.mane is not None for look in looks])
    assert long[female].mean() > 0.4
    assert long[~female].mean() < 0.15
    assert len({look.hair.style for look in looks}) > 13


@pytest.mark.parametrize("style", sorted(_CUTS))
def test_every_style_can_be_worn(style: str, mannequin: Mannequin, skull: Skull) -> None:
    rng = np.random.default_rng(len(style))
    hair = _CUTS[style](rng, _plain(rng, style, np.array((0.2, 0.1, 0.05))))  # type: ignore[index, arg-type]
    moved = hair_displacement(hair, skull)
    assert np.isfinite(moved).all()
    assert np.linalg.norm(moved, axis=1).max() < 0.12
    nose = np.linalg.norm(mannequin.template - np.array(skull.nose), axis=1) < 0.03
    assert np.abs(moved[nose]).max() == 0
    colours = np.full((len(mannequin.texels(SIZE).points), 3), 0.9, np.float32)
    paint_hair(colours, hair, skull, SIZE)
    dark = colours.mean(1) < 0.6
    assert dark.any() == (style != "bald")
    assert mannequin.texels(SIZE).points.y[dark].min(initial=1) > mannequin.joints["pelvis"][1]


def test_hair_grows_out_of_the_skull_not_into_it(looks: list[Look], skull: Skull) -> None:
    part = skull.vertices.scalp
    crown = part.index[(part.elevation > 0.6)]
    for look in looks[:60]:
        out = (hair_displacement(look.hair, skull)[crown] * skull.away[crown]).sum(1)
        assert out.min() > -0.004, look.hair.style


def test_a_bald_cap_is_bare(looks: list[Look], skull: Skull) -> None:
    hair = next(look.hair for look in looks if look.hair.style == "rim")
    part = skull.vertices.scalp
    covered = scalp_coverage(hair, part, 0.006)
    assert covered[part.elevation > 1.35].max() == 0
    behind = (part.azimuth > 2) & (np.abs(part.elevation) < 0.1) & (part.head > 0.9)
    assert covered[behind].mean() > 0.7


def test_shapes_are_millimetres_linear_and_symmetric(mannequin: Mannequin, skull: Skull) -> None:
    index = skull.vertices.head.index
    for number, name in enumerate(FEATURES):
        one = np.eye(len(FEATURES), dtype=np.float32)[number]
        moved = face_shape(one, skull)
        assert 0.0008 < np.linalg.norm(moved, axis=1).max() < 0.012, name
        assert np.allclose(face_shape(-2 * one, skull), -2 * moved, atol=1e-7)
        field = np.zeros_like(mannequin.template)
        field[index] = moved
        middle = np.abs(mannequin.template[:, 0]) < 1e-5
        assert np.abs(field[middle, 0]).max() < 1e-6, name


def test_displacement_is_without_spikes(looks: list[Look], mannequin: Mannequin) -> None:
    """Neighbours on the head move alike, but for folds of ears below long hair."""
    ends = mannequin.faces[:, [0, 1]]
    for look in looks[:40]:
        moved = head_displacement(look, mannequin)
        assert np.linalg.norm(moved[ends[:, 0]] - moved[ends[:, 1]], axis=1).max() < 0.03, look.hair.style


def test_glasses_darken_eyes_and_nothing_else(looks: list[Look], mannequin: Mannequin, skull: Skull) -> None:
    look = next(look for look in looks if look.glasses and look.glasses.dark)
    changed = np.abs(painted(look, mannequin, 256) - painted(replace(look, glasses=None), mannequin, 256)).max(1) > 0.02
    points = mannequin.texels(256).points
    assert changed.sum() > 100
    assert np.abs(points.y[changed] - skull.eye[1]).max() < 0.045
    lens = np.hypot(np.abs(points.x) - skull.eye[0], points.y - skull.eye[1]) < 0.008
    lens &= points.z > skull.eye[2] - 0.02
    assert painted(look, mannequin, 256)[lens].mean() < 0.3


def test_a_beard_covers_the_chin(looks: list[Look], mannequin: Mannequin, skull: Skull) -> None:
    look = next(look for look in looks if look.facial_hair and look.facial_hair.style == "full")
    assert look.facial_hair is not None
    dyed = replace(look, facial_hair=replace(look.facial_hair, colour=np.array((0.0, 0.0, 1.0))))
    points = mannequin.texels(256).points
    chin = (np.abs(points.x) < 0.015) & (np.abs(points.y - skull.chin_y - 0.014) < 0.006) & (points.z > 0.1)
    assert chin.any()
    assert (painted(dyed, mannequin, 256)[chin] * (-1, -1, 1)).sum(1).mean() > 0.05
    forehead = points.y > skull.eye[1] + 0.03
    bare = painted(replace(look, facial_hair=None), mannequin, 256)
    assert np.array_equal(painted(dyed, mannequin, 256)[forehead], bare[forehead])


def test_lines_keep_their_weight_at_every_resolution() -> None:
    x = np.linspace(-0.1, 0.1, 20001, dtype=np.float32)
    weights = [stroke(x, 0.0, 0.002, pitch).sum() for pitch in (0.0, 0.007, 0.014)]
    assert np.allclose(weights, weights[0], rtol=0.02)


def test_textures_of_all_sizes_show_the_same_face(looks: list[Look], mannequin: Mannequin) -> None:
    for look in looks[:5]:
        means = []
        for size in (128, 256, 512):
            points = mannequin.texels(size).points
            on_head = points.limb["head"] > 0.5
            means.append(painted(look, mannequin, size)[on_head].mean(0))
        assert np.ptp(means, axis=0).max() < 0.03
