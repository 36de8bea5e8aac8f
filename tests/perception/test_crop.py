import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.perception.crop import Layer, Person, frame, make_crop, native_height, recrop
from habitus.perception.photo import Photo
from habitus.perception.resample import affine, apply, invert
from habitus.types import Box

boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.floats(-200, 5000), st.floats(-200, 5000), st.floats(10, 3000), st.floats(10, 3000),
)  # fmt: skip


def a_photo(height=300, width=400, scale=1):
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([columns * 255 // width, rows * 255 // height, np.full_like(rows, 90)], -1).astype(np.uint8)
    return Photo(pixels, (height * scale, width * scale), "made.png")


def a_person(box):
    keypoints = np.linspace((box.left, box.top), (box.right, box.bottom), 17)
    return Person(
        box, keypoints, np.linspace(0, 1, 17), np.zeros((17, 3)), np.column_stack([keypoints[:4], np.ones(4)])
    )


@settings(deadline=None, derandomize=True, max_examples=40)
@given(boxes, st.sampled_from([None, (256, 128), (64, 64), (384, 128)]))
def test_frame_holds_the_box_and_maps_back_exactly(box, size):
    to_photo, size = frame(box, size)
    corners = apply(invert(to_photo), np.array([[box.left, box.top], [box.right, box.bottom]]))
    assert (corners > 0).all()
    assert (corners < np.array(size[::-1])).all()
    points = np.random.default_rng(0).uniform(0, 256, (20, 2))
    assert abs(apply(invert(to_photo), apply(to_photo, points)) - points).max() < 1e-6
    assert to_photo[0, 0] == to_photo[1, 1]


def test_frame_is_square_for_wide_poses():
    assert frame(Box(0, 0, 40, 100))[1] == (256, 128)
    assert frame(Box(0, 0, 80, 100))[1] == (256, 256)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.floats(20, 200), st.floats(20, 150), st.floats(20, 190), st.floats(40, 250), st.sampled_from([1, 3]))
def test_crop_round_trip_within_a_thousandth_of_a_pixel(left, top, width, height, scale):
    """Crop keypoints mapped by `to_photo` land on the file's pixels, also when the photo was reduced in reading."""
    photo, person = a_photo(scale=scale), a_person(Box(left, top, left + width, top + height))
    to_photo, size = frame(person.box)
    crop = make_crop(photo, person, Layer(np.ones((300, 400)), affine((1, 1), (0, 0))), to_photo, size)
    back = crop.keypoints.double() @ crop.to_photo[:, :2].T + crop.to_photo[:, 2]
    assert abs(back[1:].numpy() - person.keypoints[1:] * scale).max() < 1e-3
    fine = recrop(photo, crop, 2 * crop.size[0])
    again = fine.keypoints.double() @ fine.to_photo[:, :2].T + fine.to_photo[:, 2]
    assert abs(again - back)[1:].max() < 1e-3


def test_crop_shows_the_photo_at_its_pixel_centres():
    photo = a_photo()
    person = a_person(Box(100, 50, 200, 250))
    to_photo, size = frame(person.box)
    crop = make_crop(photo, person, Layer(np.ones((300, 400)), affine((1, 1), (0, 0))), to_photo, size)
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    x, y = np.moveaxis(apply(to_photo, np.stack([columns, rows], -1)), -1, 0)
    inner = (x > 3) & (x < 397) & (y > 3) & (y < 297)
    assert abs(crop.image[0].numpy() * 400 - (x - 0.5))[inner].max() < 2.5
    assert abs(crop.image[1].numpy() * 300 - (y - 0.5))[inner].max() < 2.5


def test_nothing_is_known_past_the_border():
    photo = a_photo()
    person = a_person(Box(300, 100, 440, 380))
    to_photo, size = frame(person.box)
    crop = make_crop(photo, person, Layer(np.ones((300, 400)), affine((1, 1), (0, 0))), to_photo, size)
    right = apply(invert(to_photo), np.array([400.0, 300.0]))[0]
    columns = torch.arange(size[1]) + 0.5
    assert (crop.valid[5] == (columns < right)).all()
    assert (crop.mask <= crop.valid).all()
    assert (crop.image[:, 5, columns > right] == crop.image[:, 5, columns > right][:, :1]).all()


def test_recrop_is_the_same_framing():
    photo = a_photo()
    person = a_person(Box(100, 50, 200, 250))
    to_photo, size = frame(person.box)
    disc = ((np.indices((300, 400)) - np.array([150, 150])[:, None, None]) ** 2).sum(0) < 60**2
    crop = make_crop(photo, person, Layer(disc.astype(np.float32), affine((1, 1), (0, 0))), to_photo, size)
    fine = recrop(photo, crop, 512)
    assert fine.size == (512, 256)
    torch.testing.assert_close(fine.keypoints, crop.keypoints * 2)
    assert fine.feet is not None
    assert crop.feet is not None
    torch.testing.assert_close(fine.feet[:, :2], crop.feet[:, :2] * 2)
    assert fine.mask.mean() == pytest.approx(crop.mask.mean().item(), rel=0.02)
    small = torch.nn.functional.avg_pool2d(fine.image, 2)
    assert (small - crop.image).abs().max() < 0.02
    assert native_height(crop) == round(200 * 1.14)
