"""Light falls from where it should, shadows away from it, and people fit their crops."""

from dataclasses import replace

import numpy as np
import pytest

from habitus.body.model import BodyModel
from habitus.synthetic.photos.framing import frame
from habitus.synthetic.photos.mesh import mesh_of
from habitus.synthetic.photos.posing import Figure, build_of, posed
from habitus.synthetic.photos.shading import brightness, vertex_normals
from habitus.synthetic.photos.shadows import ground_light, sun_map, sunlit
from habitus.synthetic.scenes.light import Light
from habitus.synthetic.scenes.scene import draw_scene

GREY, DARK = (0.3, 0.3, 0.3), (0.0, 0.0, 0.0)
SIZE = (256, 128)
UP = np.array((0.0, 1.0, 0.0), np.float32)
MESH = mesh_of(BodyModel.load())


@pytest.fixture(scope="module")
def standing() -> Figure:
    theta = np.zeros((24, 3), np.float32)
    theta[16, 2], theta[17, 2] = -1.2, 1.2
    return posed(MESH, build_of(MESH, np.zeros(10, np.float32), np.zeros_like(MESH.template)), theta)


def on_the_ground(figure: Figure, light: Light, elevation: float) -> np.ndarray:
    scene = replace(draw_scene(np.random.default_rng(0)), light=light, elevation=elevation, shift=(0.0, 0.0))
    view = frame(figure.vertices, figure.joints[0], scene, SIZE)
    up = np.array((0.0, np.cos(elevation), np.sin(elevation)), np.float32)
    sun = sun_map(figure.vertices[MESH.proxy.vertices], MESH.proxy.faces, light)
    floor, soles = float((figure.vertices @ up).min()), figure.vertices[MESH.soles]
    return 1 - ground_light(view, sun, light, up=up, floor=floor, soles=soles, size=SIZE).mean(-1)


def test_the_sun_lights_the_side_that_faces_it(standing: Figure) -> None:
    light = Light((1.0, 0.0, 0.0), sun=(0.6, 0.5, 0.4), sky=GREY, ground=GREY)
    normals = vertex_normals(standing.vertices, MESH.faces)
    shade = brightness(normals, light, UP, sunlit=np.ones(len(normals), np.float32))
    left, right = (shade[way * standing.vertices[:, 0] > 0.15].mean(0) for way in (1, -1))
    assert (left > right + 0.08).all()
    assert shade.max(0) == pytest.approx([0.9, 0.8, 0.7], abs=0.01)
    assert shade.min(0) == pytest.approx([0.3] * 3, abs=1e-5)


def test_an_arm_keeps_the_sun_off_the_flank_and_nothing_off_itself(standing: Figure) -> None:
    light = Light((1.0, 0.0, 0.0), sun=(0.6, 0.5, 0.4), sky=GREY, ground=GREY)
    normals = vertex_normals(standing.vertices, MESH.faces)
    sun = sun_map(standing.vertices[MESH.proxy.vertices], MESH.proxy.faces, light)
    lit = sunlit(sun, standing.vertices, normals)
    x, y, _ = standing.vertices.T
    facing = normals[:, 0] > 0.5
    outermost = facing & (x > np.quantile(x, 0.97))
    inner_thigh = facing & (x < -0.03) & (y < standing.joints[1, 1] - 0.1) & (y > standing.joints[7, 1])
    assert lit[outermost].mean() > 0.97
    assert lit[inner_thigh].mean() < 0.3


def test_the_shadow_lies_away_from_the_sun(standing: Figure) -> None:
    columns = []
    for side in (0.7, -0.7):
        light = Light((side, 0.7, 0.14), sun=(2.0, 2.0, 2.0), sky=(0.03, 0.03, 0.03), ground=GREY)
        dark = on_the_ground(standing, light, 0.3)
        assert 0.3 < dark.max() <= 1
        columns.append(float((dark * np.arange(128)).sum() / dark.sum()))
    assert columns[0] < 62
    assert columns[1] > 66


def test_without_sun_only_the_ground_at_the_feet_is_dark(standing: Figure) -> None:
    dark = on_the_ground(standing, Light((0.5, 0.8, 0.33), sun=DARK, sky=GREY, ground=GREY), 0.2)
    assert dark[220:].max() > 0.3
    assert dark[:150].max() < 0.02


@pytest.mark.parametrize("seed", range(12))
def test_people_fill_their_crops_and_stay_inside(standing: Figure, seed: int) -> None:
    scene = draw_scene(np.random.default_rng(seed))
    screen = frame(standing.vertices, standing.joints[0], scene, SIZE).screen(standing.vertices, SIZE)
    low, high = screen[:, :2].min(0), screen[:, :2].max(0)
    assert high[1] - low[1] > 0.75 * 256
    assert low.min() > -4
    assert high[1] < 260


def test_a_truncated_box_leaves_the_legs_out(standing: Figure) -> None:
    whole = replace(draw_scene(np.random.default_rng(0)), shift=(0.0, 0.0))
    cut = replace(whole, truncation=(0.0, 0.0, 0.0, 0.4))
    rows = [
        frame(standing.vertices, standing.joints[0], scene, SIZE).screen(standing.vertices, SIZE)[:, 1]
        for scene in (whole, cut)
    ]
    assert rows[0].max() < 256
    assert rows[1].min() > 0
    assert rows[1].max() > 256 + 0.1 * np.ptp(rows[1])
