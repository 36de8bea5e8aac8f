"""Many records of arrays of varying length in one file: written one after the other, read through a memory map.

What is worked out once a photo and read again every epoch. A file under way is `FILE.unfinished`; a killed run goes on
after the last whole record. The index comes last, so that a file with an index is complete.

Layout: `MAGIC`, length and text of a JSON header; records, each `_MARK`, the length of every array, and the arrays
(all aligned to 8 bytes); the place of every record; the place of that index, `_END`.
"""

import json
import mmap
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from habitus.errors import InputError
from habitus.files import writing

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

UNFINISHED = ".unfinished"
_MAGIC, _MARK, _END = b"HABREC1\n", 0x52454331, b"HABEND1\n"
_ALIGNED = 8
_LONGEST_HEADER = 2**20
_DTYPE = re.compile(r"(\(\d{1,4},\))?<?[fiu][1248]")

Columns = Mapping[str, str]
"""numpy's dtype of each array of a record, with its inner shape: "<u4", "(2,)<f4"."""
Record = Mapping[str, np.ndarray]


def write_records(
    path: str | Path,
    kind: str,
    about: Mapping[str, Any],
    columns: Columns,
    records: Iterable[Callable[[], Record]],
    *,
    count: int,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Write a file of records, or what a killed run left to write; a complete file of the same stays as it is.

    Args:
        path: of the file.
        kind: what it holds, for messages: "cached views".
        about: what the records were made of, under names for messages; JSON.
        columns: of every record.
        records: functions that make them, in order; only those that are missing are called.
        count: how many there are.
        progress: called with the number of records done since the last call.

    Raises:
        InputError: the file holds something else or cannot be written.
        ValueError: there are fewer records than `count`.
    """
    path = Path(path)
    header = {"kind": kind, "about": dict(about), "columns": dict(columns), "count": count}
    header = json.loads(json.dumps(header))
    if path.exists():
        RecordFile(path, kind).check(about)
        progress(count)
        return
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _begin(unfinished, header)
        with unfinished.open("r+b") as file:
            _lock(file, path)
            places = _go_on(unfinished, file, header)
            progress(len(places))
            for make in islice(records, len(places), count):
                places.append(file.tell())
                _append(file, make(), columns)
                progress(1)
            if len(places) != count:
                raise ValueError(f"{len(places)} records where {count} were announced")
            start = file.tell()
            file.write(np.asarray(places, "<u8").tobytes() + np.uint64(start).tobytes() + _END)
        unfinished.replace(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); free some space or choose another folder"
        ) from error


class RecordFile:
    """A complete file of records, read as they are asked for. Goes into workers as its path.

    Attributes:
        path: of the file.
        about: what the records were made of.
    """

    def __init__(self, path: str | Path, kind: str):
        """Open a file.

        Raises:
            InputError: it is missing, unfinished, cut off, or holds something else.
        """
        self.path, self.kind = Path(path), kind
        try:
            with self.path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise InputError(f"{self.path}: there is no such file of {kind}; make it first") from None
        except (OSError, ValueError) as error:  # mmap refuses empty files
            raise InputError(f"{self.path}: cannot be read ({error}); {_REMOVE}") from error
        header, first = _read_header(self.path, self._map, kind)
        self.about: dict[str, Any] = header["about"]
        self._columns = {name: np.dtype(code) for name, code in header["columns"].items()}
        self._places = _read_index(self.path, self._map, header["count"], first)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.kind)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, row: int) -> dict[str, np.ndarray]:
        """The arrays of a record, as views of the file.

        Raises:
            InputError: the file is damaged there.
            IndexError: there is no such record.
        """
        if not -len(self) <= row < len(self):
            raise IndexError(f"record {row} of {len(self)}")
        at = int(self._places[row])
        found = _measure(self._map, at, self._columns)
        if found is None:
            raise InputError(f"{self.path}: record {row} is damaged; {_REMOVE}")
        lengths, at = found
        arrays = {}
        for (name, dtype), length in zip(self._columns.items(), lengths, strict=True):
            shape = dtype.shape
            items = np.frombuffer(self._map, dtype.base, length * int(np.prod(shape, dtype=np.int64)), at)
            arrays[name] = items.reshape(length, *shape)
            at += _padded(length * dtype.itemsize)
        return arrays

    def check(self, about: Mapping[str, Any]) -> None:
        """See that the records were made of `about`.

        Raises:
            InputError: they were not; the names of what differs are in the message.
        """
        wanted = json.loads(json.dumps(dict(about)))
        if differing := [name for name in wanted if self.about.get(name) != wanted[name]]:
            raise InputError(f"{self.path}: holds {self.kind} of another {' and another '.join(differing)}; {_REMOVE}")


_REMOVE = "remove it, and it is made anew, or choose another place"


def _padded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def _begin(path: Path, header: Mapping[str, Any]) -> None:
    """Start a file that is not there yet."""
    if path.exists():
        return
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNED)
    with writing(path) as temporary:
        temporary.write_bytes(_MAGIC + np.uint64(len(text)).tobytes() + text)


def _lock(file: BinaryIO, path: Path) -> None:
    """Keep other processes from writing the same file, until it is closed or this process ends.

    Raises:
        InputError: another one writes it.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputError(f"{path}: another process is writing it; wait for it, or choose another place") from error


def _go_on(path: Path, file: BinaryIO, header: Mapping[str, Any]) -> list[int]:
    """Cut a begun file after its last whole record, and stand there; the places of the records that are there."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        begun, at = _read_header(path, content, header["kind"])
        if begun != header:
            names = [name for name, value in header["about"].items() if begun["about"].get(name) != value]
            raise InputError(
                f"{path}: was begun with another {' and another '.join(names) or 'count'}; remove it to start again"
            )
        columns = {name: np.dtype(code) for name, code in header["columns"].items()}
        places = []
        while len(places) < header["count"] and (found := _measure(content, at, columns)):
            places.append(at)
            at = _end_of(*found, columns)
    file.truncate(at)
    file.seek(at)
    return places


def _append(file: BinaryIO, record: Record, columns: Columns) -> None:
    """One write a record, so that a kill leaves whole ones and at most one torn."""
    arrays = [np.ascontiguousarray(record[name], np.dtype(code).base) for name, code in columns.items()]
    head = np.array([_MARK, *map(len, arrays)], "<u4").tobytes()
    parts = [head, *(array.tobytes() for array in arrays)]
    file.write(b"".join(part + bytes(-len(part) % _ALIGNED) for part in parts))


def _read_header(path: Path, content: mmap.mmap, kind: str) -> tuple[dict[str, Any], int]:
    """The header, and where the records begin."""
    start = len(_MAGIC) + 8
    length = int.from_bytes(content[len(_MAGIC) : start], "little")
    if content[: len(_MAGIC)] != _MAGIC or not 0 < length <= min(_LONGEST_HEADER, len(content) - start):
        raise InputError(f"{path}: is no file of {kind}; {_REMOVE}")
    try:
        header = json.loads(content[start : start + length])
        if header["kind"] != kind:
            raise InputError(f"{path}: holds {header['kind']}, not {kind}; {_REMOVE}")
        if not isinstance(header["about"], dict) or not isinstance(header["count"], int):
            raise TypeError("about or count")
        for code in header["columns"].values():
            if not _DTYPE.fullmatch(code):
                raise ValueError(f"{code!r} is no dtype")
    except InputError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: has a damaged header ({error}); {_REMOVE}") from error
    return header, start + length


def _read_index(path: Path, content: mmap.mmap, count: int, first: int) -> np.ndarray:
    tail = len(content) - len(_END) - 8
    cut = InputError(f"{path}: is cut off or was never finished; {_REMOVE}")
    if tail < first or content[tail + 8 :] != _END:
        raise cut
    start = int.from_bytes(content[tail : tail + 8], "little")
    if not first <= start <= tail or tail - start != 8 * count:
        raise cut
    places = np.frombuffer(content, "<u8", count, start)
    if count and (int(places[0]) != first or int(places[-1]) >= start or (np.diff(places.astype(np.int64)) <= 0).any()):
        raise cut
    return places


def _measure(content: mmap.mmap, at: int, columns: Mapping[str, np.dtype]) -> tuple[list[int], int] | None:
    """The lengths of a record's arrays and where they begin; None where no whole record is."""
    head = 4 * (1 + len(columns))
    if at + head > len(content):
        return None
    mark, *lengths = np.frombuffer(content, "<u4", 1 + len(columns), at).tolist()
    start = at + _padded(head)
    if mark != _MARK or _end_of(lengths, start, columns) > len(content):
        return None
    return lengths, start


def _end_of(lengths: list[int], start: int, columns: Mapping[str, np.dtype]) -> int:
    return start + sum(_padded(n * dtype.itemsize) for n, dtype in zip(lengths, columns.values(), strict=True))
