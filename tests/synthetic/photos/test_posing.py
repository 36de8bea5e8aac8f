"""Posing for photos against the body itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.synthetic.photos.framing import View, foreshortened
from habitus.synthetic.photos.mesh import mesh_of
from habitus.synthetic.photos.posing import build_of, posed, unposed

BODY = BodyModel.load()


def drawn(seed: int, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """theta, beta, delta."""
    rng = np.random.default_rng(seed)
    theta = (scale * rng.standard_normal((24, 3))).astype(np.float32)
    delta = (0.02 * rng.standard_normal((BODY.num_vertices, 3))).astype(np.float32)
    return theta, rng.standard_normal(10).astype(np.float32), delta


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from((0.0, 1e-6, 0.3, 2.0)))
def test_vertices_and_joints_are_the_bodys(seed: int, scale: float) -> None:
    theta, beta, delta = drawn(seed, scale)
    figure = posed(mesh_of(BODY), build_of(mesh_of(BODY), beta, delta), theta)
    truth = BODY(*(torch.from_numpy(values)[None] for values in (theta, beta, delta)))
    np.testing.assert_allclose(figure.vertices, truth.vertices[0].numpy(), atol=2e-6)
    np.testing.assert_allclose(figure.joints, truth.joints[0].numpy(), atol=2e-6)
    np.testing.assert_allclose(figure.turns, truth.transforms[0, :, :3, :3].numpy(), atol=2e-6)
    points = BODY.coco_keypoints(truth.vertices)[0].numpy()
    np.testing.assert_allclose(mesh_of(BODY).keypoints.of(figure.vertices), points, atol=2e-6)


def test_bodies_with_pose_correctives_are_posed_too() -> None:
    data = load_body_data(None)
    rng = np.random.default_rng(0)
    posedirs = (1e-3 * rng.standard_normal((BODY.num_vertices, 3, 207))).astype(np.float32)
    body = BodyModel(replace(data, posedirs=posedirs))
    theta, beta, delta = drawn(0, 0.3)
    figure = posed(mesh_of(body), build_of(mesh_of(body), beta, delta), theta)
    truth = body(*(torch.from_numpy(values)[None] for values in (theta, beta, delta)))
    np.testing.assert_allclose(figure.vertices, truth.vertices[0].numpy(), atol=1e-5)


def test_unposed_vertices_are_posed_to_where_they_should_be() -> None:
    theta, beta, delta = drawn(3, 0.4)
    mesh = mesh_of(BODY)
    figure = posed(mesh, build_of(mesh, beta, delta), theta)
    index = np.arange(0, BODY.num_vertices, 7)
    wished = figure.vertices[index] + 0.05
    moved = delta.copy()
    moved[index] += unposed(mesh, figure, index, wished) - figure.rest[index]
    again = posed(mesh, build_of(mesh, beta, moved), theta)
    np.testing.assert_allclose(again.vertices[index], wished, atol=1e-5)


def test_the_proxy_is_the_body_with_few_faces() -> None:
    proxy = mesh_of(BODY).proxy
    vertices = BODY.v_template.numpy()
    assert len(proxy.faces) < 0.2 * BODY.num_faces
    assert volume(vertices[proxy.vertices], proxy.faces) == pytest.approx(volume(vertices, BODY.faces.numpy()), rel=0.1)


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Of a closed mesh, by tetrahedra to the origin."""
    a, b, c = (vertices[faces[:, corner]].astype(np.float64) for corner in range(3))
    return float((np.cross(a, b) * c).sum() / 6)


def test_perspective_divides_by_the_distance_and_leaves_the_roots_plane() -> None:
    rng = np.random.default_rng(0)
    points, root = rng.standard_normal((50, 3)).astype(np.float32), np.array((0.1, 0.9, -0.2), np.float32)
    seen = foreshortened(points, root, 5.0)
    # A pinhole 5 m before the root, whose picture plane goes through it.
    pinhole = root + np.array((0, 0, 5), np.float32)
    ray = points - pinhole
    np.testing.assert_allclose(seen[:, :2], (pinhole + ray * (-5 / ray[:, 2:]))[:, :2], atol=1e-5)
    flat = points.copy()
    flat[:, 2] = root[2]
    np.testing.assert_allclose(foreshortened(flat, root, 5.0), flat, atol=1e-6)
    assert (np.argsort(seen[:, 2]) == np.argsort(points[:, 2])).all()
    np.testing.assert_allclose(foreshortened(points, root, 1e7), points, atol=1e-5)


def test_a_far_camera_is_the_weak_perspective_one() -> None:
    points = np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32)
    psi = np.array((0.9, 0.1, -0.2), np.float32)
    view = View(psi, np.zeros(3, np.float32), 1e7)
    expected = project(torch.from_numpy(points)[None], torch.from_numpy(psi)[None], (256, 128))[0]
    np.testing.assert_allclose(view.screen(points, (256, 128)), expected.numpy(), atol=1e-3)
