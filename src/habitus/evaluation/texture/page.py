"""index.html: the table of an evaluation of textures and what the methods make of some people."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from habitus.evaluation.method_scores import html_rows
from habitus.evaluation.report_page import Page, fine_print, write_report_page
from habitus.evaluation.texture.results import (
    METRICS,
    TextureReport,
    all_notes,
    metric_lines,
    settings_lines,
)
from habitus.export.pictures import picture_url

Picture = UInt8[np.ndarray, "H W 3"]


def write_texture_page(path: Path, report: TextureReport, together: Picture, sheets: Mapping[str, Picture]) -> None:
    """Write the page.

    Args:
        path: of the .html file.
        report: its numbers.
        together: the sheet of several people.
        sheets: of each of them, by the photo's name.

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
        main=fine_print("What is measured", metric_lines(report)) + _sheets(together, sheets),
    )
    write_report_page(path, page)


def _sheets(together: Picture, sheets: Mapping[str, Picture]) -> str:
    figures = {"Some people, front and back": together} | dict(sheets)
    return "".join(
        f"<section><h2>{escape(title)}</h2>"
        f'<img class="sheet" src="{picture_url(sheet)}" alt="{escape(title)}"></section>'
        for title, sheet in figures.items()
    )
