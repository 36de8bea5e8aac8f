"""`habitus demo` from end to end, with and without the models."""

import json
import re
from pathlib import Path

import pytest

from habitus.demo import run, run_demo
from habitus.errors import InputError
from habitus.perception.models import missing_models

FILES = ["person.glb", "person.obj", "texture.png", "turntable.gif", "report.json", "preview.html"]


def check(folder: Path) -> str:
    assert all((folder / "person" / name).stat().st_size > 1000 for name in FILES)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "$" not in re.sub(r"base64,[^\"]*", "", page), "a placeholder was left"
    sources = re.findall(r"(?:src|url)\s*[=(]\s*[\"']?([^\"')>\s]+)", page)
    assert len(sources) > 30
    assert all(source.startswith("data:image/webp;base64,") for source in sources), "the page loads something"
    links = set(re.findall(r'href="([^"]+)"', page)) - {"data:,"}
    assert links == {"person/preview.html", "person/person.glb"}
    assert json.loads((folder / "person" / "report.json").read_text())["mask_iou"] > 0.8
    return page


@pytest.mark.slow
def test_without_models_the_truth_stands_in_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "missing_models", lambda: ["pose"])
    run_demo(tmp_path / "demo", seed=3)
    assert "fetch-models" in check(tmp_path / "demo")


@pytest.mark.slow
@pytest.mark.skipif(bool(missing_models()), reason="needs the models")
def test_with_models_the_whole_pipeline_runs(tmp_path: Path) -> None:
    run_demo(tmp_path)
    assert "fetch-models" not in check(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(InputError, match="demo"):
        run_demo(tmp_path / "demo")
    assert (tmp_path / "demo").read_text() == "mine"
