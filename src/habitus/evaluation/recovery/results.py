"""What an evaluation of recovered bodies found, with all that a number needs beside it: lines to print, JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from habitus import __version__
from habitus.evaluation.method_scores import (
    MethodResult,
    Metric,
    measured,
    metric_values,
    number,
    result_values,
    score_cells,
)
from habitus.evaluation.recovery.scoring import FIRST
from habitus.evaluation.tables import aligned, left_out, rounded, write_values

SCHEMA = 1
"""Grows when a field changes its meaning or goes; new fields may come without."""
METRICS: dict[str, Metric] = {
    "joints": Metric("joints", False, "mean distance of the 24 joints, mm, roots laid on each other (MPJPE)", 1),
    "aligned": Metric("aligned", False, "the same after Procrustes, mm (PA-MPJPE)", 1),
    "iou": Metric("IoU", True, "intersection over union of the body's silhouette and the person's mask, mean"),
    "iou_median": Metric("median", True, "the same, median"),
    "keypoints": Metric("keypoints", False, "mean distance of seen keypoints, percent of the mask's height", 2),
    "beta": Metric("beta", True, f"R^2 of height-normalised beta from one photo, mean of the first {FIRST}", 2),
    "beta_together": Metric("beta+", True, "the same from several photos of a person, robustly averaged", 2),
}
"""By the key in JSON."""


@dataclass(frozen=True)
class RecoveryResult(MethodResult):
    """One method, scored; `photos` are those in which it found a body."""

    beta_one_photo: Sequence[float] | None
    """R^2 of height-normalised beta by component; None: too few people."""
    beta_together: Sequence[float] | None
    """The same of several photos of a person; None: nobody has so many."""
    groups: int
    """How many such averages there are."""
    without_body: int
    """Photos in which the method found none: no part of its scores."""


@dataclass(frozen=True)
class RecoveryReport:
    """Everything that `habitus evaluate recovery` tells."""

    data: str
    """The data set's name."""
    folder: str
    world: str | None
    """Which made world it is, and whether its seed is held out."""
    chosen: str
    """Which of its photos, in words."""
    photos: int
    people: int
    broken: tuple[str, ...]
    """Photos left out because they cannot be read."""
    together: int
    """Photos of a person that are averaged for `beta_together`."""
    seed: int
    notes: tuple[str, ...]
    seconds: dict[str, float]
    results: tuple[RecoveryResult, ...]


def write_json(path: str | Path, report: RecoveryReport) -> None:
    """Write a report; see `to_json` for the keys.

    Raises:
        InputError: the file cannot be written.
    """
    write_values(path, to_json(report))


def to_json(report: RecoveryReport) -> dict[str, Any]:
    """A report as plain values: `results` by method, in each the scores of `METRICS` by their keys."""
    results = {
        result.method: result_values(result)
        | {
            "beta_r2": {"one_photo": result.beta_one_photo, "together": result.beta_together, "groups": result.groups},
            "without_body": result.without_body,
        }
        for result in report.results
    }
    more = {"metrics": metric_values(METRICS), "results": results}
    return rounded({"habitus": __version__, "schema": SCHEMA} | asdict(report) | more)


def as_text(report: RecoveryReport) -> str:
    """The report to print: what was scored and how, the tables, notes."""
    rows = [score_cells(METRICS, report.results, result) for result in report.results]
    heads = [head for head, _ in rows[0]]
    lines = [f"{report.data} ({report.folder})", *settings_lines(report), ""]
    lines += aligned([heads, *([cell for _, cell in row] for row in rows)])
    if builds := build_rows(report):
        lines += ["", *aligned(builds)]
    lines += ["", *metric_lines(report)]
    lines += [f"note: {note}" for note in all_notes(report)]
    return "\n".join(lines) + "\n"


def settings_lines(report: RecoveryReport) -> list[str]:
    """What the numbers depend on."""
    return [
        *([report.world] if report.world else []),
        f"{report.photos} photos of {report.people} people: {report.chosen}; seed {report.seed}",
    ]


def build_rows(report: RecoveryReport) -> list[list[str]]:
    """R^2 of beta by component, a row for each method and number of photos, below headings; none where not known."""
    rows = []
    for result in report.results:
        for photos, values in ((1, result.beta_one_photo), (report.together, result.beta_together)):
            if values is not None:
                words = f"{result.method}, {photos} photo{'s' if photos > 1 else ''}"
                rows.append([words, *(number(value, digits=2) for value in values)])
    return [["R^2 of beta", *map(str, range(1, len(rows[0])))], *rows] if rows else []


def metric_lines(report: RecoveryReport) -> list[str]:
    """What each column is, and each method."""
    lines = []
    for name in measured(METRICS, report.results):
        metric = METRICS[name]
        several = f" ({report.together})" if name == "beta_together" else ""
        lines.append(f"{metric.head} ({'more' if metric.high else 'less'} is better): {metric.words}{several}")
    return [*lines, *(f"{one.method}: {one.made_by}" for one in report.results)]


def all_notes(report: RecoveryReport) -> list[str]:
    """The notes, and what was left out."""
    lines = [
        f"{one.method} found no body in {one.without_body} photo{'s' if one.without_body > 1 else ''}: "
        "they are no part of its scores"
        for one in report.results
        if one.without_body
    ]
    if not any(one.groups for one in report.results):
        lines.append(f"nobody has {report.together} photos here: builds from several were not scored (--together)")
    return [*report.notes, *lines, *left_out(report.broken)]
