"""CMC and ROC curves as pictures, one line a mode. matplotlib is imported when a curve is drawn, without a display."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from habitus.data.records import MODE_WORDS, Mode
from habitus.evaluation.results import TrialResult, percent
from habitus.files import writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from habitus.evaluation.protocols import Curve

COLOURS: dict[Mode, str] = {"general": "#3b5b7a", "sc": "#4f8a5b", "cc": "#c2571a"}
_PAPER, _INK, _QUIET, _LINE = "#fffefc", "#22242a", "#6d6f78", "#e3e1db"
_INCHES, _DPI = (7.2, 4.8), 150
_LOWEST_RATE = 1e-5
_TITLE_LETTERS = 80


def draw_cmc(path: Path, results: Sequence[TrialResult], *, title: str) -> None:
    """Cumulative matching characteristic: the share of queries with a match among the first k, k up to 50.

    Raises:
        InputError: the file cannot be written.
    """
    figure, axes = _paper(title)
    lowest = 1.0
    for result in results:
        values = np.asarray(result.cmc)
        lowest = min(lowest, values.min())
        label = f"{MODE_WORDS[result.mode]}: rank-1 {percent(result.rank1)} %, mAP {percent(result.mAP)} %"
        axes.plot(np.arange(1, len(values) + 1), 100 * values, color=COLOURS[result.mode], label=label, linewidth=2)
    ranks = max(len(result.cmc) for result in results)
    axes.set(xlabel="rank k", ylabel="queries with a match among the first k, %", xlim=(1, max(ranks, 2)))
    axes.set_ylim(max(0.0, 10 * np.floor(10 * lowest - 0.5)), 101)
    ticks = [1, *range(5, ranks + 1, 5)]
    axes.set_xticks([tick for tick in ticks if tick <= 20 or tick % 10 == 0])
    axes.legend(loc="best", frameon=False, labelcolor=_INK)
    _save(figure, path)


def draw_roc(path: Path, curves: "Mapping[Mode, Curve]", *, title: str) -> None:
    """Receiver operating characteristic of pairs: accepted pairs of one person over accepted pairs of two.

    Raises:
        InputError: the file cannot be written.
    """
    figure, axes = _paper(title)
    for mode, (false_rate, true_rate) in curves.items():
        shown = false_rate > 0
        axes.plot(false_rate[shown], 100 * true_rate[shown], color=COLOURS[mode], label=MODE_WORDS[mode], linewidth=2)
    axes.set(xscale="log", xlim=(_LOWEST_RATE, 1), ylim=(0, 101))
    axes.set(xlabel="false positive rate: pairs of two people that are accepted", ylabel="true positive rate, %")
    axes.legend(loc="upper left", frameon=False, labelcolor=_INK)
    _save(figure, path)


def _paper(title: str) -> "tuple[Figure, Axes]":
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow, and needed for pictures alone
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor=_PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=_PAPER)
    axes.set_title(_wrapped(title), loc="left", color=_INK, fontsize=10, parse_math=False)
    axes.grid(color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_QUIET, length=0)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(_QUIET)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_LINE)
    return figure, axes


def _wrapped(title: str) -> str:
    """A title that fits the figure, in lines; names of files break anywhere."""
    return "\n".join(textwrap.wrap(title, _TITLE_LETTERS))


def _save(figure: "Figure", path: Path) -> None:
    with writing(path) as temporary:
        figure.savefig(temporary, format="png", facecolor=figure.get_facecolor())
