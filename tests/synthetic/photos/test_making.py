"""Made people: the same bytes for a seed, truth that agrees with the picture, nobody barefoot or out of shape."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.render import render_silhouette
from habitus.synthetic.clothes.dressing import dress
from habitus.synthetic.photos.making import make_person, make_photo
from habitus.synthetic.photos.truth import MadePerson, MadePhoto
from habitus.types import COCO_KEYPOINTS, Crop


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def people(body: BodyModel) -> list[MadePerson]:
    return [make_person(body, seed, texture_size=128) for seed in range(6)]


@pytest.fixture(scope="module")
def photos(body: BodyModel, people: list[MadePerson]) -> list[MadePhoto]:
    return [make_photo(body, person, 3) for person in people]


def test_a_seed_gives_the_same_bytes(body: BodyModel, people: list[MadePerson], photos: list[MadePhoto]) -> None:
    person = make_person(body, 2, texture_size=128)
    photo = make_photo(body, person, 3)
    assert torch.equal(person.texture, people[2].texture)
    assert torch.equal(person.delta, people[2].delta)
    assert torch.equal(photo.image, photos[2].image)
    assert torch.equal(photo.mask, photos[2].mask)


def test_seeds_outfits_and_photos_differ(body: BodyModel, people: list[MadePerson], photos: list[MadePhoto]) -> None:
    assert not torch.equal(people[0].beta, people[1].beta)
    other_outfit = make_person(body, 0, outfit=1, texture_size=128)
    assert torch.equal(other_outfit.beta, people[0].beta)
    assert np.array_equal(other_outfit.look.hair.colour, people[0].look.hair.colour)
    assert not torch.equal(other_outfit.texture, people[0].texture)
    assert not torch.equal(make_photo(body, people[0], 4).image, photos[0].image)


def test_shapes_and_ranges(body: BodyModel, photos: list[MadePhoto]) -> None:
    for photo in photos:
        assert photo.image.shape == (3, 256, 128)
        assert photo.mask.shape == photo.parts.shape == (256, 128)
        assert photo.person.delta.shape == (body.num_vertices, 3)
        for values in (photo.image, photo.mask, photo.person.texture):
            assert values.dtype == torch.float32
            assert float(values.min()) >= 0
            assert float(values.max()) <= 1


def test_parameters_give_the_vertices_and_the_mask(body: BodyModel, people: list[MadePerson]) -> None:
    for person in people:
        photo = make_photo(body, replace(person, props=()), 3)
        vertices = body(photo.params.theta, photo.params.beta, photo.params.delta).vertices
        silhouette = render_silhouette(_foreshortened(body, photo, vertices), body.faces, photo.params.psi)[0]
        assert float((silhouette - photo.mask).abs().mean()) < 0.004


def test_keypoints_and_joints_are_the_bodys(body: BodyModel, photos: list[MadePhoto]) -> None:
    hips = [COCO_KEYPOINTS.index("left_hip"), COCO_KEYPOINTS.index("right_hip")]
    for photo in photos:
        posed = body(photo.params.theta, photo.params.beta, photo.params.delta)
        points = body.coco_keypoints(posed.vertices)
        for ours, theirs in ((photo.keypoints, points), (photo.joints, posed.joints)):
            shown = project(_foreshortened(body, photo, theirs), photo.params.psi, (256, 128))[0, :, :2]
            assert torch.allclose(ours, shown, atol=1e-2)
        assert torch.allclose(photo.landmarks, points[0] - points[0, hips].mean(0), atol=1e-5)


def test_psi_is_exact_at_the_depth_of_the_root(body: BodyModel, photos: list[MadePhoto]) -> None:
    for photo in photos:
        root = body(photo.params.theta, photo.params.beta).joints[:, :1]
        assert torch.allclose(photo.joints[:1], project(root, photo.params.psi, (256, 128))[0, :, :2], atol=1e-3)


def _foreshortened(body: BodyModel, photo: MadePhoto, points: Tensor) -> Tensor:
    """As the records say, in plain words."""
    root = body(photo.params.theta, photo.params.beta).joints[:, :1]
    offset = points - root
    return root + offset / (1 - offset[..., 2:] / photo.distance)


def test_faces_hide_from_behind(body: BodyModel, people: list[MadePerson]) -> None:
    eyes = [COCO_KEYPOINTS.index("left_eye"), COCO_KEYPOINTS.index("right_eye"), COCO_KEYPOINTS.index("nose")]
    for person in people:
        assert bool(make_photo(body, person, 0, yaw=0.0).visible[eyes].all())
        assert not bool(make_photo(body, person, 0, yaw=np.pi).visible[eyes].any())


def test_parts_name_what_is_seen(body: BodyModel, people: list[MadePerson]) -> None:
    face = body.regions.index("face")
    for person in people[:3]:
        front, back = (make_photo(body, person, 1, yaw=yaw).parts for yaw in (0.0, np.pi))
        assert int((front == face).sum()) > 3 * int((back == face).sum())
        assert bool(((front >= 0).float() - make_photo(body, person, 1, yaw=0.0).mask).abs().mean() < 0.02)


def test_clothes_stand_off_and_keep_off_hands_and_eyes(body: BodyModel, people: list[MadePerson]) -> None:
    hands = body.vertex_region("left_hand")
    for person in people:
        reach = person.delta.norm(dim=1)
        assert float(reach.max()) < 0.28
        assert float(reach[body.vertex_region("torso")].median()) > 0.003
        assert float(reach[hands].median()) < 0.03
        naked, shod = body.rest(person.beta[None])[0, :, 1], body.rest(person.beta[None], person.delta[None])[0, :, 1]
        assert float(naked.min() - shod.min()) > 0.01, "no soles"


def test_displacement_is_without_spikes(body: BodyModel, people: list[MadePerson]) -> None:
    """But for brims and bags, neighbouring vertices above the hips move alike; below, the insides of skirts reach from
    cloth to leg."""
    ends = body.faces[:, [0, 1]]
    above = (body.v_template[ends][..., 1] > 0.05).all(1)
    for person in people:
        delta = torch.from_numpy(dress(body, person.look, replace(person.outfit, hat=None, bag=None)).delta)
        assert float((delta[ends[above, 0]] - delta[ends[above, 1]]).norm(dim=1).max()) < 0.06


def test_as_crop_is_the_truth_unless_noise_is_asked_for(photos: list[MadePhoto]) -> None:
    exact = photos[0].as_crop(np.random.default_rng(0))
    assert isinstance(exact, Crop)
    assert torch.equal(exact.keypoints, photos[0].keypoints)
    assert torch.equal(exact.mask, photos[0].mask)
    assert torch.equal(exact.landmarks, photos[0].landmarks)  # type: ignore[arg-type]
    noisy = photos[0].as_crop(np.random.default_rng(0), keypoint_noise=0.01, landmark_noise=0.02, mask_blur=1.0)
    seen = photos[0].visible
    error = (noisy.keypoints - exact.keypoints)[seen].norm(dim=1)
    assert 0.5 < float(error.mean()) < 6.0
    assert not torch.equal(noisy.mask, exact.mask)
    assert float(noisy.mask.sum()) == pytest.approx(float(exact.mask.sum()), rel=0.02)


def test_another_topology_is_refused(body: BodyModel, people: list[MadePerson]) -> None:
    with pytest.raises(ValueError, match="smpl"):
        make_photo(body, replace(people[0], topology="smpl"), 0)
