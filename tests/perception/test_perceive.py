"""The one call, with the models (fetched by `make test`) on rendered people, and without them on drawn ones."""

import json
import logging

import numpy as np
import pytest
import torch
from drawn_people import draw_person, iou
from PIL import Image
from rendered_people import Studio

from habitus.errors import InputError
from habitus.perception import perceive, recrop
from habitus.perception.photo import as_photo
from habitus.types import Box


@pytest.fixture(scope="module")
def studio():
    return Studio()


@pytest.fixture
def no_models(tmp_path, monkeypatch):
    monkeypatch.setenv("HABITUS_CACHE", str(tmp_path / "nothing"))


def in_photo(crop):
    return (crop.keypoints.double() @ crop.to_photo[:, :2].T + crop.to_photo[:, 2]).numpy()


def mask_in_photo(crop, size):
    """The crop's mask seen at the centres of the photo's pixels."""
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    points = torch.from_numpy(np.stack([columns, rows], -1))
    points = (points - crop.to_photo[:, 2]) @ torch.linalg.inv(crop.to_photo[:, :2]).T
    grid = points / torch.tensor(crop.size[::-1]) * 2 - 1
    return torch.nn.functional.grid_sample(crop.mask.double()[None, None], grid[None], align_corners=False)[
        0, 0
    ].numpy()


def one_line(**options):
    with pytest.raises(InputError) as caught:
        perceive(**options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- with the models


@pytest.mark.parametrize(("yaw", "height"), [(0, 400), (140, 300), (180, 120), (250, 90)])
def test_keypoints_mask_and_depth(studio, yaw, height):
    seen = studio.photo(yaw=yaw, height=height)
    (crop,) = perceive(seen.pixels)
    error = np.linalg.norm(in_photo(crop) - seen.keypoints[:, :2], axis=1) / height
    assert error.mean() < 0.035  # the model's hips lie lower than the body's
    assert iou(mask_in_photo(crop, seen.mask.shape), seen.mask) > (0.93 if height > 100 else 0.9)
    assert crop.confidence.mean() > 0.7
    assert crop.landmarks is not None
    guess, truth = crop.landmarks[:, 2].numpy(), seen.keypoints[:, 2]
    assert (guess[0] > guess[3:5].mean()) == (truth[0] > truth[3:5].mean())  # the nose points the right way


@pytest.mark.parametrize("yaw", [0, 60, 120, 180, 240, 300])
def test_left_and_right_are_the_persons_own(studio, yaw):
    seen = studio.photo(yaw=yaw, stride=0.15)
    (crop,) = perceive(seen.pixels)
    for left, right in ((5, 6), (11, 12)):
        across = in_photo(crop)[left, 0] - in_photo(crop)[right, 0]
        assert np.sign(across) == np.sign(seen.keypoints[left, 0] - seen.keypoints[right, 0])
    assert crop.landmarks is not None
    assert np.sign(crop.landmarks[5, 0] - crop.landmarks[6, 0]) == np.sign(seen.keypoints[5, 0] - seen.keypoints[6, 0])
    assert crop.landmarks[0, 1] > crop.landmarks[15, 1]  # +Y is up


def test_keypoints_are_not_shifted(studio):
    """Over people turned all round, errors along x cancel; a shift by half a heatmap cell is 1 % of the height."""
    errors = []
    for yaw in range(0, 360, 45):
        seen = studio.photo(yaw=yaw, stride=0.15)
        (crop,) = perceive(seen.pixels, box=Box(60, 40, 260, 440))
        errors.append((in_photo(crop)[:, 0] - seen.keypoints[:, 0]) / 400)
    assert abs(np.mean(errors)) < 0.004


def test_a_tight_crop_of_128_x_64(studio):
    seen = studio.photo(height=120, size=(128, 64), stride=0.1, yaw=20)
    (crop,) = perceive(seen.pixels)
    assert crop.size == (256, 128)
    assert np.linalg.norm(in_photo(crop) - seen.keypoints[:, :2], axis=1).mean() < 0.04 * 120
    assert iou(mask_in_photo(crop, seen.mask.shape), seen.mask) > 0.9


def street(studio):
    """Three people, the second of them the largest, before one wall."""
    size = (300, 480)
    wall = studio.photo(size=size, height=40, centre=(-300, 0)).pixels.copy()
    for x, height, yaw in ((80, 110, 0), (240, 190, 150), (400, 80, 270)):
        seen = studio.photo(size=size, height=height, centre=(x, 150), yaw=yaw)
        wall[seen.mask] = seen.pixels[seen.mask]
    return wall


def test_several_people(studio, caplog):
    photo = street(studio)
    everyone = perceive(photo, person="all")
    np.testing.assert_allclose([in_photo(c)[[11, 12], 0].mean() for c in everyone], (240, 80, 400), atol=12)
    with caplog.at_level(logging.WARNING, "habitus"):
        (first,) = perceive(photo)
    torch.testing.assert_close(first.keypoints, everyone[0].keypoints)
    assert "3 people" in caplog.text
    assert "--person" in caplog.text
    assert "3 found" in one_line(photo=photo, person=4)


def test_a_box_chooses(studio):
    (boxed,) = perceive(street(studio), box=(45, 90, 115, 210))
    assert in_photo(boxed)[[11, 12], 0].mean() == pytest.approx(80, abs=12)


def test_person_counts_from_one(no_models):
    drawn = draw_person()
    for number in (0, -1, 2):
        assert "1 found" in one_line(photo=drawn.pixels, keypoints=drawn.keypoints, person=number)


def test_no_person():
    rng = np.random.default_rng(0)
    wall = rng.integers(90, 160, (300, 400, 3), dtype=np.uint8)
    message = one_line(photo=wall)
    assert "no person was found" in message
    assert "--box" in message


def test_a_cut_off_person_is_said(studio, caplog):
    seen = studio.photo(size=(300, 320), height=440, centre=(160, 230))
    with caplog.at_level(logging.WARNING, "habitus"):
        (crop,) = perceive(seen.pixels)
    assert "cut off at the bottom" in caplog.text
    assert (crop.mask * (1 - crop.valid)).sum() == 0


@pytest.mark.parametrize("method", ["pose", "selfie", "grabcut"])
def test_mask_methods(studio, method):
    seen = studio.photo(height=380, yaw=30)
    (crop,) = perceive(seen.pixels, mask_method=method)
    assert iou(mask_in_photo(crop, seen.mask.shape), seen.mask) > 0.85


def test_given_keypoints_are_used_as_they_are(studio):
    """The model adds depth, and the mask."""
    seen = studio.photo(yaw=30)
    given = np.column_stack([seen.keypoints[:, :2], np.full(17, 0.75)])
    (crop,) = perceive(seen.pixels, keypoints=given)
    np.testing.assert_allclose(in_photo(crop), given[:, :2], atol=1e-3)
    assert (crop.confidence == 0.75).all()
    assert crop.landmarks is not None
    assert iou(mask_in_photo(crop, seen.mask.shape), seen.mask) > 0.9


def test_recrop_gives_the_photos_own_resolution(studio):
    seen = studio.photo(size=(960, 640), height=800, yaw=30)
    photo = as_photo(seen.pixels)
    (crop,) = perceive(photo)
    fine = recrop(photo, crop, 768)
    assert fine.size == (768, 768 * crop.size[1] // crop.size[0])
    assert iou(mask_in_photo(fine, seen.mask.shape), seen.mask) > 0.96
    np.testing.assert_allclose(in_photo(fine), in_photo(crop), atol=1e-3)


# --- without them


def test_keypoints_alone_are_enough(no_models):
    drawn = draw_person()
    (crop,) = perceive(drawn.pixels, keypoints=drawn.keypoints)
    np.testing.assert_allclose(in_photo(crop), drawn.keypoints[:, :2], atol=1e-3)
    assert crop.landmarks is None
    assert iou(mask_in_photo(crop, drawn.mask.shape), drawn.mask) > 0.9


def test_mask_and_box_without_keypoints_warn(no_models, caplog):
    drawn = draw_person()
    with caplog.at_level(logging.WARNING, "habitus"):
        (crop,) = perceive(drawn.pixels, mask=drawn.mask)
    assert "habitus fetch-models" in caplog.text
    assert not crop.confidence.any()
    assert iou(mask_in_photo(crop, drawn.mask.shape), drawn.mask) > 0.97
    (boxed,) = perceive(drawn.pixels, box=(80, 40, 280, 440))
    assert iou(mask_in_photo(boxed, drawn.mask.shape), drawn.mask) > 0.7


def test_nothing_given_and_no_models_names_the_command(no_models):
    message = one_line(photo=draw_person().pixels)
    assert "habitus fetch-models" in message
    assert "--keypoints" in message
    assert "habitus fetch-models" in one_line(
        photo=draw_person().pixels, keypoints=draw_person().keypoints, mask_method="selfie"
    )


def test_files(no_models, tmp_path):
    drawn = draw_person()
    Image.fromarray(drawn.pixels).save(tmp_path / "photo.png")
    Image.fromarray(drawn.mask).save(tmp_path / "mask.png")
    other = drawn.keypoints * (1, 1, 0.5) + (60, 0, 0)
    entries = [{"image_id": "photo.png", "keypoints": k.ravel().tolist()} for k in (drawn.keypoints, other)]
    (tmp_path / "keypoints.json").write_text(json.dumps(entries))
    files = {"keypoints": tmp_path / "keypoints.json", "mask": tmp_path / "mask.png"}
    (crop,) = perceive(tmp_path / "photo.png", **files, person=1)
    assert crop.source == str(tmp_path / "photo.png")
    assert iou(mask_in_photo(crop, drawn.mask.shape), drawn.mask) > 0.97
    (second,) = perceive(tmp_path / "photo.png", keypoints=files["keypoints"], person=2)
    np.testing.assert_allclose(in_photo(second), other[:, :2], atol=1e-3)
    assert "one mask" in one_line(photo=tmp_path / "photo.png", **files, person="all")


def test_a_reduced_photo_keeps_the_files_pixels(no_models, monkeypatch, tmp_path):
    """Boxes, keypoints, masks and `to_photo` are in pixels of the file, however it was read."""
    monkeypatch.setattr("habitus.perception.photo.WORK_PIXELS", 60_000)
    drawn = draw_person()
    Image.fromarray(drawn.pixels).save(tmp_path / "photo.png")
    (crop,) = perceive(tmp_path / "photo.png", keypoints=drawn.keypoints, mask=drawn.mask)
    np.testing.assert_allclose(in_photo(crop), drawn.keypoints[:, :2], atol=1e-3)
    assert iou(mask_in_photo(crop, drawn.mask.shape), drawn.mask) > 0.95


@pytest.mark.parametrize("box", [(10, 10, 10, 50), (50, 10, 20, 60), (float("nan"), 0, 9, 9), (900, 0, 999, 50)])
def test_bad_boxes(no_models, box):
    assert "--box" in one_line(photo=draw_person().pixels, box=box)


def test_bad_masks(no_models):
    drawn = draw_person()
    assert "photo" in one_line(photo=drawn.pixels, mask=drawn.mask[:50])
    assert "marks nothing" in one_line(photo=drawn.pixels, mask=0 * drawn.mask)


def test_wide_people_get_square_crops(no_models):
    drawn = draw_person(size=(480, 600))
    points = drawn.keypoints.copy()
    points[9, 0] += 150
    points[10, 0] -= 150
    (crop,) = perceive(drawn.pixels, keypoints=points)
    assert crop.size == (256, 256)
    (tall,) = perceive(drawn.pixels, keypoints=drawn.keypoints, size=(384, 192))
    assert tall.size == (384, 192)
