"""What backbones cost on a CPU: photos a second for training (forward and backward) and for features alone.

    python benchmarks/bench_backbones.py [NAME...]

Photos a second of one core's time, the best of some rounds that take the networks in turn, so that a busy machine slows
all alike: read the ratios. bf16 is autocast to bfloat16, which pays on processors that have instructions for it.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import torch
from torch.utils.flop_counter import FlopCounterMode

from habitus.backbones import BACKBONES, ResNet

BATCH, ROUNDS = 16, 4
SIZES = ((128, 64), (256, 128))
Stride = Literal[1, 2]
STRIDES: tuple[Stride, ...] = (1, 2)
REFERENCE = "resnet50"


def main() -> None:
    """Measure and print a table for each size."""
    torch.set_num_threads(1)
    names = sys.argv[1:] or list(BACKBONES)
    names += [] if REFERENCE in names else [REFERENCE]
    for size in SIZES:
        measure(names, size)


def measure(names: list[str], size: tuple[int, int]) -> None:
    """The table of one size."""
    cases: list[tuple[str, Stride]] = [(name, stride) for name in names for stride in STRIDES]
    networks = {case: ResNet(case[0], last_stride=case[1]) for case in cases}
    images = torch.rand(BATCH, 3, *size).contiguous(memory_format=torch.channels_last)  # as ReidModel gives them
    best: dict[tuple[str, Stride], list[float]] = {case: [float("inf")] * 4 for case in cases}
    for _ in range(ROUNDS + 1):  # the first round allocates
        for case, network in networks.items():
            runs = (
                lambda n=network: train(n, images, bf16=False),
                lambda n=network: train(n, images, bf16=True),
                lambda n=network: embed(n, images, bf16=False),
                lambda n=network: embed(n, images, bf16=True),
            )
            best[case] = [min(least, cpu_seconds(run)) for least, run in zip(best[case], runs, strict=True)]
    unit = best[REFERENCE, 1]
    print(f"\n{size[0]} x {size[1]}, batches of {BATCH}; in brackets: times {REFERENCE} with stride 1, in float32")
    print(f"{'backbone':16s} stride   M params  G mult.    train fp32     train bf16     features fp32  features bf16")
    for name, stride in cases:
        times = best[name, stride]
        parameters = sum(p.numel() for p in networks[name, stride].parameters()) / 1e6
        columns = "".join(
            f"{BATCH / t:7.1f} ({u / t:5.1f})" for t, u in zip(times, (unit[0], unit[0], unit[2], unit[2]), strict=True)
        )
        print(f"{name:16s} {stride:6d} {parameters:10.2f} {multiplications(name, stride, size):8.2f} {columns}")


def train(network: ResNet, images: torch.Tensor, *, bf16: bool) -> None:
    """Forward and backward."""
    network.train()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        total = network(images).mean()
    total.backward()


def embed(network: ResNet, images: torch.Tensor, *, bf16: bool) -> None:
    """Forward in eval mode."""
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        network(images)


def cpu_seconds(run: Callable[[], None]) -> float:
    """Of this process."""
    began = time.process_time()
    run()
    return time.process_time() - began


def multiplications(name: str, stride: Stride, size: tuple[int, int]) -> float:
    """Billions, for one photo."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        ResNet(name, last_stride=stride)(torch.zeros(1, 3, *size))
    return counter.get_total_flops() / 2e9


if __name__ == "__main__":
    main()
