"""What readers share: how a layout is described, listings of folders, columns, outfits, trials."""

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from habitus.data.records import MODE_WORDS, SHOT_WORDS, Mode, Records, ReidData, Trial
from habitus.errors import InputError

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm")
"""Endings of the files that count as photos; others, and hidden ones, are passed over."""
NO_CAMERAS = "no cameras known"
_MAX_LIST, _MAX_LINE = 100_000_000, 4096
"""Bytes of a list of photos, characters of a line in it."""
_RULE_WORDS: dict[Mode, str] = {
    "general": "same camera is junk",
    "cc": "same camera or same clothes is junk",
    "sc": "same camera or other clothes is junk",
}


@dataclass(frozen=True)
class Count:
    """How much there is of something; None: not known or not meant."""

    photos: int | None = None
    people: int | None = None
    tracklets: int | None = None


@dataclass(frozen=True)
class Reader:
    """A layout: how it is recognised and read."""

    title: str
    """The set's name."""
    signs: tuple[tuple[str, ...], ...]
    """Files and folders that must be in the set's folder; one of several forms."""
    read: Callable[[Path], ReidData]
    """Read the set in a folder that holds the signs. Raises InputError."""
    inside: tuple[str, ...] = ("",)
    """Where below the folder that people point at the signs may lie."""
    fits: Callable[[Path], bool] = lambda _: True
    """Tells sets with the same folders apart, when the user does not say which one it is."""
    official: Mapping[str, Count] = field(default_factory=dict)
    """By part: train, val, query and gallery (of the general mode), cc query, sc query."""


def pictures(folder: Path) -> list[str]:
    """Names of the pictures in a folder, sorted.

    Raises:
        InputError: there is no such folder, or it cannot be read.
    """
    return sorted(name for name in _listed(folder) if _is_picture(name))


def folders(folder: Path) -> list[str]:
    """Names of the folders in a folder, sorted; hidden ones are passed over.

    Raises:
        InputError: there is no such folder, or it cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.name[0] != "." and entry.is_dir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed ({error.strerror}); check the folder") from error


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  (ten times faster than making paths)
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed ({error.strerror}); check the folder") from error


def _is_picture(name: str) -> bool:
    return name.lower().endswith(PICTURES) and name[0] != "."


class Photo(NamedTuple):
    """A picture, and what its name or list tells of it."""

    path: Path
    pid: int
    camera: int | None = None
    """None: the set knows no cameras."""
    outfit: str | None = None
    """As the set names it: two people may wear outfits of the same name. None: not labelled."""


def named(folder: Path, pattern: re.Pattern[str], *, like: str, notes: list[str]) -> list[Photo]:
    """The pictures of a folder, sorted by name, read by a pattern of their names.

    Args:
        folder: where.
        pattern: of a name's beginning, with groups `pid` and, where names tell them, `camera` and `outfit`. Never of
            the whole path: folders above may look like it.
        like: a name that fits, for messages.
        notes: receives a line when names do not fit; such files are left out.

    Raises:
        InputError: no name fits.
    """
    return _read_names([(folder, name) for name in pictures(folder)], pattern, folder, like, notes)


def named_in_folders(folder: Path, pattern: re.Pattern[str], *, like: str, notes: list[str]) -> list[Photo]:
    """As `named`, of the pictures in the folders of a folder."""
    files = [(folder / inner, name) for inner in folders(folder) for name in pictures(folder / inner)]
    return _read_names(files, pattern, folder, like, notes)


def _read_names(
    files: Sequence[tuple[Path, str]], pattern: re.Pattern[str], where: Path, like: str, notes: list[str]
) -> list[Photo]:
    groups = pattern.groupindex
    found, odd = [], []
    for folder, name in files:
        match = pattern.match(name)
        if match is None:
            odd.append(name)
            continue
        camera = int(match["camera"]) if "camera" in groups else None
        found.append(Photo(folder / name, int(match["pid"]), camera, match["outfit"] if "outfit" in groups else None))
    if not found:
        what = f"{len(odd)} pictures, none" if odd else "no pictures"
        raise InputError(f"{where}: holds {what} named like {like}; unpack the set again, or say which --layout it has")
    if odd:
        notes.append(f"{where}: {len(odd)} pictures are not named like {like}, the first {odd[0]}; left out")
    return found


def first_picture(folder: Path) -> str:
    """The first name in a folder, "" when there is none: to tell sets apart."""
    return min((name for name in _listed(folder) if _is_picture(name)), default="")


def tables(*parts: Sequence[Photo]) -> list[Records]:
    """Parts of a set as tables, numbered together.

    Outfits get numbers that are unique over people and outfits. Photos without a camera get a number of their own
    each, over all parts: were query and gallery both counted from 0, photos of the same number would be taken for
    one camera's and lost.
    """
    pairs = {(photo.pid, photo.outfit) for part in parts for photo in part if photo.outfit is not None}
    outfits = {pair: number for number, pair in enumerate(sorted(pairs))}
    made, first = [], 0
    for part in parts:
        cameras = [first + row if photo.camera is None else photo.camera for row, photo in enumerate(part)]
        first += len(part)
        labelled = all(photo.outfit is not None for photo in part)
        made.append(
            Records(
                tuple(photo.path for photo in part),
                column([photo.pid for photo in part]),
                column(cameras),
                column([outfits[photo.pid, photo.outfit or ""] for photo in part]) if labelled else None,
            )
        )
    return made


def column(values: Sequence[int]) -> Int64[np.ndarray, "M"]:
    """A column of a table."""
    return np.array(values, dtype=np.int64)


def lines_of(path: Path) -> list[str]:
    """Lines of a text file that are not empty.

    Raises:
        InputError: it is missing, no text, or too large for a list of photos.
    """
    try:
        if path.stat().st_size > _MAX_LIST:
            raise InputError(
                f"{path}: is larger than {_MAX_LIST // 1_000_000} MB; no list of photos is; check the file"
            )
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); unpack the set again") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no text file; unpack the set again") from error
    if max(map(len, lines), default=0) > _MAX_LINE:
        raise InputError(
            f"{path}: has lines of more than {_MAX_LINE} characters; no list of photos has; check the file"
        )
    return lines


def present(photos: Sequence[Photo], *, where: Path, notes: list[str]) -> list[Photo]:
    """Those photos of a list whose files are there.

    Each folder is listed once: asking for each file takes far longer.

    Args:
        photos: of the list.
        where: the list, for messages.
        notes: receives a line when files are missing.

    Raises:
        InputError: none is there.
    """
    there = exist([photo.path for photo in photos])
    if not any(there):
        example = f", as {photos[0].path}" if photos else ""
        raise InputError(f"{where}: names no picture that is there{example}; unpack the set again")
    if all(there):
        return list(photos)
    missing = [photo.path for photo, here in zip(photos, there, strict=True) if not here]
    notes.append(f"{where}: {len(missing)} of its pictures are missing, the first {missing[0]}; left out")
    return [photo for photo, here in zip(photos, there, strict=True) if here]


def exist(paths: Sequence[Path]) -> list[bool]:
    """Which files are there, found by listing each of their folders once."""
    listed: dict[str, Collection[str]] = {}
    there = []
    for path in paths:
        folder, name = os.path.split(path)  # several times faster than path.parent
        if folder not in listed:
            try:
                listed[folder] = set(_listed(Path(folder)))
            except (InputError, ValueError):  # ValueError: a name with a zero byte
                listed[folder] = ()
        there.append(name in listed[folder])
    return there


def trial(
    mode: Mode,
    query: Records,
    gallery: Records,
    *,
    rule: Mode,
    asked: str = "query among gallery",
    junk: str | None = None,
) -> Trial:
    """A trial with its words.

    Args:
        mode: what is scored.
        query: the photos that are asked for.
        gallery: those among which their people are looked for.
        rule: how it is scored.
        asked: what is asked for among what, in words.
        junk: which photos of the person asked for count neither as right nor as wrong; None: as the rule has it.
    """
    words = f"{MODE_WORDS[mode]}: {asked}, {junk or _RULE_WORDS[rule]}{SHOT_WORDS['all']}"
    return Trial(query, gallery, rule, words)


def general_trial(query: Records, gallery: Records, *, junk: str | None = None) -> dict[Mode, Trial]:
    """The one mode of sets that do not label clothes in their test."""
    return {"general": trial("general", query, gallery, rule="general", junk=junk)}


def clothes_trials(query: Records, gallery: Records) -> dict[Mode, Trial]:
    """The three modes of sets that label clothes, each by its own rule (Gu et al., CVPR 2022)."""
    modes: tuple[Mode, ...] = ("general", "cc", "sc")
    return {mode: trial(mode, query, gallery, rule=mode) for mode in modes}
