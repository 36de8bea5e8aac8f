import numpy as np
import pytest
import torch

from habitus.texture.surface import surface_texels
from habitus.texture.unwrap import distance_inside, unwrap
from habitus.texture.visibility import smoothstep
from habitus.types import BodyParams


def posed_normals(body, params):
    """Of each texel, from its own face: nothing of the code under test."""
    vertices = body(params.theta, params.beta, params.delta).vertices[0]
    corners = vertices[body.faces]
    normals = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return torch.nn.functional.normalize(normals, dim=1)


def test_true_parameters_give_back_the_true_texture(body, front, true_texture):
    texture = unwrap(body, *front)
    seen = texture.confidence > 0
    error = (texture.image - true_texture(512)).abs().amax(0)[seen]
    assert seen.float().mean() > 0.1
    assert error.median() < 2 / 255
    assert error.quantile(0.95) < 0.06


def test_large_photos_are_averaged_not_picked(body, take_photo, true_texture):
    truth = true_texture(512)
    params, image, mask = take_photo(truth, 0.0, height=2048)
    noise = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, image.shape).astype(np.float32))
    texture = unwrap(body, params, image + noise, mask, size=256)
    seen = texture.confidence > 0.5
    smooth = torch.nn.functional.avg_pool2d(truth, 2)
    # A texel of 256 covers about 3 pixels each way, so noise of 0.1 a pixel must fall well below that.
    assert (texture.image - smooth)[:, seen].std() < 0.06


def test_what_faces_away_has_no_confidence(body, front):
    texture = unwrap(body, *front)
    texels = surface_texels(body, 512)
    facing = posed_normals(body, front[0])[texels.face, 2].numpy()
    confidence = texture.confidence.numpy().ravel()[texels.flat]
    assert (facing < 0).mean() > 0.3
    # Normals are smoothed over vertices: in the folds of an ear a face may differ from them.
    assert (confidence[facing < -0.2] == 0).mean() > 0.9995
    assert (confidence[facing > 0.8] > 0).mean() > 0.6


def test_what_an_arm_hides_has_no_confidence(body, front):
    params, image, mask = front
    theta = params.theta.clone()
    theta[0, 16] = torch.tensor([0.0, -1.4, 0.0])  # the left arm reaches to the front,
    theta[0, 18] = torch.tensor([0.0, -1.3, 0.0])  # the forearm across the chest
    reached = BodyParams(theta, params.beta, params.delta, params.psi)
    everything = torch.ones_like(mask)
    free, hidden = (unwrap(body, p, image, everything).confidence for p in (params, reached))
    texels = surface_texels(body, 512)
    torso = np.isin(texels.face, np.flatnonzero(body.face_region.numpy() == body.regions.index("torso")))
    free, hidden = (c.numpy().ravel()[texels.flat][torso] for c in (free, hidden))
    newly = (free > 0.3) & (hidden == 0)
    assert newly.sum() > 300
    assert (free > 0.3).sum() > 2 * newly.sum()


@pytest.mark.parametrize("height", [128, 512])
def test_the_background_never_enters(body, take_photo, true_texture, height):
    """Also with parameters that do not fit: shifted by several pixels, and too large."""
    params, image, mask = take_photo(true_texture(512), 0.4, height)
    psi = params.psi + torch.tensor([[0.05, 0.03, 0.02]])
    for camera in (params.psi, psi):
        texture = unwrap(body, BodyParams(params.theta, params.beta, params.delta, camera), image, mask)
        red, green, blue = texture.image[:, texture.confidence > 0]
        # Nothing in the person has red and blue both well above green; a tenth of the wall would show.
        assert (torch.minimum(red, blue) - green).max() < 0.06


def test_an_empty_mask_shows_nothing(body, front):
    params, image, mask = front
    texture = unwrap(body, params, image, torch.zeros_like(mask))
    assert texture.confidence.max() == 0
    assert texture.image.max() == 0


def test_a_person_outside_the_picture_is_no_error(body, front):
    params, image, mask = front
    far = BodyParams(params.theta, params.beta, params.delta, params.psi + torch.tensor([[0.0, 50.0, 0.0]]))
    assert unwrap(body, far, image, mask).confidence.max() == 0


@pytest.mark.parametrize("size", [256, 1024])
def test_other_sizes(body, front, size):
    texture = unwrap(body, *front, size=size)
    assert texture.image.shape == (3, size, size)
    assert 0.1 < (texture.confidence > 0).float().mean() < 0.5
    assert texture.confidence.max() <= 1


def test_resolution_raises_confidence(body, take_photo, true_texture):
    truth = true_texture(512)
    small, large = (unwrap(body, *take_photo(truth, 0.0, height)).confidence.max() for height in (128, 1024))
    assert small < large


def test_wrong_shapes_are_refused(body, front):
    params, image, mask = front
    with pytest.raises(ValueError, match="do not fit"):
        unwrap(body, params, image, mask[:-1])
    with pytest.raises(ValueError, match="one person"):
        unwrap(body, BodyParams.cat([params, params]), image, mask)


def test_distance_inside_counts_pixels():
    mask = torch.zeros(5, 9)
    mask[:, 2:7] = 1
    np.testing.assert_allclose(distance_inside(mask)[2], [0, 0, 1, 2, 3, 2, 1, 0, 0])
    assert (distance_inside(torch.ones(4, 4)) > 4).all()


def test_smoothstep_is_monotone_and_bounded():
    value = smoothstep(0.2, 0.6, np.linspace(-1, 2, 200))
    assert value.min() == 0 and value.max() == 1
    assert (np.diff(value) >= 0).all()
