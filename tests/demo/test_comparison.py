"""Comparing with the truth: the truth itself has no error, and known errors are measured as such."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.demo.comparison import compare, compare_textures, in_photo, without_light
from habitus.rendering.camera import project
from habitus.synthetic.photos.making import make_person, photograph
from habitus.synthetic.photos.truth import MadePhoto
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.scenes.scene import draw_scene
from habitus.types import BodyParams, Crop, Texture


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def photo(body: BodyModel) -> MadePhoto:
    """Taken from so far that the camera of a fit, weak perspective, is the photo's own."""
    rng = np.random.default_rng(0)
    person = make_person(body, 11, texture_size=128)
    scene = replace(draw_scene(rng), distance=1e4)
    return photograph(body, person, [draw_pose(rng)], [scene])[0]


@pytest.fixture
def crop(photo: MadePhoto) -> Crop:
    return photo.as_crop(np.random.default_rng(0))


def test_the_truth_is_without_error(body: BodyModel, photo: MadePhoto, crop: Crop) -> None:
    result = compare(body, photo, crop, photo.params)
    assert result.mask_iou > 0.98  # the photo's mask is smooth at its border, this one hard
    assert result.keypoint_error < 1e-4
    assert max(result.joint_error, result.vertex_error, result.body_error) < 1e-4
    assert torch.allclose(result.aligned, result.truth, atol=1e-3)


def test_alignment_forgives_size_place_and_turn_but_not_pose(body: BodyModel, photo: MadePhoto, crop: Crop) -> None:
    theta = photo.params.theta.clone()
    theta[0, 0] += torch.tensor([0.0, 0.3, 0.0])
    turned = compare(body, photo, crop, replace(photo.params, theta=theta))
    assert turned.joint_error < 1e-3
    assert turned.mask_iou < 0.97
    theta = photo.params.theta.clone()
    theta[0, 1] += torch.tensor([-0.6, 0.0, 0.0])  # a leg lifted
    assert compare(body, photo, crop, replace(photo.params, theta=theta)).joint_error > 0.02


def test_a_shifted_camera_shows_in_the_picture_only(body: BodyModel, photo: MadePhoto, crop: Crop) -> None:
    psi = photo.params.psi + torch.tensor([[0.0, 0.1, 0.0]])
    result = compare(body, photo, crop, BodyParams(photo.params.theta, photo.params.beta, photo.params.delta, psi))
    pixels = 0.1 * float(psi[0, 0]) * 128
    rows = project(result.truth[None], photo.params.psi, (256, 128))[0, :, 1]
    assert result.keypoint_error == pytest.approx(pixels / float(rows.max() - rows.min()), rel=0.01)
    assert result.vertex_error < 1e-4


def test_pixels_of_a_crop_lead_to_the_photo(crop: Crop) -> None:
    points = torch.tensor([[[0.1, -0.2, 0.3]]])
    psi = torch.tensor([[1.0, 0.0, 0.0]])
    moved = replace(crop, to_photo=torch.tensor([[2.0, 0.0, 10.0], [0.0, 2.0, 20.0]], dtype=torch.float64))
    expected = 2 * project(points, psi, crop.size)[..., :2] + torch.tensor([10.0, 20.0])
    assert torch.allclose(in_photo(points, psi, moved)[..., :2], expected)


def test_light_is_taken_off_a_texture(body: BodyModel, photo: MadePhoto) -> None:
    truth = photo.person.texture * 0.8
    confidence = torch.zeros(128, 128)
    confidence[:, :64] = 1.0
    lit = Texture(truth * torch.tensor([0.6, 0.8, 1.1])[:, None, None], confidence)
    assert torch.allclose(without_light(body, lit, truth).image, truth, atol=1e-4)
    error = compare_textures(body, lit, truth)
    assert error.seen < 1e-4
    assert 0.2 < error.seen_share < 0.8
