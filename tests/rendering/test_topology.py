"""Edges of a mesh."""

import torch
from shapes import sphere

from habitus.rendering.topology import topology_of


def test_each_edge_of_a_closed_mesh_has_two_faces_that_walk_it_opposite_ways():
    _, faces = sphere(7, 9)
    topology = topology_of(faces)
    assert len(topology.edges) == 3 * len(faces) // 2
    assert (topology.edges[:, 0] < topology.edges[:, 1]).all()
    assert (topology.edge_turns.sum(dim=1) == 0).all()
    for column in range(2):
        corners = faces[topology.edge_faces[:, column].long()]
        assert (corners[:, None, :] == topology.edges[:, :, None]).any(dim=2).all()


def test_the_rim_of_an_open_mesh_and_an_edge_of_three_faces():
    # Three faces meet in the edge 0-1, like pages of a book; all other edges are rims.
    topology = topology_of(torch.tensor([[0, 1, 2], [1, 0, 3], [0, 1, 4]]))
    spine = (topology.edges == torch.tensor([0, 1])).all(dim=1)
    assert topology.edge_faces[spine].tolist() == [[0, 1], [2, -1]]
    assert topology.edge_turns[spine].tolist() == [[1, -1], [1, 0]]
    assert (topology.edge_faces[~spine, 1] == -1).all()
    assert len(topology.edges) == 8


def test_a_changed_tensor_is_looked_at_again():
    faces = torch.tensor([[0, 1, 2]])
    assert topology_of(faces) is topology_of(faces)
    faces[0, 2] = 5
    assert topology_of(faces).num_vertices == 6
