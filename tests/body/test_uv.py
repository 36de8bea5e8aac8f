"""The UV atlas: charts that neither overlap nor touch, texels found back on the surface, regions, mirrored texels."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_dilation
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from habitus.body.model import BodyModel
from habitus.body.uv import mirror_faces, mirror_texels, mirror_vertices, rasterize_triangles, texel_surface, uv_region


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


def pixel_corners(body: BodyModel, size: int) -> np.ndarray:
    uv = body.uv.numpy().astype(np.float64)
    return np.stack([uv[:, 0] * size, (1 - uv[:, 1]) * size], 1)[body.uv_faces.numpy()]


def charts(body: BodyModel) -> np.ndarray:
    ends = body.uv_faces[:, [0, 1, 1, 2]].reshape(-1, 2).numpy()
    graph = coo_array((np.ones(len(ends)), ends.T), (len(body.uv), len(body.uv)))
    return np.unique(connected_components(graph, directed=False)[1][body.uv_faces[:, 0].numpy()], return_inverse=True)[
        1
    ]


def test_no_texel_belongs_to_two_faces(body: BodyModel) -> None:
    size = 1024
    corners = pixel_corners(body, size)
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    doubled = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    assert (doubled < 0).all()  # y points down: all charts show their outside, unmirrored
    # A texel in two faces is drawn by whichever comes first: drawn in reverse order, it changes its face.
    forward, _ = rasterize_triangles(corners, size)
    backward, _ = rasterize_triangles(corners[::-1], size)
    backward = np.where(backward >= 0, len(corners) - 1 - backward, -1)
    assert (forward != backward).sum() <= 20  # of a million: hair's breadths at the neck's notch and between toes
    assert ((body.uv > 0) & (body.uv < 1)).all()


def test_texels_are_used_well(body: BodyModel) -> None:
    face, _ = texel_surface(body, 512)
    assert (face >= 0).float().mean() > 0.6
    corners = body.v_template[body.faces]
    area = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).norm(dim=-1) / 2
    density = {}
    for k, name in enumerate(body.regions):
        density[name] = float(uv_region(body, name, 512).sum() / area[body.face_region == k].sum())
    torso = density["torso"]
    assert density["face"] > 1.6 * torso
    assert all(value > 0.4 * torso for value in density.values()), density


def test_charts_keep_their_distance(body: BodyModel) -> None:
    size = 512
    face, _ = texel_surface(body, size)
    of_face = charts(body)
    chart = np.where(face.numpy() >= 0, of_face[face.numpy()], -1)
    assert of_face.max() + 1 == 6
    for k in range(6):
        grown = np.asarray(binary_dilation(chart == k, iterations=3), dtype=bool)
        assert not (grown & (chart >= 0) & (chart != k)).any()


def test_texels_lie_where_barycentrics_say(body: BodyModel) -> None:
    size = 256
    face, bary = texel_surface(body, size)
    rows, columns = torch.nonzero(face >= 0, as_tuple=True)
    weights = bary[rows, columns]
    assert (weights >= 0).all()
    uv = (body.uv[body.uv_faces[face[rows, columns]]] * weights[..., None]).sum(1)
    expected = torch.stack([(columns + 0.5) / size, 1 - (rows + 0.5) / size], 1)
    torch.testing.assert_close(uv, expected, atol=1e-5, rtol=0)


def cross(one: np.ndarray, two: np.ndarray) -> float:
    """By hand: numpy's determinant divides, and warns of the tiny numbers that hypothesis finds."""
    return one[0] * two[1] - one[1] * two[0]


@given(arrays(np.float64, (6, 3, 2), elements=st.floats(-4, 20)))
@settings(max_examples=60, deadline=None)
def test_rasterising_agrees_with_a_loop(corners: np.ndarray) -> None:
    size = 16
    face, bary = rasterize_triangles(corners, size)
    for row in range(size):
        for column in range(size):
            point = np.array([column + 0.5, row + 0.5])
            inside = []
            for k, (a, b, c) in enumerate(corners):
                turns = [cross(q - p, point - p) for p, q in ((a, b), (b, c), (c, a))]
                area = cross(b - a, c - a)
                if abs(area) > 1e-9 and min(np.array(turns) * np.sign(area)) > 1e-6:
                    inside.append(k)
            if inside:
                assert 0 <= face[row, column] <= inside[0]
            if face[row, column] >= 0:
                assert abs(bary[row, column].sum() - 1) < 1e-3


def test_regions_part_the_charts(body: BodyModel) -> None:
    face, _ = texel_surface(body, 256)
    masks = torch.stack([uv_region(body, name, 256) for name in body.regions])
    assert (masks.sum(0) == (face >= 0).long()).all()
    with pytest.raises(KeyError, match="hat"):
        uv_region(body, "hat", 256)


def test_mirror_tables_are_exact_on_the_open_body(body: BodyModel) -> None:
    vertices, faces = mirror_vertices(body), mirror_faces(body)
    flip = torch.tensor([-1.0, 1.0, 1.0])
    assert torch.equal(body.v_template[vertices], body.v_template * flip)
    assert torch.equal(faces[faces], torch.arange(body.num_faces))


@pytest.mark.parametrize("size", [128, 512])
def test_mirrored_texels_show_the_mirrored_point(size: int, body: BodyModel) -> None:
    face, bary = texel_surface(body, size)
    target = mirror_texels(body, size)
    assert ((target >= 0) == (face >= 0)).all()
    points = (body.v_template[body.faces[face.clamp_min(0)]] * bary[..., None]).sum(2).reshape(-1, 3)
    known = target.flatten() >= 0
    away = (points[target.flatten()[known]] - points[known] * torch.tensor([-1.0, 1.0, 1.0])).norm(dim=-1)
    texel = float(np.sqrt(1.9 / known.sum()))  # metres: the side of a texel on a body of 1.9 square metres
    assert away.median() < texel
    assert away.quantile(0.999) < 6 * texel
    left, right = (uv_region(body, f"{side}_thigh", size).flatten() for side in ("left", "right"))
    assert right[target.flatten()[left]].float().mean() > 0.98


def test_answers_are_kept(body: BodyModel) -> None:
    assert texel_surface(body, 128)[0] is texel_surface(body, 128)[0]
