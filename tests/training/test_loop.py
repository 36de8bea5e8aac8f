"""The loop on a small task: it learns, resumes exactly wherever it was killed, and stops at what is not finite."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
import toy_task
from processes import environment, wait_for
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from toy_task import BATCHES, ToyTask, run_toy

from habitus.errors import InputError
from habitus.training.checkpoints import checkpoints_in, load_latest


class Killed(BaseException):
    """What stands for a kill in one process."""


def killed_at(batch):
    def spoil(seen, loss):
        if seen == batch:
            raise Killed
        return loss

    return spoil


def rows(folder):
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def learned(table):
    """The columns that do not measure time."""
    return [{k: v for k, v in row.items() if k not in ("images/s", "waiting %")} for row in table]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return folder, run_toy(folder, ema=0.9)


def test_it_learns(tmp_path):
    run_toy(tmp_path / "run", epochs=12)
    table = rows(tmp_path / "run")
    assert float(table[-1]["identity"]) < 0.6 * float(table[0]["identity"])


def test_a_run_is_a_function_of_its_settings(whole, tmp_path):
    assert torch.equal(run_toy(tmp_path / "again", ema=0.9), whole[1])
    assert not torch.equal(run_toy(tmp_path / "other", ema=0.9, seed=1), whole[1])


@pytest.mark.parametrize("batch", [1, 2, BATCHES, BATCHES + 1, 2 * BATCHES + 3, 4 * BATCHES])
def test_resumed_runs_reach_the_same_weights(whole, tmp_path, batch):
    """Killed in the middle of a batch, with a checkpoint after each."""
    with pytest.raises(Killed):
        run_toy(tmp_path, task=ToyTask(spoil=killed_at(batch)), minutes=0, ema=0.9)
    found = load_latest(tmp_path)
    assert (found[1]["progress"]["batches"] if found else 0) == batch - 1
    assert torch.equal(run_toy(tmp_path, resume=True, ema=0.9), whole[1])
    assert learned(rows(tmp_path)) == learned(rows(whole[0]))


def test_rows_are_neither_lost_nor_doubled(whole, tmp_path):
    """Killed later than the last checkpoint: rows after it are written again, once, in the table and TensorBoard."""
    with pytest.raises(Killed):
        run_toy(tmp_path, task=ToyTask(spoil=killed_at(3 * BATCHES)), ema=0.9)
    assert len(rows(tmp_path)) > 2
    run_toy(tmp_path, resume=True, ema=0.9)
    assert learned(rows(tmp_path)) == learned(rows(whole[0]))
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Scalars("identity")
    assert [event.step for event in events] == [int(row["batch"]) for row in rows(whole[0])]


def test_sigkill(whole, tmp_path):
    """A real process, killed while it trains and writes checkpoints."""
    words = [tmp_path / "run", "ema=0.9", "pause=0.02", "minutes=0"]
    process = subprocess.Popen([sys.executable, toy_task.__file__, *map(str, words)], env=environment())
    try:
        wait_for(lambda: len(checkpoints_in(tmp_path / "run")) == 2, process)
    finally:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "run" / "model").exists()
    assert torch.equal(run_toy(tmp_path / "run", resume=True, ema=0.9), whole[1])


@pytest.mark.parametrize("wanted", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_after_the_batch_with_a_checkpoint(whole, tmp_path, wanted):
    def spoil(seen, loss):
        if seen == 7:
            os.kill(os.getpid(), wanted)
            os.kill(os.getpid(), signal.SIGTERM)  # as torchrun hands it on
        return loss

    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path, task=ToyTask(spoil=spoil), ema=0.9)
    found = load_latest(tmp_path)
    assert found is not None
    assert found[1]["progress"]["batches"] == 7
    assert torch.equal(run_toy(tmp_path, resume=True, ema=0.9), whole[1])
    assert signal.getsignal(wanted) is not spoil


def test_signals_end_at_once_what_is_worked_out_before_the_first_batch(tmp_path):
    class Slow(ToyTask):
        def load(self, batches, *, workers):
            os.kill(os.getpid(), signal.SIGINT)
            raise AssertionError("went on")

    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path, task=Slow())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_losses_that_are_not_finite_stop_the_run(whole, tmp_path, bad):
    with pytest.raises(InputError, match=r"loss identity is (nan|inf) in epoch 1, batch 2 \(item \d+.* and 21 more\)"):
        run_toy(tmp_path, task=ToyTask(spoil=lambda seen, x: x * bad if seen == 8 else x), minutes=0, ema=0.9)
    found = load_latest(tmp_path)
    assert found is not None
    assert found[1]["progress"]["batches"] == 7
    assert all(torch.isfinite(value).all() for value in found[1]["modules"].values())
    assert torch.equal(run_toy(tmp_path, resume=True, ema=0.9), whole[1])


def test_losses_that_run_away_stop_the_run(whole, tmp_path):
    """A critic that explodes is named, and the last checkpoint is from before."""
    task = ToyTask()
    critic, network = task.steps

    def exploding(shared, batch, epoch):
        losses = critic.losses(shared, batch, epoch)
        return {"critic": 1e3 * losses["critic"]} if task.seen == 6 else losses

    task.steps = (replace(critic, losses=exploding, largest=40.0), network)
    with pytest.raises(InputError, match=r"loss critic is \d+\.?\d*, more than 40, in epoch 1, batch 1 \(item"):
        run_toy(tmp_path, task=task, minutes=0, ema=0.9)
    found = load_latest(tmp_path)
    assert found is not None
    assert found[1]["progress"]["batches"] == 6
    assert torch.equal(run_toy(tmp_path, resume=True, ema=0.9), whole[1])


def test_gradients_that_are_not_finite_stop_the_run(tmp_path):
    """The loss is fine; its gradient is not: sqrt at 0."""
    spoil = lambda seen, loss: loss + (loss * 0).sqrt() if seen == 3 else loss  # noqa: E731
    with pytest.raises(InputError, match="gradient of network is nan in epoch 0, batch 2"):
        run_toy(tmp_path, task=ToyTask(spoil=spoil))


def test_other_options_are_refused_by_name(whole):
    with pytest.raises(InputError, match=r"options\.ema \(0\.9 there, null now\), options\.epochs \(4 there, 5 now\)"):
        run_toy(whole[0], resume=True, epochs=5)


def test_a_finished_run_stays_as_it_is(whole, capsys):
    assert torch.equal(run_toy(whole[0], resume=True, ema=0.9), whole[1])
    assert "finished already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"epochs": 0}, "--epochs 0: must be 1 at least"),
        ({"ema": 1.0}, "--ema 1.0: must be between 0 and 1"),
        ({"clip": -1}, "--clip -1: must be above 0"),
        ({"seed": -1}, "--seed -1: must be from 0"),
        ({"accumulate": 5}, "--accumulate 5: does not divide a batch of 24"),
        ({"minutes": -1}, "--checkpoint-minutes -1: must be 0 at least"),
    ],
)
def test_settings_that_make_no_sense(tmp_path, changes, line):
    with pytest.raises(InputError, match=line):
        run_toy(tmp_path, **changes)


def test_folders_with_other_things_are_refused(whole, tmp_path):
    with pytest.raises(InputError, match=r"is not empty.*--resume"):
        run_toy(whole[0])
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match=r"holds no run of Habitus"):
        run_toy(tmp_path, resume=True)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read as the options"):
        run_toy(tmp_path, resume=True)
    with pytest.raises(InputError, match="cannot be used as a folder"):
        run_toy(tmp_path / "thesis.tex")


def test_checkpoints_of_other_networks_are_refused(tmp_path):
    with pytest.raises(Killed):
        run_toy(tmp_path, task=ToyTask(spoil=killed_at(3)), minutes=0)
    other = ToyTask()
    other.modules["head"] = torch.nn.Linear(16, 9)
    with pytest.raises(InputError, match=r"does not fit this run.*head\.weight"):
        run_toy(tmp_path, task=other, resume=True)


def test_the_folder_tells_how_it_was_made(whole):
    config = json.loads((whole[0] / "config.json").read_text())
    assert config["options"]["seed"] == 0
    assert config["code"].startswith("0.")
    assert config["torch"] == torch.__version__


def test_averages_follow_the_weights_and_are_what_is_saved(tmp_path):
    """By hand, from the weights before each batch; at first the decay is (1 + n) / (10 + n).

    Not of the critic, which has stepped already when the network's losses are seen.
    """
    task, expected = ToyTask(epochs=1), {}
    names = [name for name, _ in task.modules.named_parameters() if not name.startswith("critic")]
    begun = {name: parameter.detach().clone() for name, parameter in task.modules.named_parameters()}
    seen = []

    def watch(_, loss):
        seen.append({name: parameter.detach().clone() for name, parameter in task.modules.named_parameters()})
        return loss

    task.spoil = watch
    run_toy(tmp_path, task=task, epochs=1, ema=0.3)
    after = [*seen[1:], dict(task.modules.named_parameters())]
    saved = torch.load(tmp_path / "model" / "weights.pt", weights_only=True)
    for name in names:
        expected[name] = begun[name]
        for batch, weights in enumerate(after):
            decay = min(0.3, (1 + batch) / (10 + batch))
            expected[name] = decay * expected[name] + (1 - decay) * weights[name].detach()
        torch.testing.assert_close(saved[name], expected[name])


def test_scores_are_written_and_change_nothing(whole, tmp_path):
    assert torch.equal(run_toy(tmp_path, ema=0.9, score_every=2), whole[1])
    found = {int(row["batch"]): float(row["test accuracy"]) for row in rows(tmp_path) if row["test accuracy"]}
    assert list(found) == [2 * BATCHES, 4 * BATCHES]
    assert 0 <= found[2 * BATCHES] <= 1


def test_accumulated_gradients_are_those_of_the_batch(tmp_path):
    """Without what ties the images of a batch together, parts change nothing but rounding."""
    results = []
    for parts in (1, 3):
        task = ToyTask(dropout=0)
        for module in task.modules.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.momentum = 0.0
                module.forward = lambda x: x  # type: ignore[method-assign]
        task.losses = lambda shared, batch, epoch: {  # type: ignore[method-assign]
            "identity": torch.nn.functional.cross_entropy(task.head(shared), batch["y"])  # noqa: B023
        }
        task.steps = (task.steps[0], toy_task.Step("network", task.steps[1].optimizer, task.losses))
        results.append(run_toy(tmp_path / str(parts), task=task, accumulate=parts))
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)


def test_clipping_bounds_the_gradient(tmp_path):
    """Plain gradient descent moves by no more than rate x clip a batch."""
    task = ToyTask(dropout=0)
    network = [*task.body.parameters(), *task.head.parameters()]
    task.steps = (toy_task.Step("network", torch.optim.SGD(network, 0.5), task.losses),)
    before = torch.cat([p.detach().flatten().clone() for p in network])
    run_toy(tmp_path, task=task, epochs=1, clip=0.01)
    moved = (torch.cat([p.detach().flatten() for p in network]) - before).norm()
    assert 0 < moved <= BATCHES * 0.5 * 0.01 * 1.001
