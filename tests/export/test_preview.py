import json
import re
from dataclasses import replace

import numpy as np
import pytest
from headless_chromium import PROGRAM, browser

from habitus.export.preview import write_preview
from habitus.export.report import make_report
from habitus.export.reprojection import reproject
from habitus.export.turntable import turntable_frames

needs_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here: tools/set_up_tests.py installs it")


@pytest.fixture(scope="module")
def page_file(body, person, tmp_path_factory):
    path = tmp_path_factory.mktemp("preview") / "preview.html"
    seen = replace(reproject(person, body), mask_iou=0.9312, keypoint_error_px=4.24, height_px=200)
    report = make_report(person, body, seen, warnings=["the <feet> are cut"])
    frames = turntable_frames(person, body, count=12)
    write_preview(path, person, body, report=report, reprojection=seen, frames=frames)
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        opened.resize(1280, 900)
        yield opened


def stage(page) -> np.ndarray:
    """The part of a screenshot that shows the person, without the buttons and the hint, two frames from now."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.screenshot()[60:780, 60:780].astype(int)


def test_the_page_is_one_small_file_that_names_no_address(page_file):
    text = page_file.read_text(encoding="utf-8")
    assert page_file.stat().st_size < 3 * 2**20
    assert not re.search(r"https?:|[\"'(]//|@import|url\((?!\$\{picture)", text)
    assert not re.search(r"\b(src|href)=\"(?!data:)", text)
    assert "default-src 'none'" in text


def test_the_page_shows_figures_and_warnings_and_escapes_them(page_file):
    text = page_file.read_text(encoding="utf-8")
    assert "0.931" in text
    assert "4.2 px" in text
    assert "2.1 % of height" in text
    assert "the &lt;feet&gt; are cut" in text
    assert "a photo.jpg" in text
    assert len(re.findall(r"<img [^>]*alt=\"[^\"]+\"", text)) == 5


def test_the_data_of_the_viewer_is_strict_json(page_file):
    text = page_file.read_text(encoding="utf-8")
    block = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert block
    assert "<" not in block[1]
    data = json.loads(block[1])
    assert [clip["name"] for clip in data["clips"]] == ["photo", "walk", "idle", "rest"]


@needs_browser
def test_a_browser_shows_the_person_without_errors_and_without_the_network(page, page_file):
    page.open(page_file, "still")
    assert page.evaluate("document.documentElement.dataset.drawn") == "webgl"
    # Someone stands there: saturated colours of the texture on the pale stage.
    shown = stage(page)
    coloured = (shown.max(-1) - shown.min(-1)) > 40
    rows, columns = np.nonzero(coloured)
    assert np.ptp(rows) > 450
    assert 80 < np.ptp(columns) < 500
    assert abs(columns.mean() - 352) < 60
    assert page.console == []
    assert all(url.startswith(("file:", "data:", "about:")) for url in page.requests)


@needs_browser
def test_dragging_turns_and_the_wheel_zooms(page, page_file):
    page.open(page_file, "still")
    before = stage(page)
    page.mouse("mousePressed", 400, 400, clickCount=1)
    for step in range(1, 11):
        page.mouse("mouseMoved", 400 + 10 * step, 400, buttons=1)
    page.mouse("mouseReleased", 500, 400, clickCount=1)
    dragged = stage(page)
    assert (np.abs(dragged - before).sum(-1) > 60).mean() > 0.02
    assert page.evaluate("view.yaw") == pytest.approx(1.0)
    # The same angle by link looks the same.
    page.open(page_file, f"still&angle={np.degrees(1.0)}")
    assert (np.abs(stage(page) - dragged).sum(-1) > 60).mean() < 0.002
    page.mouse("mouseWheel", 400, 400, deltaX=0, deltaY=-600)
    zoomed = stage(page)

    def size(picture):
        return ((picture.max(-1) - picture.min(-1)) > 40).sum()

    assert size(zoomed) > 1.5 * size(dragged)


@needs_browser
def test_buttons_change_the_motion(page, page_file):
    page.open(page_file, "still")
    posed = stage(page)
    page.evaluate("document.querySelector('[data-clip=rest]').click()")
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    rest = stage(page)
    assert page.evaluate("document.querySelector('[data-clip=rest]').getAttribute('aria-pressed')") == "true"
    assert page.evaluate("document.querySelector('[data-clip=photo]').getAttribute('aria-pressed')") == "false"
    columns = np.nonzero((rest.max(-1) - rest.min(-1)) > 40)[1]
    before = np.nonzero((posed.max(-1) - posed.min(-1)) > 40)[1]
    assert np.ptp(columns) > 1.3 * np.ptp(before)  # arms out


@needs_browser
def test_the_walk_moves_and_keys_turn(page, page_file):
    page.open(page_file, "clip=walk&angle=40")
    first = stage(page)
    page.evaluate("new Promise(done => setTimeout(done, 250))")
    assert (np.abs(stage(page) - first).sum(-1) > 60).mean() > 0.003
    page.evaluate("document.getElementById('stage').focus()")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight")
    assert page.evaluate("view.yaw") == pytest.approx(np.radians(40) + 0.15)


@needs_browser
def test_without_webgl_pictures_stand_in(page, page_file):
    page.open(page_file, "still&nowebgl")
    assert page.evaluate("document.documentElement.dataset.drawn") == "frames"
    assert page.evaluate("getComputedStyle(document.getElementById('no-webgl')).display") != "none"
    before = stage(page)
    page.mouse("mousePressed", 400, 400, clickCount=1)
    page.mouse("mouseMoved", 600, 400, buttons=1)
    page.mouse("mouseReleased", 600, 400, clickCount=1)
    assert (np.abs(stage(page) - before).sum(-1) > 60).mean() > 0.02


@needs_browser
def test_a_phone_shows_it_all_without_scrolling_sideways(page, page_file):
    page.resize(390, 800)
    try:
        page.open(page_file, "still")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.getElementById('clips').getBoundingClientRect().right") <= 390
    finally:
        page.resize(1280, 900)
