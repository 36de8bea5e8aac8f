"""Scores as torchreid and CAL define them, by sorting: what the tests compare with."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from habitus.data.records import Mode

MODES: tuple[Mode, ...] = ("general", "cc", "sc")


@dataclass
class Case:
    """Random people before random cameras in random clothes."""

    ids: dict[str, Any]
    distances: np.ndarray

    @staticmethod
    def draw(rng: np.random.Generator) -> "Case":
        Q, G = int(rng.integers(1, 16)), int(rng.integers(1, 60))
        people, cameras, outfits = rng.integers(1, 9), rng.integers(1, 4), rng.integers(1, 4)
        low = -1 if rng.random() < 0.3 else 0  # distractors and junk of some sets are numbered -1
        ids = {}
        for side, count in (("query", Q), ("gallery", G)):
            pids = rng.integers(low, people, count)
            ids[f"{side}_pids"] = pids
            ids[f"{side}_camids"] = rng.integers(0, cameras, count)
            ids[f"{side}_clothes"] = pids * 10 + rng.integers(0, outfits, count)
        # From all distances equal to hardly any.
        return Case(ids, rng.integers(0, 10 ** rng.integers(0, 5), (Q, G)).astype(float))


@dataclass
class Scores:
    precisions: np.ndarray
    penalties: np.ndarray
    firsts: np.ndarray
    cmc: np.ndarray

    @property
    def scored(self) -> np.ndarray:
        return self.firsts > 0


def by_sorting(distances: np.ndarray, ids: dict[str, np.ndarray], mode: str) -> Scores:
    """One query after the other: sort the gallery, drop the junk, walk down the list."""
    Q, G = distances.shape
    scores = Scores(np.full(Q, np.nan), np.full(Q, np.nan), np.full(Q, -1), np.zeros(G))
    for q in range(Q):
        good, junk = sets_of(q, ids, mode)
        ranking = [g for g in sorted(range(G), key=lambda g: (distances[q, g], g)) if g not in junk]
        if not good:
            continue
        ranks = [place + 1 for place, g in enumerate(ranking) if g in good]
        scores.precisions[q] = np.mean([(i + 1) / rank for i, rank in enumerate(ranks)])
        scores.penalties[q] = len(good) / ranks[-1]
        scores.firsts[q] = ranks[0]
        scores.cmc[ranks[0] - 1 :] += 1
    scores.cmc /= max(1, scores.scored.sum())
    return scores


def sets_of(q: int, ids: dict[str, np.ndarray], mode: str) -> tuple[set[Any], set[Any]]:
    """(good, junk), with the sets and intersections of CAL's evaluation."""
    person = set(np.flatnonzero(ids["gallery_pids"] == ids["query_pids"][q]))
    camera = set(np.flatnonzero(ids["gallery_camids"] == ids["query_camids"][q]))
    clothes = set(np.flatnonzero(ids["gallery_clothes"] == ids["query_clothes"][q]))
    everything = set(range(len(ids["gallery_pids"])))
    good = {
        "general": person - camera,
        "cc": (person - camera) - clothes,
        "sc": (person & clothes) - camera,
    }[mode]
    junk = {
        "general": person & camera,
        "cc": (person & camera) | (person & clothes),
        "sc": (person & camera) | (person & (everything - clothes)),
    }[mode]
    return good, junk
