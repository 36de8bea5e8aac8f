"""Re-ID scored on a data set: every mode by its protocol, as one report, and a folder of pictures and a page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from habitus.data.records import Mode, ReidData, Shots, Trial
from habitus.errors import InputError
from habitus.evaluation.curves import draw_cmc, draw_roc
from habitus.evaluation.fairness import fairness
from habitus.evaluation.features import FeatureTable
from habitus.evaluation.page import COLUMNS, Lists, write_page
from habitus.evaluation.pictures import draw_lists, pick_hardest, pick_some
from habitus.evaluation.protocols import Scored, Scoring, Search, score_trial, searches_of
from habitus.evaluation.recovered_bodies import WORDS, DrawBodies
from habitus.evaluation.results import ReidReport, as_text, protocol_line, title_line, write_json
from habitus.export.folder import filling
from habitus.export.pictures import save_picture
from habitus.files import writing

LISTS = 8
"""Queries in a picture."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was found, and what pictures of it need."""

    report: ReidReport
    scored: dict[Mode, Scored]


def trials_of(data: ReidData, modes: Sequence[Mode] = (), *, shots: Shots = "all") -> dict[Mode, Trial]:
    """The trials to score.

    Args:
        data: a data set.
        modes: some of them; none: all that the data set has.
        shots: of the gallery.

    Raises:
        InputError: the data set has no such mode, nothing to score, or one person only.
    """
    asked: Sequence[Mode] = modes or tuple(data.trials) or ("general",)
    trials: dict[Mode, Trial] = {mode: data.trial(mode, shots=shots) for mode in asked}
    for trial in trials.values():
        if len({*trial.query.pids.tolist(), *trial.gallery.pids.tolist()}) < 2:
            raise InputError(f"{data.root}: query and gallery show one person only; finding someone needs two or more")
    return trials


def evaluate_reid(
    data: ReidData, trials: dict[Mode, Trial], features: FeatureTable, scoring: Scoring | None = None
) -> Evaluation:
    """Score trials of a data set.

    Args:
        data: what the trials are of.
        trials: at least one, by mode.
        features: of all their photos but broken ones.
        scoring: what the user chose; None: plain cosine, ten draws, seed 0.

    Raises:
        InputError: features that cannot be scored, or a trial with nothing to find.
    """
    scoring = scoring or Scoring()
    start = perf_counter()
    scored: dict[Mode, Scored] = {}
    searches: dict[tuple[int, int], tuple[Search, ...]] = {}
    for mode, trial in trials.items():
        photos = id(trial.query), id(trial.gallery)  # modes mostly differ in the rule alone
        if photos not in searches:
            searches[photos] = searches_of(trial, features, scoring)
        scored[mode] = score_trial(mode, trial, searches[photos])
    world, unfair = fairness(data.root)
    report = ReidReport(
        data=data.name,
        folder=str(data.root),
        weights=features.source.weights,
        trained=features.source.trained,
        feature=features.source.feature,
        dimensions=features.features.shape[1],
        flip=features.source.flip,
        reranking=scoring.reranking_words,
        expansion=scoring.expansion_words,
        seed=scoring.seed,
        images=len(features.rows),
        broken=tuple(_name(path, data.root) for path in features.broken),
        notes=(*data.warnings, *unfair),
        world=world,
        seconds={**features.seconds, "scoring": perf_counter() - start},
        results=tuple(one.result for one in scored.values()),
    )
    return Evaluation(report, scored)


def write_folder(evaluation: Evaluation, folder: Path, *, draw_bodies: DrawBodies | None = None) -> None:
    """Write results.json and .txt, cmc.png, roc.png, a sheet of ranked lists a mode, and index.html with it all.

    Args:
        evaluation: to show.
        folder: receives all files at once or none.
        draw_bodies: draws the bodies in the photos shown, and is asked for no others.

    Raises:
        InputError: the folder cannot be written.
    """
    report, scored = evaluation.report, evaluation.scored
    with filling(folder) as place:
        write_json(place / "results.json", report)
        with writing(place / "results.txt") as temporary:
            temporary.write_text(as_text(report), encoding="utf-8")
        title = title_line(report)
        draw_cmc(place / "cmc.png", report.results, title=title)
        draw_roc(place / "roc.png", {mode: one.roc for mode, one in scored.items()}, title=title)
        lists: dict[Mode, Lists] = {mode: _lists(one, report.seed) for mode, one in scored.items()}
        if draw_bodies is not None:
            bodies = draw_bodies(path for one in lists.values() for path in one.shown())
            lists = {mode: replace(one, bodies=bodies) for mode, one in lists.items()}
        for mode, one in lists.items():
            _write_sheets(place, mode, one, f"{title}\n{protocol_line(scored[mode].result)}")
        curves = {"CMC": place / "cmc.png", "ROC": place / "roc.png"}
        write_page(place / "index.html", report, lists, curves)


def _lists(scored: Scored, seed: int) -> Lists:
    query, precision = scored.search.query.records, scored.ranking.average_precisions
    some, hardest = pick_some(precision, query.pids, LISTS, seed=seed), pick_hardest(precision, query.pids, LISTS)
    return Lists(
        query, scored.search.gallery.records, scored.lists(some, count=COLUMNS), scored.lists(hardest, count=COLUMNS)
    )


def _write_sheets(place: Path, mode: Mode, lists: Lists, title: str) -> None:
    title += f"\n{WORDS}" if lists.bodies else ""
    for name, words, some in (("ranked", "Some queries", lists.some), ("hardest", "Hardest queries", lists.hardest)):
        sheet = draw_lists(
            some, lists.query, lists.gallery, columns=COLUMNS, title=f"{words}: {title}", bodies=lists.bodies
        )
        save_picture(place / f"{name}_{mode}.png", sheet)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
