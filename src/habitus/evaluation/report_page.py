"""The page that every evaluation shows itself on: what was scored, the table, notes; loads nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from habitus import __version__
from habitus.export.pictures import picture_url
from habitus.files import writing


@dataclass(frozen=True)
class Page:
    """What a page says; plain text but for the table's cells and what is below it."""

    data: str
    """The title."""
    folder: str
    settings: Sequence[str]
    """Lines below the title."""
    notes: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    """Of the table: each cell a <td> in HTML."""
    unit: str
    """Of the scores."""
    seconds: Mapping[str, float]
    main: str
    """HTML below the table."""


def write_report_page(path: Path, page: Page) -> None:
    """Write the page.

    Raises:
        InputError: the file cannot be written.
    """
    template = Template(files("habitus.evaluation").joinpath("report.html").read_text(encoding="utf-8"))
    text = template.substitute(
        version=__version__,
        data=escape(page.data),
        folder=escape(page.folder),
        settings="".join(f"<p>{escape(line)}</p>" for line in page.settings),
        notes=_notes(page.notes),
        heads="".join(f"<th>{escape(head)}</th>" for head in page.heads),
        rows="".join("<tr>" + "".join(row) + "</tr>" for row in page.rows),
        unit=escape(page.unit),
        seconds=" · ".join(f"{stage} {spent:.1f} s" for stage, spent in page.seconds.items()),
        main=page.main,
    )
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def fine_print(title: str, lines: Sequence[str]) -> str:
    """HTML of small lines below a heading."""
    return f'<section><h3>{escape(title)}</h3><p class="fine">{"<br>".join(map(escape, lines))}</p></section>'


def file_url(path: Path) -> str:
    """A picture's file as a data URL."""
    picture: UInt8[np.ndarray, "H W 3"] = np.asarray(Image.open(path).convert("RGB"))
    return picture_url(picture)


def _notes(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return '<ul class="notes">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
