"""Coverage and ids: both implementations, bit for bit, and against the definition."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import sphere

from habitus.rendering.rasterizer import Fragments, rasterize

SIZE = (19, 23)


def both(screen, faces, size=SIZE) -> Fragments:
    """The numba kernel's fragments, after a check that the torch reference's are the same bits."""
    fast = rasterize(screen, faces, size, implementation="numba")
    reference = rasterize(screen, faces, size, implementation="torch")
    assert torch.equal(fast.face_id, reference.face_id)
    assert torch.equal(fast.depth, reference.depth)
    return fast


def random_mesh(seed: int, spread: float, count: int = 40, batch: int = 2):
    generator = torch.Generator().manual_seed(seed)
    screen = torch.randn(batch, 30, 3, generator=generator) * torch.tensor([spread, spread, 1.0])
    screen = screen + torch.tensor([11.5, 9.5, 0.0])
    return screen, torch.randint(0, 30, (count, 3), generator=generator)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), spread=st.sampled_from([0.3, 3.0, 20.0, 3e3, 1e5]))
def test_implementations_agree_on_random_meshes(seed, spread):
    # Random indices repeat within a face, so degenerate triangles are among them.
    both(*random_mesh(seed, spread))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), step=st.sampled_from([1.0, 0.5, 0.25]))
def test_implementations_agree_on_grids(seed, step):
    # Vertices on pixel centres and corners, few depths: ties of every kind.
    screen, faces = random_mesh(seed, 8.0)
    both(torch.round(screen / step) * step, faces)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 2.0**17 + 1, 3e38])
@pytest.mark.parametrize("coordinate", [0, 1, 2])
def test_triangles_that_cannot_be_drawn_are_left_out(bad, coordinate):
    good = [[2.0, 2.0, 0.0], [2.0, 15.0, 0.0], [15.0, 2.0, 0.0]]
    screen = torch.tensor([[*good, *good]])
    screen[0, 4, coordinate] = bad
    found = both(screen, torch.tensor([[3, 4, 5], [0, 1, 2]]))
    drawable = coordinate == 2 and abs(bad) < float("inf")  # any finite depth is a depth
    assert found.mask.any()
    assert (found.face_id == 0).any() == drawable
    assert torch.isfinite(found.depth).all()


def test_empty_meshes_and_batches():
    none = torch.empty(0, 3, dtype=torch.int64)
    assert (both(torch.zeros(2, 4, 3), none).face_id == -1).all()
    assert both(torch.zeros(0, 4, 3), torch.tensor([[0, 1, 2]])).face_id.shape == (0, *SIZE)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_a_tiling_covers_each_pixel_exactly_once(seed):
    # A fan of triangles round a point within a square larger than the image: no gap, no double cover.
    generator = torch.Generator().manual_seed(seed)
    hub = torch.rand(2, generator=generator) * torch.tensor([20.0, 16.0]) + 1.5
    hub = torch.round(hub * 2) / 2 if seed % 2 else hub
    rim = [(-3, -3), (11.5, -3), (26, -3), (26, 9.5), (26, 22), (7.5, 22), (-3, 22), (-3, 8.5)]
    screen = torch.tensor([[(*hub.tolist(), 0.0), *((x, y, 0.0) for x, y in rim)]])
    faces = [torch.tensor([[0, i, i % 8 + 1]]) for i in range(1, 9)]
    times = torch.stack([both(screen, face).mask.int() for face in faces]).sum(dim=0)
    assert (times == 1).all()


def test_coverage_is_the_centre_inside_the_triangle():
    screen, faces = random_mesh(5, 8.0, count=1, batch=1)
    a, b, c = (torch.round(screen[0, i, :2] * 256) / 256 for i in faces[0])
    expected = torch.zeros(SIZE, dtype=torch.bool)
    for r in range(SIZE[0]):
        for k in range(SIZE[1]):
            p = torch.tensor([k + 0.5, r + 0.5])
            turns = [torch.linalg.det(torch.stack((q - o, p - o)).double()) for o, q in ((a, b), (b, c), (c, a))]
            expected[r, k] = all(t > 0 for t in turns) or all(t < 0 for t in turns)
    assert expected.any()
    assert torch.equal(both(screen, faces).mask[0], expected)


def test_the_nearest_wins_and_equal_depth_goes_to_the_lowest_id():
    corners = [[0.0, 0.0], [0.0, 40.0], [40.0, 0.0]]
    screen = torch.tensor([[[*c, z] for z in (0.0, 1.0, 1.0, -0.0) for c in corners]])
    faces = torch.arange(12).view(4, 3)
    assert (both(screen, faces).face_id[0, :15, :15] == 1).all()
    assert (both(screen, faces[[3, 0]]).face_id[0, :15, :15] == 0).all()  # 0.0 and -0.0 are as near


def test_depth_is_the_surfaces_own():
    points, faces = sphere(20, 20)
    screen = points[None] * torch.tensor([8.0, -8.0, 1.0]) + torch.tensor([11.5, 9.5, 0.0])
    found = both(screen, faces)
    rows, columns = torch.meshgrid(torch.arange(19) + 0.5 - 9.5, torch.arange(23) + 0.5 - 11.5, indexing="ij")
    true = (1 - (rows**2 + columns**2) / 64).clamp(min=0).sqrt()
    assert (found.depth[0] - true)[found.mask[0] & (true > 0.5)].abs().max() < 0.02


@pytest.mark.parametrize("faces", [[[0, 1, 4]], [[0, -1, 2]]])
def test_faces_must_name_vertices_that_exist(faces):
    with pytest.raises(ValueError, match="vert"):
        rasterize(torch.zeros(1, 4, 3), torch.tensor(faces), SIZE)
