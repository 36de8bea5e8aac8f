"""index.html: everything is there, nothing is loaded, nothing of the user's becomes markup."""

import re
from dataclasses import replace

import numpy as np
import pytest
from embedded_people import records, report, result
from photo_files import write_photo

from habitus.evaluation.curves import draw_cmc
from habitus.evaluation.page import Lists, write_page
from habitus.evaluation.protocols import Found, RankedList


@pytest.fixture
def page(tmp_path):
    query, gallery = records("query", [1], [0]), records("gallery", [1, 2], [1, 1], [5, 6])
    paths = (write_photo(tmp_path / "a <b>&.png", 1), write_photo(tmp_path / "c.png", 2))
    object.__setattr__(gallery, "paths", paths)
    ranked = RankedList(0, 0.5, (Found(1, 1, 0.25, False),), Found(0, 2, 0.5, True))
    lists = Lists(query, gallery, (ranked,), (ranked,))
    results = (result(), result("cc", shots="single", draws=10, spread={"mAP": 0.02}, mAP=0.1))
    draw_cmc(tmp_path / "cmc.png", results, title="")
    told = report(*results, data="<script>set", folder="/data/<x>", notes=("counts & <more>",))
    write_page(tmp_path / "index.html", told, {"general": lists, "cc": lists}, {"CMC": tmp_path / "cmc.png"})
    return (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_page_loads_nothing(page):
    sources = re.findall(r"(?:src|href)=\"([^\"]*)\"", page)
    assert len(sources) > 10
    assert all(source.startswith(("data:image/webp;base64,", "data:,")) for source in sources)
    assert "$" not in re.sub(r"base64,[^\"]*", "", page), "a placeholder was left"
    assert "<script" not in page


def test_names_are_not_markup(page):
    text = re.sub(r"base64,[^\"]*", "", page)
    for words in ("&lt;script&gt;set", "/data/&lt;x&gt;", "counts &amp; &lt;more&gt;", "a &lt;b&gt;&amp;.png"):
        assert words in text
    assert "<b>&" not in text


def test_scores_protocols_and_lists_are_there(page):
    for words in (
        "53.1",
        "10.0 <small>±2.0</small>",
        "Clothes-changing, single-shot",
        "mean of 10 draws",
        "weights baseline",
    ):
        assert words in page
    kinds = re.findall(r'<figure class="([^"]+)"', page)
    assert kinds == ["query", "miss", "hit match"] * 4
    assert "2: 0.500" in page
    assert "AP 50 %" in page
    assert "clothes 6" in page


def test_bodies_stand_below_their_photos_and_only_photos_shown_are_asked_for(tmp_path):
    query, gallery = records("query", [1, 2], [0, 0]), records("gallery", [1, 2, 3], [1, 1, 1])
    ranked = RankedList(0, 0.5, (Found(1, 1, 0.25, False),), Found(0, 2, 0.5, True))
    lists = Lists(query, gallery, (ranked,), (ranked,))
    assert list(lists.shown()) == 2 * [query.paths[0], gallery.paths[1], gallery.paths[0]]
    draw_cmc(tmp_path / "cmc.png", (result(),), title="")
    pages = []
    for bodies in ({}, {gallery.paths[1]: np.zeros((8, 8, 3), np.uint8)}):
        told = replace(lists, bodies=bodies)
        write_page(tmp_path / "index.html", report(result()), {"general": told}, {"CMC": tmp_path / "cmc.png"})
        pages.append((tmp_path / "index.html").read_text(encoding="utf-8"))
    bare, bodied = pages
    assert "body recovered" not in bare and 'aspect-ratio: 1"' not in bare
    assert bodied.count('alt="the body recovered"') == 2
    assert re.search(r'<figure class="miss"><img [^>]*><img [^>]*alt="the body recovered"><figcaption>', bodied)
    assert "Below each photo the body recovered from it" in bodied
