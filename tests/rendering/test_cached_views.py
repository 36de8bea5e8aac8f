"""Cached views render what the renderer renders."""

import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.record_files import UNFINISHED
from habitus.rendering.cached_views import CachedViews, collate_views, render_views, write_views
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.render import render
from habitus.rendering.silhouette import silhouette
from habitus.types import BodyParams

SIZE = (64, 32)
PHOTO = (128, 64)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


def someone(body: BodyModel, seed: int) -> BodyParams:
    """In some pose, a little out of the picture now and then."""
    rng = torch.Generator().manual_seed(seed)
    theta = 0.25 * torch.randn(1, body.num_joints, 3, generator=rng)
    theta[:, 0] *= torch.tensor([0.4, 8.0, 0.4])
    psi = torch.tensor([[0.95, 0.0, 0.3]]) + 0.1 * torch.randn(1, 3, generator=rng)
    delta = 0.01 * torch.randn(1, body.num_vertices, 3, generator=rng)
    return BodyParams(theta, torch.randn(1, 10, generator=rng), delta, psi)


@pytest.fixture(scope="module")
def people(body) -> list[BodyParams]:
    return [someone(body, seed) for seed in range(3)]


@pytest.fixture(scope="module")
def cache(body, people, tmp_path_factory):
    path = tmp_path_factory.mktemp("views") / "x.views"
    write_views(path, body, ((p, PHOTO) for p in people), count=len(people), size=SIZE, source="s")
    return path


def rendered(body, people, texture, background, max_level):
    """By the renderer; each person posed alone, as for the cache: sums in batches differ in the last digit."""
    vertices = torch.cat([body(p.theta, p.beta, p.delta).vertices for p in people])
    psi = torch.cat([p.psi for p in people])
    return render(
        vertices, body.faces, psi, body.uv, body.uv_faces, texture, size=SIZE, background=background,
        max_level=max_level,
    )  # fmt: skip


@pytest.mark.parametrize("implementation", ["numba", "torch"])
@pytest.mark.parametrize(
    ("size", "max_level", "textures"), [(64, 3, 3), (100, 3, 1), (100, 3, 3), (256, 3, 1), (512, 3, 3), (64, 0, 1)]
)
def test_equals_the_renderer_with_its_gradients(body, people, cache, implementation, size, max_level, textures):
    torch.manual_seed(size)
    texture = torch.rand(textures, 3, size, size, requires_grad=True)
    background = torch.rand(3, 3, *SIZE, requires_grad=True)
    weights = torch.randn(3, 3, *SIZE)
    expected = rendered(body, people, texture, background, max_level)
    gradients = torch.autograd.grad((expected.image * weights).sum(), (texture, background))
    views = CachedViews(cache, body=body, source="s")
    batch = collate_views([views[row] for row in range(3)])
    image, mask = render_views(batch, texture, background, max_level=max_level, implementation=implementation)
    torch.testing.assert_close(image, expected.image, atol=1e-6, rtol=0)
    torch.testing.assert_close(mask, expected.silhouette, atol=1e-6, rtol=0)
    found = torch.autograd.grad((image * weights).sum(), (texture, background))
    for one, other in zip(found, gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("implementation", ["numba", "torch"])
def test_gradcheck(cache, implementation):
    views = CachedViews(cache)
    batch = collate_views([views[2], views[0]])
    texture = torch.rand(2, 3, 16, 16, dtype=torch.float64, requires_grad=True)
    background = torch.rand(1, 3, *SIZE, dtype=torch.float64, requires_grad=True)

    def image(texture, background):
        return render_views(batch, texture, background, max_level=2, implementation=implementation)[0]

    assert torch.autograd.gradcheck(image, (texture, background), fast_mode=True)


def test_a_photo_of_another_shape_is_resized_not_cropped(body, people, tmp_path):
    photo = (90, 60)
    write_views(tmp_path / "x", body, [(people[0], photo)], count=1, size=SIZE)
    _, mask = render_views(collate_views([CachedViews(tmp_path / "x")[0]]), torch.ones(1, 3, 8, 8))
    vertices = body(people[0].theta, people[0].beta, people[0].delta).vertices
    screen = project(vertices, people[0].psi, photo) * torch.tensor([32 / 60, 64 / 90, 1])
    expected = silhouette(screen, body.faces, rasterize(screen, body.faces, SIZE))
    torch.testing.assert_close(mask, expected, atol=1e-6, rtol=0)


def test_without_a_background_it_is_black(body, people, cache):
    batch = collate_views([CachedViews(cache)[1]]).to("cpu")
    texture = torch.rand(1, 3, 8, 8)
    image, _ = render_views(batch, texture)
    torch.testing.assert_close(image, rendered(body, people[1:2], texture, None, 3).image)
    assert len(batch) == 1 and not image.requires_grad


def test_somebody_out_of_the_picture_leaves_the_background(body, people, tmp_path):
    away = BodyParams(people[0].theta, people[0].beta, people[0].delta, torch.tensor([[1.0, 50.0, 0.0]]))
    write_views(tmp_path / "x", body, [(away, PHOTO)] * 2, count=2, size=SIZE)
    views = CachedViews(tmp_path / "x")
    background = torch.rand(2, 3, *SIZE)
    texture = torch.rand(2, 3, 16, 16, requires_grad=True)
    for implementation in ("numba", "torch"):
        batch = collate_views([views[0], views[1]])
        image, mask = render_views(batch, texture, background, implementation=implementation)
        assert torch.equal(image, background) and not mask.any()
        (gradient,) = torch.autograd.grad(image.sum(), texture)
        assert not gradient.any()


def test_views_of_another_body_source_or_size_are_refused(body, people, cache, tmp_path):
    other = BodyModel.load()
    other.uv.mul_(0.5)
    with pytest.raises(InputError, match=r"x\.views: holds cached views of another body file; remove it"):
        CachedViews(cache, body=other)
    with pytest.raises(InputError, match="of another source"):
        CachedViews(cache, source="t")
    with pytest.raises(InputError, match="of another size and another source"):
        write_views(cache, body, [(people[0], PHOTO)], count=3, size=(32, 32))
    content = cache.read_bytes()
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cut: is cut off or was never finished; remove it"):
        CachedViews(tmp_path / "cut")


def test_a_killed_writing_goes_on(body, people, cache, tmp_path):
    (tmp_path / ("x" + UNFINISHED)).write_bytes(cache.read_bytes()[: cache.stat().st_size // 2])
    steps = []
    write_views(
        tmp_path / "x", body, ((p, PHOTO) for p in people), count=3, size=SIZE, source="s", progress=steps.append
    )
    assert (tmp_path / "x").read_bytes() == cache.read_bytes()
    assert steps[0] >= 1 and sum(steps) == 3


def test_a_photo_takes_few_bytes(body, people, tmp_path):
    write_views(tmp_path / "x", body, [(people[0], PHOTO)], count=1, size=(128, 64))
    assert (tmp_path / "x").stat().st_size < 120_000
    # Even of a photo that the body fills.
    near = BodyParams(people[0].theta, people[0].beta, people[0].delta, torch.tensor([[9.0, 0.0, 0.0]]))
    write_views(tmp_path / "y", body, [(near, PHOTO)], count=1, size=(128, 64))
    filled = CachedViews(tmp_path / "y")[0]
    assert len(filled.uv) > 0.9 * 128 * 64
    assert (tmp_path / "y").stat().st_size < 120_000


def test_shapes_that_do_not_fit(cache):
    views = CachedViews(cache)
    batch = collate_views([views[0], views[1]])
    with pytest.raises(ValueError, match="texture must be shaped"):
        render_views(batch, torch.rand(3, 3, 8, 8))
    with pytest.raises(ValueError, match="must be square"):
        render_views(batch, torch.rand(2, 3, 8, 9))
    with pytest.raises(ValueError, match="background must be shaped"):
        render_views(batch, torch.rand(2, 3, 8, 8), torch.rand(2, 3, 5, 5))
    with pytest.raises(ValueError, match="of one size"):
        collate_views([])
    assert np.isfinite(batch.footprint.numpy()).all()
