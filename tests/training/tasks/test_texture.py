"""Texture generators are trained: whole runs, resumed ones, losses that are not finite, ablations, what is refused."""

import csv
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from processes import environment, together, wait_for
from texture_worlds import small_recipe, small_task

from habitus import cli
from habitus.body.model import BodyModel
from habitus.rendering.render import render
from habitus.texture.generator.model import TextureGenerator
from habitus.texture.generator.pretrained import load_generator
from habitus.texture.generator.sight import Sight
from habitus.texture.region_masks import face_hand_mask
from habitus.training.checkpoints import checkpoints_in, load_checkpoint
from habitus.training.recipes.texture import PRESETS
from habitus.training.stepping import prepare, train_on
from habitus.training.tasks.texture import weights_digest
from habitus.types import BodyParams

BODY = BodyModel.load()
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def places(texture_places):
    return texture_places


def words(places, run, *options):
    return [
        "train", "texture", "--data", str(places / "world"), "--reid-weights", str(places / "judge"), "--out", str(run),
        "--cache", str(places / "cache"), "--size", "64x32", "--texture-size", "128", "--people", "2", "--images", "2",
        "--workers", "0", "--device", "cpu", *map(str, options),
    ]  # fmt: skip


def habitus_train(places, run, *options):
    cli.main(words(places, run, *options))


def last_row(run):
    with (run / "metrics.csv").open() as file:
        return {name: float(value) for name, value in list(csv.DictReader(file))[-1].items() if value}


def refused(capsys, *arguments):
    """The one line that the command ends with."""
    with pytest.raises(SystemExit) as stop:
        habitus_train(*arguments)
    assert stop.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def one_batch(recipe, run):
    """A task, and its first batch."""
    task = small_task(recipe, run)
    prepare(task, CPU)
    return task, next(iter(task.load(task.batches(0)[:1], workers=0)))


def test_a_run_ends_in_a_generator_that_loads(places, tmp_path, capsys):
    run = tmp_path / "run"
    habitus_train(places, run, "--epochs", 1)
    generator = load_generator(run / "model", BODY)
    assert generator.preset == "ours"
    config = json.loads((run / "config.json").read_text())
    assert generator.trained == config
    assert config["recipe"] == "texture"
    assert config["options"]["reid"] == "same_person"
    assert config["options"]["lr"] == PRESETS["ours"].lr
    assert "cache" not in config["options"]
    assert config["photos"] == 8
    sight = Sight(torch.rand(1, 3, 128, 64), torch.rand(1, 3, 128, 128), torch.rand(1, 1, 128, 128))
    assert generator(sight).shape == (1, 3, 128, 128)
    sheet = cv2.imread(str(run / "pictures" / "epoch-001.png"))
    assert sheet is not None
    assert sheet.std() > 10
    assert (run / "metrics.csv").read_text().startswith("batch,epoch,reid,truth,pixels off")
    assert f"model: {run / 'model'}" in capsys.readouterr().out


@pytest.mark.slow
def test_runs_that_were_killed_reach_the_same_weights(places, tmp_path):
    """A process killed after its second checkpoint: decoding, draws of scans, pairs and backgrounds, an average."""
    options = ("--epochs", 4, "--checkpoint-minutes", 0, "--reid", "triplet", "--face", "loss", "--ema", 0.9)
    habitus_train(places, tmp_path / "whole", *options)
    command = [sys.executable, "-m", "habitus.cli", *words(places, tmp_path / "parts", *options)]
    process = subprocess.Popen(command, env=environment())
    try:
        wait_for(lambda: len(checkpoints_in(tmp_path / "parts")) == 2, process)
    finally:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "parts" / "model").exists()
    habitus_train(places, tmp_path / "parts", *options, "--resume")
    files = [(tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("whole", "parts")]
    assert files[0] == files[1]


@pytest.mark.slow
def test_two_processes_are_one(places, tmp_path):
    """Batch norm of the released network, strangers of the other process's photos; the first one makes the cache.

    By the losses: Adam's first steps are as long for every weight, and rounding turns some of them round.
    """
    options = ("--preset", "rstg", "--epochs", 1, "--reid", "triplet", "--lr", 1e-3)
    habitus_train(places, tmp_path / "alone", *options)
    together([sys.executable, "-m", "habitus.cli", *words(places, tmp_path / "shared", *options)])
    alone, shared = (last_row(tmp_path / name) for name in ("alone", "shared"))
    for name in ("reid", "triplet", "face", "pixels off"):
        assert shared[name] == pytest.approx(alone[name], rel=1e-3, abs=1e-5), name


def test_losses_that_are_not_finite_name_the_batch_and_leave_the_last_checkpoint(places, tmp_path, monkeypatch, capsys):
    from habitus.training.tasks import texture

    render, calls = texture.render_views, []

    def spoiled(*arguments):
        calls.append(arguments)
        image, mask = render(*arguments)
        return (image * float("nan") if len(calls) == 2 else image), mask

    monkeypatch.setattr(texture, "render_views", spoiled)
    run = tmp_path / "run"
    line = refused(capsys, places, run, "--epochs", 1, "--checkpoint-minutes", 0)
    assert "loss reid is nan in epoch 0, batch 1" in line
    assert ".png" in line
    assert not (run / "model").exists()
    state = load_checkpoint(checkpoints_in(run)[0])
    assert state["progress"]["batches"] == 1
    assert all(torch.isfinite(value).all() for value in state["modules"].values())


def test_only_the_generator_learns(places, tmp_path):
    task, batch = one_batch(small_recipe(places / "world", places / "judge", cache=places / "cache"), tmp_path)
    before = weights_digest(task.judges["reid"]), weights_digest(task.generator)
    values = train_on(task, batch, epoch=0, progress=0.0, settings=small_recipe(places, places), device=CPU)
    assert weights_digest(task.judges["reid"]) == before[0]
    assert weights_digest(task.generator) != before[1]
    assert values.keys() == {"reid", "truth", "pixels off"}


def test_renders_are_held_beside_the_partners_photo(places, tmp_path):
    """In the partner's pose and frame, over the background; as the whole renderer draws it."""
    recipe = small_recipe(places / "world", places / "judge", cache=places / "cache")
    task, batch = one_batch(recipe, tmp_path)
    made, photos = task.forward(batch, 0), task.dataset.photos
    assert (batch["partner"] != batch["row"]).all()
    params = BodyParams.cat([photos.params(row) for row in batch["partner"].tolist()])
    vertices = BODY(params.theta, params.beta, params.delta).vertices
    drawn = render(
        vertices, BODY.faces, params.psi, BODY.uv, BODY.uv_faces, made.texture, size=(64, 32),
        background=batch["background"] / 255,
    )  # fmt: skip
    torch.testing.assert_close(made.render, drawn.image, rtol=0, atol=1e-4)
    torch.testing.assert_close(made.mask, drawn.silhouette, rtol=0, atol=1e-4)
    expected = np.stack([np.array(Image.open(photos.records.paths[row])) for row in batch["partner"].tolist()])
    assert np.array_equal((made.target * 255).round().permute(0, 2, 3, 1), expected)


def test_pasted_faces_are_the_scans(places, tmp_path):
    recipe = small_recipe(places / "world", places / "judge", cache=places / "cache", preset="rstg")
    task, batch = one_batch(replace(recipe, face="pasted", size=(32, 16)), tmp_path)
    texture, face = task.forward(batch, 0).texture, face_hand_mask(BODY, 64) > 0
    scan = batch["scan"] / 255
    torch.testing.assert_close(texture[..., face], scan[..., face])
    assert (texture - scan).abs().max() > 0.1


def test_no_pose_draws_the_photo_itself(places, tmp_path):
    recipe = small_recipe(places / "world", places / "judge", cache=places / "cache", preset="rstg")
    task, batch = one_batch(replace(recipe, no_pose=True, face="none"), tmp_path)
    made = task.forward(batch, 0)
    assert made.render.shape == (4, 3, 64, 32)
    assert made.mask.min() == 1
    assert torch.equal(batch["partner"], batch["row"])
    task.draw(tmp_path / "sheet.png")
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--no-pose", "--preset", "rstg"), "--no-pose: makes a picture, no texture"),
        (("--no-pose", "--face", "none", "--truth", 0), "--reid same_person needs another's"),
        (("--unet-width", 16), "--unet-width 16: is for --preset rstg from scratch"),
        (("--pixel", -1), "weights of losses: must be 0 at least"),
        (("--uv", "smpl_uv.obj"), "--uv goes with --body"),
        (("--texture-size", 100), "size 100: ours makes textures of"),
        (("--backgrounds", "nowhere"), "nowhere"),
        (("--scans", "nowhere", "--face", "loss"), "nowhere"),
        (("--bodies", "a.parquet", "b.parquet"), "--bodies: 2 files for 1 data sets"),
        (("--score-every", 1), "there is nothing to score texture on"),
    ],
)
def test_options_that_cannot_be_used(places, tmp_path, capsys, options, line):
    assert line in refused(capsys, places, tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()


def test_a_cache_of_other_bodies_is_refused(places, tmp_path, capsys):
    small_task(small_recipe(places / "world", places / "judge", cache=places / "cache"), tmp_path).caches.make()
    shutil.copytree(places / "world", tmp_path / "world")
    table = (tmp_path / "world" / "images.csv").read_text().splitlines()
    (tmp_path / "world" / "images.csv").write_text("\n".join(table[:-1]) + "\n")
    with pytest.raises(SystemExit):
        cli.main([
            "train", "texture", "--data", str(tmp_path / "world"), "--reid-weights", str(places / "judge"),
            "--cache", str(places / "cache"), "--out", str(tmp_path / "run"), "--size", "64x32", "--workers", "0",
            "--texture-size", "128", "--device", "cpu", "--epochs", "1",
        ])  # fmt: skip
    assert "holds cached views of another source" in capsys.readouterr().err


def test_weights_to_start_from(places, tmp_path, capsys):
    model = tmp_path / "model"
    generator = TextureGenerator(BODY, preset="ours", size=128)
    generator.save_pretrained(model)
    started = small_task(small_recipe(places / "world", places / "judge", init=str(model)), tmp_path).generator
    assert weights_digest(started) == weights_digest(generator)
    line = refused(capsys, places, tmp_path / "other", "--preset", "rstg", "--init", model)
    assert "is a generator of the preset ours, not rstg" in line
