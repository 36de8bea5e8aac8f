"""Tables of what is known of photos, on disk: Parquet, one row a photo, checked before anything of it is believed.

Each kind of table has its columns; all have `path`, `height`, `width` and `problem`: why nothing is known of a photo,
whose other columns are then empty. The file's metadata say what made it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32, Int32, UInt8

from habitus.errors import InputError
from habitus.files import writing
from habitus.perception.photo import MAX_PIXELS

_METADATA = b"habitus"
_MOST_BYTES = 2**36
# Numbers of photos hardly shrink, masks and packed displacements are packed already.
_LAYOUT: dict[str, Any] = {"compression": "zstd", "use_dictionary": False}


@dataclass(frozen=True)
class TableKind:
    """What a table holds."""

    title: str
    """For messages: "bodies"."""
    columns: pa.Schema
    """Between `path`, `height`, `width` and `problem`."""
    cure: str
    """Of a file that cannot be used."""

    @property
    def schema(self) -> pa.Schema:
        """All columns."""
        photo = [pa.field("path", pa.string()), pa.field("height", pa.int32()), pa.field("width", pa.int32())]
        return pa.schema([*photo, *self.columns, pa.field("problem", pa.string())])


Row = tuple[str, tuple[int, int], Mapping[str, Any] | str]
"""A photo's path and (H, W), and its columns, or why nothing is known of it."""


def write_rows(path: Path, kind: TableKind, rows: Sequence[Row], made: Mapping[str, Any]) -> None:
    """Write a table; it appears whole or not at all.

    Args:
        path: of the file.
        kind: of table.
        rows: of the photos.
        made: what made it, JSON.

    Raises:
        InputError: the disk is full or not writable.
    """
    columns = [
        {"path": name, "height": size[0], "width": size[1]}
        | ({"problem": known} if isinstance(known, str) else dict(known))
        for name, size, known in rows
    ]
    metadata = {_METADATA: json.dumps(dict(made), sort_keys=True).encode()}
    with writing(path) as temporary:
        table = pa.Table.from_pylist(columns, kind.schema.with_metadata(metadata))
        pq.write_table(table, temporary, **_LAYOUT)


def merge_tables(path: Path, kind: TableKind, parts: Sequence[Path]) -> None:
    """One table of several, one after the other; they are held in memory one at a time.

    Raises:
        InputError: a part is damaged, or the disk is full or not writable.
    """
    with writing(path) as temporary, pq.ParquetWriter(temporary, pq.read_schema(parts[0]), **_LAYOUT) as writer:
        for part in parts:
            writer.write_table(read_table(part, kind)[0])


def count_photos(path: Path, kind: TableKind) -> tuple[int, int]:
    """Of how many photos of a table something is known, and of how many nothing.

    Raises:
        InputError: the file cannot be read.
    """
    problems = read_table(path, kind, columns=["problem"])[0]["problem"]
    return problems.null_count, len(problems) - problems.null_count


def read_table(
    path: Path, *kinds: TableKind, columns: Sequence[str] | None = None
) -> tuple[pa.Table, dict[str, Any], TableKind]:
    """A table of one of some kinds, what made it, and its kind.

    Args:
        path: of the file.
        kinds: that will do; messages speak of the first.
        columns: that are wanted; None: all.

    Raises:
        InputError: the file is missing, damaged or of another kind.
    """
    first = kinds[0]
    try:
        with pq.ParquetFile(path) as file:
            groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
            if sum(group.total_byte_size for group in groups) > min(_MOST_BYTES, 100 * path.stat().st_size + 2**20):
                raise InputError(f"{path}: announces far more than it holds; {first.cure}")
            kind = next((kind for kind in kinds if file.schema_arrow.equals(kind.schema)), None)
            if kind is None:
                raise InputError(f"{path}: has other columns than a table of {first.title}; {first.cure}")
            table = file.read(columns=None if columns is None else list(columns))
        made = json.loads((table.schema.metadata or {}).get(_METADATA, b""))
        if not isinstance(made, dict):
            raise ValueError("it does not say what made it")
        return table, made, kind
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {first.cure}") from None
    except InputError:
        raise
    except (pa.ArrowException, OSError, MemoryError, ValueError, LookupError, TypeError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: is no table of {first.title} that can be read ({reason}); {first.cure}") from error


def known_photos(
    path: Path, kind: TableKind, table: pa.Table
) -> tuple[pa.Table, tuple[str, ...], Int32[np.ndarray, "M 2"]]:
    """The rows of a table that know something, their photos' paths, and the photos' (H, W).

    Raises:
        InputError: a photo is there twice.
    """
    table = table.filter(table["problem"].is_null()).combine_chunks()
    paths = table["path"].to_pylist()
    if len(set(paths)) < len(paths):
        raise InputError(f"{path}: has a photo twice; {kind.cure}")
    sizes = np.stack([table["height"].to_numpy(), table["width"].to_numpy()], 1).astype(np.int32)
    return table, tuple(paths), sizes


def numbers_of(path: Path, kind: TableKind, table: pa.Table, name: str) -> Float32[np.ndarray, "M C"]:
    """A column of as many numbers a photo as the kind's columns say.

    Raises:
        InputError: some are missing or not finite.
    """
    count = kind.columns.field(name).type.list_size
    column = table[name].combine_chunks()
    values = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    if column.null_count or len(values) != count * len(table) or not np.isfinite(values).all():
        raise InputError(f"{path}: has {name} that are missing or not finite; {kind.cure}")
    return values.reshape(-1, count)


def mask_code(mask: UInt8[np.ndarray, "H W"]) -> bytes:
    """A mask as a table holds it: PNG."""
    coded, png = cv2.imencode(".png", mask)
    if not coded:
        raise RuntimeError("OpenCV could not encode a mask")
    return png.tobytes()


def mask_of(
    path: Path, kind: TableKind, code: bytes | None, row: int, size: tuple[int, int]
) -> UInt8[np.ndarray, "H W"]:
    """The mask of a row of a table.

    Raises:
        InputError: it is no PNG of the photo's size.
    """
    coded = np.frombuffer(code or b"", np.uint8)
    mask = None
    if _png_size(coded) == size and size[0] * size[1] <= MAX_PIXELS:
        mask = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise InputError(f"{path}: the mask of row {row} is damaged; {kind.cure}")
    return mask


def _png_size(coded: np.ndarray) -> tuple[int, int]:
    """(H, W) of a PNG's header, before anything is unpacked."""
    width, height = (int.from_bytes(coded[at : at + 4].tobytes(), "big") for at in (16, 20))
    return height, width
