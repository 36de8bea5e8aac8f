"""What features know: which outfit somebody wears, and how somebody is built. Probes on people of no training.

    habitus synth street-held-out/ --preset street --seed 900000 --size 128x64 --layout csv
    python benchmarks/probe_features.py street-held-out/ --weights baseline run/model [--people 400]

Outfits: of each of half the people one photo an outfit is known (enrolled), and the others are told apart by the
nearest, after a linear discriminant analysis of the other half's outfits; chance is one over the outfits of a person.
Features that are blind to clothes are near it. Build: height-normalised beta by ridge regression on one half of the
people, R^2 on the other half, from one photo and from eight photos averaged; the mean of the five largest components
and of all ten. Both over both halves in turn. Every stream of weights that have several is probed.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import sys
from pathlib import Path

import habitus  # noqa: F401
import numpy as np
import torch
from arms import markdown
from jaxtyping import Bool, Float, Int

from habitus.body.model import BodyModel
from habitus.body.stature import height_normalised
from habitus.errors import InputError
from habitus.recovery.body_table import body_table
from habitus.data.opening import open_data
from habitus.data.records import Records, stacked
from habitus.reid.embedder import Embedder
from habitus.reid.pretrained import load_model
from habitus.reid.shape_reid import STREAMS, ShapeReid
from habitus.synthetic.worlds.writing import world_around

AVERAGED = 8
FIRST = 5
"""Components of beta that say most."""
RIDGES = 10.0 ** np.arange(-4, 5)
"""Relative to the mean variance of a feature."""
SHRINKAGE = 0.1
"""Of the covariance within outfits towards a sphere."""

Features = Float[np.ndarray, "M D"]


def told_outfits(
    features: Features, people: Int[np.ndarray, "M"], outfits: Int[np.ndarray, "M"], learned: Bool[np.ndarray, "M"]
) -> float:
    """The share of photos whose outfit is told among their person's, after learning from the people in `learned`."""
    whitening = discriminant(features[learned], outfits[learned], people[learned])
    found = []
    for person in np.unique(people[~learned]):
        rows = np.flatnonzero(people == person)
        names, first = np.unique(outfits[rows], return_index=True)
        if len(names) < 2:
            continue
        seen = features[rows] @ whitening
        others = np.setdiff1d(np.arange(len(rows)), first)
        distances = ((seen[others, None] - seen[first][None]) ** 2).sum(2)
        found.append(names[distances.argmin(1)] == outfits[rows][others])
    return float(np.concatenate(found).mean())


def discriminant(
    features: Features, outfits: Int[np.ndarray, "M"], people: Int[np.ndarray, "M"]
) -> Float[np.ndarray, "D D"]:
    """Fisher's: directions in which outfits of one person differ and photos of one outfit do not, by how far."""
    within = np.cov((features - means(features, outfits)).T)
    sphere = np.trace(within) / len(within)
    values, vectors = np.linalg.eigh((1 - SHRINKAGE) * within + SHRINKAGE * sphere * np.eye(len(within)))
    white = vectors / np.sqrt(values)
    between = np.cov(((means(features, outfits) - means(features, people)) @ white).T)
    strengths, directions = np.linalg.eigh(between)
    # By how much of a direction is outfit rather than photo: those that say nothing are left out.
    return white @ (directions * np.sqrt(np.clip(strengths, 0, None) / (1 + np.clip(strengths, 0, None))))


def means(features: Features, groups: Int[np.ndarray, "M"]) -> Features:
    """Each row's group mean."""
    index = np.unique(groups, return_inverse=True)[1]
    sums = np.zeros((index.max() + 1, features.shape[1]))
    np.add.at(sums, index, features)
    return (sums / np.bincount(index)[:, None])[index]


def explained(
    features: Features, builds: Float[np.ndarray, "M 10"], people: Int[np.ndarray, "M"], learned: Bool[np.ndarray, "M"]
) -> tuple[Float[np.ndarray, "10"], Float[np.ndarray, "10"]]:
    """R^2 by component on the people that are not in `learned`: from one photo, and from several averaged."""
    said = ridge(features[learned], builds[learned], people[learned], features[~learned])
    truth, who = builds[~learned], people[~learned]
    rows = [np.flatnonzero(who == person)[:AVERAGED] for person in np.unique(who)]
    several = np.stack([said[some].mean(0) for some in rows])
    return r_squared(said, truth), r_squared(several, np.stack([truth[some[0]] for some in rows]))


def ridge(
    features: Features, targets: Float[np.ndarray, "M K"], people: Int[np.ndarray, "M"], asked: Features
) -> Float[np.ndarray, "Q K"]:
    """Ridge regression; its strength is the best by holding back every fourth person."""
    held = np.isin(people, np.unique(people)[::4])
    fits = [solved(features[~held], targets[~held], strength) for strength in RIDGES]
    errors = [((fitted(fit, features[held]) - targets[held]) ** 2).mean() for fit in fits]
    return fitted(solved(features, targets, RIDGES[int(np.argmin(errors))]), asked)


def solved(
    features: Features, targets: Float[np.ndarray, "M K"], strength: float
) -> tuple[Float[np.ndarray, "D"], Float[np.ndarray, "D K"], Float[np.ndarray, "K"]]:
    """Mean, slopes and intercepts."""
    mean, offset = features.mean(0), targets.mean(0)
    centred = features - mean
    gram = centred.T @ centred
    gram += strength * np.trace(gram) / len(gram) * np.eye(len(gram))
    return mean, np.linalg.solve(gram, centred.T @ (targets - offset)), offset


def fitted(fit: tuple[np.ndarray, np.ndarray, np.ndarray], features: Features) -> Float[np.ndarray, "M K"]:
    """What a fit says."""
    mean, slopes, offset = fit
    return (features - mean) @ slopes + offset


def r_squared(said: Float[np.ndarray, "M K"], truth: Float[np.ndarray, "M K"]) -> Float[np.ndarray, "K"]:
    """1 - error / variance."""
    return 1 - ((said - truth) ** 2).sum(0) / ((truth - truth.mean(0)) ** 2).sum(0)


def chosen(records: Records, most: int) -> Records:
    """All photos of the first people."""
    return records.select(np.isin(records.pids, np.unique(records.pids)[:most]))


def main() -> None:
    """Embed, probe, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", type=Path, help="made world, of a held-out seed")
    parser.add_argument("--weights", nargs="+", default=["baseline"])
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    try:
        rows = [row for weights in options.weights for row in probed(weights, options)]
    except InputError as error:
        sys.exit(str(error))
    heads = ["feature", "outfit told", "chance", "first five, one photo", f"{AVERAGED} photos", "all ten, one", "8"]
    print(markdown(heads, rows, words=1))


def probed(weights: str, options: argparse.Namespace) -> list[list[str]]:
    """A row for each stream."""
    data, body = open_data(options.world), BodyModel.load()
    written = world_around(data.root)
    if written is None or not written.world.held_out:
        raise InputError(f"{options.world}: is no made world of a held-out seed; make one with --seed 900000")
    trial = data.trial("general")
    records = chosen(stacked([trial.query, trial.gallery]), options.people)
    table = body_table(data.root, None, body)
    outfits, people = records.clothes_labels(), records.labels()
    first = records.select(np.unique(people, return_index=True)[1])
    betas = torch.cat([table.params(int(row)).beta for row in table.rows_of(first.paths, data.root)])
    builds = height_normalised(body, betas).numpy().astype(np.float64)[people]
    half = people % 2 == 0
    found = []
    for stream in STREAMS if isinstance(load_model(weights), ShapeReid) else (None,):
        embedder = Embedder(weights, device=options.device, feature=stream)
        features = embedder([str(path) for path in records.paths]).astype(np.float64)
        told = [told_outfits(features, people, outfits, learned) for learned in (half, ~half)]
        one, several = zip(*(explained(features, builds, people, learned) for learned in (half, ~half)), strict=True)
        shares = [np.mean(halves, 0) for halves in (one, several)]
        scores = [share[:FIRST].mean() for share in shares] + [share.mean() for share in shares]
        name = weights if stream is None else f"{weights}, {stream}"
        chance = 1 / written.world.outfits
        found.append([name, f"{np.mean(told):.3f}", f"{chance:.3f}", *(f"{score:.2f}" for score in scores)])
    return found


if __name__ == "__main__":
    main()
