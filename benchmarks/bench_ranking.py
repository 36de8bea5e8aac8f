"""Ranking at MSMT17's size: time beside the bare matrix product, memory, the usual evaluators, growth with the gallery.

    python benchmarks/bench_ranking.py [--queries 11659] [--usual 100]
    python benchmarks/bench_ranking.py --growth

Features are drawn around a centre for each person: so close that matches come early but not all of them ("fair"), or
hardly closer than to others, so that photos lie among the matches everywhere ("hopeless", the worst case of counting).
The bare product is of the same arrays in the same blocks by the same BLAS, and nothing is done with it. The usual
evaluators sort each query's distances with argsort and walk down the list, with Python's arithmetic (as torchreid) or
numpy's (as CAL); they are timed on a few queries, given distances, beside ours given the same. Memory is the peak of a
process that makes the features and ranks them, everything included.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import habitus  # noqa: F401
import numpy as np

from habitus.data.records import Mode
from habitus.evaluation.closeness import BLOCK_BYTES, in_blocks
from habitus.evaluation.ranking import rank, rank_distances

QUERIES, GALLERY, PEOPLE, CAMERAS, SIZE = 11_659, 82_161, 3_060, 15, 512
"""The test split of MSMT17, and numbers a feature."""
OUTFITS = 3
SPREADS = {"fair": 2.3, "hopeless": 8.0}
"""Of a person's photos around their centre, in standard deviations of the centres."""
WANTED_GB, WANTED_PRODUCTS, WANTED_FASTER = 1.5, 3.0, 10.0
OURS_AT_A_TIME = 400
"""Queries that our evaluator of distances is timed on."""
GROWTH = (10_000, 30_000, 100_000, 300_000, 1_000_000)


@dataclass(frozen=True)
class World:
    """Features and ids of both sides."""

    query: np.ndarray
    gallery: np.ndarray
    ids: dict[str, Any]


def made(queries: int, gallery: int, spread: float, size: int = SIZE) -> World:
    """A world of random people."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((PEOPLE, size), np.float32)
    ids: dict[str, Any] = {}
    features = {}
    for side, count in (("query", queries), ("gallery", gallery)):
        pids = rng.integers(0, PEOPLE, count)
        ids[f"{side}_pids"], ids[f"{side}_camids"] = pids, rng.integers(0, CAMERAS, count)
        ids[f"{side}_clothes"] = pids * OUTFITS + rng.integers(0, OUTFITS, count)
        features[side] = np.empty((count, size), np.float32)
        for rows in in_blocks(count, 4 * size, 2**24):
            noise = rng.standard_normal((len(pids[rows]), size), np.float32)
            features[side][rows] = centres[pids[rows]] + spread * noise
    return World(features["query"], features["gallery"], ids)


def product(world: World) -> None:
    """All cosines but for the lengths, block by block, thrown away."""
    G = len(world.gallery)
    block_bytes = max(BLOCK_BYTES, world.gallery.nbytes // 4)
    buffer = np.empty((max(1, block_bytes // (4 * G)), G), np.float32)
    for rows in in_blocks(len(world.query), 4 * G, block_bytes):
        np.matmul(world.query[rows], world.gallery.T, out=buffer[: len(world.query[rows])])


def as_torchreid(distances: np.ndarray, q: int, ids: dict[str, Any]) -> tuple[float, np.ndarray]:
    """(AP, CMC) of a query, by sorting and by Python's arithmetic."""
    order = np.argsort(distances)
    same = ids["gallery_pids"][order] == ids["query_pids"][q]
    found = same[~(same & (ids["gallery_camids"][order] == ids["query_camids"][q]))]
    hits = found.cumsum()
    precision = np.asarray([hit / (i + 1) for i, hit in enumerate(hits)]) * found
    return float(precision.sum() / found.sum()), np.minimum(hits, 1)


def as_cal(distances: np.ndarray, q: int, ids: dict[str, Any]) -> tuple[float, np.ndarray]:
    """(AP, CMC) of a query in CC mode, by sorting and by set operations on rows."""
    order = np.argsort(distances)
    person, camera, clothes = (
        np.flatnonzero(ids[f"gallery_{name}"] == ids[f"query_{name}"][q]) for name in ("pids", "camids", "clothes")
    )
    good = np.setdiff1d(np.setdiff1d(person, camera), clothes)
    junk = np.union1d(np.intersect1d(person, camera), np.intersect1d(person, clothes))
    order = order[np.isin(order, junk, invert=True)]
    ranks = np.flatnonzero(np.isin(order, good)) + 1
    cmc = np.zeros(len(distances))
    cmc[ranks[0] - 1 :] = 1
    return float((np.arange(1, len(ranks) + 1) / ranks).mean()), cmc


USUAL: dict[Mode, Callable[..., tuple[float, np.ndarray]]] = {"general": as_torchreid, "cc": as_cal}
USUAL_NAMES: dict[Mode, str] = {"general": "torchreid", "cc": "CAL"}


def times(queries: int, usual: int) -> None:
    """Print how long ranking takes beside the bare product and the usual evaluators."""
    for words, spread in SPREADS.items():
        world = made(queries, GALLERY, spread)
        few = {name: values[:8] if name.startswith("query") else values for name, values in world.ids.items()}
        rank(world.query[:8], world.gallery, **few)  # compiled
        bare = _spent(lambda world=world: product(world))
        print(f"{words}: bare product {bare[0]:.1f} s wall, {bare[1]:.1f} s CPU")
        for mode in USUAL:
            start = time.perf_counter(), time.process_time()
            result = rank(world.query, world.gallery, mode=mode, **world.ids)
            ours = time.perf_counter() - start[0], time.process_time() - start[1]
            again = _spent(lambda world=world: product(world))
            bare = tuple((a + b) / 2 for a, b in zip(bare, again, strict=True))
            print(
                f"  {mode:<7} mAP {100 * result.mAP:.1f}, rank-1 {100 * result.rank_at(1):.1f}, {result.skipped} "
                f"skipped: {ours[0]:.1f} s wall, {ours[1]:.1f} s CPU: {ours[0] / bare[0]:.2f} products by wall, "
                f"{ours[1] / bare[1]:.2f} by CPU; wanted at most {WANTED_PRODUCTS:.0f} by wall: "
                f"{_verdict(ours[0] / bare[0] <= WANTED_PRODUCTS)}"
            )
            bare = again
            _beside(USUAL_NAMES[mode], mode, world, min(usual, queries), ours[1], bare[1])


def _beside(name: str, mode: Mode, world: World, count: int, ours: float, bare: float) -> None:
    """Print how much faster than a usual evaluator, in CPU time: it works on one thread."""
    most = min(len(world.query), OURS_AT_A_TIME)
    queries, gallery = (f / np.linalg.norm(f, axis=1, keepdims=True) for f in (world.query[:most], world.gallery))
    distances = 1 - queries @ gallery.T
    ids = {n: values[:most] if n.startswith("query") else values for n, values in world.ids.items()}
    start = time.process_time()
    expected = rank_distances(distances, mode=mode, **ids).average_precisions[:count]
    counting = 1e3 * (time.process_time() - start) / most
    scored = np.flatnonzero(~np.isnan(expected))
    start = time.process_time()
    found = [USUAL[mode](distances[q], q, ids)[0] for q in scored]
    spent = 1e3 * (time.process_time() - start) / count
    whole = (bare + 1e-3 * spent * len(world.query)) / ours
    print(
        f"          as {name} ({count} queries): {spent:.1f} ms CPU a query from distances to scores, ours "
        f"{counting:.2f}: {spent / counting:.0f} times as fast; wanted {WANTED_FASTER:.0f}: "
        f"{_verdict(spent >= WANTED_FASTER * counting)}. From features on, both with the product: {whole:.1f} times. "
        f"APs differ by {np.abs(np.array(found) - expected[scored]).max():.0e} at most"
    )


def memory(queries: int) -> None:
    """Print the peak memory of a process that ranks."""
    for mode in ("general", "cc"):
        command = [sys.executable, __file__, "--peak", mode, "--queries", str(queries)]
        peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"peak memory, {mode}: {peak:.2f} GB; wanted at most {WANTED_GB} GB: {_verdict(peak <= WANTED_GB)}")


def growth(queries: int) -> None:
    """Print the CPU time a pair for growing galleries."""
    print(f"{queries} queries:  gallery   ms a query   ns a pair   products")
    each = []
    for gallery in GROWTH:
        world = made(queries, gallery, SPREADS["fair"])
        rank(world.query, world.gallery, **world.ids)
        ours = min(_spent(lambda world=world: rank(world.query, world.gallery, **world.ids))[1] for _ in range(2))
        bare = min(_spent(lambda world=world: product(world))[1] for _ in range(2))
        each.append(1e9 * ours / queries / gallery)
        print(f"{gallery:>22} {1e3 * ours / queries:10.2f} {each[-1]:10.2f} {ours / bare:10.2f}", flush=True)
    apart = each[-1] / each[0]
    print(f"a pair in the largest gallery takes {apart:.2f} of one in the smallest; linear: {_verdict(apart < 1.3)}")


def _spent(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of wall and CPU time."""
    start = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=QUERIES)
    parser.add_argument("--usual", type=int, default=100, help="queries that the usual evaluators are timed on")
    parser.add_argument("--growth", action="store_true", help="galleries of 10 thousand to a million photos instead")
    parser.add_argument("--peak", choices=["general", "cc"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        world = made(arguments.queries, GALLERY, SPREADS["fair"])
        rank(world.query, world.gallery, mode=arguments.peak, **world.ids)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)
    elif arguments.growth:
        growth(min(arguments.queries, 256))
    else:
        memory(arguments.queries)
        times(arguments.queries, arguments.usual)


if __name__ == "__main__":
    main()
