"""CMC and ROC: drawn without a display, where the numbers say."""

import os
import subprocess
import sys

import numpy as np
from embedded_people import result
from PIL import Image

from habitus.evaluation.curves import COLOURS, draw_cmc, draw_roc


def pixels(path, colour):
    """(rows, columns) of a colour, and the picture's size."""
    picture = np.asarray(Image.open(path).convert("RGB")).astype(int)
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return np.nonzero((abs(picture - wanted) < 12).all(-1)), picture.shape


def test_cmc_of_each_mode_rises_from_left_to_right(tmp_path):
    general, cc = result(cmc=tuple(np.linspace(0.5, 1, 50))), result("cc", cmc=tuple(np.linspace(0.1, 0.6, 50)))
    draw_cmc(tmp_path / "cmc.png", [general, cc], title="prcc")
    highest = []
    for one in (general, cc):
        (rows, columns), (height, width, _) = pixels(tmp_path / "cmc.png", COLOURS[one.mode])
        assert columns.max() - columns.min() > 0.8 * width
        assert rows[columns.argmin()] - rows[columns.argmax()] > 0.3 * height
        highest.append(rows.min())
    assert highest[0] < highest[1], "rows count from above"


def test_roc_starts_where_pairs_are_first_taken_for_one_person(tmp_path):
    curve = (np.array([0, 1e-5, 1e-3, 1]), np.array([0.1, 0.2, 0.6, 1]))
    draw_roc(tmp_path / "roc.png", {"sc": curve}, title="prcc")
    (rows, columns), (height, width, _) = pixels(tmp_path / "roc.png", COLOURS["sc"])
    assert columns.max() - columns.min() > 0.8 * width
    assert rows.max() - rows.min() > 0.5 * height


def test_curves_of_one_point_are_drawn(tmp_path):
    draw_cmc(tmp_path / "cmc.png", [result(cmc=(1.0,))], title="one")
    draw_roc(tmp_path / "roc.png", {"general": (np.zeros(1), np.ones(1))}, title="one")
    assert (tmp_path / "cmc.png").stat().st_size > 1000


def test_titles_of_any_letters_fit(tmp_path):
    draw_cmc(tmp_path / "cmc.png", [result()], title=r"weights /runs/$\frac{1$/" + 15 * "abcdefghij" + ", feature rgb")
    picture = np.asarray(Image.open(tmp_path / "cmc.png").convert("L"))
    assert picture[:60].min() < 100
    assert (picture[:80, -8:] > 200).all(), "the title leaves the figure"


def test_matplotlib_is_imported_when_a_curve_is_drawn(tmp_path):
    code = (
        "import sys, habitus.evaluation.curves as curves\n"
        "from pathlib import Path\n"
        "assert 'matplotlib' not in sys.modules\n"
        "curves.draw_roc(Path(sys.argv[1]), {}, title='')\n"
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot keeps figures and looks for a display'\n"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "roc.png")], check=True, env=environment)
