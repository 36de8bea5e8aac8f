"""A photo that is itself a render of a known texture, in a light of its own."""

import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.evaluation.texture.scoring import Judges, ScoredPhoto, compare, score
from habitus.evaluation.texture.turned import SIZE, YAWS, turned, turned_errors
from habitus.rendering.camera import project
from habitus.rendering.render import render
from habitus.texture.surface import surface_texels
from habitus.types import BodyParams, Texture

LIGHT = 0.8
STREET = torch.full((3, 128, 64), 0.4)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def truth(body) -> torch.Tensor:
    texels = surface_texels(body, 64)
    place = texels.spread @ body.v_template.numpy()
    colour = 0.5 + 0.3 * np.sin(place * [9, 14, 11] + [0, 1, 2])
    return torch.from_numpy(texels.scatter_with_gutters(colour.astype(np.float32)))


@pytest.fixture(scope="module")
def photo(body, truth) -> ScoredPhoto:
    theta = torch.zeros(1, 24, 3)
    theta[0, 0, 1], theta[0, 16, 2], theta[0, 17, 2] = 0.5, -1.0, 1.0
    params = BodyParams(theta, torch.zeros(1, 10), torch.zeros(1, body.num_vertices, 3), torch.tensor([[1.05, 0, 0.3]]))
    seen = render(
        body(params.theta, params.beta).vertices, body.faces, params.psi, body.uv, body.uv_faces, LIGHT * truth[None],
        size=(256, 128), background=torch.full((1, 3, 256, 128), 0.1),
    )  # fmt: skip
    return ScoredPhoto("a.png", 1, seen.image[0], seen.silhouette[0], params, truth)


def textured(image: torch.Tensor) -> Texture:
    return Texture(image, torch.ones(image.shape[1:]))


def test_the_true_texture_in_the_photos_light_is_perfect(body, photo, truth):
    right, dark, grey = score(
        body, photo, [textured(t) for t in (LIGHT * truth, 0.7 * truth, torch.full_like(truth, 0.4))],
        Judges(trained=lambda images: (images,)), street=STREET,
    )  # fmt: skip
    assert right["mask_ssim"] > 0.99
    for name in ("texture_all", "texture_seen", "texture_unseen", "other_views"):
        assert right[name] == pytest.approx(0, abs=5e-3)
        assert right[name] < dark[name] < grey[name]
    expected = (0.1 * truth).mean(0).flatten()[surface_texels(body, 64).flat].mean()
    assert dark["texture_all"] == pytest.approx(float(expected), abs=5e-3)
    assert right["ssim"] > dark["ssim"] > grey["ssim"]
    assert right["mask_ssim"] > dark["mask_ssim"] > grey["mask_ssim"]


def test_behind_the_render_stands_the_street_and_the_photo_stays_whole(body, photo, truth):
    """Of a network that gives its pictures back, CosSim is the cosine of the pictures."""
    asked: list[torch.Tensor] = []

    def maps(images: torch.Tensor) -> tuple[torch.Tensor]:
        asked.append(images)
        return (images,)

    found = score(body, photo, [textured(truth)], Judges(independent=maps), street=STREET)[0]
    assert "cossim" not in found
    whole, pasted = asked[0]
    torch.testing.assert_close(whole[:, 0, 0], torch.full((3,), 0.1))
    torch.testing.assert_close(pasted[:, 0, 0], STREET[:, 0, 0])
    cosine = (whole * pasted).sum() / (whole.norm() * pasted.norm())
    assert found["cossim_r"] == pytest.approx(float(cosine), abs=1e-5)


def test_pictures_are_compared_without_a_body(photo):
    """Of the ablation without pose: a picture of its own, background and all."""
    picture = torch.nn.functional.avg_pool2d(photo.image, 2)[None]
    everywhere = torch.ones(1, 128, 64)
    found = compare(photo, picture, everywhere, Judges(trained=lambda images: (images,)), street=STREET)[0]
    assert found["mask_ssim"] > 0.97
    assert found["cossim"] > 0.99
    outside = compare(photo, picture, everywhere, Judges(), street=STREET, mask_rule="body")[0]
    assert outside["ssim"] > 0.97  # everything counts, and the background agrees as well


def test_other_views_of_plain_textures_differ_by_their_colours(body, photo):
    plain = [torch.full((3, 64, 64), value) for value in (0.2, 0.5, 0.65)]
    found = turned_errors(body, photo.params, torch.stack(plain), plain[1])
    assert found.tolist() == pytest.approx([0.3, 0, 0.15], abs=1e-4)


def test_other_cameras_see_the_whole_person_from_all_around(body, photo):
    vertices, psi = turned(body, photo.params)
    screen = project(vertices, psi, SIZE)
    assert len(screen) == len(YAWS)
    assert float(screen[..., :2].min()) > 0
    assert (screen[..., :2].amax((0, 1)) < torch.tensor([SIZE[1], SIZE[0]])).all()
    step = (vertices[0] - vertices[0].mean(0))[:, [0, 2]], (vertices[1] - vertices[1].mean(0))[:, [0, 2]]
    angle = torch.atan2(step[0][:, 0], step[0][:, 1]) - torch.atan2(step[1][:, 0], step[1][:, 1])
    far = step[0].norm(dim=1) > 0.1
    turn = torch.rad2deg(angle[far]) % 360
    between = torch.minimum(turn, 360 - turn)
    assert between.median().item() == pytest.approx(72, abs=2)
