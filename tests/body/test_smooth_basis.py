import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import dijkstra

from habitus.body.model import BodyModel
from habitus.body.smooth_basis import farthest_points, smooth_basis


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


@pytest.fixture(scope="module")
def basis(body):
    return smooth_basis(body, 200)


def test_rows_are_convex(body, basis):
    assert basis.shape == (body.num_vertices, 200)
    assert (basis >= 0).all()
    torch.testing.assert_close(basis.sum(1), torch.ones(body.num_vertices))


def test_a_constant_displacement_is_kept(basis):
    shift = torch.tensor([0.01, -0.02, 0.03])
    torch.testing.assert_close(basis @ shift.expand(200, 3), shift.expand(len(basis), 3))


def test_neighbours_move_alike(body, basis):
    noise = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    moved = basis @ noise
    faces = body.faces
    across = (moved[faces[:, 0]] - moved[faces[:, 1]]).norm(dim=1)
    assert across.mean() < 0.35 * moved.norm(dim=1).mean()  # 1.4 for noise that is not smooth


def test_a_handle_does_not_jump_between_the_legs(body, basis):
    """What a handle reaches lies near it along the skin, not only through the air."""
    from scipy.sparse import coo_matrix

    vertices, faces = body.v_template.numpy(), body.faces.numpy()
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    graph = coo_matrix((length, edges.T), (len(vertices), len(vertices))).tocsr()
    thigh = np.flatnonzero(body.vertex_region("left_thigh").numpy())
    handle = int(basis[thigh].sum(0).argmax())
    centre = int(basis[:, handle].argmax())
    reach = dijkstra(graph, directed=False, indices=centre)
    assert reach[basis[:, handle].numpy() > 0.05].max() < 0.45


def test_farthest_points_are_distinct_and_spread():
    grid = np.stack(np.meshgrid(*[np.arange(10.0)] * 3), -1).reshape(-1, 3)
    chosen = farthest_points(grid, 8)
    assert len(set(chosen.tolist())) == 8
    apart = np.linalg.norm(grid[chosen][:, None] - grid[chosen][None], axis=-1)
    assert apart[~np.eye(8, dtype=bool)].min() > 4
