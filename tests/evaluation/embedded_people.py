"""People as points: records, features and results without pictures or a network."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from habitus.data.records import Mode, Records, Shots, Trial
from habitus.evaluation.features import FeatureTable, Source
from habitus.evaluation.results import ReidReport, TrialResult

SOURCE = Source("made up")


def records(side, pids, camids, clothes=None, tracklets=None):
    """Photos that are nowhere."""
    return Records(
        tuple(Path(f"/data/{side}/{number:04d}.jpg") for number in range(len(pids))),
        np.asarray(pids, np.int64),
        np.asarray(camids, np.int64),
        None if clothes is None else np.asarray(clothes, np.int64),
        None if tracklets is None else np.asarray(tracklets, np.int64),
    )


def trial(seed=0, *, people=6, each=5, shots: Shots = "all", rule: Mode = "general", noise=1.0):
    """A trial of people whose photos scatter about a point of their own, and the features of all photos."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, 8))
    sides, rows, features = [], {}, []
    for side, photos in (("query", 2), ("gallery", each)):
        pids = np.repeat(np.arange(people), photos)
        clothes = 2 * pids + rng.integers(2, size=len(pids))
        sides.append(records(side, pids, rng.integers(3, size=len(pids)), clothes))
        rows |= {path: len(rows) + at for at, path in enumerate(sides[-1].paths)}
        features.append(centres[pids] + noise * rng.normal(size=(len(pids), 8)))
    table = FeatureTable(rows, np.concatenate(features).astype(np.float32), SOURCE)
    return Trial(sides[0], sides[1], rule, "everyone among everyone, multi-shot", shots), table


def result(mode: Mode = "general", **changes):
    """What one mode scored, in numbers that are easy to find again."""
    values = TrialResult(
        mode=mode, shots="all", rule=mode, protocol="everyone among everyone, multi-shot", queries=30, gallery=200,
        people=10, skipped=2.0, mAP=0.53125, rank1=0.6, rank5=0.75, rank10=0.8, mINP=0.25,
        cmc=tuple(np.linspace(0.6, 1, 50)), tpr_at_fpr={"0.001": 0.5},
    )  # fmt: skip
    return replace(values, **changes)


def report(*results, **changes):
    """An evaluation of these modes."""
    values = ReidReport(
        data="prcc", folder="/data/prcc", weights="baseline", trained={}, feature="rgb", dimensions=512, flip="sum",
        reranking="none", expansion="none", seed=3, images=230, broken=(), notes=(), world=None,
        seconds={"scoring": 0.25}, results=results or (result(),),
    )  # fmt: skip
    return replace(values, **changes)
