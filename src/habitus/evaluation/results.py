"""What an evaluation found, with all that a number needs beside it: lines to print, JSON for programs.

Scores are fractions from 0 to 1 here and in JSON, percent wherever people read them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from habitus import __version__
from habitus.data.records import MODE_WORDS, SHOT_WORDS, Mode, Shots
from habitus.evaluation.tables import aligned, left_out, rounded, write_values

SCHEMA = 1
"""Grows when a field changes its meaning or goes; new fields may come without."""
UNIT = "fractions from 0 to 1"
RANKS = (1, 5, 10)
_COLUMNS = ("mAP", "rank1", "rank5", "rank10", "mINP")
_HEADS = {"rank1": "rank-1", "rank5": "rank-5", "rank10": "rank-10"}


@dataclass(frozen=True)
class TrialResult:
    """One mode, scored. With single shots every score is the mean over the draws."""

    mode: Mode
    shots: Shots
    rule: Mode
    """Of `habitus.evaluation.rank`."""
    protocol: str
    """In the words of the data set's reader."""
    queries: int
    """That were asked; `skipped` of them had no answer."""
    gallery: int
    """Photos (or tracklets) that were searched."""
    people: int
    """Among the queries."""
    skipped: float
    """Queries without a match in the gallery that the rule lets count; they are left out of every mean."""
    mAP: float  # noqa: N815 - the field's name
    rank1: float
    rank5: float
    rank10: float
    mINP: float  # noqa: N815 - the field's name
    cmc: tuple[float, ...]
    """Share of the queries with a match among the first 1, 2, ..., 50 (a smaller gallery: all of it)."""
    tpr_at_fpr: dict[str, float]
    """Share of the matching pairs that are accepted at a threshold that accepts this share of the others."""
    draws: int = 1
    """Galleries that were drawn (single-shot)."""
    spread: dict[str, float] | None = None
    """Standard deviation of each score over the draws."""


@dataclass(frozen=True)
class ReidReport:
    """Everything that `habitus evaluate reid` tells."""

    data: str
    """The data set's name."""
    folder: str
    weights: str
    """Name or file of the model."""
    trained: Mapping[str, Any]
    """What the weights' config.json says about their training."""
    feature: str
    """Which of the model's features: rgb."""
    dimensions: int
    flip: str
    """"sum": features of a photo and of its mirror image are added; "none"."""
    reranking: str
    """"none", or the method with its numbers."""
    expansion: str
    """"none", or the method with its numbers."""
    seed: int
    """Of all that is drawn: single-shot galleries, the queries in pictures."""
    images: int
    """That have features."""
    broken: tuple[str, ...]
    """Images that could not be read and were left out."""
    notes: tuple[str, ...]
    """What a reader of the numbers should know: counts that differ from the official ones, an unfair seed."""
    world: str | None
    """Which made world it is, and whether its seed is held out; None: no made world."""
    seconds: Mapping[str, float]
    results: tuple[TrialResult, ...]
    distance: str = "cosine"


def write_json(path: str | Path, report: ReidReport) -> None:
    """Write a report: strict JSON, UTF-8. See `to_json` for the keys.

    Raises:
        InputError: the file cannot be written.
    """
    write_values(path, to_json(report))


def to_json(report: ReidReport) -> dict[str, Any]:
    """A report as plain values.

    `results` holds the fields of `TrialResult` by mode. Where there is just one, its fields stand at the top as well:
    `mAP`, `rank1`, `rank5`, `rank10`, `mINP`, `skipped`, ...
    """
    values = asdict(report)
    results = {result.mode: _plain(asdict(result)) for result in report.results}
    values |= {
        "results": results,
        "broken": list(report.broken),
        "notes": list(report.notes),
        "seconds": {stage: round(spent, 3) for stage, spent in report.seconds.items()},
    }
    top = next(iter(results.values())) if len(results) == 1 else {}
    return {"habitus": __version__, "schema": SCHEMA, "unit": UNIT} | top | values


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    """Numbers of few enough digits to read."""
    return rounded(result) | {"skipped": _whole(result["skipped"])}


def _whole(count: float) -> float:
    """A mean count as an integer where it is one."""
    return int(count) if float(count).is_integer() else round(count, 1)


def as_text(report: ReidReport) -> str:
    """The report to print: what was scored, the table in percent, each protocol in words, notes."""
    lines = [f"{report.data} ({report.folder})", settings_line(report), *filter(None, [report.world])]
    lines += ["", *_table(report.results), ""]
    lines += [protocol_line(result) for result in report.results]
    lines += [f"note: {note}" for note in all_notes(report)]
    return "\n".join(lines) + "\n"


def settings_line(report: ReidReport) -> str:
    """What made the features and how they were compared."""
    return ", ".join(
        (
            f"weights {report.weights}",
            f"feature {report.feature} ({report.dimensions} numbers)",
            f"flip {report.flip}",
            f"{report.distance} distance",
            f"re-ranking {report.reranking}",
            f"query expansion {report.expansion}",
            f"seed {report.seed}",
        )
    )


def title_line(report: ReidReport) -> str:
    """The same in short, for pictures: what was not done is not said."""
    done = (("re-ranking", report.reranking), ("query expansion", report.expansion))
    extras = [f"{name} {words}" for name, words in done if words != "none"]
    return ", ".join((report.data, f"weights {report.weights}", f"feature {report.feature}", *extras))


def protocol_line(result: TrialResult) -> str:
    """The protocol in words: who is asked for among whom, what is junk, shots; and the rule."""
    draws = f", mean of {result.draws} draws" if result.shots == "single" else ""
    return f"{result.protocol}{draws}; rule {result.rule}"


def all_notes(report: ReidReport) -> list[str]:
    """The notes, and the images that were left out."""
    return [*report.notes, *left_out(report.broken)]


def percent(value: float, spread: float | None = None) -> str:
    """A score as people read it: 53.1, or 53.1 ±0.4."""
    return f"{100 * value:.1f}" + ("" if spread is None else f" ±{100 * spread:.1f}")


def score_cells(result: TrialResult) -> list[tuple[str, str]]:
    """Heading and percent of each score."""
    spread = result.spread or {}
    return [(_HEADS.get(name, name), percent(getattr(result, name), spread.get(name))) for name in _COLUMNS]


def count_cells(result: TrialResult) -> list[tuple[str, str]]:
    """Heading and number of each count."""
    return [
        ("queries", str(result.queries)),
        ("skipped", str(_whole(result.skipped))),
        ("gallery", str(result.gallery)),
        ("people", str(result.people)),
    ]


def mode_title(result: TrialResult) -> str:
    """ "Clothes-changing, single-shot"."""
    return MODE_WORDS[result.mode].capitalize() + SHOT_WORDS[result.shots]


def _table(results: Sequence[TrialResult]) -> list[str]:
    rows = [[("%", result.mode), *score_cells(result), *count_cells(result)] for result in results]
    return aligned([[head for head, _ in rows[0]], *([cell for _, cell in row] for row in rows)])
