"""Normals and Lambert's law."""

import torch
from shapes import sphere

from habitus.rendering.shading import Lambert, face_normals, lambert, vertex_normals


def test_normals_of_a_sphere_point_outwards():
    points, faces = sphere(40, 40)
    assert ((vertex_normals(points[None], faces)[0] * points).sum(dim=1) > 0.999).all()
    centres = torch.nn.functional.normalize(points[faces].mean(dim=1), dim=1)
    assert ((face_normals(points[None], faces)[0] * centres).sum(dim=1) > 0.99).all()


def test_a_vertex_of_no_face_and_a_face_of_no_area_have_no_normal():
    points = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]]])
    faces = torch.tensor([[0, 1, 2]])
    assert (vertex_normals(points, faces) == 0).all()
    assert (face_normals(points, faces) == 0).all()


def test_lambert():
    light = Lambert(direction=(0, 0, 2), ambient=(0.1, 0.2, 0.3), diffuse=(0.5, 0.5, 0.5))
    normals = torch.tensor([[[0.0, 0, 1], [0, 0, -1], [0, 0.6, 0.8]]])
    expected = torch.tensor([[[0.6, 0.7, 0.8], [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]]])
    torch.testing.assert_close(lambert(normals, light), expected)


def test_gradients():
    points, faces = sphere(4, 5)
    points = points.double()[None].repeat(2, 1, 1)
    points = (points + 0.1 * torch.randn(points.shape, generator=torch.Generator().manual_seed(0))).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: lambert(vertex_normals(p, faces), Lambert()), points)
    assert torch.autograd.gradcheck(lambda p: face_normals(p, faces), points)
