import json
from dataclasses import replace

import numpy as np
import pytest

from habitus.evaluation.method_scores import MethodResult, best_methods
from habitus.evaluation.texture.page import write_texture_page
from habitus.evaluation.texture.results import METRICS, TextureReport, as_text, write_json

SHEET = np.full((40, 60, 3), 200, np.uint8)


def method(name: str, **scores: float) -> MethodResult:
    means = {key: scores.get(key) for key in METRICS}
    errors = {key: None if value is None else 0.01 for key, value in means.items()}
    return MethodResult(name, f"what {name} does", 12, means, errors, 0.5)


@pytest.fixture
def report() -> TextureReport:
    return TextureReport(
        data="Market-1501", folder="/data/<market>", world=None, chosen="the photos of eval_list.pkl", photos=12,
        people=5, without_parameters=2, broken=("query/a.jpg",), parameters="bodies.parquet", mask_rule="the mask",
        networks={"cossim": "weights pcb"}, backgrounds="made streets", scans="people made in code", seed=3,
        size=(128, 64), texture_size=256, views="4 cameras", notes=("a note",), seconds={"scoring": 3.0},
        results=(
            method("ours", ssim=0.8, mask_ssim=0.75, cossim=0.6), method("mean", ssim=0.7, mask_ssim=0.4, cossim=0.7),
        ),
    )  # fmt: skip


def test_every_number_says_what_it_depends_on(report):
    text = as_text(report)
    for words in (
        "Market-1501", "12 photos of 5 people: the photos of eval_list.pkl; seed 3", "body parameters: bodies.parquet",
        "mask: the mask", "128x64", "256x256", "CosSim by weights pcb", "renders over made streets", "what ours does",
        "2 photos without body parameters left out", "1 broken image was left out: query/a.jpg", "note: a note",
    ):  # fmt: skip
        assert words in text
    head, ours, mean = text.splitlines()[5:8]
    assert head.split() == ["method", "SSIM", "mask-SSIM", "CosSim", "photos", "s/photo"]  # nothing that is not known
    assert ours.split()[:3] == ["ours", "0.800", "±0.010"]
    assert mean.split()[-2:] == ["12", "0.50"]


def test_json_holds_what_was_not_measured_as_null(report, tmp_path):
    write_json(tmp_path / "a.json", report)
    values = json.loads((tmp_path / "a.json").read_text())
    assert values["results"]["ours"]["mask_ssim"] == 0.75
    assert values["results"]["ours"]["texture_unseen"] is None
    assert values["results"]["mean"]["standard_error"]["ssim"] == 0.01
    assert values["metrics"]["lpips"]["better"] == "low"
    assert values["size"] == [128, 64]
    assert (values["seed"], values["without_parameters"]) == (3, 2)


def test_the_best_is_the_highest_or_the_lowest():
    results = (method("a", ssim=0.5, lpips=0.5, cossim=0.1), method("b", ssim=0.6, lpips=0.4))
    assert best_methods(METRICS, results) == {"ssim": "b", "lpips": "b"}


def test_page_escapes_and_marks_the_best(report, tmp_path):
    write_texture_page(tmp_path / "index.html", report, SHEET, {"query/<b>.jpg": SHEET})
    page = (tmp_path / "index.html").read_text()
    assert "/data/&lt;market&gt;" in page
    assert "query/&lt;b&gt;.jpg" in page
    assert page.count('class="best"') == 3  # SSIM and mask-SSIM of ours, CosSim of mean
    assert page.count("<img") == 2


def test_one_method_is_best_at_nothing(report, tmp_path):
    write_texture_page(tmp_path / "index.html", replace(report, results=report.results[:1]), SHEET, {})
    assert 'class="best"' not in (tmp_path / "index.html").read_text()
