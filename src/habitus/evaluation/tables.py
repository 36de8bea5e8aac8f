"""What all reports share: aligned columns to print, strict JSON for programs, notes on photos that were left out."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from habitus.errors import InputError
from habitus.export.folder import check_output_folder
from habitus.files import writing

_DIGITS = 6


def write_values(path: str | Path, values: Mapping[str, Any]) -> None:
    """Write plain values: strict JSON, UTF-8.

    Raises:
        InputError: the file cannot be written.
    """
    with writing(path) as temporary:
        text = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def check_report_places(json_file: Path | None, folder: Path | None) -> None:
    """See that a report can be written, before the long work that makes it.

    Raises:
        InputError: the file is a folder, the folder is not empty, or one of them cannot be written.
    """
    if json_file is not None:
        if json_file.is_dir():
            raise InputError(f"--json {json_file}: is a folder; name a file")
        check_output_folder(json_file.parent)
    if folder is not None:
        check_output_folder(folder)
        if folder.exists() and any(folder.iterdir()):
            raise InputError(f"{folder}: is not empty; choose another folder, nothing is overwritten")


def check_counts(count: int | None, seed: int) -> None:
    """See that photos can be drawn.

    Raises:
        InputError: --count or --seed is too small.
    """
    if count is not None and count < 1:
        raise InputError(f"--count {count}: must be at least 1")
    if seed < 0:
        raise InputError(f"--seed {seed}: must be at least 0")


def names_in(words: str) -> list[str]:
    """What stands between commas, in that order, each once."""
    return list(dict.fromkeys(filter(None, (name.strip() for name in words.split(",")))))


def rounded(value: Any) -> Any:
    """Numbers of few enough digits to read, in whatever holds them; tuples become lists, as in JSON."""
    match value:
        case float():
            return round(value, _DIGITS)
        case Mapping():
            return {key: rounded(inner) for key, inner in value.items()}
        case list() | tuple():
            return [rounded(inner) for inner in value]
        case _:
            return value


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Cells as columns to print: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" if i == 0 else f"{cell:>{width}}" for i, (cell, width) in enumerate(row))
        for row in (list(zip(line, widths, strict=True)) for line in lines)
    ]


def left_out(broken: Sequence[str]) -> list[str]:
    """A note on photos that could not be read, none when there are none."""
    if not broken:
        return []
    count = len(broken)
    line = f"{count} broken image{'s were' if count > 1 else ' was'} left out: {', '.join(broken[:3])}"
    return [line + (", ..." if count > 3 else "")]
