"""Clay figures: how they stand, and that they lie where photos show the person."""

import pytest
import torch

from habitus.body.stature import stature
from habitus.export.figures import draw_as_seen, draw_figures, from_behind, standing, standing_camera
from habitus.export.pictures import PAPER
from habitus.rendering.render import render_silhouette

SIZE = (96, 48)


def builds(count: int) -> torch.Tensor:
    return torch.randn(count, 10, generator=torch.Generator().manual_seed(5)).clamp(-2, 2)


def is_paper(picture: torch.Tensor) -> torch.Tensor:
    return ((255 * picture - torch.tensor(PAPER).view(3, 1, 1)).abs() < 1).all(0)


def test_figures_of_all_builds_are_of_one_height_within_the_picture(body):
    vertices = standing(body, builds(6))
    torch.testing.assert_close(vertices[..., 1].amax(1), stature(body, torch.zeros(1, 10)).expand(6), atol=0.02, rtol=0)
    assert vertices[..., 1].amin(1).abs().max() < 0.02
    drawn = draw_figures(body, vertices, standing_camera(body).expand(6, -1), size=SIZE)
    for picture in drawn:
        rows = (~is_paper(picture)).any(1).nonzero().flatten()
        assert (rows[0], SIZE[0] - 1 - rows[-1]) == pytest.approx((4, 4), abs=2)  # a tenth of the height is room


def test_arms_hang_free_of_the_trunk(body):
    vertices = standing(body, torch.zeros(1, 10))[0]
    left, right = (vertices[body.vertex_region(f"{side}_hand")] for side in ("left", "right"))
    assert left[:, 0].min() > 0.25 and right[:, 0].max() < -0.25
    assert max(left[:, 1].max(), right[:, 1].max()) < 0.62 * vertices[:, 1].max()


def test_clothes_are_on_the_figure_and_do_not_raise_it(body):
    beta, delta = builds(1), torch.zeros(1, body.num_vertices, 3)
    delta[..., 2] = 0.05
    bare, dressed = standing(body, beta), standing(body, beta, delta)
    assert (dressed - bare)[0, :, 2].mean() == pytest.approx(0.05, rel=0.15)  # arms turn, and height is levelled


def test_from_behind_is_the_mirror_of_the_outline(body):
    vertices = standing(body, torch.zeros(1, 10))
    camera = standing_camera(body)
    front, back = (render_silhouette(v, body.faces, camera, size=SIZE)[0] for v in (vertices, from_behind(vertices)))
    assert (back - front.flip(1)).abs().mean() < 1e-3
    faces = draw_figures(body, torch.cat([vertices, from_behind(vertices)]), camera.expand(2, -1), size=SIZE)
    assert (faces[0] - faces[1].flip(2)).abs().max() > 0.05  # a face is no back of a head


def test_as_seen_the_figure_covers_what_the_body_covers(body, person):
    params = person.params
    drawn = draw_as_seen(body, params, size=SIZE)[0]
    covered = render_silhouette(
        body(params.theta, params.beta, params.delta).vertices, body.faces, params.psi, size=SIZE
    )[0]
    assert (is_paper(drawn) == (covered == 0)).float().mean() > 0.995


def test_painted_vertices_have_their_colours(body):
    vertices = standing(body, torch.zeros(1, 10))
    red = torch.tensor([1.0, 0.0, 0.0]).expand_as(vertices)
    drawn = draw_figures(body, vertices, standing_camera(body), size=SIZE, colours=red)[0]
    inside = render_silhouette(vertices, body.faces, standing_camera(body), size=SIZE)[0] == 1
    assert drawn[0][inside].min() > 0.5 and drawn[1:, inside].max() < 1e-4
