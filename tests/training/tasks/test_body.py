"""A body regressor learns from made people: whole runs, resumed ones, what is refused."""

import csv

import numpy as np
import pytest
import torch

from habitus import cli
from habitus.body.model import BodyModel
from habitus.body.rotations import matrix_to_rotation_6d
from habitus.recovery.regressor.model import Regression
from habitus.recovery.regressor.pretrained import load_regressor
from habitus.rendering.camera import project
from habitus.synthetic.worlds.world import World
from habitus.training.loop import to_device
from habitus.training.recipes.body import BodyRecipe
from habitus.training.stepping import prepare, train_on
from habitus.training.tasks.body import body_task
from habitus.training.tasks.body_data import MadePeople, batch_of_people

BODY = BodyModel.load()
CPU = torch.device("cpu")
SMALL = {"backbone": "resnet10-half", "size": (64, 32), "width": 16, "part_width": 8, "hidden": 32, "handles": 12}


def small(**options) -> BodyRecipe:
    return BodyRecipe(**{**SMALL, "people": 2, "images": 2, "batches": 2, "epochs": 1, **options})


def words(run, *options) -> list[str]:
    return [
        "train", "body", "--out", str(run), "--backbone", "resnet10-half", "--size", "64x32", "--width", "16",
        "--part-width", "8", "--hidden", "32", "--handles", "12", "--people", "2", "--images", "2", "--batches", "2",
        "--workers", "0", "--device", "cpu", *map(str, options),
    ]  # fmt: skip


def one_batch(task):
    return to_device(next(iter(task.load(task.batches(0)[:1], workers=0))), CPU)


def test_nobody_comes_twice_and_photos_of_a_person_show_one_build():
    keys = [
        key
        for epoch in range(2)
        for batch in range(3)
        for key in batch_of_people(batch, epoch, people=2, images=2, batches=3)
    ]
    assert [row for row, _, _ in keys] == list(range(24))
    people = MadePeople(World(seed=3, outfits=1, views=2, size=(64, 32)), BODY)
    first, second, other = (people[row, 0, 0] for row in (0, 1, 2))
    np.testing.assert_array_equal(first["beta"], second["beta"])
    assert first["pid"] == second["pid"] != other["pid"]
    assert (first["image"] != second["image"]).any() and (first["beta"] != other["beta"]).any()
    np.testing.assert_array_equal(people[0, 5, 0]["image"], first["image"])


def test_the_truth_itself_has_no_loss():
    task = body_task(small(size=(128, 64)))
    batch = one_batch(task)
    params = {name: batch[name] for name in ("theta", "beta", "psi")}
    from habitus.body.rotations import axis_angle_to_matrix

    found = Regression(
        axis_angle_to_matrix(params["theta"]), params["beta"], batch["delta"].float(), params["psi"], batch["beta"]
    )
    terms = {name: float(value.max()) for name, value in task.truth.terms(found, batch).items()}
    assert max(terms[name] for name in ("rotation", "joints", "beta", "delta")) < 2e-4
    assert terms["keypoints"] < 0.02  # perspective


def test_keypoints_are_measured_in_heights_of_the_picture():
    task = body_task(small())
    batch = one_batch(task)
    torch.manual_seed(0)
    found = task.regressor.eval()(batch["image"].float() / 255)
    posed = BODY(found.params().theta, found.beta)
    seen = project(BODY.coco_keypoints(posed.vertices), found.psi, (64, 32))[..., :2]
    expected = (seen - batch["keypoints"]).norm(dim=-1).mean(1) / 64
    torch.testing.assert_close(task.truth.terms(found, batch)["keypoints"], expected, atol=1e-4, rtol=1e-3)


def test_a_batch_is_learned():
    recipe = small(lr=3e-3, warmup=0.0, dropout=0.0)
    torch.manual_seed(0)
    task = body_task(recipe)
    prepare(task, CPU)
    batch = one_batch(task)
    steps = [train_on(task, batch, epoch=0, progress=0.0, settings=recipe, device=CPU) for _ in range(30)]
    for name in ("rotation", "joints", "keypoints", "beta", "delta"):
        assert steps[-1][name] < (0.95 if name == "delta" else 0.75) * steps[0][name], name


def test_a_run_ends_in_a_regressor_that_loads(tmp_path):
    run = tmp_path / "run"
    cli.main(words(run, "--epochs", 1))
    cli.main(words(run, "--epochs", 1, "--resume"))
    with (run / "metrics.csv").open() as file:
        assert float(list(csv.DictReader(file))[-1]["beta"]) > 0
    found = load_regressor(run / "model", BODY)(torch.rand(1, 3, 64, 32))
    six = matrix_to_rotation_6d(found.rotations)
    assert torch.isfinite(six).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--world", 900000), "held out for scoring"),
        (("--people", 0), "--people, --images, --batches: must be 1 at least"),
        (("--score-every", 1), "there is nothing to score body on"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_line(tmp_path, capsys, options, message):
    with pytest.raises(SystemExit) as stop:
        cli.main(words(tmp_path / "run", *options))
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
