"""What an evaluation of textures found, with all that a number needs beside it: lines to print, JSON for programs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from habitus import __version__
from habitus.evaluation.method_scores import (
    MethodResult,
    Metric,
    measured,
    metric_values,
    result_values,
    score_cells,
)
from habitus.evaluation.tables import aligned, left_out, rounded, write_values

SCHEMA = 1
"""Grows when a field changes its meaning or goes; new fields may come without."""


METRICS: dict[str, Metric] = {
    "ssim": Metric("SSIM", True, "structural similarity of photo and render before black, over the whole picture"),
    "mask_ssim": Metric("mask-SSIM", True, "the same of what the mask keeps of both, over the mask alone"),
    "cossim": Metric("CosSim", True, "mean cosine over layer1-4 of the network textures may be trained with"),
    "cossim_r": Metric("CosSim-R", True, "the same of an independent network"),
    "lpips": Metric("LPIPS", False, "perceptual distance of photo and render before black"),
    "texture_all": Metric("texture", False, "mean absolute RGB error over all texels, truth in the photo's light"),
    "texture_seen": Metric("seen", False, "over the texels that the photo shows"),
    "texture_unseen": Metric("unseen", False, "over the others"),
    "other_views": Metric("other views", False, "mean absolute RGB error of renders by other cameras"),
}
"""By the key in JSON."""


@dataclass(frozen=True)
class TextureReport:
    """Everything that `habitus evaluate texture` tells."""

    data: str
    """The data set's name."""
    folder: str
    world: str | None
    """Which made world it is, and whether its seed is held out; None: no made world."""
    chosen: str
    """Which of its photos, in words."""
    photos: int
    people: int
    without_parameters: int
    """Photos left out because nobody is known in them."""
    broken: tuple[str, ...]
    """Photos left out because they cannot be read."""
    parameters: str
    """Where the bodies come from."""
    mask_rule: str
    """Which pixels SSIM and LPIPS compare."""
    networks: Mapping[str, str]
    """What measured cossim, cossim_r and lpips."""
    backgrounds: str
    """Behind the renders that CosSim compares with the photo."""
    scans: str
    """Other people's textures, for methods that use them."""
    seed: int
    size: tuple[int, int]
    """(H, W) of the compared pictures."""
    texture_size: int
    views: str
    """The cameras of `other_views`."""
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    results: tuple[MethodResult, ...]


def write_json(path: str | Path, report: TextureReport) -> None:
    """Write a report; see `to_json` for the keys.

    Raises:
        InputError: the file cannot be written.
    """
    write_values(path, to_json(report))


def to_json(report: TextureReport) -> dict[str, Any]:
    """A report as plain values: `results` by method, in each the scores of `METRICS` by their keys."""
    values = asdict(report)
    results = {result.method: result_values(result) for result in report.results}
    more = {"metrics": metric_values(METRICS), "results": results}
    return rounded({"habitus": __version__, "schema": SCHEMA} | values | more)


def as_text(report: TextureReport) -> str:
    """The report to print: what was scored and how, the table, notes."""
    lines = [f"{report.data} ({report.folder})", *settings_lines(report), ""]
    rows = [score_cells(METRICS, report.results, result) for result in report.results]
    heads = [head for head, _ in rows[0]]
    lines += aligned([heads, *([cell for _, cell in row] for row in rows)])
    lines += ["", *metric_lines(report)]
    lines += [f"note: {note}" for note in all_notes(report)]
    return "\n".join(lines) + "\n"


def settings_lines(report: TextureReport) -> list[str]:
    """What the numbers depend on."""
    fair = [report.world] if report.world else []
    height, width = report.size
    networks = [f"{METRICS[name].head} by {words}" for name, words in report.networks.items()]
    behind = [f"renders over {report.backgrounds}"] if {"cossim", "cossim_r"} & set(report.networks) else []
    return [
        *fair,
        f"{report.photos} photos of {report.people} people: {report.chosen}; seed {report.seed}",
        f"body parameters: {report.parameters}; mask: {report.mask_rule}",
        f"compared at {height}x{width}, textures at {report.texture_size}x{report.texture_size}; "
        + ("; ".join([*networks, *behind]) if networks else "no networks"),
    ]


def metric_lines(report: TextureReport) -> list[str]:
    """What each column is, and each method."""
    lines = [_words(report, METRICS[name]) for name in measured(METRICS, report.results)]
    return [*lines, *(f"{one.method}: {one.made_by}" for one in report.results), f"other people: {report.scans}"]


def _words(report: TextureReport, metric: Metric) -> str:
    by = f": {report.views}" if metric is METRICS["other_views"] else ""
    return f"{metric.head} ({'more' if metric.high else 'less'} is better): {metric.words}{by}"


def all_notes(report: TextureReport) -> list[str]:
    """The notes, and what was left out."""
    missing = report.without_parameters
    lines = [f"{missing} photo{'s' if missing > 1 else ''} without body parameters left out"] if missing else []
    return [*report.notes, *lines, *left_out(report.broken)]
