"""`habitus train`: recipes from the command line to a model that loads, and what it refuses."""

import csv
import json
import pickle
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from habitus import cli
from habitus.data.opening import open_data
from habitus.reid.pretrained import load_model
from habitus.synthetic.worlds.world import World, to_json
from habitus.training.checkpoints import checkpoints_in, load_checkpoint
from habitus.training.recipes.cal import Cal
from habitus.training.stepping import prepare, train_on
from habitus.training.tasks.reid import cal_task
from habitus.training.tasks.training_data import training_data

SMALL = ["--backbone", "resnet18-half", "--size", "64x32", "--workers", "0", "--device", "cpu"]
TRIPLETS = ["--people", "3", "--images", "2"]
RECIPES = {
    "reid-baseline": TRIPLETS,
    "pcb": ["--batch", "6", "--stripes", "4", "--width", "8"],
    "cal": [*TRIPLETS, "--clothes-from", "1"],
}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def write_set(folder: Path, *, people: int = 4, photos: int = 4, labelled: bool = True) -> Path:
    """A table of photos, people in colours of their own, two outfits each; the last two people are for testing."""
    generator = np.random.default_rng(0)
    rows = ["path,pid,camid,clothes_id,split" if labelled else "path,pid,camid,split"]
    for person in range(people + 2):
        for photo in range(photos if person < people else 4):
            name = f"{person}_{photo}.png"
            picture = generator.integers(0, 60, (48, 24, 3)) + 30 * np.array([person, photo % 2, 5 - person])
            folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / name), picture.astype(np.uint8))
            split = "train" if person < people else "query" if photo == 0 else "gallery"
            outfit = [str(2 * person + photo % 2)] if labelled else []
            rows.append(",".join([name, str(person), str(photo), *outfit, split]))
    (folder / "images.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("data"))


def habitus_train(recipe, data, run, *options):
    cli.main(["train", recipe, "--data", str(data), "--out", str(run), *SMALL, *RECIPES[recipe], *map(str, options)])


def refused(capsys, *arguments):
    """The one line that the command ends with."""
    with pytest.raises(SystemExit) as stop:
        habitus_train(*arguments)
    assert stop.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert "Traceback" not in "".join(lines)
    return lines[-1]


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipes_end_in_a_model_that_loads(recipe, data, tmp_path, capsys):
    run = tmp_path / "run"
    habitus_train(recipe, data, run, "--epochs", 2)
    printed = capsys.readouterr().out
    assert "% of the time waiting for data" in printed
    assert f"model: {run / 'model'}" in printed
    model = load_model(run / "model")
    config = json.loads((run / "config.json").read_text())
    assert model.trained == config
    assert config["recipe"] == recipe
    assert config["options"]["epochs"] == 2
    assert config["data"][0]["photos"] == 16
    features = model(torch.rand(2, 3, 64, 32)).feature
    assert features.shape == (2, model.feature_size)
    assert (run / "metrics.csv").read_text().count("\n") == 3
    assert list((run / "tensorboard").iterdir())


@pytest.mark.slow
def test_scores_on_the_way(data, tmp_path, capsys):
    """The last score is that of the model that comes out."""
    habitus_train("reid-baseline", data, tmp_path / "run", "--epochs", 2, "--score-every", 1)
    with (tmp_path / "run" / "metrics.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [int(row["batch"]) for row in table if row["general mAP"]] == [3, 6]
    cli.main(["evaluate", "reid", "--data", str(data), "--weights", str(tmp_path / "run" / "model"),
              "--mode", "cc", "--device", "cpu", "--json", str(tmp_path / "scores.json")])  # fmt: skip
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert float(table[-1]["cc mAP"]) == pytest.approx(scores["mAP"], rel=1e-4)
    training_alone = write_set(tmp_path / "data")
    rows = (training_alone / "images.csv").read_text().splitlines()
    (training_alone / "images.csv").write_text("\n".join(row for row in rows if not re.search("query|gallery", row)))
    line = refused(capsys, "pcb", training_alone, tmp_path / "other", "--score-every", 1)
    assert "there is nothing to score pcb on" in line


def test_options_may_stand_anywhere(data, tmp_path):
    words = ["train", "--out", str(tmp_path), "reid-baseline", *SMALL, *TRIPLETS, "--epochs", "1", "--data", str(data)]
    cli.main(words)
    assert (tmp_path / "model").exists()


def test_resume_refuses_other_options_and_takes_other_places(data, tmp_path, capsys):
    run = tmp_path / "run"
    habitus_train("reid-baseline", data, run, "--epochs", 1)
    line = refused(capsys, "reid-baseline", data, run, "--epochs", 1, "--lr", 0.1, "--resume")
    assert "options.lr (0.00035 there, 0.1 now); repeat them" in line
    line = refused(capsys, "pcb", data, run, "--epochs", 1, "--resume")
    assert 'recipe ("reid-baseline" there, "pcb" now)' in line
    line = refused(capsys, "reid-baseline", write_set(tmp_path / "other", people=5), run, "--epochs", 1, "--resume")
    assert "data" in line
    habitus_train("reid-baseline", write_set(tmp_path / "moved"), run, "--epochs", 1, "--resume", "--log-every", 3)
    assert "is not empty" in refused(capsys, "reid-baseline", data, run)


@pytest.mark.slow
def test_resumed_runs_reach_the_same_weights(data, tmp_path, monkeypatch):
    """Through decoding and augmentation: a run that ended while it wrote its fourth checkpoint."""
    options = ("--epochs", 3, "--checkpoint-minutes", 0, "--ema", 0.9)
    habitus_train("cal", data, tmp_path / "whole", *options)
    from habitus.training import loop

    save, calls = loop.save_checkpoint, []

    def killed(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise MemoryError("killed")
        return save(*arguments)

    monkeypatch.setattr(loop, "save_checkpoint", killed)
    with pytest.raises(MemoryError):
        habitus_train("cal", data, tmp_path / "parts", *options)
    habitus_train("cal", data, tmp_path / "parts", *options, "--resume")
    whole, parts = (load_checkpoint(checkpoints_in(tmp_path / name)[0]) for name in ("whole", "parts"))
    assert whole["modules"].keys() == parts["modules"].keys()
    assert all(torch.equal(whole["modules"][name], parts["modules"][name]) for name in whole["modules"])
    files = [(tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("whole", "parts")]
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"people": 1}, "one person only"),
        ({"photos": 1}, "has one photo of each person only"),
        ({"labelled": False}, "clothes: are not labelled"),
    ],
)
def test_data_that_cannot_be_learned_from(tmp_path, capsys, settings, reason):
    assert reason in refused(capsys, "cal", write_set(tmp_path / "data", **settings), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("recipe", ["reid-baseline", "pcb"])
def test_outfits_told_apart(recipe, data, tmp_path, capsys):
    """Each outfit has a class of its own; photos of one outfit are what triplets draw together."""
    habitus_train(recipe, data, tmp_path / "run", "--epochs", 1, "--identities", "outfits")
    model = load_model(tmp_path / "run" / "model")
    assert model.trained["options"]["identities"] == "outfits"
    assert model.classes == 8
    assert "leave it out" in refused(capsys, "cal", data, tmp_path / "cal", "--identities", "outfits")
    nameless = write_set(tmp_path / "nameless", labelled=False)
    line = refused(capsys, recipe, nameless, tmp_path / "other", "--identities", "outfits")
    assert "clothes: are not labelled" in line


def test_people_with_one_photo_are_named_and_used(tmp_path, caplog):
    folder = write_set(tmp_path / "data")
    table = (folder / "images.csv").read_text()
    (folder / "images.csv").write_text(re.sub(r"0_[123]\.png.*\n", "", table))
    habitus_train("reid-baseline", folder, tmp_path / "run", "--epochs", 1)
    assert "1 of 4 people have one photo only" in caplog.text


def test_broken_photos(tmp_path, capsys, caplog):
    folder = write_set(tmp_path / "data")
    (folder / "1_2.png").write_bytes(b"no picture")
    habitus_train("pcb", folder, tmp_path / "run", "--epochs", 2)
    assert caplog.text.count("1_2.png") == 1
    assert "1_2.png" in refused(capsys, "pcb", folder, tmp_path / "strict", "--strict")


def made_world(folder, seed):
    write_set(folder)
    (folder / "world.json").write_text(json.dumps({"layout": "csv", "world": to_json(World(seed=seed))}))
    return folder


def test_held_out_worlds_are_refused_wherever_one_points(tmp_path, capsys):
    folder = made_world(tmp_path / "sets" / "world", 900_001)
    (tmp_path / "link").symlink_to(folder)
    for place in (folder, folder / "images.csv", folder.parent, tmp_path / "link"):
        line = refused(capsys, "pcb", place, tmp_path / "run")
        assert "seed 900001 is held out for scoring" in line


def test_all_photos_of_made_worlds_alone(data, tmp_path, capsys):
    folder = made_world(tmp_path / "world", 3)
    found = training_data([folder], train_on="all").records
    assert sorted(path.name for path in found.paths) == sorted(path.name for path in folder.glob("*.png"))
    assert found.people == 6
    assert len(training_data([folder], train_on="train").records) == 16
    assert "is no made world" in refused(capsys, "pcb", data, tmp_path / "run", "--train-on", "all")


def test_several_sets_are_one(data, tmp_path):
    joined = training_data([data, made_world(tmp_path / "world", 3)], train_on="train")
    assert joined.records.people == 2 * open_data(data).train.people
    assert len(joined.fingerprints) == 2


def test_weights_to_start_from(data, tmp_path, capsys):
    """A backbone as torchvision names it; of another architecture, or no weights at all, it is refused."""
    habitus_train("reid-baseline", data, tmp_path / "first", "--epochs", 1)
    backbone = load_model(tmp_path / "first" / "model").backbone
    torch.save(backbone.state_dict(), tmp_path / "backbone.pth")
    habitus_train("pcb", data, tmp_path / "second", "--epochs", 1, "--lr", 0, "--init", tmp_path / "backbone.pth")
    started = load_model(tmp_path / "second" / "model").backbone
    assert torch.equal(started.conv1.weight, backbone.conv1.weight)
    options = ("pcb", data, tmp_path / "third", "--init")
    assert "these are weights of resnet18-half, but the backbone is resnet50" in refused(
        capsys, *options, tmp_path / "backbone.pth", "--backbone", "resnet50"
    )
    (tmp_path / "bad.pth").write_bytes(pickle.dumps({"a": print}))
    assert "bad.pth" in refused(capsys, *options, tmp_path / "bad.pth")
    assert "none.pth: cannot be read" in refused(capsys, *options, tmp_path / "none.pth")


def test_cal_trains_each_network_with_its_own_losses(data):
    """The clothes classifier learns from detached features; fooling it moves the network alone."""
    recipe = Cal(data=(data,), backbone="resnet18-half", size=(64, 32), people=3, images=2, clothes_from=1)
    records = training_data([data], train_on="train").records
    task, cpu = cal_task(recipe, records), torch.device("cpu")
    prepare(task, cpu)
    batch = next(iter(task.load(task.batches(0)[:1], workers=0)))
    clothes, network = task.steps

    def gradients(step, epoch):
        for parameter in task.modules.parameters():
            parameter.grad = None
        losses = step.losses(task.forward(batch, epoch), batch, epoch)
        torch.stack(list(losses.values())).sum().backward()
        return {name for name, p in task.modules.named_parameters() if p.grad is not None and p.grad.any()}, losses

    moved, losses = gradients(clothes, 1)
    assert moved == {"clothes_classifier.weight"}
    assert losses.keys() == {"clothes"}
    assert gradients(network, 0)[1].keys() == {"identity"}
    moved, losses = gradients(network, 1)
    assert losses.keys() == {"identity", "clothes_adversarial"}
    assert "model.backbone.conv1.weight" in moved
    assert not clothes.losses(task.forward(batch, 0), batch, 0)
    classifier = next(task.modules["clothes_classifier"].parameters())
    before = classifier.detach().clone()
    train_on(task, batch, epoch=1, progress=1.0, settings=recipe, device=cpu)
    change = (classifier - before).abs().max().item()
    assert 0 < change < 1.01 * recipe.lr  # one Adam step: the network's losses did not step it again


@pytest.mark.parametrize("recipe", RECIPES)
def test_help_shows_every_field_with_its_default(recipe, capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", recipe, "--help"])
    shown = capsys.readouterr().out
    for option in ("--data", "--out", "--resume", "--epochs", "--lr", "--init", "--workers", "--device", "--strict"):
        assert option in shown
    assert "Try:" in shown
