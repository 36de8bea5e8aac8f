"""index.html: scores, curves and ranked lists on one page that loads nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from habitus.data.records import Mode, Records
from habitus.evaluation.pictures import Bodies, facts, thumbnail
from habitus.evaluation.protocols import Found, RankedList
from habitus.evaluation.recovered_bodies import WORDS
from habitus.evaluation.report_page import Page, file_url, write_report_page
from habitus.evaluation.results import (
    ReidReport,
    TrialResult,
    all_notes,
    count_cells,
    mode_title,
    protocol_line,
    score_cells,
    settings_line,
)
from habitus.export.pictures import picture_url

COLUMNS = 10


@dataclass(frozen=True)
class Lists:
    """The ranked lists of one mode."""

    query: Records
    gallery: Records
    some: tuple[RankedList, ...]
    """Of queries at random."""
    hardest: tuple[RankedList, ...]
    bodies: Bodies = field(default_factory=dict)
    """In the photos shown, where the network recovers them."""

    def shown(self) -> Iterator[Path]:
        """The photos of all lists, some of them more than once."""
        for ranked in (*self.some, *self.hardest):
            yield self.query.paths[ranked.query]
            found = ranked.first if ranked.match is None else (*ranked.first, ranked.match)
            yield from (self.gallery.paths[one.row] for one in found)


def write_page(path: Path, report: ReidReport, lists: Mapping[Mode, Lists], curves: Mapping[str, Path]) -> None:
    """Write the page.

    Args:
        path: of the .html file.
        report: its numbers.
        lists: of each of its modes.
        curves: pictures that stand below the table, by what they show.

    Raises:
        InputError: the file cannot be written.
    """
    rows = [_row(result) for result in report.results]
    pictures = "".join(f'<img src="{file_url(file)}" alt="{escape(name)}">' for name, file in curves.items())
    sections = "\n".join(_section(result, lists[result.mode]) for result in report.results)
    page = Page(
        data=report.data,
        folder=report.folder,
        settings=[line for line in (settings_line(report), report.world) if line],
        notes=all_notes(report),
        heads=[head for head, _ in rows[0]],
        rows=[[cell for _, cell in row] for row in rows],
        unit="scores in percent",
        seconds=report.seconds,
        main=f'<div class="curves">{pictures}</div>\n\n{sections}',
    )
    write_report_page(path, page)


def _row(result: TrialResult) -> list[tuple[str, str]]:
    scores = [(head, f"<td>{_small_spread(value)}</td>") for head, value in score_cells(result)]
    counts = [(head, f'<td class="count">{value}</td>') for head, value in count_cells(result)]
    return [("percent", f"<td>{escape(mode_title(result))}</td>"), *scores, *counts]


def _small_spread(value: str) -> str:
    mean, _, spread = value.partition(" ")
    return f"{mean} <small>{spread}</small>" if spread else mean


def _section(result: TrialResult, lists: Lists) -> str:
    return (
        f"<section><h2>{escape(mode_title(result))}</h2><p>{escape(protocol_line(result))}.</p>"
        + _lists("Some queries", _SOME + (_BODIES if lists.bodies else ""), lists.some, lists)
        + _lists("The hardest queries", _HARDEST, lists.hardest, lists)
        + "</section>"
    )


_SOME = (
    "Drawn at random, one a person. "
    '<i style="border-color:var(--hit)"></i>the same person <i style="border-color:var(--miss)"></i>somebody else. '
    "Below each its rank, its distance, person, camera and clothes; what the rule leaves out is not shown."
)
_BODIES = f" {WORDS[0].upper()}{WORDS[1:]}."
_HARDEST = "Those of the lowest average precision, the worst first. The last, dashed picture is the first right one."


def _lists(title: str, words: str, some: Sequence[RankedList], lists: Lists) -> str:
    rows = "".join(f'<div class="list">{_list(ranked, lists)}</div>' for ranked in some)
    return f'<h3>{title}</h3><p class="fine">{words}</p><div class="lists" style="--columns: {COLUMNS}">{rows}</div>'


def _list(ranked: RankedList, lists: Lists) -> str:
    query = _figure(lists.query, ranked.query, "query", f"AP {100 * ranked.precision:.0f} %", lists.bodies)
    found = [_found(found, lists, "") for found in ranked.first]
    match = [] if ranked.match is None else [_found(ranked.match, lists, " match")]
    return "".join((query, *found, *match))


def _found(found: Found, lists: Lists, more: str) -> str:
    kind, words = ("hit" if found.hit else "miss") + more, f"{found.rank}: {found.distance:.3f}"
    return _figure(lists.gallery, found.row, kind, words, lists.bodies)


def _figure(records: Records, row: int, kind: str, words: str, bodies: Bodies) -> str:
    path = records.paths[row]
    who = "".join(f"<span>{escape(line)}</span>" for line in facts(records, row) if line)
    name = escape(path.name, quote=True)
    return (
        f'<figure class="{kind}"><img src="{picture_url(thumbnail(path))}" title="{name}" alt="{name}">'
        f"{_body(bodies, path)}<figcaption><b>{words}</b>{who}</figcaption></figure>"
    )


def _body(bodies: Bodies, path: Path) -> str:
    if path not in bodies:
        return ""
    return f'<img src="{picture_url(bodies[path])}" style="aspect-ratio: 1" alt="the body recovered">'
