"""`habitus evaluate recovery` on a small made world, through the command line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from habitus import cli, evaluate_recovery_command
from habitus.body.model import BodyModel
from habitus.evaluation.recovery import methods
from habitus.recovery.regressor.model import BodyRegressor
from habitus.recovery.regressor.pretrained import save_regressor
from habitus.reid.shape_reid import ShapeReid
from habitus.synthetic.worlds.world import World
from habitus.synthetic.worlds.writing import write_world

HELD_OUT = 900_001
SMALL = {"backbone": "resnet10-half", "width": 16, "part_width": 8, "hidden": 32, "handles": 12}


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """Three people, two photos each."""
    folder = tmp_path_factory.mktemp("world") / "made"
    write_world(World(seed=HELD_OUT, people=3, outfits=1, views=2, cameras=2, size=(64, 32)), folder)
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory, body) -> Path:
    """Networks that have learned nothing: one alone, one within 3DSL."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    save_regressor(folder / "alone", BodyRegressor(body, size=(64, 32), **SMALL), trained={})
    ShapeReid(regressor=SMALL, backbone="resnet10-half", width=8, size=(64, 32)).save_pretrained(folder / "both")
    return folder


@pytest.fixture(autouse=True)
def one_body(monkeypatch, body):
    monkeypatch.setattr(evaluate_recovery_command, "BodyModel", lambda _: body)


def evaluate(*arguments: object) -> None:
    cli.main(["evaluate", "recovery", *map(str, arguments)])


def refused(capsys, *arguments: object) -> str:
    with pytest.raises(SystemExit) as ended:
        evaluate(*arguments)
    assert ended.value.code == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("habitus: ")
    return line


def test_methods_are_scored_and_shown(world, weights, tmp_path, capsys):
    names = ["truth", str(weights / "alone"), str(weights / "both")]
    evaluate(
        "--data", world, "--method", ",".join(names), "--together", 2, "--json", tmp_path / "a.json",
        "-o", tmp_path / "out",
    )  # fmt: skip
    said = capsys.readouterr().out
    for words in (
        "held out for scoring", "6 photos of 3 people: all photos of all people", "one pass of a network", "64x32",
        "R^2 of beta", "truth, 1 photo", "truth, 2 photos", "(PA-MPJPE)", "robustly averaged (2)",
    ):  # fmt: skip
        assert words in said
    report = json.loads((tmp_path / "a.json").read_text())
    truth, alone, both = (report["results"][name] for name in names)
    assert list(report["results"]) == names
    assert (truth["joints"], truth["aligned"]) == pytest.approx((0, 0), abs=0.05)
    assert truth["iou"] > 0.9 and truth["keypoints"] < 2  # perspective
    assert truth["beta_r2"] == {"one_photo": [1] * 10, "together": [1] * 10, "groups": 3}
    for scores in (alone, both):
        assert scores["photos"] == 6 and scores["without_body"] == 0
        assert scores["joints"] > scores["aligned"] > 20
        assert 0.2 < scores["iou"] < 0.9
        assert scores["beta"] == pytest.approx(np.mean(scores["beta_r2"]["one_photo"][:5]), abs=1e-5)
        assert scores["beta"] < 0.3  # nothing is known, so nothing is explained
    assert (tmp_path / "out" / "results.txt").read_text().strip() == said.split("open ")[0].strip()
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count('<img class="sheet"') == 1 and "R^2 of beta" in page
    with Image.open(tmp_path / "out" / "bodies.png") as sheet:
        assert sheet.height > 3 * 256


def test_photos_are_drawn_evenly_and_unfair_worlds_are_named(tmp_path, weights, capsys):
    folder = tmp_path / "made"
    write_world(World(seed=5, people=4, outfits=1, views=2, cameras=2, size=(64, 32)), folder)
    evaluate("--data", folder, "--method", "truth", "--count", 2)
    said = capsys.readouterr().out
    assert "2 photos of 2 people: the photos of the test people, 2 of 4 drawn evenly over people" in said
    assert "note: this world's seed is not held out" in said
    assert "note: nobody has 8 photos here" in said


def test_what_a_method_does_not_find_is_counted(world, body, monkeypatch, capsys):
    def recover(body, paths, *, finder):
        assert finder.name == "fit"
        true = body_params(body)
        return [((64, 32), "no person was found") if i == 0 else ((64, 32), true) for i, _ in enumerate(paths)]

    monkeypatch.setattr(methods, "recover_photos", recover)
    evaluate("--data", world, "--method", "fit")
    said = capsys.readouterr().out
    assert "note: fit found no body in 1 photo: they are no part of its scores" in said
    assert said.splitlines()[5].split()[-2] == "5"


def body_params(body):
    from habitus.recovery.body_table_file import FoundBody
    from habitus.types import BodyParams

    params = BodyParams(
        torch.zeros(1, 24, 3), torch.zeros(1, 10), torch.zeros(1, body.num_vertices, 3), torch.tensor([[0.9, 0.0, 0.3]])
    )
    return FoundBody(params, np.ones((64, 32), np.uint8), np.zeros((17, 3), np.float32))


@pytest.mark.slow
def test_a_fit_and_a_fit_from_a_network(world, weights, tmp_path):
    start = f"fit:{weights / 'alone'}"
    evaluate("--data", world, "--method", f"fit,{start}", "--count", 2, "--json", tmp_path / "a.json")
    results = json.loads((tmp_path / "a.json").read_text())["results"]
    for name in ("fit", start):
        assert results[name]["photos"] + results[name]["without_body"] == 2
        assert results[name]["seconds"] > 0


def test_broken_photos_are_left_out_and_named(world, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(world, copy)
    photos = sorted((copy / "images").rglob("*.png"))
    photos[0].write_bytes(b"no picture")
    evaluate("--data", copy, "--method", "truth")
    said = capsys.readouterr().out
    assert "5 photos of 3 people" in said
    assert f"1 broken image was left out: {photos[0].relative_to(copy).as_posix()}" in said
    for photo in photos:
        photo.write_bytes(b"no picture")
    assert "none of the 6 photos can be used" in refused(capsys, "--data", copy, "--method", "truth")


def test_what_cannot_be_used_is_refused(world, weights, tmp_path, capsys):
    assert "method fut: is not known; choose fit, truth" in refused(capsys, "--data", world, "--method", "fut")
    assert "names no method" in refused(capsys, "--data", world, "--method", ",")
    assert "--count 0" in refused(capsys, "--data", world, "--method", "truth", "--count", 0)
    assert "--together 1" in refused(capsys, "--data", world, "--method", "truth", "--together", 1)
    assert "is a folder" in refused(capsys, "--data", world, "--method", "truth", "--json", tmp_path)
    assert "no folder with a config.json" in refused(capsys, "--data", world, "--method", tmp_path)
    other = shutil.copytree(weights / "alone", tmp_path / "smpl")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"topology": "smpl"}))
    assert "regresses the body 'smpl'" in refused(capsys, "--data", world, "--method", other)
    for name in ("1_1.png", "1_2.png", "2_1.png", "2_2.png"):
        Image.fromarray(np.full((64, 32, 3), 90, np.uint8)).save(tmp_path / name)
    rows = ["path,pid,camid,clothes_id,split"]
    rows += [f"{p}_{c}.png,{p},{c},{p},{split}" for p in (1, 2) for c, split in ((1, "query"), (2, "gallery"))]
    (tmp_path / "images.csv").write_text("\n".join(rows) + "\n")
    assert "habitus synth" in refused(capsys, "--data", tmp_path, "--method", "truth")
