"""Re-ranking at Market-1501's size: time beside the usual dense implementation, memory, and whether both agree.

    python benchmarks/bench_reranking.py [--size 512]

The usual implementation is written from the formula as it is commonly published: all photos by all photos in numpy,
sorted whole, neighbours row by row. Each runs in a process of its own on the same features and makes all re-ranked
distances. Features are whole numbers, so that all distances are exact and neighbours at equal distances are the same
for both: the usual one sorts once as usual, which is timed, and once more in a stable way, which is not.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import habitus  # noqa: F401
import numpy as np

from habitus.evaluation.ranking import rank_distances
from habitus.evaluation.reranking import rerank

QUERIES, GALLERY, PEOPLE, CAMERAS = 3_368, 15_913, 750, 6
"""The test split of Market-1501."""
SPREAD = 3.0
"""Of a person's photos around their centre, in standard deviations of the centres, for 512 numbers a feature."""
LENGTH = 1000.0
"""Of features, before they are rounded."""
K1, K2, LAMBDA = 20, 6, 0.3
WANTED_GB, WANTED_FASTER, WANTED_APART = 2.0, 5.0, 1e-5


def made(size: int) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Features of both sides, whole numbers whose products are exact in float32, and their ids."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((PEOPLE, size), np.float32)
    ids: dict[str, Any] = {}
    features = []
    for side, count in (("query", QUERIES), ("gallery", GALLERY)):
        pids = rng.integers(0, PEOPLE, count)
        ids[f"{side}_pids"], ids[f"{side}_camids"] = pids, rng.integers(0, CAMERAS, count)
        rows = centres[pids] + SPREAD * (size / 512) ** 0.25 * rng.standard_normal((count, size), np.float32)
        features.append(np.round(rows * (LENGTH / np.linalg.norm(rows, axis=1, keepdims=True))))
    return features[0], features[1], ids


def dense(query: np.ndarray, gallery: np.ndarray) -> tuple[np.ndarray, float, float]:
    """k-reciprocal re-ranking with dense arrays, as it is usually done.

    Returns:
        Distances, and the seconds of wall and CPU time that the second sorting took.
    """
    features = np.concatenate([query, gallery])
    N, Q = len(features), len(query)
    squares = (features**2).sum(axis=1)
    original = squares[:, None] + squares - 2 * features @ features.T
    original /= original.max(axis=1, keepdims=True)
    order = np.argsort(original, axis=1).astype(np.int32)
    start = time.perf_counter(), time.process_time()
    for i in range(N):
        order[i] = np.argsort(original[i], kind="stable")
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    V = np.zeros((N, N), np.float32)
    for i in range(N):
        forward = order[i, : K1 + 1]
        reciprocal = forward[np.flatnonzero((order[forward, : K1 + 1] == i).any(axis=1))]
        expanded = reciprocal
        for candidate in reciprocal:
            near = order[candidate, : round(K1 / 2) + 1]
            near = near[np.flatnonzero((order[near, : round(K1 / 2) + 1] == candidate).any(axis=1))]
            if len(np.intersect1d(near, reciprocal)) > 2 / 3 * len(near):
                expanded = np.append(expanded, near)
        expanded = np.unique(expanded)
        weights = np.exp(-original[i, expanded])
        V[i, expanded] = weights / weights.sum()
    original = original[:Q]
    expansion = np.zeros_like(V)
    for i in range(N):
        expansion[i] = V[order[i, :K2]].mean(axis=0)
    V = expansion
    del order
    holders = [np.flatnonzero(V[:, i]) for i in range(N)]
    jaccard = np.zeros_like(original)
    for i in range(Q):
        minima = np.zeros(N, np.float32)
        for j in np.flatnonzero(V[i]):
            minima[holders[j]] += np.minimum(V[i, j], V[holders[j], j])
        jaccard[i] = 1 - minima / (2 - minima)
    return ((1 - LAMBDA) * jaccard + LAMBDA * original)[:, Q:], wall, cpu


def alone(which: str, size: int, file: Path) -> None:
    """Run one of the two; write the distances, and print the figures."""
    query, gallery, ids = made(size)
    rerank(query[:64], gallery[:64], metric="euclidean")[:]  # compiled
    start = time.perf_counter(), time.process_time()
    untimed = (0.0, 0.0)
    if which == "ours":
        distances = rerank(query, gallery, k1=K1, k2=K2, lambda_value=LAMBDA, metric="euclidean")[:]
    else:
        distances, *untimed = dense(query, gallery)
    wall, cpu = time.perf_counter() - start[0] - untimed[0], time.process_time() - start[1] - untimed[1]
    words = f"mAP {100 * rank_distances(distances, **ids).mAP:.2f}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    np.save(file, distances)
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "words": words}))


def main() -> None:
    """Run both and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=512, help="numbers a feature")
    parser.add_argument("--alone", choices=["ours", "dense"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        alone(arguments.alone, arguments.size, arguments.file)
        return
    figures, distances = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for which in ("ours", "dense"):
            file = Path(folder) / f"{which}.npy"
            command = [sys.executable, __file__, "--alone", which, "--size", str(arguments.size), "--file", str(file)]
            figures[which] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            distances[which] = np.load(file)
            print("{0}: {wall:.1f} s wall, {cpu:.1f} s CPU, {peak:.2f} GB; {words}".format(which, **figures[which]))
    faster = figures["dense"]["wall"] / figures["ours"]["wall"]
    peak = figures["ours"]["peak"]
    apart = np.abs(distances["ours"] - distances["dense"])
    by_cpu = figures["dense"]["cpu"] / figures["ours"]["cpu"]
    print(
        f"{faster:.1f} times as fast by wall, {by_cpu:.1f} by CPU; wanted {WANTED_FASTER:.0f} by wall: "
        f"{_verdict(faster >= WANTED_FASTER)}"
    )
    print(f"peak memory {peak:.2f} GB; wanted at most {WANTED_GB} GB: {_verdict(peak <= WANTED_GB)}")
    print(
        f"apart by {apart.max():.1e} at most, {np.mean(apart > WANTED_APART):.1e} of the distances by more than "
        f"{WANTED_APART}: {_verdict(bool(apart.max() <= WANTED_APART))}"
    )


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


if __name__ == "__main__":
    main()
