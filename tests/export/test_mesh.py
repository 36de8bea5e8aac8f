import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from habitus.export.mesh import skinned_mesh, split_seams, strongest_joints, unit_normals


def test_a_seam_is_split_and_nothing_else():
    # Two triangles share the edge (1, 2); in UV the second has its own copy of vertex 2 only.
    faces = np.array([[0, 1, 2], [2, 1, 3]])
    uv_faces = np.array([[0, 1, 2], [4, 1, 3]])
    source, uv_index, split = split_seams(faces, uv_faces)
    assert len(source) == 5
    assert (source[split] == faces).all()
    assert (uv_index[split] == uv_faces).all()
    assert split[0, 1] == split[1, 1]
    assert split[0, 2] != split[1, 0]


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_splitting_keeps_every_corner(count, seed):
    rng = np.random.default_rng(seed)
    faces, uv_faces = rng.integers(0, 12, (count, 3)), rng.integers(0, 20, (count, 3))
    source, uv_index, split = split_seams(faces, uv_faces)
    assert (source[split] == faces).all()
    assert (uv_index[split] == uv_faces).all()
    assert len(np.unique(np.stack([source, uv_index]), axis=1).T) == len(source)


@given(arrays(np.float32, (6, 24), elements=st.floats(0, 1, width=32)))
def test_four_joints_at_most_and_their_weights_sum_to_one(weights):
    weights = weights + np.eye(6, 24, dtype=np.float32)
    joints, kept = strongest_joints(weights)
    assert np.allclose(kept.sum(1), 1, atol=1e-6)
    assert (np.diff(kept, axis=1) <= 0).all()
    assert (joints[kept == 0] == 0).all()
    for row in range(6):
        fifth = np.sort(weights[row])[-5]
        assert (weights[row, joints[row][kept[row] > 0]] >= fifth).all()


def test_the_body_needs_no_more_than_four_joints_a_vertex(body):
    joints, kept = strongest_joints(body.lbs_weights.numpy())
    dense = np.zeros(body.lbs_weights.shape, np.float32)
    np.add.at(dense, (np.arange(len(dense))[:, None], joints), kept)
    assert np.abs(dense - body.lbs_weights.numpy()).max() < 1e-6


def test_normals_point_outwards_and_have_length_one(body, person):
    mesh = skinned_mesh(body, person.params)
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5)
    # The volume under the surface is positive only when faces are counter-clockwise seen from outside.
    a, b, c = (mesh.positions[mesh.faces[:, i]].astype(float) for i in range(3))
    assert np.einsum("ij,ij->", a, np.cross(b, c)) > 0
    face_normals = np.cross(b - a, c - a)
    corner_normals = mesh.normals[mesh.faces].mean(1)
    assert (np.einsum("ij,ij->i", face_normals, corner_normals) > 0).mean() > 0.97


def test_a_vertex_without_area_gets_a_normal_all_the_same():
    normals = unit_normals(torch.zeros(3, 3), torch.tensor([[0, 1, 2]]))
    assert np.allclose(normals, [0, 1, 0])


def test_the_rest_pose_stands_on_the_ground_with_its_skeleton(body, person):
    mesh = skinned_mesh(body, person.params)
    rest = body.rest(person.params.beta, person.params.delta)[0].numpy()
    joints = body.rest_joints(person.params.beta)[0].numpy()
    assert mesh.positions[:, 1].min() == 0
    drop = mesh.positions - rest[mesh.source]
    assert np.allclose(drop, mesh.rest_joints[0] - joints[0], atol=1e-6)
    assert np.allclose(mesh.rest_joints - joints, drop[0], atol=1e-6)
    assert set(mesh.source) == set(range(body.num_vertices))
