"""`habitus evaluate texture` on a small made world, through the command line."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from tiny_models import save_tiny_model

from habitus import cli, evaluate_texture_command
from habitus.body.model import BodyModel
from habitus.recovery.body_table import world_body_table
from habitus.recovery.body_table_file import FoundBody, write_bodies
from habitus.synthetic.worlds.world import World
from habitus.synthetic.worlds.writing import write_world
from habitus.texture.scans import OpenScans

HELD_OUT = 900_001


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """Two people, two photos each."""
    folder = tmp_path_factory.mktemp("world") / "made"
    write_world(World(seed=HELD_OUT, people=2, outfits=1, views=2, cameras=2, size=(64, 32)), folder)
    return folder


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(autouse=True)
def less_work(monkeypatch, body):
    """Three people to take textures from; one body, so that what depends on it alone is worked out once."""
    monkeypatch.setattr(evaluate_texture_command, "BodyModel", lambda _: body)
    others = World(seed=5, people=3, outfits=1)
    monkeypatch.setattr(
        evaluate_texture_command, "scan_textures", lambda _, body, size: OpenScans(body, size, world=others)
    )


def evaluate(*arguments: object) -> None:
    cli.main(["evaluate", "texture", *map(str, arguments)])


def refused(capsys, *arguments: object) -> str:
    with pytest.raises(SystemExit) as ended:
        evaluate(*arguments)
    assert ended.value.code == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("habitus: ")
    return line


def test_methods_are_scored_and_shown(world, tmp_path, capsys):
    evaluate("--data", world, "--method", "unwrap,mean,nearest", "--json", tmp_path / "a.json", "-o", tmp_path / "out")
    said = capsys.readouterr().out
    assert "CosSim by weights pcb" in said
    for words in (
        "held out for scoring", "4 photos of 2 people: all photos of all people", "true ones of the made world",
        "the person's mask in the photo", "128x64", "textures at 64x64", "seed 0", "3 other people's textures",
    ):  # fmt: skip
        assert words in said
    report = json.loads((tmp_path / "a.json").read_text())
    results = report["results"]
    assert list(results) == ["unwrap", "mean", "nearest"]
    for scores in results.values():
        assert scores["photos"] == 4
        assert 0 < scores["mask_ssim"] < 1
        whole, parts = scores["texture_all"], sorted([scores["texture_seen"], scores["texture_unseen"]])
        assert parts[0] <= whole <= parts[1] < 1
        assert 0 < scores["cossim"] <= 1
        assert 0 < scores["cossim_r"] <= 1
    assert results["unwrap"]["mask_ssim"] > results["nearest"]["mask_ssim"] > results["mean"]["mask_ssim"]
    assert results["unwrap"]["texture_seen"] < results["mean"]["texture_seen"]
    assert results["unwrap"]["other_views"] < results["mean"]["other_views"]
    assert json.loads((tmp_path / "out" / "results.json").read_text())["results"]["mean"]["photos"] == 4
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count('<img class="sheet"') == 3  # both together, and each
    assert "http" not in page.replace("http-equiv", "")
    with Image.open(tmp_path / "out" / "person_1.png") as sheet:
        assert sheet.height > 4 * 256  # three methods and the truth


def test_networks_compare_what_is_rendered(world, tmp_path, capsys):
    save_tiny_model(tmp_path / "tiny")
    evaluate(
        "--data", world, "--method", "unwrap,mean", "--count", 2, "--reid-weights", tmp_path / "tiny",
        "--independent", tmp_path / "tiny", "--json", tmp_path / "a.json", "--mask", "body",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "2 of 4 drawn evenly over people; seed 0" in said
    assert f"CosSim by weights {tmp_path / 'tiny'}" in said
    assert "renders over made streets" in said
    assert "Texformer" in said
    for scores in json.loads((tmp_path / "a.json").read_text())["results"].values():
        assert 0 < scores["cossim"] <= 1
        assert scores["cossim"] == scores["cossim_r"]  # the same network by both names


def bodies_file(world: Path, body: BodyModel, path: Path) -> Path:
    """The truth of a world as a file of `habitus bodies`, which knows nobody in the first photo."""
    table = world_body_table(world, body)
    photos = []
    for row, name in enumerate(table.paths):
        found = FoundBody(table.params(row), table.mask(row), table.keypoints(row)) if row else "nobody was found"
        photos.append((name, table.size(row), found))
    write_bodies(path, body, photos, {})
    return path


def test_parameters_from_a_file_and_photos_without_are_counted(world, body, tmp_path, capsys):
    file = bodies_file(world, body, tmp_path / "bodies.parquet")
    evaluate("--data", world, "--method", "unwrap", "--bodies", file)
    said = capsys.readouterr().out
    assert f"body parameters: {file};" in said
    assert "3 photos of 2 people" in said
    assert "1 photo without body parameters left out" in said
    table = pq.read_table(file)
    other = {b"habitus": table.schema.metadata[b"habitus"].replace(body.topology.encode(), b"smpl")}
    pq.write_table(table.replace_schema_metadata(other), tmp_path / "smpl.parquet")
    assert "holds bodies 'smpl'" in refused(capsys, "--data", world, "--bodies", tmp_path / "smpl.parquet")


@pytest.mark.slow
def test_the_same_command_says_the_same(world, tmp_path):
    for name in ("a.json", "b.json"):
        evaluate("--data", world, "--method", "unwrap", "--count", 2, "--json", tmp_path / name)
    one, other = (json.loads((tmp_path / name).read_text()) for name in ("a.json", "b.json"))
    for report in (one, other):
        del report["seconds"]
        del report["results"]["unwrap"]["seconds"]
    assert one == other


def test_listed_photos_alone(world, tmp_path, capsys):
    names = sorted(path.relative_to(world).as_posix() for path in (world / "images").rglob("*.png"))
    (tmp_path / "eval_list.pkl").write_bytes(pickle.dumps([names[0], names[3], "images/gone.png"]))
    evaluate("--data", world, "--method", "unwrap", "--photos", tmp_path / "eval_list.pkl")
    said = capsys.readouterr().out
    assert "2 photos of 2 people: the photos of eval_list.pkl" in said
    assert "1 of the 3 listed photos are not there" in said
    (tmp_path / "split.pkl").write_bytes(pickle.dumps([1]))
    evaluate("--data", world, "--method", "unwrap", "--photos", tmp_path / "split.pkl")
    assert "2 photos of 1 people: the training photos of the 1 people of split.pkl" in capsys.readouterr().out


def test_broken_photos_are_left_out_and_named(world, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(world, copy)
    photo = min((copy / "images").rglob("*.png"))
    photo.write_bytes(b"no picture")
    evaluate("--data", copy, "--method", "unwrap")
    said = capsys.readouterr().out
    assert "3 photos of 2 people" in said
    assert f"1 broken image was left out: {photo.relative_to(copy).as_posix()}" in said


def test_what_cannot_be_used_is_refused(world, tmp_path, capsys):
    assert "method unwarp: is not known; choose ours" in refused(capsys, "--data", world, "--method", "unwarp")
    assert "names no method" in refused(capsys, "--data", world, "--method", ",")
    assert "--count 0" in refused(capsys, "--data", world, "--count", 0)
    assert "is a folder" in refused(capsys, "--data", world, "--json", tmp_path)
    assert "none of the photos" in refused(
        capsys, "--data", world, "--method", "unwrap", "--photos", listing(tmp_path, "images/a.png")
    )
    assert "no trunk" in refused(capsys, "--data", world, "--method", "unwrap", "--lpips", heads(tmp_path))


def test_photos_of_which_nothing_is_known_need_a_file(tmp_path, capsys):
    for name in ("1_1.png", "1_2.png", "2_1.png", "2_2.png"):
        Image.fromarray(np.full((64, 32, 3), 90, np.uint8)).save(tmp_path / name)
    rows = ["path,pid,camid,clothes_id,split"]
    rows += [f"{p}_{c}.png,{p},{c},{p},{split}" for p in (1, 2) for c, split in ((1, "query"), (2, "gallery"))]
    (tmp_path / "images.csv").write_text("\n".join(rows) + "\n")
    assert "habitus bodies" in refused(capsys, "--data", tmp_path, "--method", "unwrap")


def listing(folder: Path, *names: str) -> Path:
    (folder / "list.txt").write_text("\n".join(names))
    return folder / "list.txt"


def heads(folder: Path) -> Path:
    import torch

    torch.save({"lin0.model.1.weight": torch.ones(1, 64, 1, 1)}, folder / "heads.pth")
    return folder / "heads.pth"
