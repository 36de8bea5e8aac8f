"""A small task for tests of the loop: vectors of a mixture to tell apart, batch norm, dropout, two optimisers.

Run as a program it trains in a folder, alone or under torchrun: `python toy_task.py FOLDER [name=value ...]`.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import habitus  # noqa: F401
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from habitus.losses.triplet import triplet_loss
from habitus.training.distributed import gathered
from habitus.training.loop import train
from habitus.training.schedules import cosine, warm_up
from habitus.training.settings import LoopSettings, RunOptions
from habitus.training.task import Batch, Losses, Step

CLASSES, BATCH, BATCHES = 6, 24, 5


class ToyTask:
    """Tell vectors apart; a critic learns the class from the feature's sign and the network hides it, as in CAL."""

    def __init__(
        self,
        *,
        seed: int = 0,
        epochs: int = 4,
        dropout: float = 0.2,
        pause: float = 0.0,
        spoil: Callable[[int, Tensor], Tensor] = lambda _, loss: loss,
    ):
        torch.manual_seed(seed)
        self.seed, self.pause, self.spoil, self.seen = seed, pause, spoil, 0
        self.body = nn.Sequential(
            nn.Conv1d(2, 8, 3, padding=1, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout),
            nn.Linear(64, 16, bias=False), nn.BatchNorm1d(16),
        )  # fmt: skip
        self.head, self.critic = nn.Linear(16, CLASSES), nn.Linear(16, 2)
        self.modules = nn.ModuleDict({"body": self.body, "head": self.head, "critic": self.critic})
        rate = warm_up(cosine(epochs=epochs), epochs=1)
        network = [*self.body.parameters(), *self.head.parameters()]
        self.steps: tuple[Step, ...] = (
            Step("critic", torch.optim.SGD(self.critic.parameters(), 0.05, momentum=0.9), self.critic_losses, rate),
            Step("network", torch.optim.Adam(network, 1e-2, weight_decay=1e-4), self.losses, rate),
        )

    def batches(self, epoch: int) -> list[list[int]]:
        order = np.random.default_rng((self.seed, epoch)).permutation(BATCH * BATCHES)
        return order.reshape(BATCHES, BATCH).tolist()

    def load(self, batches: Iterable[Sequence[int]], *, workers: int) -> Iterator[Batch]:
        for items in batches:
            time.sleep(self.pause)
            yield _collated(items)

    def forward(self, batch: Batch, _epoch: int) -> Tensor:
        return self.body(batch["x"])

    def critic_losses(self, shared: Tensor, batch: Batch, _epoch: int) -> Losses:
        return {"critic": F.cross_entropy(self.critic(shared.detach()), batch["y"] % 2)}

    def losses(self, shared: Tensor, batch: Batch, epoch: int) -> Losses:
        self.seen += 1
        found = {
            "identity": self.spoil(self.seen, F.cross_entropy(self.head(shared), batch["y"])),
            "triplet": triplet_loss(gathered(shared), gathered(batch["y"])).mean(),
        }
        return found if epoch < 1 else found | {"hiding": -0.1 * F.cross_entropy(self.critic(shared), batch["y"] % 2)}

    def measures(self, shared: Tensor, batch: Batch) -> Losses:
        return {"norm": shared.norm(dim=1).mean()}

    def scores(self) -> dict[str, float]:
        self.modules.eval()
        batch = _collated(range(CLASSES))
        with torch.no_grad():
            return {"test accuracy": (self.head(self.body(batch["x"])).argmax(1) == batch["y"]).float().mean().item()}

    def draw(self, path: Path) -> None:
        self.modules.eval()
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")

    def names(self, items: Sequence[int]) -> list[str]:
        return [f"item {item}" for item in items]

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        folder.mkdir(parents=True)
        torch.save(self.modules.state_dict(), folder / "weights.pt")


def _collated(items: Sequence[int]) -> Batch:
    generators = [np.random.default_rng((7, item)) for item in items]
    labels = torch.tensor([item % CLASSES for item in items])
    noise = torch.from_numpy(np.stack([g.normal(size=(2, 8)) for g in generators])).float()
    return {"x": noise + 3 + labels[:, None, None] / 2, "y": labels}


def run_toy(
    folder: Path,
    *,
    resume: bool = False,
    task: ToyTask | None = None,
    minutes: float = 1e9,
    score_every: int = 0,
    **changes: Any,
) -> Tensor:
    """Train and return all weights and buffers as one vector."""
    settings = LoopSettings(**({"epochs": 4} | changes))  # type: ignore[arg-type]
    options = RunOptions(device="cpu", log_every=2, checkpoint_minutes=minutes, score_every=score_every)
    task = task or ToyTask(seed=settings.seed, epochs=settings.epochs)
    model = train(
        task, folder, settings=settings, options=options, identity={"options": asdict(settings)}, resume=resume
    )
    return weights_in(model)


def weights_in(model: Path) -> Tensor:
    state = torch.load(model / "weights.pt", weights_only=True)
    return torch.cat([tensor.double().flatten() for tensor in state.values()])


if __name__ == "__main__":
    torch.set_num_threads(1)
    told = {name: float(value) for name, value in (word.split("=") for word in sys.argv[2:])}
    toy = ToyTask(pause=told.get("pause", 0.0), dropout=told.get("dropout", 0.2))
    run_toy(
        Path(sys.argv[1]), task=toy, resume=bool(told.get("resume", 0)), minutes=told.get("minutes", 1e9),
        ema=told.get("ema"),
    )  # fmt: skip
