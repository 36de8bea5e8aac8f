"""Scores of several methods on the same photos: means with their errors, rows of a table, which is the best by what."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Metric:
    """One column."""

    head: str
    high: bool
    """Whether more is better."""
    words: str
    digits: int = 3
    """After the point."""


Metrics = Mapping[str, Metric]
"""By the key in JSON."""


@dataclass(frozen=True)
class MethodResult:
    """One method, scored."""

    method: str
    """Its name, or the weights that it is made of."""
    made_by: str
    """The same in words."""
    photos: int
    """That it was scored on."""
    scores: Mapping[str, float | None]
    """By the keys of the metrics; None: not measured."""
    errors: Mapping[str, float | None]
    """Standard error of each mean over photos, which are taken as independent."""
    seconds: float
    """A photo, wall time of the method alone."""


@dataclass(eq=False)
class Tally:
    """What comes together of one method."""

    scores: list[dict[str, float]] = field(default_factory=list)
    """Of each photo."""
    seconds: float = 0.0


def result_of(metrics: Metrics, name: str, words: str, tally: Tally) -> MethodResult:
    """Means over the photos; a metric that some photos have no finite value of is the mean over the others."""
    means: dict[str, float | None] = {}
    errors: dict[str, float | None] = {}
    for metric in metrics:
        values = np.array([one[metric] for one in tally.scores if metric in one and math.isfinite(one[metric])])
        means[metric] = float(values.mean()) if len(values) else None
        errors[metric] = float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
    return MethodResult(name, words, len(tally.scores), means, errors, tally.seconds / max(1, len(tally.scores)))


def result_values(result: MethodResult) -> dict[str, Any]:
    """A result for JSON: the scores by their keys, the rest beside them."""
    return {
        **result.scores,
        "standard_error": result.errors,
        "made_by": result.made_by,
        "photos": result.photos,
        "seconds": result.seconds,
    }


def metric_values(metrics: Metrics) -> dict[str, dict[str, str]]:
    """What the metrics are, for JSON."""
    return {name: {"better": "high" if m.high else "low", "words": m.words} for name, m in metrics.items()}


def measured(metrics: Metrics, results: Sequence[MethodResult]) -> list[str]:
    """The metrics that anything was measured by."""
    return [name for name in metrics if any(one.scores.get(name) is not None for one in results)]


def score_cells(metrics: Metrics, results: Sequence[MethodResult], result: MethodResult) -> list[tuple[str, str]]:
    """Heading and value of each column, the method first; columns that nothing was measured for are left out."""
    cells = []
    for name in measured(metrics, results):
        value, error = result.scores.get(name), result.errors.get(name)
        cells.append((metrics[name].head, number(value, error, digits=metrics[name].digits)))
    return [("method", result.method), *cells, ("photos", str(result.photos)), ("s/photo", f"{result.seconds:.2f}")]


def number(value: float | None, error: float | None = None, *, digits: int = 3) -> str:
    """A score as people read it, with its standard error where there is one."""
    if value is None:
        return "-"
    return f"{value:.{digits}f}" + ("" if error is None else f" ±{error:.{digits}f}")


def best_methods(metrics: Metrics, results: Sequence[MethodResult]) -> dict[str, str]:
    """The best method by each metric that more than one was measured by."""
    best: dict[str, str] = {}
    for name, metric in metrics.items():
        known = [(value, result.method) for result in results if (value := result.scores.get(name)) is not None]
        if len(known) > 1:
            best[name] = (max if metric.high else min)(known)[1]
    return best


def html_rows(metrics: Metrics, results: Sequence[MethodResult]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of a table for `report_page.Page`, the best scores marked."""
    best = {metrics[name].head: method for name, method in best_methods(metrics, results).items()}
    cells = [score_cells(metrics, results, result) for result in results]
    rows = [
        [_cell(head, value, best=best.get(head) == result.method) for head, value in row]
        for row, result in zip(cells, results, strict=True)
    ]
    return [head for head, _ in cells[0]], rows


def _cell(head: str, value: str, *, best: bool) -> str:
    score, _, error = value.partition(" ")
    kind = ' class="count"' if head in ("photos", "s/photo") else ' class="best"' if best else ""
    return f"<td{kind}>{escape(score)}" + (f" <small>{escape(error)}</small>" if error else "") + "</td>"
