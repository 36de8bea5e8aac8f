"""Long runs that write one file from parts: a killed one goes on, and never with other options.

The parts of FILE lie in the folder FILE.unfinished beside it, with the options that they were made with.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from habitus.errors import InputError
from habitus.files import writing

UNFINISHED = ".unfinished"
_OPTIONS = "options.json"


def parts_of(output: Path, *, resume: bool) -> Path:
    """The folder of an output's parts, which may not be there yet.

    Raises:
        InputError: the output is there already, or parts of it are and the user did not ask to resume.
    """
    parts = output.with_name(output.name + UNFINISHED)
    if output.exists() and not (resume and parts.exists()):
        raise InputError(f"{output}: is there already; move it away or choose another name")
    if parts.exists() and not resume:
        raise InputError(f"{parts}: is of an unfinished run; go on with --resume, or remove it to start again")
    return parts


def begin(parts: Path, options: Mapping[str, Any]) -> None:
    """Make the folder of an unfinished run, or see that it is of the same options.

    Args:
        parts: of `parts_of`.
        options: all that the parts depend on, by names for messages; JSON.

    Raises:
        InputError: it is of other options, or cannot be written or read.
    """
    path = parts / _OPTIONS
    if path.is_file():
        try:
            begun = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read ({error}); remove {parts} to start again") from error
        differing = [name for name, value in options.items() if not isinstance(begun, dict) or begun.get(name) != value]
        if differing:
            raise InputError(
                f"{parts}: was begun with other {', '.join(differing)}; repeat its options, or remove it to start again"
            )
    elif parts.exists() and any(parts.glob("*.parquet")):
        raise InputError(f"{path}: is missing; remove {parts} to start again")
    else:
        with writing(path) as temporary:
            temporary.write_text(json.dumps(dict(options), indent=1, sort_keys=True) + "\n")
