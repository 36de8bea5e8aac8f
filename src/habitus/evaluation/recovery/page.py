"""index.html: the tables of an evaluation of recovered bodies, and what the methods find in some photos."""

from html import escape
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from habitus.evaluation.method_scores import html_rows
from habitus.evaluation.recovery.results import (
    METRICS,
    RecoveryReport,
    all_notes,
    build_rows,
    metric_lines,
    settings_lines,
)
from habitus.evaluation.report_page import Page, fine_print, write_report_page
from habitus.export.pictures import picture_url


def write_recovery_page(path: Path, report: RecoveryReport, sheet: UInt8[np.ndarray, "H W 3"]) -> None:
    """Write the page.

    Args:
        path: of the .html file.
        report: its numbers.
        sheet: of some people.

    Raises:
        InputError: the file cannot be written.
    """
    heads, rows = html_rows(METRICS, report.results)
    page = Page(
        data=report.data,
        folder=report.folder,
        settings=settings_lines(report),
        notes=all_notes(report),
        heads=heads,
        rows=rows,
        unit="± one standard error",
        seconds=report.seconds,
        main=_builds(report) + fine_print("What is measured", metric_lines(report)) + _sheet(sheet),
    )
    write_report_page(path, page)


def _builds(report: RecoveryReport) -> str:
    lines = build_rows(report)
    if not lines:
        return ""
    head, *rows = lines
    heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scores"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _sheet(sheet: UInt8[np.ndarray, "H W 3"]) -> str:
    return f'<section><h2>Some people</h2><img class="sheet" src="{picture_url(sheet)}" alt="Some people"></section>'
