"""What the frozen re-ID network costs in a step of texture training on a CPU: milliseconds of one core for a photo.

    python benchmarks/bench_frozen.py [--photos N]

A step looks at the photo without a gradient, at the render with one, and goes back from the re-ID feature loss to the
render's pixels. The least CPU time of some rounds that take the cases in turn, so that a busy machine slows all alike:
read the ratios. bf16 pays on processors that have instructions for it.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import torch
from torch.nn import functional as F

from habitus.losses.reid_features import reid_feature_loss
from habitus.reid.frozen import FrozenFeatures
from habitus.reid.model import ReidModel
from habitus.reid.pcb import PCB

CASES = (("resnet18-half", (128, 64), 16), ("resnet18-half", (192, 64), 16), ("resnet50", (384, 128), 2))
"""Backbone, size that it works at, photos in a batch."""
RENDER = (128, 64)
ROUNDS = 4
Judge = ReidModel | FrozenFeatures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, help="in a batch, for all networks")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    photos = parser.parse_args().photos
    columns = "".join(f"{name:>8s}" for name in ("photo", "render", "back", "step"))
    print(f"{'PCB with':14s} {'size':8s} {'as':33s} {columns}   speed  gradient")
    for backbone, size, batch in CASES:
        measure(PCB(backbone=backbone, size=size), photos or batch)


def measure(network: PCB, batch: int) -> None:
    """A row for each way to run one network."""
    network.eval()
    judges: dict[str, Judge] = {
        "the network itself": network,
        "frozen, folded": FrozenFeatures(network, dtype=torch.float32),
        "frozen, folded, bf16": FrozenFeatures(network, dtype=torch.bfloat16),
    }
    photos, renders = torch.rand(2, batch, 3, *RENDER)
    best: dict[str, list[float]] = {name: [float("inf")] * 3 for name in judges}
    gradients: dict[str, torch.Tensor] = {}
    for _ in range(ROUNDS + 1):  # the first round allocates
        for name, judge in judges.items():
            seconds, gradients[name] = step(judge, photos, renders)
            best[name] = [min(least, now) for least, now in zip(best[name], seconds, strict=True)]
    slowest, exact = sum(best["the network itself"]), gradients["the network itself"].flatten(1)
    for name, seconds in best.items():
        times = "".join(f"{1e3 * s / batch:8.1f}" for s in (*seconds, sum(seconds)))
        alike = F.cosine_similarity(gradients[name].flatten(1), exact).mean()
        size = "x".join(map(str, network.size))
        backbone = network.shared_config["backbone"]
        print(f"{backbone:14s} {size:8s} {name:33s} {times}   {slowest / sum(seconds):5.2f}  {alike:8.4f}")


def step(judge: Judge, photos: torch.Tensor, renders: torch.Tensor) -> tuple[tuple[float, float, float], torch.Tensor]:
    """CPU seconds of the photos' maps, the renders' maps with the loss, and the way back; the renders' gradient."""
    renders = renders.clone().requires_grad_()
    with torch.no_grad():
        first, seen = timed(lambda: judge.maps(photos))
    second, loss = timed(lambda: reid_feature_loss(judge.maps(renders), seen).sum())
    third, _ = timed(loss.backward)
    assert renders.grad is not None
    return (first, second, third), renders.grad


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process, and what came of it."""
    began = time.process_time()
    result = run()
    return time.process_time() - began, result


if __name__ == "__main__":
    main()
