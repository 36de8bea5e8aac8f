import pytest
import torch

from habitus.body.model import BodyModel
from habitus.recovery.displacement import displacement_space, shoes


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


@pytest.fixture(scope="module")
def space(body):
    return displacement_space(body, 100)


def test_the_scalar_inflates_and_the_vector_shifts(body, space):
    torso = body.vertex_region("torso")
    handles = torch.zeros(2, 100, 4)
    handles[0, :, 0] = 0.02
    handles[1, :, 1] = 0.02
    inflated, shifted = space.displace(handles)
    grown = (body.v_template + inflated)[torso]
    assert (grown.amax(0) - grown.amin(0))[2] > (body.v_template[torso].amax(0) - body.v_template[torso].amin(0))[2]
    torch.testing.assert_close(shifted[torso][:, 0], torch.full((int(torso.sum()),), 0.02), atol=1e-3, rtol=0)
    assert shifted[torso][:, 1:].abs().max() < 1e-6


def test_hands_keep_their_shape(body, space):
    delta = space.displace(torch.full((1, 100, 4), 0.05))[0]
    hand = body.vertex_region("left_hand")
    assert delta[hand].norm(dim=1).mean() < 0.35 * delta[body.vertex_region("torso")].norm(dim=1).mean()


def test_roughness_is_the_mean_squared_slope(body, space):
    handles = 0.01 * torch.randn(1, 100, 1, generator=torch.Generator().manual_seed(0))
    spread = (space.basis @ handles[0])[:, 0].double()
    faces = body.faces
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = edges[edges[:, 0] < edges[:, 1]]
    length = (body.v_template[edges[:, 0]] - body.v_template[edges[:, 1]]).norm(dim=1).clamp(min=1e-3)
    slope = (spread[edges[:, 0]] - spread[edges[:, 1]]) / length
    torch.testing.assert_close(space.roughness(handles)[0].double(), (slope**2).mean(), rtol=1e-3, atol=0)


def test_it_is_made_once_a_body(body, space):
    assert displacement_space(body, 100) is space


def test_shoes_move_feet_alone_and_hide_the_toes(body):
    worn = shoes(body)
    feet = body.vertex_region("left_foot") | body.vertex_region("right_foot")
    calves = body.vertex_region("left_calf") | body.vertex_region("right_calf")
    assert worn[~(feet | calves)].abs().max() == 0
    assert worn[feet].norm(dim=1).max() < 0.08
    # Toes are grooves: the shoe's surface is smoother than the foot's, seen by how much neighbours' normals differ.
    from habitus.rendering.shading import vertex_normals

    normals = vertex_normals(torch.stack([body.v_template, body.v_template + worn]), body.faces)
    faces = body.faces[feet[body.faces].all(1) & (body.v_template[body.faces][:, :, 2] > 0.1).all(1)]
    bend = (normals[:, faces[:, 0]] - normals[:, faces[:, 1]]).norm(dim=2).mean(1)
    assert bend[1] < 0.8 * bend[0]
