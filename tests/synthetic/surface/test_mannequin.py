"""Measures of the template: limbs, shoes without toes, cloth that hangs, textures that continue past their charts."""

import numpy as np
import pytest
from scipy.spatial import KDTree

from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface
from habitus.synthetic.surface.drape import hanging
from habitus.synthetic.surface.mannequin import Mannequin, mannequin_of
from habitus.synthetic.surface.points import ARM, FOOT, LEG


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def mannequin(body: BodyModel) -> Mannequin:
    return mannequin_of(body)


def test_a_body_has_one_mannequin(body: BodyModel, mannequin: Mannequin) -> None:
    assert mannequin_of(body) is mannequin
    assert mannequin_of(BodyModel.load()) is not mannequin


def test_limbs_are_measured_from_joint_to_joint(body: BodyModel, mannequin: Mannequin) -> None:
    points = mannequin.vertices
    forearm, calf = body.vertex_region("left_forearm").numpy(), body.vertex_region("right_calf").numpy()
    assert np.median(points.along_arm[forearm]) == pytest.approx(1.5, abs=0.25)
    assert np.median(points.along_leg[calf]) == pytest.approx(1.5, abs=0.25)
    assert points.limb[ARM][forearm].min() > 0.9
    assert points.limb[LEG][calf].min() > 0.9
    assert points.limb[FOOT][body.vertex_region("torso").numpy()].max() < 0.01
    assert points.along_arm[body.vertex_region("left_hand").numpy()].max() <= 3.0


def test_shoes_are_longer_than_feet_flat_below_and_without_toes(body: BodyModel, mannequin: Mannequin) -> None:
    foot = body.vertex_region("left_foot").numpy()
    last, vertices = mannequin.vertices.last[foot], mannequin.template[foot]
    assert last[:, 2].max() == pytest.approx(vertices[:, 2].max() + 0.02, abs=0.004)
    sole = last[last[:, 1] < -0.015]
    assert len(sole) > 40
    assert np.ptp(sole[:, 1]) < 0.006
    # From above no gap between toes: the front's outline is convex but for a few millimetres.
    front = last[last[:, 2] > vertices[:, 2].max() - 0.03]
    tips = [front[np.abs(front[:, 0] - x) < 0.006, 2].max() for x in np.linspace(-0.02, 0.02, 9)]
    assert np.abs(np.diff(tips, 2)).max() < 0.01


def test_both_shoes_are_mirror_images(body: BodyModel, mannequin: Mannequin) -> None:
    left, right = (mannequin.vertices.last[body.vertex_region(f"{side}_foot").numpy()] for side in ("left", "right"))
    assert left.mean(0) == pytest.approx(right.mean(0), abs=2e-3)
    assert np.sort(left[:, 2]) == pytest.approx(np.sort(right[:, 2]), abs=4e-3)


def test_cloth_hangs_past_a_waist() -> None:
    """A body of revolution with a waist of 7 cm less radius: cloth bridges nearly all of it just below the chest."""
    heights = np.linspace(0.4, -0.4, 60)
    waist = 0.07 * np.exp(-((heights / 0.12) ** 2))
    turns = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    radius = np.repeat(0.2 - waist, len(turns))
    x, z = radius * np.tile(np.sin(turns), 60), radius * np.tile(np.cos(turns), 60)
    gap = hanging(np.stack([x, np.repeat(heights, 80), z], 1), np.ones(4800, bool)).reshape(60, 80)
    middle = gap[np.abs(heights) < 0.02]
    assert middle.mean() == pytest.approx(0.07 - 0.12 * 0.3, abs=0.02)
    assert np.ptp(middle, 1).max() < 0.005
    assert gap[0].max() < 0.005
    assert gap[-1].max() < 0.02


def test_room_ends_where_another_surface_begins(body: BodyModel, mannequin: Mannequin) -> None:
    towards_middle = -np.sign(mannequin.template[:, 0]) * mannequin.vertices.normal[:, 0] > 0.85
    inner = (np.abs(mannequin.template[:, 0]) < 0.025) & (mannequin.vertices.along_leg > 0.25) & towards_middle
    assert inner.any()
    assert mannequin.room[inner].max() < 0.06
    chest = body.vertex_region("torso").numpy() & (mannequin.template[:, 2] > 0.11)
    assert mannequin.room[chest].min() > 0.05


def test_texture_continues_past_its_charts(body: BodyModel, mannequin: Mannequin) -> None:
    texels = mannequin.texels(64)
    inside = texel_surface(body, 64)[0].numpy() >= 0
    values = np.random.default_rng(0).uniform(size=(len(texels.points), 3)).astype(np.float32)
    image = texels.image(values)
    assert image.shape == (3, 64, 64)
    assert np.array_equal(image[:, texels.rows, texels.columns].T, values)
    outside = image[:, ~inside].T
    assert all((values == colour).all(1).any() for colour in outside[::97])


def test_zones_are_cut_by_height(body: BodyModel, mannequin: Mannequin) -> None:
    texels = mannequin.texels(64)
    y = texels.points.y
    for below, above in ((0.3, -0.2), (np.inf, 0.1), (-0.5, -np.inf)):
        zone = texels.zone(below=below, above=above)
        assert np.array_equal(np.arange(len(y))[zone.index], np.flatnonzero((y <= below) & (y >= above)))
        assert np.array_equal(zone.points.x, texels.points.x[zone.index])
        assert np.array_equal(zone.points.limb[ARM], texels.points.limb[ARM][zone.index])
    region = body.face_region.numpy()[texel_surface(body, 64)[0].numpy()[texels.rows, texels.columns]]
    assert np.isin(
        np.flatnonzero((region == body.regions.index("face")) & (texels.points.z > 0.1)), np.asarray(texels.face.index)
    ).all()


def test_measures_are_the_same_on_both_sides_of_a_seam(mannequin: Mannequin) -> None:
    """Texels that are neighbours on the body but far apart in the texture differ no more than neighbours in it."""
    texels = mannequin.texels(256)
    points = texels.points
    pairs = KDTree(np.stack([points.x, points.y, points.z], 1)).query_pairs(0.007, output_type="ndarray")
    apart = np.maximum(*(np.abs(np.diff(where[pairs])[:, 0]) for where in (texels.rows, texels.columns)))
    apart[(points.along_arm[pairs] > 2).any(1)] = 0  # hands wear no cloth
    assert (apart > 20).sum() > 500
    measures = {name: getattr(points, name) for name in ("x", "along_arm", "along_leg", "bends", "around")}
    measures["girth"] = np.where(points.along_leg < 0, points.girth, 0)  # skirts hide the seams along the legs
    for name in ("folds", "wrinkles", "drapes", "grain"):
        measures[name] = getattr(points, name).draw(np.random.default_rng(1))
    for name, field in measures.items():
        jump = np.abs(np.diff(field[pairs])[:, 0])
        assert jump[apart > 20].mean() < 1.5 * jump[apart == 1].mean(), name
