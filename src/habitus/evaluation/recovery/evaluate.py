"""Recovered bodies scored on made people: every method on every photo, as one report, and a folder with pictures."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.stature import height_normalised
from habitus.data.records import ReidData
from habitus.errors import InputError
from habitus.evaluation.chosen_photos import ChosenPhotos
from habitus.evaluation.fairness import fairness
from habitus.evaluation.method_scores import Tally, result_of
from habitus.evaluation.recovery.methods import RecoveryMethod
from habitus.evaluation.recovery.page import write_recovery_page
from habitus.evaluation.recovery.results import METRICS, RecoveryReport, RecoveryResult, as_text, write_json
from habitus.evaluation.recovery.scoring import FIRST, BodyPhoto, BodyScorer, averaged, explained
from habitus.evaluation.recovery.sheet import ShownBody, draw_bodies
from habitus.export.folder import filling
from habitus.export.pictures import save_picture
from habitus.files import writing
from habitus.types import BodyParams

TOGETHER = 16
"""Photos that methods see at once."""


@dataclass(frozen=True, eq=False)
class RecoveryEvaluation:
    """What was found, and what pictures of it need."""

    report: RecoveryReport
    shown: tuple[ShownBody, ...]


@dataclass(eq=False)
class _Tally(Tally):
    """Of one method; lists run over the photos in which it found a body."""

    betas: list[Float[Tensor, "1 10"]] = field(default_factory=list)
    """Height-normalised."""
    photos: list[int] = field(default_factory=list)
    """Which of those that were scored."""


@dataclass(eq=False)
class _Found:
    """What comes together photo by photo."""

    tallies: dict[str, _Tally]
    betas: list[Float[Tensor, "1 10"]] = field(default_factory=list)
    """True ones of the photos that were scored, height-normalised."""
    people: list[int] = field(default_factory=list)
    """Whom they show."""
    shown: list[ShownBody] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    """Photos that cannot be used, and why."""


def evaluate_recovery(
    data: ReidData,
    photos: ChosenPhotos,
    body: BodyModel,
    methods: Mapping[str, RecoveryMethod],
    *,
    together: int = 8,
    seed: int = 0,
    progress: Callable[[int], object] = lambda _: None,
) -> RecoveryEvaluation:
    """Recover the body in every photo by every method and score it.

    Args:
        data: what the photos are of.
        photos: to score; their parameters are the truth.
        body: of the parameters.
        methods: by name.
        together: photos of one person whose builds are averaged.
        seed: of what is drawn: which photos are averaged together, people in pictures.
        progress: called with the number of photos done since.

    Raises:
        InputError: none of the photos can be used.
    """
    start = perf_counter()
    found = _score_all(photos, body, methods, seed, progress)
    if not found.people:
        raise InputError(f"none of the {len(photos)} photos can be used; {next(iter(found.broken.values()))}")
    world, unfair = fairness(data.root)
    report = RecoveryReport(
        data=data.name,
        folder=str(data.root),
        world=world,
        chosen=photos.words,
        photos=len(found.people),
        people=len(set(found.people)),
        broken=tuple(found.broken),
        together=together,
        seed=seed,
        notes=(*data.warnings, *photos.notes, *unfair),
        seconds={"scoring": perf_counter() - start},
        results=tuple(_result(name, method.words, found, together, seed) for name, method in methods.items()),
    )
    return RecoveryEvaluation(report, tuple(found.shown))


def write_folder(evaluation: RecoveryEvaluation, body: BodyModel, folder: Path) -> None:
    """Write results.json and .txt, bodies.png with some people, and index.html.

    Args:
        evaluation: to show.
        body: of the parameters.
        folder: receives all files at once or none.

    Raises:
        InputError: the folder cannot be written.
    """
    report = evaluation.report
    with filling(folder) as place:
        write_json(place / "results.json", report)
        with writing(place / "results.txt") as temporary:
            temporary.write_text(as_text(report), encoding="utf-8")
        sheet = draw_bodies(body, evaluation.shown)
        save_picture(place / "bodies.png", sheet)
        write_recovery_page(place / "index.html", report, sheet)


def _score_all(
    photos: ChosenPhotos,
    body: BodyModel,
    methods: Mapping[str, RecoveryMethod],
    seed: int,
    progress: Callable[[int], object],
) -> _Found:
    found = _Found({name: _Tally() for name in methods})
    scorer, drawn = BodyScorer(body), photos.shown(seed)
    for start in range(0, len(photos), TOGETHER):
        rows = range(start, min(start + TOGETHER, len(photos)))
        loaded = _load(photos, rows, found.broken)
        bodies = {
            name: _recovered(method, list(loaded.values()), found.tallies[name]) for name, method in methods.items()
        }
        for place, (row, photo) in enumerate(loaded.items()):
            ours = {name: those[place] for name, those in bodies.items()}
            scores = _score(scorer, photo, ours, found)
            if row in drawn:
                found.shown.append(ShownBody(photo, ours, scores))
        progress(len(rows))
    return found


def _load(photos: ChosenPhotos, rows: Sequence[int], broken: dict[str, str]) -> dict[int, BodyPhoto]:
    loaded = {}
    for row in rows:
        try:
            image, mask = photos.seen(row)
            known = int(photos.rows[row])
            keypoints, params = torch.from_numpy(photos.table.keypoints(known).copy()), photos.table.params(known)
        except InputError as error:
            broken[photos.name(row)] = str(error)
            continue
        path, pid = photos.records.paths[row], int(photos.records.pids[row])
        loaded[row] = BodyPhoto(photos.name(row), path, pid, image, mask, keypoints, params)
    return loaded


def _recovered(method: RecoveryMethod, photos: list[BodyPhoto], tally: _Tally) -> list[BodyParams | str]:
    begin = perf_counter()
    bodies = method(photos) if photos else []
    tally.seconds += perf_counter() - begin
    return bodies


def _score(
    scorer: BodyScorer, photo: BodyPhoto, bodies: Mapping[str, BodyParams | str], found: _Found
) -> dict[str, dict[str, float]]:
    number, scores = len(found.people), {}
    found.people.append(photo.pid)
    found.betas.append(height_normalised(scorer.body, photo.params.beta))
    for name, params in bodies.items():
        if isinstance(params, str):
            continue
        tally = found.tallies[name]
        scores[name] = scorer(photo, params)
        tally.scores.append(scores[name])
        tally.betas.append(height_normalised(scorer.body, params.beta))
        tally.photos.append(number)
    return scores


def _result(name: str, words: str, found: _Found, together: int, seed: int) -> RecoveryResult:
    tally, total = found.tallies[name], len(found.people)
    base = result_of(METRICS, name, words, tally)
    one, several, groups = _builds(found, tally, together, seed) if tally.photos else (None, None, 0)
    more = {
        "iou_median": statistics.median(score["iou"] for score in tally.scores) if tally.scores else None,
        "beta": _first(one),
        "beta_together": _first(several),
    }
    values = vars(base) | {"scores": {**base.scores, **more}, "seconds": tally.seconds / total}
    return RecoveryResult(
        **values, beta_one_photo=one, beta_together=several, groups=groups, without_body=total - len(tally.photos)
    )


def _builds(
    found: _Found, tally: _Tally, together: int, seed: int
) -> tuple[list[float] | None, list[float] | None, int]:
    """R^2 by component from one photo and from several, and how many groups of several there are.

    Which photos of a person are averaged is drawn, so that outfits and cameras mix.
    """
    ours = torch.cat(tally.betas)
    truth, people = torch.cat(found.betas)[tally.photos], [found.people[number] for number in tally.photos]
    order = np.random.default_rng(seed).permutation(len(people)).tolist()
    means, rows = averaged(ours[order], [people[row] for row in order], together)
    several = explained(means, truth[order][rows]) if rows else None
    return explained(ours, truth), several, len(rows)


def _first(values: list[float] | None) -> float | None:
    return None if values is None else statistics.mean(values[:FIRST])
