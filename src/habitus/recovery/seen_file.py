"""What is seen of the person in photos, on disk: a Parquet table, one row a photo, which says what made it.

Columns: path; height, width; keypoints (51: x, y, confidence of COCO-17; all 0 where there are none); mask (PNG; null
where there is none); and problem: why nothing is known of a photo, whose other columns are then empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Int32, Int64, UInt8

from habitus.recovery.body_table_file import BODIES
from habitus.recovery.photo_rows import rows_digest, rows_of
from habitus.recovery.table_files import (
    TableKind,
    known_photos,
    mask_code,
    mask_of,
    numbers_of,
    read_table,
    write_rows,
)

SEEN = TableKind(
    "masks and keypoints",
    pa.schema([("keypoints", pa.list_(pa.float32(), 51)), ("mask", pa.binary())]),
    "give a file that `habitus perceive` or `habitus bodies` wrote",
)
"""Of `habitus perceive`."""
_READ = ("path", "height", "width", "keypoints", "mask", "problem")


@dataclass(frozen=True, eq=False)
class SeenPerson:
    """What is seen in one photo, in the photo's frame. One of the two may be missing."""

    mask: UInt8[np.ndarray, "H W"] | None
    """How much of each pixel the person covers, 0 to 255; None: not known."""
    keypoints: Float32[np.ndarray, "17 3"]
    """COCO-17: x, y in pixels of the photo, confidence; all 0: not known."""


@dataclass(frozen=True, eq=False)
class SeenFile:
    """A file's photos with a person: a `SeenTable`. Goes into workers."""

    file: Path
    kind: TableKind
    paths: tuple[str, ...]
    sizes: Int32[np.ndarray, "M 2"]
    points: Float32[np.ndarray, "M 51"]
    masks: pa.ChunkedArray

    def __len__(self) -> int:
        return len(self.paths)

    def rows_of(self, paths: Sequence[Path], root: Path) -> Int64[np.ndarray, "K"]:
        """See `SeenTable`."""
        return rows_of(self.paths, paths, root)

    def size(self, row: int) -> tuple[int, int]:
        """See `SeenTable`."""
        height, width = self.sizes[row].tolist()
        return height, width

    def mask(self, row: int) -> UInt8[np.ndarray, "H W"] | None:
        """See `SeenTable`."""
        code = self.masks[row].as_py()
        return None if code is None else mask_of(self.file, self.kind, code, row, self.size(row))

    def has_mask(self, row: int) -> bool:
        """See `SeenTable`."""
        return self.masks[row].is_valid

    def keypoints(self, row: int) -> Float32[np.ndarray, "17 3"]:
        """See `SeenTable`."""
        return self.points[row].reshape(17, 3)

    def digest(self, rows: Sequence[int] | Int64[np.ndarray, "K"]) -> str:
        """See `SeenTable`."""
        return rows_digest("seen", self.paths, self.sizes, rows, self._fingerprint)

    def _fingerprint(self, row: int) -> bytes:
        return self.points[row].tobytes() + (self.masks[row].as_py() or b"")


def write_seen(
    path: Path, photos: Sequence[tuple[str, tuple[int, int], SeenPerson | str]], made: Mapping[str, Any]
) -> None:
    """Write a table; it appears whole or not at all.

    Args:
        path: of the file.
        photos: path, (H, W), and what is seen, or why nothing is.
        made: what made it, JSON.

    Raises:
        InputError: the disk is full or not writable.
    """
    rows = [(name, size, seen if isinstance(seen, str) else _columns(seen)) for name, size, seen in photos]
    write_rows(path, SEEN, rows, made)


def read_seen(path: str | Path) -> SeenFile:
    """Read a table of `habitus perceive` or of `habitus bodies`; photos that show nobody are left out.

    Raises:
        InputError: the file is missing, damaged, of something else, or has a photo twice.
    """
    path = Path(path)
    table, _, kind = read_table(path, SEEN, BODIES, columns=_READ)
    table, paths, sizes = known_photos(path, kind, table)
    return SeenFile(path, kind, paths, sizes, numbers_of(path, kind, table, "keypoints"), table["mask"])


def _columns(seen: SeenPerson) -> dict[str, Any]:
    return {
        "keypoints": np.asarray(seen.keypoints, np.float32).reshape(-1),
        "mask": None if seen.mask is None else mask_code(seen.mask),
    }
