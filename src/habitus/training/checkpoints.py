"""Checkpoints: written whole or not at all, two kept, and safe to read from strangers."""

import errno
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from habitus.errors import InputError
from habitus.files import writing

KEPT = 2
_NAME = "checkpoint-{:09d}.pt"
_PATTERN = "checkpoint-[0-9]*.pt"
_LEFTOVER = ".writing-*.*"
_SLACK = 1 << 20
"""Bytes of names and padding that an archive may hold beside its tensors."""


def save_checkpoint(folder: Path, batches: int, state: dict[str, Any]) -> Path:
    """Write the state after so many batches, then drop all but the two newest.

    Raises:
        InputError: the disk is full or not writable; the earlier checkpoints are as they were.
    """
    path = folder / _NAME.format(batches)
    with writing(path) as temporary:
        try:
            with temporary.open("wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())  # a rename may reach the disk before what it names
        except RuntimeError as error:  # how torch's archive writer reports that a write failed
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
    for old in checkpoints_in(folder)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def checkpoints_in(folder: Path) -> list[Path]:
    """The newest first."""
    return sorted(folder.glob(_PATTERN), reverse=True)


def load_latest(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The newest checkpoint of a run, on the CPU; the one before it where the newest is damaged; None: there is none.

    What a killed run left half-written is removed.

    Raises:
        InputError: none of those there can be read.
    """
    for leftover in folder.glob(_LEFTOVER):
        leftover.unlink(missing_ok=True)
    refused: InputError | None = None
    for path in checkpoints_in(folder):
        try:
            return path, load_checkpoint(path)
        except InputError as error:
            refused = refused or error
    if refused is not None:
        raise refused
    return None


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read one checkpoint; nothing in it is executed, and it takes no more memory than the file is long.

    Raises:
        InputError: it is damaged, or no checkpoint of tensors and plain values.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > path.stat().st_size + _SLACK:
            raise InputError(f"{path}: unpacks to more than its size, which no checkpoint does; it is refused")
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = str(error).strip().split("\n")[0][:120]
        raise InputError(f"{path}: is damaged or no checkpoint of Habitus, and is refused ({reason})") from error
    if not isinstance(state, dict):
        raise InputError(f"{path}: is no checkpoint of Habitus")
    return state
