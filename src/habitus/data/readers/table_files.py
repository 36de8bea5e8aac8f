"""A table of one's own photos: CSV or Parquet with columns path, pid and, where known, camid, clothes_id, split."""

import csv
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int64

from habitus.data.readers.own_split import SPLIT_NOTE, split_people, trials_of
from habitus.data.readers.reading import Reader, exist
from habitus.data.records import Mode, Records, ReidData, Trial
from habitus.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

COLUMNS = ("path", "pid", "camid", "clothes_id", "split")
SPLITS = ("train", "val", "query", "gallery")
MAX_ROWS = 5_000_000
MAX_BYTES = 512 * 2**20
"""Of a CSV file, and of what the columns of a Parquet file unpack to."""
_MAX_TEXT = 4096
"""Characters of a field: no path is longer."""
_NEEDED = ("path", "pid")

_Columns = dict[str, list[str]]


def read_csv(place: Path) -> ReidData:
    """A CSV file (UTF-8, a header line), or a folder with images.csv, as `habitus synth --layout csv` writes.

    | column | |
    |---|---|
    | path | of the photo, from the table's folder (or absolute) |
    | pid | the person: a number or a name |
    | camid | optional; the camera: a number or a name. Without it every photo counts as a camera of its own |
    | clothes_id | optional; the outfit: unique over people, or for each person anew |
    | split | optional; train, val, query or gallery. Without it `split_people` makes a split |

    Other columns are passed over. Clothes make the cc and sc modes possible.

    Raises:
        InputError: the file or a photo is missing, a column is missing or half empty, one person only, or limits.
    """
    return _read(place / "images.csv" if place.is_dir() else place, _csv_columns)


def read_parquet(place: Path) -> ReidData:
    """A Parquet file, or a folder with images.parquet, with the columns of `read_csv`.

    Raises:
        InputError: as `read_csv`.
    """
    return _read(place / "images.parquet" if place.is_dir() else place, _parquet_columns)


def _read(file: Path, columns_of: Callable[[Path], _Columns]) -> ReidData:
    columns = columns_of(file)
    _check_filled(file, columns)
    records, cameras = _records(file, columns)
    name = file.resolve().parent.name if file.stem == "images" else file.stem
    if "split" not in columns:
        train, query, gallery = split_people(records, cameras=cameras, where=str(file))
        trials = trials_of(query, gallery, cameras=cameras)
        return ReidData(name, file.parent, train, trials, warnings=(f"{file}: {SPLIT_NOTE}",))
    return _split(file, name, records, columns["split"], cameras=cameras)


def _check_filled(file: Path, columns: _Columns) -> None:
    for name in _NEEDED:
        if name not in columns:
            raise InputError(
                f"{file}: has no column {name}; the columns are {', '.join(COLUMNS)}, the last three optional"
            )
    if not columns["path"]:
        raise InputError(f"{file}: holds no rows; add one for each photo")
    for name in list(columns):
        values = columns[name]
        if name not in _NEEDED and not any(values):
            del columns[name]
        elif not all(values):
            raise InputError(f"{file}: row {values.index('') + 1} has no {name}; fill it, or leave the column away")


def _records(file: Path, columns: _Columns) -> tuple[Records, bool]:
    """The table's rows in their order, and whether cameras are known."""
    paths = tuple(file.parent / path for path in columns["path"])
    there = exist(paths)
    if not all(there):
        missing = [path for path, here in zip(paths, there, strict=True) if not here]
        raise InputError(
            f"{file}: {len(missing)} photos are missing, the first {missing[0]}; correct or drop their rows"
        )
    pids = _numbers(columns["pid"])
    cameras = _numbers(columns["camid"]) if "camid" in columns else np.arange(len(paths))
    clothes = _unique_outfits(pids, _numbers(columns["clothes_id"])) if "clothes_id" in columns else None
    return Records(paths, pids, cameras, clothes), "camid" in columns


def _numbers(values: Sequence[str]) -> Int64[np.ndarray, "M"]:
    """Numbers as they are; names counted in their order."""
    if all(value.isascii() and value.removeprefix("-").isdigit() and len(value) < 18 for value in set(values)):
        return np.array([int(value) for value in values], dtype=np.int64)
    known = {name: number for number, name in enumerate(sorted(set(values)))}
    return np.array([known[value] for value in values], dtype=np.int64)


def _unique_outfits(pids: Int64[np.ndarray, "M"], outfits: Int64[np.ndarray, "M"]) -> Int64[np.ndarray, "M"]:
    """As they are when no two people share a number; else counted over (person, outfit)."""
    pairs, inverse = np.unique(np.stack([pids, outfits], axis=1), axis=0, return_inverse=True)
    if len(np.unique(pairs[:, 1])) == len(pairs):
        return outfits
    return inverse.reshape(-1).astype(np.int64)


def _split(file: Path, name: str, records: Records, splits: list[str], *, cameras: bool) -> ReidData:
    wrong = next((row for row, split in enumerate(splits, 1) if split not in SPLITS), None)
    if wrong is not None:
        raise InputError(f"{file}: row {wrong} has split {splits[wrong - 1]!r}; write {', '.join(SPLITS)}")
    labels = np.array(splits)
    train, val, query, gallery = (records.select(labels == split) for split in SPLITS)
    if bool(len(query)) != bool(len(gallery)):
        there, missing = ("query", "gallery") if len(query) else ("gallery", "query")
        raise InputError(f"{file}: has rows of split {there} but none of {missing}; both are needed to score")
    trials: dict[Mode, Trial] = trials_of(query, gallery, cameras=cameras) if len(query) else {}
    notes = []
    shared = np.intersect1d(train.pids, query.pids)
    if len(shared):
        notes.append(f"{file}: {len(shared)} people of the query are also in train; scores will be too good")
    return ReidData(name, file.parent, train, trials, val=val if len(val) else None, warnings=tuple(notes))


def _csv_columns(file: Path) -> _Columns:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(f"{file}: is larger than {MAX_BYTES >> 20} MiB; split the table")
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream)
            header = [name.strip().lower() for name in next(rows, [])]
            wanted = {name: header.index(name) for name in COLUMNS if name in header}
            columns: _Columns = {name: [] for name in wanted}
            for number, row in enumerate(rows, 1):
                if not row:
                    continue
                if number > MAX_ROWS:
                    raise InputError(f"{file}: holds more than {MAX_ROWS:,} rows; split the table")
                if len(row) < len(header):
                    raise InputError(
                        f"{file}: row {number} has {len(row)} fields, the header {len(header)}; correct it"
                    )
                for name, place in wanted.items():
                    columns[name].append(row[place].strip())
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file}: is no CSV table in UTF-8 ({error}); save it again as such") from error
    return columns


def _parquet_columns(file: Path) -> _Columns:
    import pyarrow as pa  # noqa: PLC0415  (slow to import)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        schema = pq.read_schema(file)
        wanted = [name for name in COLUMNS if name in schema.names]
        _check_types(file, schema, wanted)
        # Repeated texts stay one text and numbers of it: a small file could otherwise unpack to any size.
        with pq.ParquetFile(file, read_dictionary=wanted) as table:
            rows, size = table.metadata.num_rows, _unpacked(table.metadata, wanted)
            if rows > MAX_ROWS or size > MAX_BYTES:
                raise InputError(
                    f"{file}: holds {rows:,} rows of {size >> 20:,} MiB (limits {MAX_ROWS:,}, {MAX_BYTES >> 20}); "
                    "split the table"
                )
            read = table.read(columns=wanted)
            return {name: _texts(file, name, read.column(name)) for name in wanted}
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{file}: is no Parquet table ({reason}); write it again") from error


def _check_types(file: Path, schema: "pa.Schema", wanted: Sequence[str]) -> None:
    from pyarrow import types  # noqa: PLC0415

    for name in wanted:
        kind = schema.field(name).type
        kind = kind.value_type if types.is_dictionary(kind) else kind
        plain = (types.is_integer, types.is_floating, types.is_string, types.is_large_string, types.is_null)
        if not any(is_plain(kind) for is_plain in plain):
            raise InputError(f"{file}: column {name} holds {kind} values; give numbers or texts")


def _unpacked(metadata: "pq.FileMetaData", wanted: Sequence[str]) -> int:
    """Bytes of some columns."""
    groups = (metadata.row_group(group) for group in range(metadata.num_row_groups))
    columns = (group.column(column) for group in groups for column in range(group.num_columns))
    return sum(column.total_uncompressed_size for column in columns if column.path_in_schema in wanted)


def _texts(file: Path, name: str, column: "pa.ChunkedArray") -> list[str]:
    """The values of a column as texts, "" where there is none."""
    texts: list[str] = []
    for chunk in column.chunks:
        if hasattr(chunk, "dictionary"):
            known = [_text(file, name, value) for value in chunk.dictionary.to_pylist()]
            texts += ["" if number is None else known[number] for number in chunk.indices.to_pylist()]
        else:
            texts += [_text(file, name, value) for value in chunk.to_pylist()]
    return texts


def _text(file: Path, name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return ""  # what many tools make of empty fields of numbers,
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # and of the whole numbers beside them
    text = str(value).strip()
    if len(text) > _MAX_TEXT:
        raise InputError(f"{file}: column {name} holds a text of {len(text):,} characters; no path or name is so long")
    return text


CSV = Reader("a CSV table", (("images.csv",),), read_csv)
PARQUET = Reader("a Parquet table", (("images.parquet",),), read_parquet)
