"""The layouts are built here from their published definitions, from one list of named points."""

import json
import logging

import numpy as np
import pytest
from PIL import Image

from habitus.errors import InputError
from habitus.perception.keypoint_files import check_keypoints, check_mask, read_keypoints, read_mask
from habitus.types import COCO_KEYPOINTS

SIZE = (480, 640)
EXTRA = ("neck", "mid_hip", "head", "left_heel", "right_heel", "left_big_toe", "right_big_toe", "left_small_toe",
         "right_small_toe")  # fmt: skip
AT = {name: (100.0 + 7 * i, 50.0 + 11 * i, 0.5 + i / 100) for i, name in enumerate((*COCO_KEYPOINTS, *EXTRA))}
BODY_25 = [
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe",
    "right_heel",
]  # fmt: skip
COCO_18 = [n for n in BODY_25[:19] if n != "mid_hip"]
HALPE_26 = [*COCO_KEYPOINTS, "head", "neck", "mid_hip", "left_big_toe", "right_big_toe", "left_small_toe",
            "right_small_toe", "left_heel", "right_heel"]  # fmt: skip
FEET = ("left_heel", "right_heel", "left_big_toe", "right_big_toe")


def numbers(names):
    return [value for name in names for value in AT[name]]


def read(folder, data, photo="street.jpg"):
    path = folder / "keypoints.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return read_keypoints(path, photo_name=f"some/where/{photo}", photo_size=SIZE)


def refused(folder, data, **options):
    with pytest.raises(InputError) as caught:
        read(folder, data, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "keypoints.json" in message
    return message


def is_ours(one):
    expected = np.array([AT[name] for name in COCO_KEYPOINTS])
    np.testing.assert_allclose(one.points, expected[:, :2])
    np.testing.assert_allclose(one.confidence, expected[:, 2])


@pytest.mark.parametrize(("layout", "feet"), [(BODY_25, True), (COCO_18, False)])
def test_openpose(tmp_path, layout, feet):
    (one,) = read(tmp_path, {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": numbers(layout)}]})
    is_ours(one)
    assert (one.feet is not None) == feet
    if one.feet is not None:
        np.testing.assert_allclose(one.feet, [AT[name] for name in FEET])


@pytest.mark.parametrize("layout", [COCO_KEYPOINTS, HALPE_26])
def test_alphapose(tmp_path, layout):
    entries = [
        {"image_id": "street.jpg", "category_id": 1, "keypoints": numbers(layout), "score": 2.9, "box": [1, 2, 3, 4]},
        {"image_id": "other.jpg", "category_id": 1, "keypoints": [5.0] * 3 * len(layout), "score": 2.9},
    ]
    (one,) = read(tmp_path, entries)
    is_ours(one)
    assert (one.feet is not None) == (layout is HALPE_26)
    if one.feet is not None:
        np.testing.assert_allclose(one.feet, [AT[name] for name in FEET])


def test_coco_results_match_by_number(tmp_path):
    entries = [
        {"image_id": 139, "category_id": 1, "keypoints": numbers(COCO_KEYPOINTS), "score": 0.9},
        {"image_id": 140, "category_id": 1, "keypoints": [9.0] * 51, "score": 0.9},
    ]
    (one,) = read(tmp_path, entries, photo="000000000139.jpg")
    is_ours(one)
    assert "holds no person" in refused(tmp_path, entries, photo="street.jpg")


def test_coco_annotations(tmp_path):
    points = np.array([AT[name] for name in COCO_KEYPOINTS])
    points[:, 2] = 2
    points[3] = 0
    points[4, 2] = 1
    data = {
        "images": [{"id": 7, "file_name": "street.jpg"}, {"id": 8, "file_name": "b.jpg"}],
        "annotations": [
            {"image_id": 7, "keypoints": points.ravel().tolist(), "num_keypoints": 16, "iscrowd": 0},
            {"image_id": 7, "keypoints": [0] * 51, "num_keypoints": 0},
            {"image_id": 8, "keypoints": points.ravel().tolist(), "num_keypoints": 16},
        ],
    }
    (one,) = read(tmp_path, data)
    assert one.confidence.tolist() == [1, 1, 1, 0, 0.5] + [1] * 12
    np.testing.assert_allclose(one.points[5:], points[5:, :2])


def test_another_photos_name_is_said(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "habitus"):
        read(tmp_path, [{"image_id": "else.jpg", "keypoints": numbers(COCO_KEYPOINTS)}])
    assert "else.jpg" in caplog.text


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "[" * 100_000, "\0\1", "null", "3", '"a"', "[1]", "{}", "[[]]",
                                  '{"people": 3}', '{"people": [{}]}', '{"annotations": [{}]}',
                                  '[{"keypoints": null}]', '{"keypoints": ["a", "b"]}'])  # fmt: skip
def test_no_keypoint_file(tmp_path, text):
    refused(tmp_path, text)


def test_bad_numbers(tmp_path):
    good = numbers(COCO_KEYPOINTS)
    for value in (float("nan"), float("inf")):
        assert "missing" in refused(tmp_path, [{"image_id": "street.jpg", "keypoints": [value, *good[1:]]}])
    assert "infinite" in refused(tmp_path, json.dumps({"keypoints": good}).replace("100.0", "1e999"))
    assert "48 numbers" in refused(tmp_path, {"keypoints": good[:48]})
    assert "0..1" in refused(tmp_path, {"keypoints": [v / 640 for v in good]})
    assert "outside" in refused(tmp_path, {"keypoints": [v * 100 for v in good]})
    assert "all keypoints" in refused(tmp_path, {"keypoints": [0] * 51})
    assert "no person" in refused(tmp_path, {"people": []})
    assert "no person" in refused(tmp_path, [])


def test_missing_file_and_folder(tmp_path):
    for path, text in ((tmp_path / "absent.json", "no such file"), (tmp_path, "cannot be read")):
        with pytest.raises(InputError, match=text):
            read_keypoints(path, photo_name="a.jpg", photo_size=SIZE)


def test_a_missing_point_is_confidence_zero():
    values = np.array([AT[name] for name in COCO_KEYPOINTS])
    values[9] = 0
    assert check_keypoints(values, photo_size=SIZE).confidence[9] == 0


def test_masks(tmp_path):
    mask = np.zeros(SIZE, np.uint8)
    mask[100:300, 200:300] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(mask).save(path)
    np.testing.assert_array_equal(read_mask(path, photo_size=SIZE), mask / 255)
    with pytest.raises(InputError, match="640 x 480"):
        read_mask(path, photo_size=(100, 100))
    Image.fromarray(mask * 0).save(path)
    with pytest.raises(InputError, match="marks nothing"):
        read_mask(path, photo_size=SIZE)
    for array in (mask > 0, mask // 255, mask / 255):
        np.testing.assert_array_equal(check_mask(array), mask / 255)
    for bad in (mask[None], np.full(SIZE, np.nan), np.full(SIZE, "a")):
        with pytest.raises(InputError, match="no mask"):
            check_mask(bad)
