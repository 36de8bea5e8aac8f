import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from habitus import __version__
from habitus.body.uv import texel_surface, uv_region
from habitus.errors import InputError
from habitus.export.report import Report, make_report, write_report
from habitus.export.reprojection import Reprojection, reproject
from habitus.export.save import save_person


def reject(name):
    raise AssertionError(f"{name} is not JSON")


def test_the_file_has_the_documented_fields_and_the_persons_values(body, person, tmp_path):
    seen = Reprojection(np.zeros((256, 128)), np.zeros((17, 2)), mask_iou=0.91, keypoint_error_px=4.0, height_px=200.0)
    report = make_report(person, body, seen, seconds={"fit": 2.34567}, warnings=["cut off"], body_by="given")
    write_report(tmp_path / "report.json", report)
    read = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=reject)
    assert list(read) == [f.name for f in fields(Report)]
    assert np.allclose(read["theta"], person.params.theta[0], atol=1e-6)
    assert np.allclose(read["beta"], person.params.beta[0], atol=1e-6)
    assert np.allclose(read["psi"], person.params.psi[0], atol=1e-6)
    assert np.allclose(read["crop_to_photo"], person.crop.to_photo)
    assert (read["topology"], read["body_by"]) == (person.topology, "given")
    assert read["source"] == "a photo.jpg"
    assert (read["mask_iou"], read["keypoint_error_px"], read["keypoint_error_of_height"]) == (0.91, 4.0, 0.02)
    assert read["seconds"] == {"fit": 2.346}
    assert read["warnings"] == ["cut off"]
    assert read["crop_size"] == [256, 128]
    assert read["texture_size"] == 256
    assert read["texture_seen"] == 1
    assert read["versions"]["habitus"] == __version__
    assert set(read["versions"]) == {"habitus", "python", "torch", "numpy", "numba", "platform"}


def test_the_page_of_outputs_tells_of_every_field_and_file(body, person, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text(encoding="utf-8")
    for field in fields(Report):
        assert f"| `{field.name}` |" in page
    for file in save_person(tmp_path, person, body):
        assert f"`{file.name}`" in page


@pytest.fixture
def report(body, person):
    return make_report(person, body, reproject(person, body))


def test_only_texels_on_the_body_count_as_seen(body, person):
    confidence = torch.zeros(256, 256)
    confidence[uv_region(body, "torso", 256)] = 0.3
    confidence[texel_surface(body, 256)[0] < 0] = 1  # between the charts: it is nobody's
    half = replace(person, texture=replace(person.texture, confidence=confidence))
    expected = uv_region(body, "torso", 256).sum() / (texel_surface(body, 256)[0] >= 0).sum()
    assert make_report(half, body, reproject(person, body)).texture_seen == pytest.approx(expected.item(), abs=1e-6)


def test_only_the_name_of_the_photo_is_told(body, person):
    hidden = replace(person, crop=replace(person.crop, source="/home/someone/private/photo.jpg"))
    assert make_report(hidden, body, reproject(person, body)).source == "photo.jpg"


def test_an_error_without_keypoints_is_null(report, tmp_path):
    write_report(tmp_path / "report.json", report)
    read = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=reject)
    assert read["keypoint_error_px"] is None
    assert read["keypoint_error_of_height"] is None


def test_a_number_that_is_not_finite_is_refused(report, tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_report(tmp_path / "report.json", replace(report, beta=[float("nan")] * 10))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_one_line(report, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="out") as raised:
        write_report(tmp_path / "out" / "report.json", report)
    assert "\n" not in str(raised.value)
