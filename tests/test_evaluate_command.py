"""`habitus evaluate reid` as users run it: what it prints and writes, and what it refuses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from photo_files import write_market, write_photo
from PIL import Image
from tiny_sets import SETS

from habitus import cli
from habitus.evaluate_cli import EvaluateReidCommand
from habitus.evaluation.pictures import TILE
from habitus.reid.baseline import StrongBaseline
from habitus.reid.shape_reid import ShapeReid

FILES = ["cmc.png", "hardest_{}.png", "index.html", "ranked_{}.png", "results.json", "results.txt", "roc.png"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A network that has learnt nothing, but tells colours apart."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "model"
    StrongBaseline(backbone="resnet18-half", size=(32, 16), classes=2).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    return write_market(tmp_path_factory.mktemp("data") / "Market-1501-v15.09.15")


@pytest.fixture
def table(tmp_path):
    """Three people in two outfits before two cameras, as a table; the second person's photos are of one outfit."""
    lines = ["path,pid,camid,clothes_id,split"]
    for pid in range(3):
        for outfit in range(1 if pid == 1 else 2):
            for camera in (1, 2):
                name = f"photos/{pid}_{outfit}_{camera}.png"
                write_photo(tmp_path / "set" / name, 2 * pid + outfit, camera=camera)
                lines.append(f"{name},{pid + 1},{camera},{2 * pid + outfit},{'query' if camera == 1 else 'gallery'}")
    (tmp_path / "set" / "images.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "set"


def evaluate(*arguments):
    cli.main(["evaluate", "reid", *map(str, arguments)])


def score(tmp_path, *arguments):
    """The JSON that a run writes."""
    evaluate(*arguments, "--json", tmp_path / "scores.json")
    return json.loads((tmp_path / "scores.json").read_text())


def refuse(capsys, *arguments):
    """Run it, which must refuse; the line it says."""
    with pytest.raises(SystemExit) as stop:
        evaluate(*arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2
    assert out == ""
    lines = [line for line in re.split(r"[\r\n]+", err) if line.startswith("habitus: ")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0]


def test_a_run_prints_the_table_and_writes_json_and_a_folder(market, weights, tmp_path, capsys):
    values = score(tmp_path, "--data", market, "--weights", weights, "-o", tmp_path / "out")
    out = capsys.readouterr().out
    assert (values["queries"], values["gallery"], values["skipped"], values["people"]) == (6, 24, 0, 6)
    assert values["rank1"] >= 0.8, "each person has a colour"
    assert values["mAP"] <= values["rank10"] <= 1
    assert values["weights"] == str(weights)
    assert values["seed"] == 0
    assert f"{100 * values['mAP']:.1f}" in out
    assert "same camera is junk, multi-shot; rule general" in out
    assert out.strip().endswith(f"open {tmp_path / 'out' / 'index.html'}")
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == [name.format("general") for name in FILES]
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == values
    assert (tmp_path / "out" / "results.txt").read_text() == out[: out.index("open ")]
    for name in written:
        if name.endswith(".png"):
            assert np.asarray(Image.open(tmp_path / "out" / name)).std() > 5, name


def test_weights_of_3dsl_show_the_bodies_that_they_recover(market, tmp_path):
    torch.manual_seed(0)
    options = {"backbone": "resnet10-half", "width": 16, "part_width": 8, "hidden": 32, "handles": 12}
    ShapeReid(backbone="resnet10-half", size=(32, 16), width=24, regressor=options).save_pretrained(tmp_path / "m")
    evaluate("--data", market, "--weights", tmp_path / "m", "-o", tmp_path / "shape")
    assert "the body recovered" in (tmp_path / "shape" / "index.html").read_text(encoding="utf-8")
    with Image.open(tmp_path / "shape" / "ranked_general.png") as sheet:
        assert sheet.height > 6 * (TILE[0] + TILE[1])  # a row a query, with bodies below the photos


def test_all_modes_of_labelled_clothes(table, weights, tmp_path, capsys):
    values = score(tmp_path, "--data", table, "--weights", weights)
    results = values["results"]
    assert set(results) == {"general", "cc", "sc"}
    assert [results[mode]["skipped"] for mode in ("general", "cc", "sc")] == [0, 1, 0]
    assert results["sc"]["mAP"] > results["cc"]["mAP"], "people are known by their clothes' colour here"
    both = score(tmp_path, "--data", table, "--weights", weights, "--mode", "sc", "--mode", "cc")
    assert list(both["results"]) == ["sc", "cc"]
    assert both["results"]["cc"] == results["cc"]
    assert "rule cc" in capsys.readouterr().out


def test_single_shots(market, weights, tmp_path, capsys):
    asked = ("--data", market, "--weights", weights, "--shots", "single", "--draws", 4)
    values = score(tmp_path, *asked, "--seed", 5)
    assert (values["shots"], values["draws"], values["gallery"], values["seed"]) == ("single", 4, 6, 5)
    assert set(values["spread"]) == {"mAP", "rank1", "rank5", "rank10", "mINP"}
    assert "single-shot, mean of 4 draws" in capsys.readouterr().out
    assert score(tmp_path, *asked, "--seed", 5) | {"seconds": 0} == values | {"seconds": 0}


def test_re_ranking_and_expansion_are_named(market, weights, tmp_path, capsys):
    values = score(tmp_path, "--data", market, "--weights", weights, "--rerank", "--expand", 2, "--flip", "none")
    assert values["reranking"] == "k1 20, k2 6, lambda 0.3"
    assert values["expansion"] == "2 nearest, alpha 3"
    assert values["flip"] == "none"
    assert values["reranking"] in capsys.readouterr().out


def test_features_from_a_file_score_as_those_made_anew(market, weights, tmp_path):
    anew = score(tmp_path, "--data", market, "--weights", weights)
    cli.main(["embed", str(market), "-o", str(tmp_path / "f.parquet"), "--weights", str(weights)])
    read = score(tmp_path, "--data", market, "--features", tmp_path / "f.parquet")
    for key in ("mAP", "rank1", "mINP", "skipped", "queries", "gallery", "flip", "dimensions"):
        assert read[key] == pytest.approx(anew[key]) if isinstance(anew[key], float) else read[key] == anew[key]
    assert "f.parquet" in read["weights"]
    assert "model" in read["weights"]


def test_broken_photos_are_named_counted_and_left_out(weights, tmp_path, capsys, caplog):
    data = write_market(tmp_path / "Market-1501-v15.09.15")
    broken = [data / "query" / "0001_c1s1_000001_00.jpg", data / "bounding_box_test" / "0002_c2s1_000001_01.jpg"]
    cli.main(["embed", str(data), "-o", str(tmp_path / "whole.parquet"), "--weights", str(weights)])
    for path in broken:
        path.write_bytes(path.read_bytes()[:100])
    cli.main(["embed", str(data), "-o", str(tmp_path / "f.parquet"), "--weights", str(weights)])
    capsys.readouterr()
    for made_by in (("--weights", weights), ("--features", tmp_path / "f.parquet")):
        caplog.clear()
        values = score(tmp_path, "--data", data, *made_by)
        assert (values["queries"], values["gallery"]) == (5, 23)
        assert sorted(values["broken"]) == sorted(path.relative_to(data).as_posix() for path in broken)
        assert "2 broken images were left out" in capsys.readouterr().out
        assert all(sum(path.name in message for message in caplog.messages) == 1 for path in broken)
        assert any(path.name in refuse(capsys, "--data", data, *made_by, "--strict") for path in broken)


def test_features_of_other_photos_are_refused(market, weights, table, tmp_path, capsys):
    cli.main(["embed", str(table), "-o", str(tmp_path / "f.parquet"), "--weights", str(weights)])
    capsys.readouterr()
    line = refuse(capsys, "--data", market, "--features", tmp_path / "f.parquet")
    assert "f.parquet: lacks 30 of 30 photos" in line
    assert "habitus embed" in line


def test_nan_features_are_refused(market, tmp_path, capsys):
    names = sorted(path.relative_to(market).as_posix() for path in market.rglob("*.jpg"))
    values = np.ones((len(names), 4), np.float32)
    values[3, 1] = np.nan
    column = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), 4)
    pq.write_table(pa.table({"path": names, "feature": column}), tmp_path / "f.parquet")
    assert names[3] in refuse(capsys, "--data", market, "--features", tmp_path / "f.parquet")


def test_made_worlds_say_whether_they_are_fair(table, weights, capsys):
    world = {
        "seed": 900_005, "people": 3, "outfits": 2, "views": 2, "cameras": 2, "size": [64, 32], "similar": 1,
        "schedule": "free", "test_share": 1.0, "occluded": 0.0, "truncated": 0.0, "jitter": 0.0, "backgrounds": None,
    }  # fmt: skip
    for seed, words in ((900_005, "held out for scoring"), (5, "this world's seed is not held out: the weights may")):
        described = {"layout": "csv", "world": world | {"seed": seed}}
        (table / "world.json").write_text(json.dumps(described))
        evaluate("--data", table, "--weights", weights, "--mode", "general")
        out = capsys.readouterr().out
        assert words in out
        assert f"seed {seed}" in out
        assert out.count("held out") == 1


def test_one_person_only(tmp_path, weights, capsys):
    assert "one person" in refuse(
        capsys, "--data", write_market(tmp_path / "Market-1501-v15.09.15", people=1), "--weights", weights
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "--weights or --features"),
        (("--weights", "pcb", "--features", "f.parquet"), "--weights or --features"),
        (("--weights", "nowhere"), "nowhere"),
        (("--features", "nowhere.parquet"), "nowhere.parquet"),
        (("--weights", "WEIGHTS", "--mode", "cc"), "--mode cc"),
        (("--weights", "WEIGHTS", "--draws", "0"), "--draws 0"),
        (("--weights", "WEIGHTS", "--seed", "-1"), "--seed -1"),
        (("--weights", "WEIGHTS", "--expand", "-1"), "--expand -1"),
        (("--weights", "WEIGHTS", "--batch", "0"), "batch 0"),
        (("--weights", "WEIGHTS", "--device", "abacus"), "abacus"),
        (("--weights", "WEIGHTS", "--layout", "origami"), "origami"),
        (("--weights", "WEIGHTS", "--json", "FOLDER"), "is a folder"),
        (("--weights", "WEIGHTS", "-o", "FULL"), "is not empty"),
        (("--weights", "WEIGHTS", "-o", "FULL/mine.txt"), "mine.txt"),
    ],
)
def test_mistakes_get_one_line_and_leave_nothing(market, weights, tmp_path, capsys, options, words):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    names = {"WEIGHTS": str(weights), "FOLDER": str(tmp_path), "FULL": str(tmp_path / "full")}
    options = [re.sub("WEIGHTS|FOLDER|FULL", lambda match: names[match[0]], option) for option in options]
    assert words in refuse(capsys, "--data", market, *options)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["full", "mine.txt"]


def test_a_folder_that_is_no_data_set(tmp_path, weights, capsys):
    (tmp_path / "query").mkdir()
    assert str(tmp_path) in refuse(capsys, "--data", tmp_path, "--weights", weights)


def test_help_of_evaluate_is_light():
    code = (
        "import sys, habitus.cli\n"
        "try: habitus.cli.main(['evaluate', 'reid', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numba', 'cv2', 'numpy', 'scipy', 'PIL', 'pyarrow', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environment)


def test_weights_for_another_network_name_the_keys(market, weights, tmp_path, capsys):
    other = tmp_path / "other"
    StrongBaseline(backbone="resnet18", size=(32, 16), classes=2).save_pretrained(other)
    (other / "model.safetensors").write_bytes((weights / "model.safetensors").read_bytes())
    line = refuse(capsys, "--data", market, "--weights", other)
    assert "layer" in line or "bn" in line, line


@pytest.mark.parametrize("layout", sorted(SETS.keys() - {"cuhk03"}))  # whose miniature tests one person
def test_every_official_layout_is_scored(layout, weights, tmp_path, capsys):
    root = SETS[layout](tmp_path / "data")
    for number, path in enumerate(sorted((tmp_path / "data").rglob("*"))):
        if path.suffix in (".jpg", ".png") and not path.name.startswith("."):
            write_photo(path, number)
    values = score(tmp_path, "--data", root, "--weights", weights)
    out = capsys.readouterr().out
    assert values["results"]
    assert values["broken"] == []
    for result in values["results"].values():
        assert 0 < result["mAP"] <= 1
        assert f"{result['protocol']}; rule {result['rule']}" in out
        assert result["protocol"].endswith("multi-shot")


def test_tracklets_are_scored_as_one(weights, tmp_path):
    """Two clips of two people, of two frames each, on either side."""
    root = SETS["ccvid"](tmp_path)
    for number, path in enumerate(sorted(tmp_path.rglob("0*.jpg"))):
        write_photo(path, number)
    result = score(tmp_path, "--data", root, "--weights", weights, "--mode", "general")
    assert (result["queries"], result["gallery"], result["images"]) == (2, 2, 8)


DOCS = (Path(__file__).parent.parent / "docs" / "evaluation.md").read_text()


@pytest.mark.parametrize("line", re.findall(r"^habitus (.*)$", DOCS, re.MULTILINE))
def test_commands_of_the_docs_are_understood(line, monkeypatch):
    ran = []
    monkeypatch.setattr(EvaluateReidCommand, "run", lambda self: ran.append(self))  # noqa: PLW0108 - it binds self
    cli.main(line.split())
    assert len(ran) == 1


def test_the_python_of_the_docs_runs(table, weights, capsys):
    (block,) = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    exec(block.replace('"PRCC/"', repr(str(table))).replace('"baseline"', repr(str(weights))), {})
    assert 0 < float(capsys.readouterr().out) <= 1


def test_the_docs_name_every_key_of_the_json(table, weights, tmp_path):
    values = score(tmp_path, "--data", table, "--weights", weights, "--mode", "sc")
    named = set(re.findall(r"`(\w+)`", DOCS[DOCS.index("## JSON") : DOCS.index("## The folder")]))
    assert set(values) <= named
