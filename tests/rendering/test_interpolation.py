"""Barycentric coordinates and attributes at pixels."""

import torch
from shapes import sphere

from habitus.rendering.interpolation import barycentrics, interpolate
from habitus.rendering.rasterizer import Fragments, rasterize

SIZE = (18, 24)


def small_sphere(rings=6, segments=7, dtype=torch.float64):
    points, faces = sphere(rings, segments)
    screen = points.to(dtype)[None] * torch.tensor([8.3, -7.7, 1.0], dtype=dtype)
    return screen + torch.tensor([11.9, 8.8, 0.0], dtype=dtype), faces


def test_coordinates_lead_back_to_the_pixels_centre():
    screen, faces = small_sphere(40, 40)
    fragments = rasterize(screen, faces, SIZE)
    bary = barycentrics(screen, faces, fragments)
    assert (bary >= 0).all()
    torch.testing.assert_close(bary.sum(dim=-1), fragments.mask.to(bary.dtype))
    rows, columns = torch.meshgrid(torch.arange(18) + 0.5, torch.arange(24) + 0.5, indexing="ij")
    there = interpolate(screen, faces, fragments, bary)[0]
    error = (there[..., :2] - torch.stack((columns, rows), dim=-1)).abs().amax(dim=-1)[fragments.mask[0]]
    assert error.max() < 2 / 256  # faces are found at 1/256 of a pixel
    torch.testing.assert_close(there[..., 2].float(), fragments.depth[0], atol=0.05, rtol=0)


def test_attributes_by_a_second_list_of_faces():
    screen, faces = small_sphere()
    fragments = rasterize(screen, faces, SIZE)
    bary = barycentrics(screen, faces, fragments)
    per_face = torch.arange(len(faces), dtype=torch.float64)[:, None].repeat(1, 3).reshape(-1, 1)
    values = interpolate(per_face, torch.arange(3 * len(faces)).view(-1, 3), fragments, bary)[..., 0]
    torch.testing.assert_close(values[fragments.mask], fragments.face_id[fragments.mask].double())
    assert (values[~fragments.mask] == 0).all()


def test_gradients():
    screen, faces = small_sphere()
    fragments = rasterize(screen, faces, SIZE)
    attributes = torch.randn(1, screen.shape[1], 2, dtype=torch.float64, requires_grad=True)

    def both(screen, attributes):
        return interpolate(attributes, faces, fragments, barycentrics(screen, faces, fragments))

    assert torch.autograd.gradcheck(both, (screen.requires_grad_(), attributes), fast_mode=True)
    common = torch.randn(screen.shape[1], 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a: both(screen.detach(), a), common, fast_mode=True)


def test_a_triangle_without_width_has_its_middle_and_no_gradient():
    # Rounding to 1/256 of a pixel may give an area to a triangle that has none: its coordinates would be 0 / 0.
    screen = torch.tensor([[[2.0, 4.5, 0.0], [12.0, 4.5, 0.0], [22.0, 4.5, 0.0]]], requires_grad=True)
    face_id = torch.full((1, 9, 24), -1, dtype=torch.int32)
    face_id[0, 4, 5] = 0
    bary = barycentrics(screen, torch.tensor([[0, 1, 2]]), Fragments(face_id, torch.zeros(1, 9, 24)))
    torch.testing.assert_close(bary[0, 4, 5], torch.full((3,), 1 / 3))
    bary.square().sum().backward()
    assert screen.grad is not None
    assert (screen.grad == 0).all()
