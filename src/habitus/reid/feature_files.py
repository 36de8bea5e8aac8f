"""Features on disk: a Parquet table of photos, labels and unit vectors, which says what made it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32, Int64

from habitus.errors import InputError
from habitus.files import writing

_LABELS = ("pid", "camid", "clothes_id")
_METADATA = b"habitus"
_LONGEST = 65_536  # numbers of a feature
_PACKED = 20  # times that a table may be larger than its file: features hardly shrink, and ours are not packed at all
_CURE = "give a file that `habitus embed` wrote"


@dataclass(frozen=True, eq=False)
class FeatureFile:
    """What a file holds: photos with their features."""

    paths: tuple[str, ...]
    """Relative to the data's folder, with forward slashes."""
    pids: Int64[np.ndarray, "M"]
    """-1: unknown; as for cameras and clothes."""
    camids: Int64[np.ndarray, "M"]
    clothes_ids: Int64[np.ndarray, "M"]
    splits: tuple[str, ...]
    """train, val, query, gallery; empty of photos that belong to no set."""
    features: Float32[np.ndarray, "M D"]
    made: Mapping[str, Any]
    """weights, sha256 (of the weights), size (height, width), feature, flip, version (of Habitus); empty in files of
    others."""

    def __len__(self) -> int:
        return len(self.paths)

    def rows(self, root: Path) -> dict[Path, int]:
        """The row of each photo, by its path below the data's folder."""
        return {root / path: row for row, path in enumerate(self.paths)}


def read_features(path: str | Path) -> FeatureFile:
    """Read a file of features.

    Args:
        path: a Parquet file with columns path and feature (lists of one length), and if known pid, camid, clothes_id,
            split.

    Raises:
        InputError: it is missing, no Parquet file, has other columns, is too large for what it holds, or has features
            that are NaN or infinite (the first is named), or two rows for one photo.
    """
    path = Path(path)
    try:
        with pq.ParquetFile(path) as file:
            _check_size(path, file)
            table = file.read()
        return _from_table(path, table)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {_CURE}") from None
    except InputError:
        raise
    except (pa.ArrowException, OSError, MemoryError, ValueError, OverflowError) as error:  # of damaged files, any
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: is no Parquet file that can be read ({reason}); {_CURE}") from error


def write_features(path: Path, file: FeatureFile) -> None:
    """Write a file of features; it appears whole or not at all.

    Raises:
        InputError: the disk is full or not writable.
    """
    with writing(path) as temporary:
        pq.write_table(to_table(file), temporary, **_LAYOUT)


def merge_features(path: Path, parts: Sequence[Path]) -> None:
    """One file of the rows of several, one after the other; they are held in memory one at a time.

    Args:
        path: to write.
        parts: one at least, all made alike.

    Raises:
        InputError: a part is damaged, or the disk is full or not writable.
    """
    with writing(path) as temporary, pq.ParquetWriter(temporary, pq.read_schema(parts[0]), **_LAYOUT) as writer:
        for part in parts:
            writer.write_table(to_table(read_features(part)))


# Features do not compress, and dictionaries of them would double the file.
_LAYOUT: dict[str, Any] = {"compression": {"feature.list.element": "none"}, "use_dictionary": ["split"]}


def to_table(file: FeatureFile) -> pa.Table:
    """As Arrow's columns."""
    flat = pa.array(np.ascontiguousarray(file.features, np.float32).reshape(-1))
    labels = zip(_LABELS, (file.pids, file.camids, file.clothes_ids), strict=True)
    columns = {
        "path": pa.array(file.paths, pa.string()),
        **{name: pa.array(ids, pa.int64(), mask=ids < 0) for name, ids in labels},
        "split": pa.array(file.splits, pa.string()),
        "feature": pa.FixedSizeListArray.from_arrays(flat, file.features.shape[1]),
    }
    made = json.dumps(dict(file.made), sort_keys=True)
    return pa.table(columns).replace_schema_metadata({_METADATA: made.encode()})


def _check_size(path: Path, file: pq.ParquetFile) -> None:
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    announced = sum(group.total_byte_size for group in groups)
    if announced > _PACKED * path.stat().st_size + 2**20:
        raise InputError(f"{path}: announces {announced / 1e6:.0f} MB, far more than it holds; {_CURE}")


def _from_table(path: Path, table: pa.Table) -> FeatureFile:
    for name in ("path", "feature"):
        if name not in table.column_names:
            raise InputError(f"{path}: has no column {name}; {_CURE}")
    paths = tuple(_strings(path, table, "path"))
    if len(set(paths)) < len(paths):
        seen: set[str] = set()
        twice = next(p for p in paths if p in seen or seen.add(p))
        raise InputError(f"{path}: {twice!r} is there twice; leave one")
    features = _features(path, table, paths)
    labels = {name: _ids(path, table, name) for name in _LABELS}
    return FeatureFile(
        paths, labels["pid"], labels["camid"], labels["clothes_id"], tuple(_strings(path, table, "split")), features,
        _made(table),
    )  # fmt: skip


def _features(path: Path, table: pa.Table, paths: Sequence[str]) -> Float32[np.ndarray, "M D"]:
    column = table["feature"].combine_chunks()
    kind = column.type
    if not (pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind)) or not pa.types.is_floating(kind.value_type):
        raise InputError(f"{path}: features are {kind}; give lists of float32 of one length")
    values = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    length = kind.list_size if pa.types.is_fixed_size_list(kind) else len(values) // max(len(column), 1)
    if column.null_count or len(values) != length * len(column) or not 1 <= length <= _LONGEST:
        raise InputError(f"{path}: features are not of one length from 1 to {_LONGEST}; {_CURE}")
    if pa.types.is_list(kind) and not (np.diff(column.offsets.to_numpy()) == length).all():
        raise InputError(f"{path}: features are not of one length; {_CURE}")
    features = values.reshape(-1, length)
    broken = np.flatnonzero(~np.isfinite(features).all(1))
    if len(broken):
        raise InputError(
            f"{path}: the feature of {paths[broken[0]]!r} is NaN or infinite ({len(broken)} of {len(features)} are); "
            "check the weights and embed the photos again"
        )
    return features


def _strings(path: Path, table: pa.Table, name: str) -> list[str]:
    if name not in table.column_names:
        return [""] * len(table)
    column = table[name]
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise InputError(f"{path}: column {name} is {column.type}; give strings")
    return [value or "" for value in column.to_pylist()]


def _ids(path: Path, table: pa.Table, name: str) -> Int64[np.ndarray, "M"]:
    if name not in table.column_names:
        return np.full(len(table), -1, np.int64)
    column = table[name]
    if not (pa.types.is_integer(column.type) or pa.types.is_null(column.type)):
        raise InputError(f"{path}: column {name} is {column.type}; give integers")
    return column.cast(pa.int64()).fill_null(-1).to_numpy().astype(np.int64)


def _made(table: pa.Table) -> dict[str, Any]:
    try:
        made = json.loads((table.schema.metadata or {}).get(_METADATA, b"{}"))
    except ValueError:
        return {}
    return made if isinstance(made, dict) else {}
