"""Whose entry belongs to which photo, in files that cover a folder; masks of a folder's photos."""

import json

import numpy as np
import pytest
from PIL import Image

from habitus.errors import InputError
from habitus.perception.keypoint_lists import foremost, photos_people
from habitus.perception.mask_folders import mask_file, read_label_mask


def person(number: float, size: float = 30) -> list[float]:
    """A skeleton known by its first number."""
    points = np.stack([np.linspace(10, 10 + size, 17), np.linspace(5, 5 + 2 * size, 17), np.full(17, 0.8)], 1)
    points[0, 0] = number
    return points.ravel().tolist()


def listed(folder, data, names):
    (folder / "k.json").write_text(json.dumps(data))
    return {name: [one[0] for one in people] for name, people in photos_people(folder / "k.json", names).items()}


def entry(image, number):
    return {"image_id": image, "category_id": 1, "keypoints": person(number), "score": 2.0}


def test_entries_go_to_the_photos_whose_path_ends_alike(tmp_path):
    names = ("rgb/train/001/a.jpg", "rgb/train/002/a.jpg", "rgb/test/b.jpg", "rgb/test/c.jpg")
    data = [entry("train/001/a.jpg", 1), entry("train/002/a.jpg", 2), entry("/elsewhere/rgb/test/b.jpg", 3)]
    data += [entry("train/001/a.jpg", 4), entry("train/003/a.jpg", 5), entry("", 6)]
    assert listed(tmp_path, data, names) == {names[0]: [1, 4], names[1]: [2], names[2]: [3]}


def test_coco_annotations_name_photos_by_their_images(tmp_path):
    annotations = [{"image_id": 7, "keypoints": person(1), "num_keypoints": 17}]
    data = {"images": [{"id": 7, "file_name": "x/street.jpg"}], "annotations": annotations}
    assert listed(tmp_path, data, ("street.png", "other.png")) == {"street.png": [1]}
    assert listed(tmp_path, [entry(139, 2)], ("000000000139.jpg",)) == {"000000000139.jpg": [2]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"people": [{"pose_keypoints_2d": person(1)}]}, "names no photos; give COCO or AlphaPose"),
        ({"keypoints": person(1)}, "names no photos"),
        ([{"keypoints": person(1)}], "an entry lacks"),
        ([entry("z.jpg", 1)], "names none of the photos"),
        ([entry("a.jpg", 1)], "a may be 1/a.jpg or 2/a.jpg; write image names with their folders"),
        ([], "names none of the photos"),
        ({}, "is no keypoint file"),
    ],
)
def test_files_that_do_not_tell(tmp_path, data, words):
    with pytest.raises(InputError, match=words):
        listed(tmp_path, data, ("1/a.jpg", "2/a.jpg"))


def test_the_foremost_of_several_is_the_largest_and_surest(tmp_path):
    far, near = person(11, size=8), person(12, size=30)
    unsure = person(13, size=30)
    unsure[2::3] = [0.3] * 17
    points = foremost([far, unsure, near], photo_size=(100, 60), name="k")
    assert points.shape == (17, 3) and points.dtype == np.float32 and points[0, 0] == 12
    near[3:6] = [7, 7, 0]
    assert foremost([near], photo_size=(100, 60), name="k")[1].tolist() == [0, 0, 0]
    with pytest.raises(InputError, match="outside the 60 x 100 photo"):
        foremost([[x + 500 for x in far]], photo_size=(100, 60), name="k")


def test_label_maps_of_any_kind(tmp_path):
    """16 bits hold small labels; colours may be dark; a palette's colours say nothing."""
    labels = np.zeros((48, 40), np.uint8)
    labels[10:20, 5:9] = 3
    palette = Image.fromarray(labels, "P")
    palette.putpalette([0] * 768)
    opacity = np.where(labels > 0, 255, 0).astype(np.uint8)
    kinds = {
        "grey": Image.fromarray(labels),
        "deep": Image.fromarray(labels.astype(np.uint16)),
        "bits": Image.fromarray(labels > 0),
        "palette": palette,
        "colour": Image.fromarray(np.stack([0 * labels, 0 * labels, labels], 2)),
        "opaque": Image.fromarray(np.stack([labels, labels, labels, 0 * labels + 255], 2)),
        "clear": Image.fromarray(np.stack([0 * labels + 9] * 3 + [opacity], 2)),
    }
    for name, image in kinds.items():
        image.save(tmp_path / f"{name}.png")
        mask = read_label_mask(tmp_path / f"{name}.png", photo_size=(48, 40))
        assert mask is not None, name
        np.testing.assert_array_equal(mask, opacity, name)


def test_masks_by_the_photos_names(tmp_path):
    (tmp_path / "a").mkdir()
    labels = np.zeros((48, 40), np.uint8)
    labels[10:20, 5:9] = 1
    labels[20:30, 5:9] = 18
    for name in ("a/one.png", "a/two.jpg.png", "a/three.png.png"):
        Image.fromarray(labels).save(tmp_path / name)
    for name in ("a/one.jpg", "a/two.jpg", "a/three.jpg"):
        file = mask_file(tmp_path, name)
        assert file is not None
        mask = read_label_mask(file, photo_size=(48, 40))
        assert mask is not None
        np.testing.assert_array_equal(mask, 255 * (labels > 0))
    assert [mask_file(tmp_path, name) for name in ("one.jpg", "../x.jpg", str(tmp_path / "a/one.jpg"))] == [None] * 3
    with pytest.raises(InputError, match=r"one\.png: the mask is 40 x 48 but the photo 40 x 50"):
        read_label_mask(tmp_path / "a/one.png", photo_size=(50, 40))
    Image.fromarray(0 * labels).save(tmp_path / "empty.png")
    assert read_label_mask(tmp_path / "empty.png", photo_size=(48, 40)) is None
