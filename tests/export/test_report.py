import json
from dataclasses import fields, replace

import numpy as np
import pytest

from habitus import __version__
from habitus.errors import InputError
from habitus.export.report import Report, make_report, write_report


def reject(name):
    raise AssertionError(f"{name} is not JSON")


def test_the_file_has_the_documented_fields_and_the_persons_values(person, tmp_path):
    report = make_report(
        person, mask_iou=0.91, keypoint_error_px=4.0, height_px=200.0, seconds={"fit": 2.34567}, warnings=["cut off"]
    )
    write_report(tmp_path / "report.json", report)
    read = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=reject)
    assert list(read) == [f.name for f in fields(Report)]
    assert np.allclose(read["theta"], person.params.theta[0], atol=1e-6)
    assert np.allclose(read["beta"], person.params.beta[0], atol=1e-6)
    assert np.allclose(read["psi"], person.params.psi[0], atol=1e-6)
    assert np.allclose(read["crop_to_photo"], person.crop.to_photo)
    assert read["topology"] == person.topology
    assert read["source"] == "a photo.jpg"
    assert (read["mask_iou"], read["keypoint_error_px"], read["keypoint_error_of_height"]) == (0.91, 4.0, 0.02)
    assert read["seconds"] == {"fit": 2.346}
    assert read["warnings"] == ["cut off"]
    assert read["crop_size"] == [256, 128]
    assert read["texture_size"] == 256
    assert read["texture_seen"] == pytest.approx(255 / 256, abs=1e-6)
    assert read["versions"]["habitus"] == __version__
    assert set(read["versions"]) == {"habitus", "python", "torch", "numpy", "numba", "platform"}


def test_every_field_is_documented():
    source = Report.__module__
    assert source == "habitus.export.report"
    import inspect

    body = inspect.getsource(Report)
    undocumented = [f.name for f in fields(Report) if f"{f.name}: " not in body]
    assert undocumented == []


def test_only_the_name_of_the_photo_is_told(person):
    hidden = replace(person, crop=replace(person.crop, source="/home/someone/private/photo.jpg"))
    assert make_report(hidden).source == "photo.jpg"


def test_what_is_not_known_is_null_and_never_nan(person, tmp_path):
    report = make_report(person, mask_iou=float("nan"), keypoint_error_px=float("inf"), height_px=0.0)
    assert (report.mask_iou, report.keypoint_error_px, report.keypoint_error_of_height) == (None, None, None)
    write_report(tmp_path / "report.json", report)
    json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=reject)


def test_a_number_that_is_not_finite_is_refused(person, tmp_path):
    report = replace(make_report(person), beta=[float("nan")] * 10)
    with pytest.raises(ValueError, match="JSON"):
        write_report(tmp_path / "report.json", report)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_one_line(person, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="out") as raised:
        write_report(tmp_path / "out" / "report.json", make_report(person))
    assert "\n" not in str(raised.value)
