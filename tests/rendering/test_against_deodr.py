"""Coverage, colours and texture gradients against deodr 0.2.3, a differentiable renderer that we did not write."""

import numpy as np
import pytest
import torch
from deodr_scene import DeodrScene
from shapes import capsule_person, cylinder_uv

from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.surface import surface_colours

SIZE = (128, 64)
pytestmark = pytest.mark.filterwarnings("ignore")  # deodr's use of numpy


@pytest.fixture(scope="module")
def scene():
    vertices, faces, _ = capsule_person()
    uv = cylinder_uv(vertices)
    vertices = vertices[None]
    screen = project(vertices, torch.tensor([[1.0, 0.003, 0.03]]), SIZE)
    return screen, faces, uv, DeodrScene(vertices[0].double().numpy(), faces.numpy())


def test_coverage(scene):
    screen, faces, _, judge = scene
    ours = rasterize(screen, faces, SIZE).mask[0].numpy()
    theirs, _ = judge.silhouette(screen[0].double().numpy(), SIZE)
    # deodr blends one pixel outwards from the border: full coverage is where a centre lies within.
    different = ours != (theirs > 1 - 1e-6)
    assert ours.sum() > 1000
    assert different.sum() <= 3  # centres within 1/256 of a pixel of an edge


def test_colours_and_texture_gradients(scene):
    # deodr 0.2.3 overwrites a texel's gradient where it should add. Here each pixel has texels of its own: the body is
    # seen along the axis that its texture coordinates were projected by, at more than four texels a pixel.
    screen, faces, uv, judge = scene
    torch.manual_seed(0)
    texture = torch.rand(1, 3, 512, 512, requires_grad=True)
    fragments = rasterize(screen, faces, SIZE)
    ours = surface_colours(screen, faces, fragments, uv, faces, texture)
    texels = texture[0].detach().permute(1, 2, 0).double().contiguous().numpy()
    theirs, passed = judge.textured(
        screen[0].double().numpy(), SIZE, uv.double().numpy(), faces.numpy(), texels, np.zeros((*SIZE, 3))
    )

    # Away from the border, which both blend, each in its way, with what is behind.
    within = torch.nn.functional.avg_pool2d(fragments.mask[None].float(), 5, 1, 2)[0, 0] == 1
    assert within.sum() > 500
    difference = (ours[0].detach().permute(1, 2, 0).double() - torch.from_numpy(theirs))[within].abs()
    assert difference.max() < 1e-2  # float32 coordinates in triangles seen almost edge on
    assert difference.quantile(0.99) < 1e-5

    outward = torch.randn(1, 3, *SIZE) * within
    (gradient,) = torch.autograd.grad((ours * outward).sum(), texture)
    passed.render_backward(outward[0].permute(1, 2, 0).double().contiguous().numpy())
    expected = torch.from_numpy(passed.texture_b).permute(2, 0, 1)
    touched = gradient[0] != 0
    assert touched.sum() > 4 * 3 * 500
    difference = (gradient[0] - expected)[touched].abs()
    assert difference.max() < 1e-2
    assert difference.quantile(0.99) < 1e-4
