"""The steps that make the open body, each on something small."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import sparse

from build_open_body import kept_atlas
from habitus.body.assets import OPEN_BODY, load_body_data
from habitus.body.model import BodyModel
from open_body.atlas import overlaps, pack, relax_chart
from open_body.hands import FINGERS, RELAXED, relax_left_hand
from open_body.joints import convex_regressor, ridge_regressor
from open_body.regions import BAND, HAIR_BAND, straighten
from open_body.rig import MIRROR_JOINTS, PARENTS, t_pose
from open_body.shape_space import principal_components, symmetrise
from open_body.simplify import simplify
from open_body.surface import Surface, triangle_charts

BODY = load_body_data()
with np.load(OPEN_BODY) as file:
    MIRROR = file["mirror_vertices"].astype(np.int64)


def signed_areas(uv: np.ndarray, faces: np.ndarray) -> np.ndarray:
    one, two = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    return (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2


@pytest.mark.parametrize("count", [6500, 6001])
def test_simplifying_keeps_surface_symmetry_and_seams(count: int) -> None:
    vertices = BODY.v_template.astype(np.float64)
    uv = BODY.uv.astype(np.float64)
    surface = Surface(
        sparse.csr_array(sparse.eye_array(len(vertices))), BODY.faces, uv, BODY.uv_faces,
        triangle_charts(BODY.uv_faces, len(uv)), MIRROR,
    )  # fmt: skip
    result = simplify(surface, vertices[None], np.ones(len(vertices)), num_vertices=count, length_weight=0.05)
    points = result.combination @ vertices
    assert len(points) == count
    edges = np.stack([result.faces, np.roll(result.faces, -1, 1)], -1).reshape(-1, 2)
    assert {tuple(e) for e in edges.tolist()} == {(b, a) for a, b in edges.tolist()}
    assert count - len(edges) // 2 + len(result.faces) == 2
    np.testing.assert_array_equal(points[result.mirror], points * [-1, 1, 1])
    faces = {tuple(sorted(face)) for face in result.faces.tolist()}
    assert all(tuple(sorted(face)) in faces for face in result.mirror[result.faces].tolist())
    assert (signed_areas(result.uv, result.uv_faces) > 0).all()
    assert len(np.unique(result.chart)) == len(np.unique(surface.chart))
    covered = signed_areas(result.uv, result.uv_faces).sum() / signed_areas(uv, BODY.uv_faces).sum()
    assert covered == pytest.approx(1, abs=0.02)


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    at = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).reshape(-1, 2) / (size - 1)
    corner = (np.arange(size - 1)[:, None] * size + np.arange(size - 1)).ravel()
    faces = np.concatenate([
        np.stack([corner, corner + 1, corner + size + 1], 1), np.stack([corner, corner + size + 1, corner + size], 1)
    ])  # fmt: skip
    return at, faces


def test_relaxing_a_distorted_chart_flattens_it_isometrically() -> None:
    flat, faces = grid(9)
    points = np.concatenate([flat, np.zeros((len(flat), 1))], 1)
    start = flat**1.7 @ np.array([[1, 0.4], [0, 0.6]])
    assert (signed_areas(start, faces) > 0).all()
    relaxed = relax_chart(points[faces], faces, start, 60)
    lengths = np.linalg.norm(relaxed[faces] - np.roll(relaxed[faces], 1, axis=1), axis=2)
    wanted = np.linalg.norm(flat[faces] - np.roll(flat[faces], 1, axis=1), axis=2)
    np.testing.assert_allclose(lengths, wanted, rtol=0.02)


def test_overlaps_are_seen() -> None:
    flat, faces = grid(5)
    assert not overlaps(flat, faces)
    folded = np.concatenate([flat, flat + np.array([0.5, 0.5])])
    assert overlaps(folded, np.concatenate([faces, faces + len(flat)]))
    apart = np.concatenate([flat, flat + np.array([1.5, 0.5])])
    assert not overlaps(apart, np.concatenate([faces, faces + len(flat)]))


def test_packed_charts_fit_and_stay_apart() -> None:
    flat, faces = grid(4)
    charts = [(flat * [1.0, 0.6], faces), (flat * [0.5, 0.4], faces), (flat * 0.3, faces)]
    placed = pack(charts)
    assert all((uv > 0).all() and (uv < 1).all() for uv in placed)
    areas = np.array([signed_areas(uv, faces).sum() for uv in placed]) / [0.6, 0.2, 0.09]
    np.testing.assert_allclose(areas, areas[0], rtol=1e-6)  # all scaled alike
    joined = np.concatenate(placed)
    assert not overlaps(joined, np.concatenate([faces + k * len(flat) for k in range(3)]))
    assert sum(signed_areas(p, faces).sum() for p in placed) > 0.4


def test_posing_the_t_pose_gives_back_the_sculpted_pose() -> None:
    # A body in some pose like MakeHuman's: arms halfway down, legs apart.
    model = BodyModel.load()
    theta = torch.zeros(1, 24, 3)
    theta[0, 16, 2], theta[0, 17, 2], theta[0, 1, 2], theta[0, 2, 2], theta[0, 18, 1] = -0.8, 0.8, 0.1, -0.1, -0.3
    posed = model(theta, torch.zeros(1, 10))
    vertices, joints = posed.vertices.double().numpy(), posed.joints.double().numpy()
    weights = BODY.lbs_weights.astype(np.float64)
    found, placed = t_pose(vertices, joints, weights)
    shoulder = placed[0, 18] - placed[0, 16]
    np.testing.assert_allclose(shoulder[1:], 0, atol=1e-9)
    own = BODY.v_template - BODY.J_regressor[0] @ BODY.v_template
    arms = weights[:, 16:20].sum(1) > 0.99
    np.testing.assert_allclose(found[0][arms], own[arms], atol=0.01)  # the regressed joints are millimetres off a line
    np.testing.assert_allclose(np.linalg.norm(np.diff(placed[0][[16, 18, 20]], axis=0), axis=1),
                               np.linalg.norm(np.diff(joints[0][[16, 18, 20]], axis=0), axis=1), atol=1e-9)  # fmt: skip


def people(count: int) -> np.ndarray:
    betas = np.random.default_rng(0).normal(size=(count, 10)).astype(np.float32)
    return BODY.v_template + np.einsum("nck,sk->snc", BODY.shapedirs, betas)


def test_regressors_find_what_is_linear_in_the_vertices() -> None:
    vertices = people(30).astype(np.float64)
    joints = BODY.J_regressor.astype(np.float64) @ vertices
    regressor = ridge_regressor(vertices, joints, MIRROR)
    np.testing.assert_allclose(regressor.sum(1), 1, atol=1e-9)
    np.testing.assert_allclose(regressor[MIRROR_JOINTS][:, MIRROR], regressor, atol=1e-12)
    assert np.linalg.norm(regressor @ vertices - joints, axis=-1).mean() < 0.002
    near = np.flatnonzero(BODY.lbs_weights[:, 18] > 0.5)
    weights = convex_regressor(vertices, vertices[:, near].mean(1), near)
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights @ vertices[3], vertices[3, near].mean(0), atol=1e-4)
    assert PARENTS[0] == -1


def test_components_have_unit_variance_and_explain_the_people() -> None:
    vertices = people(60)
    mean, directions, explained = principal_components(vertices, vertices.copy(), BODY.faces, 10)
    assert (np.diff(explained) <= 1e-9).sum() >= 7  # stature is worth something too, so the order is nearly sorted
    assert 0.98 < explained.sum() <= 1.0001
    residual = (vertices - mean).reshape(60, -1)
    flat = directions.reshape(-1, 10)
    scores = np.linalg.lstsq(flat, residual.T, rcond=None)[0]
    np.testing.assert_allclose(scores.std(1), 1, atol=0.05)
    assert np.abs(residual - (flat @ scores).T).max() < 0.01
    even = symmetrise(directions, MIRROR)
    np.testing.assert_array_equal(even[MIRROR], even * [[-1], [1], [1]])


def test_fingers_are_turned_to_where_they_point_at_rest() -> None:
    # A flat hand, palm down, along +X with the thumb towards +Z; a vertex at every joint, moved by the bone before it.
    rng = np.random.default_rng(3)
    knuckles = np.array([[9, 0, 3], [9, 0, 0.5], [9, 0, -1.5], [8.5, 0, -3], [3, 0, 3]])
    lengths = rng.uniform(1, 3, (5, 3))
    reach = np.concatenate([np.zeros((5, 1)), lengths.cumsum(1)], 1)
    chains = knuckles[:, None] + reach[..., None] * np.array([1, 0.1, 0.2])
    ends = np.concatenate([[[0, 0, 0.5]], chains.reshape(-1, 3)])[None]
    owner = np.tile([0, 0, 1, 2], 5) + 3 * np.repeat(np.arange(5), 4)
    weights = np.concatenate([np.zeros((1, 15)), np.eye(15)[owner]])
    relaxed = relax_left_hand(ends, ends, weights)[0]
    np.testing.assert_array_equal(relaxed[0], ends[0, 0])
    found = relaxed[1:].reshape(5, 4, 3)
    np.testing.assert_allclose(found[:, 0], knuckles, atol=1e-12)
    bones = np.diff(found, axis=1)
    long = np.linalg.norm(bones, axis=-1)
    np.testing.assert_allclose(long, lengths * np.linalg.norm([1, 0.1, 0.2]), rtol=1e-9)
    to_thumb = np.rad2deg(np.arctan2(bones[..., 2], bones[..., 0]))
    to_palm = np.rad2deg(np.arcsin(-bones[..., 1] / long))
    wanted = np.array([RELAXED[finger] for finger in FINGERS])
    np.testing.assert_allclose(np.stack([to_thumb, to_palm], -1), wanted, atol=1e-6)


def test_a_ragged_border_becomes_a_straight_one() -> None:
    vertices = BODY.v_template.astype(np.float64)
    centre = vertices[BODY.faces].mean(1)
    straight = (centre[:, 1] > -0.6).astype(int)  # through both shins
    near = np.abs(centre[:, 1] + 0.6) < 0.025
    ragged = np.where(near & (np.random.default_rng(0).random(len(centre)) < 0.3), 1 - straight, straight)

    def border(label: np.ndarray) -> float:
        ends = np.stack([BODY.faces, np.roll(BODY.faces, -1, 1)], -1).reshape(-1, 2)
        owner = {(a, b): k // 3 for k, (a, b) in enumerate(ends.tolist())}
        return sum(float(np.linalg.norm(vertices[a] - vertices[b])) for (a, b), k in owner.items()
                   if a < b and label[k] != label[owner[b, a]])  # fmt: skip

    found = straighten(ragged, vertices, BODY.faces)
    assert border(found) < 1.02 * border(straighten(straight, vertices, BODY.faces))
    assert border(found) < 0.5 * border(ragged)
    moved = np.abs(centre[found != straight, 1] + 0.6)
    assert moved.max() < 0.025 + 0.04 * max(BAND, HAIR_BAND)  # edges of the shin are some 3 cm long


def test_the_atlas_is_kept_for_the_same_mesh_only(tmp_path: Path) -> None:
    surface = Surface(
        sparse.csr_array(sparse.eye_array(len(BODY.v_template))), BODY.faces, BODY.uv, BODY.uv_faces,
        triangle_charts(BODY.uv_faces, len(BODY.uv)), MIRROR,
    )  # fmt: skip
    np.testing.assert_array_equal(kept_atlas(OPEN_BODY, surface), BODY.uv)
    assert kept_atlas(tmp_path / "none.npz", surface) is None
    assert kept_atlas(OPEN_BODY, replace(surface, faces=surface.faces[::-1])) is None
