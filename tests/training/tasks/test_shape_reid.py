"""Both streams of 3DSL are trained: whole runs, stages, switches, who learns from what, what is refused."""

import csv
import json
import re
import sys
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
import torch
from command_runs import refusal
from processes import together
from shape_recipes import BODY, CPU, first_batch, save_time, small_recipe, small_task, words

from habitus import cli
from habitus.body.rotations import axis_angle_to_matrix
from habitus.data.opening import open_data
from habitus.errors import InputError
from habitus.losses.identity import identity_loss
from habitus.losses.triplet import triplet_loss
from habitus.recovery.body_table import BodyTable
from habitus.recovery.regressor.model import BodyRegressor, Regression
from habitus.recovery.regressor.pretrained import save_regressor
from habitus.recovery.seen_file import SeenPerson, write_seen
from habitus.reid.embedder import Embedder
from habitus.reid.pretrained import load_model
from habitus.reid.shape_reid import STREAMS, ShapeReid
from habitus.reid.two_rgb import TwoRgb
from habitus.rendering.render import render_silhouette
from habitus.training import loop
from habitus.training.checkpoints import checkpoints_in, load_checkpoint
from habitus.training.recipes.shape_reid import ShapeReidRecipe
from habitus.training.stepping import train_on
from habitus.training.task import Task
from habitus.training.tasks.reid import ReidTask
from habitus.training.tasks.shape_reid import Seen, shape_reid_task
from habitus.training.tasks.training_data import training_data
from habitus.types import BodyParams

BODIES = {"keypoints", "silhouette", "displaced", "adversarial", "discriminator"}
PEOPLE = {"rgb identity", "rgb triplet", "shape identity", "shape triplet"}
KNOWN = {"masks known", "keypoints known"}
ACCURACIES = {"accuracy of rgb", "accuracy of shape"}


@pytest.fixture(scope="module")
def world(texture_places):
    return texture_places / "world"


@pytest.fixture(autouse=True)
def _save_time(monkeypatch):
    save_time(monkeypatch)


def train(world, run, *options):
    cli.main(words(world, run, *options))


def refused(capsys, world, run, *options):
    return refusal(capsys, lambda: train(world, run, *options))


def rows_of(run):
    with (run / "metrics.csv").open() as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def copies(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def changed(module, before):
    """Names of the numbers that are not what they were, statistics among them."""
    return {name for name, value in module.state_dict().items() if not torch.equal(value, before[name])}


def learn(task: Task, batch, recipe, *, epoch=1):
    return train_on(task, batch, epoch=epoch, progress=float(epoch), settings=recipe, device=CPU)


def test_a_run_ends_in_a_model_whose_streams_can_be_asked_for(world, tmp_path, capsys):
    run = tmp_path / "run"
    train(world, run)
    assert f"model: {run / 'model'}" in capsys.readouterr().out
    model = load_model(run / "model")
    assert isinstance(model, ShapeReid)
    config = json.loads((run / "config.json").read_text())
    assert model.trained == config
    assert config["recipe"] == "shape-reid"
    assert config["options"]["preset"]["keypoints"] == 60
    assert "seen" in config["options"] and str(tmp_path) not in json.dumps(config["options"])
    photos = open_data(world).train.paths[:3]
    features = {name: Embedder(run / "model", device="cpu", flip="none", feature=name)(photos) for name in STREAMS}
    assert {name: found.shape for name, found in features.items()} == {
        "rgb": (3, 32), "shape": (3, 32 + 3 * 16), "fused": (3, 64 + 3 * 16),
    }  # fmt: skip
    bodies, people = rows_of(run)
    assert bodies.keys() >= BODIES | KNOWN and not (PEOPLE | ACCURACIES) & bodies.keys()
    assert people.keys() >= BODIES | KNOWN | PEOPLE | ACCURACIES
    assert people["masks known"] == people["keypoints known"] == 1
    sheet = cv2.imread(str(run / "pictures" / "epoch-002.png"))
    assert sheet is not None and sheet.std() > 10


@pytest.mark.slow
def test_runs_that_were_killed_reach_the_same_weights(world, tmp_path, monkeypatch):
    """In the second stage, while the checkpoint of its first batch is written."""
    options = ("--checkpoint-minutes", 0, "--beta-consistency", 1)
    train(world, tmp_path / "whole", *options)
    save, calls = loop.save_checkpoint, []

    def killed(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise MemoryError("killed")
        return save(*arguments)

    monkeypatch.setattr(loop, "save_checkpoint", killed)
    with pytest.raises(MemoryError):
        train(world, tmp_path / "parts", *options)
    assert not (tmp_path / "parts" / "model").exists()
    train(world, tmp_path / "parts", *options, "--resume")
    files = [(tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("whole", "parts")]
    assert files[0] == files[1]
    judges = [load_checkpoint(checkpoints_in(tmp_path / name)[0])["modules"] for name in ("whole", "parts")]
    assert all(torch.equal(value, judges[1][name]) for name, value in judges[0].items())


def test_bodies_come_first_and_people_after(world):
    recipe = small_recipe(world)
    task = small_task(recipe)
    batch, model = first_batch(task), task.network
    before = copies(model)
    values = learn(task, batch, recipe, epoch=0)
    assert values.keys() == BODIES | KNOWN
    moved = changed(model, before)
    assert moved and all(name.startswith("regressor.") for name in moved)
    values = learn(task, batch, recipe, epoch=1)
    assert values.keys() == BODIES | KNOWN | PEOPLE | ACCURACIES
    moved = changed(model, before)
    for part in ("backbone.conv1.weight", "classifier.weight", "shape_necks.1.weight", "shape_classifiers.3.weight"):
        assert part in moved


def test_who_learns_from_what(world):
    """The discriminator's step changes the discriminator alone, and nothing runs back into E_3D; the other the rest."""
    recipe = small_recipe(world)
    task = small_task(recipe)
    batch, judge = first_batch(task), task.modules["discriminator"]
    first, second = task.steps
    before = copies(task.network), copies(judge)
    output = task.forward(batch, 0)
    torch.stack(list(first.losses(output, batch, 0).values())).sum().backward()
    assert all(parameter.grad is None for parameter in task.network.parameters())
    before = copies(task.network), copies(judge)  # a forward pass moves statistics
    task.steps = (first,)
    learn(task, batch, recipe, epoch=0)
    assert changed(judge, before[1]) == set(judge.state_dict())
    assert all(re.search(r"running|tracked", name) for name in changed(task.network, before[0]))
    before = copies(task.network), copies(judge)
    task.steps = (second,)
    learn(task, batch, recipe, epoch=0)
    assert not changed(judge, before[1])
    assert "regressor.backbone.conv1.weight" in changed(task.network, before[0])


def test_a_batch_is_learned(world):
    recipe = small_recipe(world, lr=5e-3, body_lr=3e-3, dropout=0.0, smoothing=0.0)
    task = small_task(recipe)
    batch = first_batch(task)
    steps = [learn(task, batch, recipe) for _ in range(12)]
    for name in ("keypoints", "silhouette", *PEOPLE):
        assert steps[-1][name] < 0.7 * steps[0][name], name
    assert steps[-1]["accuracy of rgb"] == steps[-1]["accuracy of shape"] == 1


@pytest.mark.parametrize("size", [(64, 32), (64, 48), (64, 24)])
def test_the_truth_has_next_to_no_loss(world, size):
    """Also where photos are resized to other proportions: the body is that of the person, as it stands in the world."""
    task = small_task(small_recipe(world, size=size, flip=0.0, pad=0))
    batch, photos = first_batch(task), task.seen.photos
    table = photos.tables[0]
    assert isinstance(table, BodyTable)
    params = BodyParams.cat([table.params(int(photos.places[row, 1])) for row in batch["row"].tolist()])
    truth = Regression(
        axis_angle_to_matrix(params.theta), params.beta, params.delta, params.psi, torch.zeros(len(batch["row"]), 1)
    )
    output = Seen(truth, None, None)
    found = task.losses(output, batch, 0)
    untrained = task.losses(task.forward(batch, 0), batch, 0)
    assert found["keypoints"] < 0.02 * untrained["keypoints"]  # perspective is left
    assert found["silhouette"] < 0.12 and found["silhouette"] < 0.15 * untrained["silhouette"]


@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_bodies_shrink_and_grow_to_their_masks(world, scale):
    """By training, from silhouettes alone: a body larger than the mask must come to be as small."""
    alone = {"keypoints": 0, "adversarial": 0, "displaced": 0}
    recipe = small_recipe(world, **alone, body_lr=2e-3, dropout=0.0, flip=0.0, pad=0)
    task = small_task(recipe)
    batch = first_batch(task)

    def covered():
        found = task.forward(batch, 0).body
        vertices = task.body.pose(found.frames(task.body), found.beta, found.delta)
        return render_silhouette(vertices, task.body.faces, found.psi, size=recipe.size)

    start = covered().detach()
    rows, columns = (torch.linspace(-1, 1, n) / scale for n in recipe.size)
    grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij")[::-1], 2).expand(len(start), -1, -1, -1)
    wanted = torch.nn.functional.grid_sample(start[:, None], grid, align_corners=False)[:, 0]
    batch |= {"mask": (255 * wanted).byte(), "valid": torch.full_like(batch["valid"], 255)}
    for _ in range(12):
        learn(task, batch, recipe, epoch=0)
    areas = [float(mask.sum()) for mask in (start, covered().detach(), wanted)]
    assert abs(areas[1] - areas[2]) < 0.5 * abs(areas[0] - areas[2])


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"adversarial": 0}, BODIES - {"adversarial", "discriminator"} | PEOPLE),
        ({"keypoints": 0}, BODIES - {"keypoints"} | PEOPLE),
        ({"silhouette": 0}, BODIES - {"silhouette"} | PEOPLE),
        ({"displaced": 0}, BODIES - {"displaced"} | PEOPLE),
        ({"adversarial": 0, "keypoints": 0, "silhouette": 0, "displaced": 0, "body_epochs": 0}, PEOPLE),
        ({"shape_identity": 0}, BODIES | {"rgb identity", "rgb triplet"}),
        ({"triplet_weight": 0}, BODIES | {"rgb identity", "shape identity"}),
        ({"beta_consistency": 1}, BODIES | PEOPLE | {"beta consistency"}),
        ({"delta_consistency": 1}, BODIES | PEOPLE | {"delta consistency"}),
        ({"preset": "author-2020"}, BODIES | PEOPLE),
    ],
)
def test_a_switch_adds_or_takes_its_terms(world, options, names):
    recipe = small_recipe(world, **options)
    task = small_task(recipe)
    values = learn(task, first_batch(task), recipe)
    assert values.keys() - KNOWN - ACCURACIES == names
    assert ("discriminator" in task.modules) == ("discriminator" in names)
    assert ("real_theta" in first_batch(task)) == ("discriminator" in names)


def test_presets_decide_learning_rates_unless_the_user_does(world):
    def rates(**options):
        steps = {step.name: step.optimizer for step in small_task(small_recipe(world, **options)).steps}
        regressor = [group["lr"] for group in steps["model"].param_groups]
        return regressor, steps["discriminator"].param_groups[0]["lr"]

    assert rates(lr=0.01) == ([0.01, 0.01, 3.5e-4], 1e-4)
    assert rates(lr=0.01, preset="author-2020") == ([0.01, 0.01, 1e-5], 1e-4)
    assert rates(lr=0.01, body_lr=0.2, discriminator_lr=0.3) == ([0.01, 0.01, 0.2], 0.3)


def test_without_parts_there_is_one_shape_feature(world):
    model = small_task(small_recipe(world, granularity="global")).network
    assert model.shape_size == 32 and len(model.shape_classifiers) == 1


def test_the_baseline_is_two_networks_that_see_appearance(world, tmp_path):
    run = tmp_path / "run"
    train(world, run, "--streams", "rgb+rgb", "--epochs", 1)
    model = load_model(run / "model")
    assert isinstance(model, TwoRgb) and model.feature_size == 64
    row = rows_of(run)[-1]
    assert {"identity", "triplet", "accuracy"} <= row.keys() and not (BODIES | PEOPLE) & row.keys()


def test_each_network_learns_as_much_as_a_stream_of_3dsl(world):
    """Or the baseline would be weaker for its losses, not for what it sees."""

    def alone(output, batch):
        softmax = sum(identity_loss(logits, batch["pid"], smoothing=0.1).mean() for logits in output.logits)
        triplets = sum(triplet_loss(one, batch["pid"], margin=0.3).mean() for one in output.embeddings)
        return softmax / len(output.logits), triplets / len(output.embeddings)

    ours = small_task(small_recipe(world))
    batch = first_batch(ours)
    output = ours.forward(batch, 1)
    values = ours.losses(output, batch, 1)
    assert output.rgb and output.shape
    for stream, said in (("rgb", output.rgb), ("shape", output.shape)):
        torch.testing.assert_close((values[f"{stream} identity"], values[f"{stream} triplet"]), alone(said, batch))
    recipe = small_recipe(world, streams="rgb+rgb")
    baseline = shape_reid_task(recipe, training_data(recipe.data, train_on="train"))
    assert isinstance(baseline, ReidTask)
    both = baseline.model.train()(batch["image"] / 255)
    (step,) = baseline.steps
    values = step.losses(both, batch, 0)
    pairs = zip(alone(both.first, batch), alone(both.second, batch), strict=True)
    torch.testing.assert_close((values["identity"], values["triplet"]), tuple(map(sum, pairs)))


def test_the_body_stream_starts_from_a_trained_one(world, tmp_path, capsys):
    start = tmp_path / "body"
    torch.manual_seed(5)
    options = {"backbone": "resnet10-half", "width": 24, "part_width": 8, "hidden": 48, "handles": 12}
    regressor = BodyRegressor(BODY, size=(64, 32), **options)
    save_regressor(start, regressor, trained={})
    model = small_task(small_recipe(world, shape_init=start, width=40)).network
    assert not changed(model.regressor, regressor.state_dict())
    assert model.shape_size == 24 + 3 * 8 and model.rgb_size == 40
    line = refused(capsys, world, tmp_path / "run", "--shape-init", start, "--size", "32x16")
    assert f"{start}: was trained at 64x32; give --size 64x32" in line
    config = json.loads((start / "config.json").read_text())
    (start / "config.json").write_text(json.dumps(config | {"topology": "smpl"}))
    line = refused(capsys, world, tmp_path / "run", "--shape-init", start)
    assert "regresses the body 'smpl', not 'habitus-open-1'; use that body" in line
    assert "none" in refused(capsys, world, tmp_path / "run", "--shape-init", tmp_path / "none")


def test_a_discriminator_that_runs_away_stops_the_run_before_it_is_kept(world, tmp_path, capsys):
    run = tmp_path / "run"
    line = refused(capsys, world, run, "--discriminator-lr", 0.05, "--checkpoint-minutes", 0)
    assert re.search(r"loss discriminator is \S+, more than 1000, in epoch 0, batch 1", line)
    assert not (run / "model").exists()
    state = load_checkpoint(checkpoints_in(run)[0])
    assert state["progress"]["batches"] == 1
    assert all(torch.isfinite(value).all() for value in state["modules"].values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--keypoints", -1), "--keypoints -1.0: must not be negative"),
        (("--body-lr", -1), "--body-lr -1.0: must not be negative"),
        (("--shape-identity", -1), "--shape-identity -1.0: must not be negative"),
        (("--beta-consistency", -1), "--beta-consistency -1.0: must not be negative"),
        (("--delta-consistency", -1), "--delta-consistency -1.0: must not be negative"),
        (("--body-epochs", 3), "--body-epochs 3: must be from 0 to --epochs 2"),
        (("--adversarial", 0, "--keypoints", 0, "--silhouette", 0), "--body-epochs: nothing says what bodies are"),
        (("--seen", "a.parquet", "b.parquet"), "--seen: 2 files for 1 data sets"),
        (("--seen", "none.parquet"), "none.parquet"),
        (("--real", "nowhere"), "nowhere: there is no such folder or file"),
    ],
)
def test_options_that_cannot_be_used(world, tmp_path, capsys, options, message):
    assert message in refused(capsys, world, tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()


def test_what_needs_clothes_is_refused_without_them(world):
    data = training_data([world], train_on="train")
    nameless = replace(data, records=replace(data.records, clothes_ids=None))
    for options in ({"delta_consistency": 1}, {"positives": "clothes-changing"}, {"identities": "outfits"}):
        with pytest.raises(InputError, match="clothes: are not labelled"):
            shape_reid_task(small_recipe(world, **options), nameless)


def test_photos_of_which_little_is_known_teach_the_rest(world, tmp_path, caplog):
    """Half have no keypoints, and a quarter no mask either."""
    points, mask = np.ones((17, 3), np.float32), np.full((64, 32), 255, np.uint8)
    rows = [
        (path.relative_to(world).as_posix(), (64, 32), SeenPerson(mask if row % 4 else None, points * (row % 2)))
        for row, path in enumerate(open_data(world).train.paths)
    ]
    write_seen(tmp_path / "seen.parquet", rows, {})
    train(world, tmp_path / "run", "--seen", tmp_path / "seen.parquet", "--epochs", 1)
    assert "of 8 photos 2 have no mask and 4 no keypoints; they teach less of the body" in caplog.text
    row = rows_of(tmp_path / "run")[-1]
    assert (row["masks known"], row["keypoints known"]) == (0.75, 0.5)


def test_help_tells_of_every_switch(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "shape-reid", "--help"])
    shown = capsys.readouterr().out
    for field in fields(ShapeReidRecipe):
        assert f"--{field.name.replace('_', '-')}" in shown
    assert "Try:" in shown


@pytest.mark.slow
def test_two_processes_are_one(world, tmp_path):
    """Batch norms of both streams, strangers and photos of a person in the other process.

    By the losses: Adam's first steps are as long for every weight, and rounding turns some of them round.
    """
    poses = np.random.default_rng(0).normal(0, 0.2, (16, 72)).astype(np.float32)
    np.savez(tmp_path / "real.npz", poses=poses, betas=np.zeros((16, 10), np.float32))
    options = ("--body-epochs", 0, "--epochs", 1, "--beta-consistency", 1, "--real", tmp_path / "real.npz")
    train(world, tmp_path / "alone", *options)
    together([sys.executable, "-m", "habitus.cli", *words(world, tmp_path / "shared", *options)])
    alone, shared = (rows_of(tmp_path / name)[-1] for name in ("alone", "shared"))
    for name in sorted(BODIES | PEOPLE | ACCURACIES | {"beta consistency"}):
        assert shared[name] == pytest.approx(alone[name], rel=1e-2, abs=1e-5), name
