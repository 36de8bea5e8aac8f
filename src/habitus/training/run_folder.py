"""The folder of a run: what was asked for, by which code, and whether a resumed run asks for the same."""

import json
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

from habitus import __version__
from habitus.errors import InputError
from habitus.files import writing

CONFIG = "config.json"
MODEL = "model"
METRICS = "metrics.csv"
PICTURES = "pictures"
TENSORBOARD = "tensorboard"
_MOST_SHOWN = 40


def open_run(folder: Path, identity: dict[str, Any], notes: dict[str, Any], *, resume: bool) -> dict[str, Any]:
    """Begin a run in a folder, or see that the one begun there is this one.

    Args:
        folder: of the run; made when it is not there.
        identity: what decides the weights that come out, as JSON values.
        notes: what else should be told, as JSON values; of the run's begin.
        resume: go on with a run begun there; where none was, begin it.

    Returns:
        What config.json holds: identity, notes, and the code and the machine that the run was begun with.

    Raises:
        InputError: the folder holds something else, or a run with other options (named with both values).
    """
    try:
        found = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise InputError(f"{folder}: cannot be used as a folder ({error.strerror}); choose another") from error
    if found and not resume:
        raise InputError(
            f"{folder}: is not empty; choose another folder, or go on with a run begun there with --resume"
        )
    if (folder / CONFIG).exists():
        return _checked(folder / CONFIG, identity)
    if any(not name.startswith(".") for name in found):
        raise InputError(f"{folder}: holds no run of Habitus (no {CONFIG}); choose another folder")
    about = identity | notes | {"code": code_version(), "torch": torch.__version__, "machine": platform.machine()}
    with writing(folder / CONFIG) as temporary:
        temporary.write_text(json.dumps(about, indent=1) + "\n")
    return about


def is_finished(folder: Path) -> bool:
    """Whether the run's model is written; that is the last thing a run does."""
    return (folder / MODEL).exists()


def code_version() -> str:
    """The version of Habitus, and the commit where it runs from a checkout."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "__init__.py")  # not the repository of a user who installed Habitus in it
        changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
        return f"{__version__}, commit {git('rev-parse', 'HEAD')}{changed}"
    except (OSError, subprocess.SubprocessError):
        return __version__


def _checked(path: Path, identity: dict[str, Any]) -> dict[str, Any]:
    """What a run was begun with, if it is the one that is asked for."""
    try:
        begun = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as the options of a run ({error}); choose another folder") from error
    before, now = _flat(begun if isinstance(begun, dict) else {}), _flat(json.loads(json.dumps(identity)))
    names = sorted(name for name in now.keys() | before.keys() if _head(name) in identity)
    differing = [name for name in names if before.get(name) != now.get(name)]
    if differing:
        what = ", ".join(
            f"{name} ({_short(before.get(name))} there, {_short(now.get(name))} now)" for name in differing
        )
        raise InputError(f"{path.parent}: was begun with other options: {what}; repeat them, or choose another folder")
    return begun


def _head(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
