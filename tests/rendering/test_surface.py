"""The fused kernels against the composable functions, and against finite differences."""

import numpy as np
import pytest
import torch
from shapes import cylinder_uv, sphere, turned

from habitus.rendering.rasterizer import rasterize
from habitus.rendering.surface import surface_colours

SIZE = (33, 21)


def scene(rings=14, segments=15, batch=3):
    points, faces = sphere(rings, segments)
    uv = cylinder_uv(points).double()
    points = turned(points.double(), np.linspace(0.2, 2.5, batch))
    screen = points * torch.tensor([8.3, -12.7, 1.0]) + torch.tensor([10.9, 15.8, 0.0])
    return screen, faces, uv


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    ("textures", "max_level", "lit", "backgrounds"),
    [(3, 0, False, 3), (1, 2, True, 1), (3, 3, True, 0), (1, 0, True, 0)],
)
def test_both_implementations_give_the_same_colours_and_gradients(dtype, textures, max_level, lit, backgrounds):
    torch.manual_seed(textures + max_level)
    screen, faces, uv = scene()
    fragments = rasterize(screen, faces, SIZE)
    leaves = {"screen": screen, "texture": torch.rand(textures, 3, 32, 32)}
    if lit:
        leaves["brightness"] = torch.rand(screen.shape)
    if backgrounds:
        leaves["background"] = torch.rand(backgrounds, 3, *SIZE)
    leaves = {name: leaf.to(dtype).requires_grad_() for name, leaf in leaves.items()}
    outward = torch.randn(3, 3, *SIZE, dtype=dtype)
    images, gradients = [], []
    for implementation in ("numba", "torch"):
        options = {name: leaf for name, leaf in leaves.items() if name in ("brightness", "background")}
        image = surface_colours(
            leaves["screen"], faces, fragments, uv.to(dtype), faces, leaves["texture"],
            max_level=max_level, implementation=implementation, **options,
        )  # fmt: skip
        images.append(image)
        gradients.append(torch.autograd.grad((image * outward).sum(), list(leaves.values())))
    close = 1e-9 if dtype == torch.float64 else 2e-4
    torch.testing.assert_close(images[0], images[1], atol=close, rtol=close)
    for ours, reference in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, reference, atol=close, rtol=close)


def test_gradients_of_the_kernels():
    torch.manual_seed(0)
    screen, faces, uv = scene(5, 6, batch=2)
    fragments = rasterize(screen, faces, (12, 9))
    assert fragments.mask.any()
    texture = torch.rand(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    brightness = torch.rand(screen.shape, dtype=torch.float64, requires_grad=True)
    background = torch.rand(1, 3, 12, 9, dtype=torch.float64, requires_grad=True)

    def paint(max_level):
        def call(screen, texture, brightness, background):
            return surface_colours(
                screen, faces, fragments, uv, faces, texture,
                brightness=brightness, background=background, max_level=max_level,
            )  # fmt: skip

        return call

    leaves = (screen.requires_grad_(), texture, brightness, background)
    assert torch.autograd.gradcheck(paint(0), leaves, fast_mode=True)
    # The choice of a level is a constant to gradients, so the vertices stay where they are.
    assert torch.autograd.gradcheck(paint(2), (screen.detach(), *leaves[1:]), fast_mode=True)


def test_the_number_of_threads_changes_nothing():
    screen, faces, uv = scene(batch=7)
    fragments = rasterize(screen, faces, SIZE)
    texture = torch.rand(1, 3, 16, 16, dtype=torch.float64, requires_grad=True)
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            image = surface_colours(screen, faces, fragments, uv, faces, texture, max_level=1)
            results.append((image, torch.autograd.grad(image.square().sum(), texture)[0]))
    finally:
        torch.set_num_threads(before)
    for one, three in zip(*results, strict=True):
        torch.testing.assert_close(one, three)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"texture": torch.rand(2, 3, 8, 8)}, "texture must be shaped"),
        ({"texture": torch.rand(1, 3, 8, 4)}, "square"),
        ({"uv": torch.rand(5, 2)}, "texture vertex"),
        ({"uv_faces": torch.zeros(2, 3, dtype=torch.int64)}, "as faces"),
        ({"brightness": torch.rand(1, 3, 3)}, "brightness"),
        ({"faces": torch.tensor([[0, 1, 2]]), "uv_faces": torch.tensor([[0, 1, 2]])}, "same screen and faces"),
    ],
)
def test_shapes_that_do_not_fit(change, message):
    screen, faces, uv = scene()
    arguments = {"faces": faces, "uv": uv, "uv_faces": faces, "texture": torch.rand(1, 3, 8, 8)} | change
    fragments = rasterize(screen, faces, SIZE)
    with pytest.raises(ValueError, match=message):
        surface_colours(screen, fragments=fragments, **arguments)
