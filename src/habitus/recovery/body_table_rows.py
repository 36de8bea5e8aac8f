"""The record of what is known of the body in each photo of a folder; see `body_table`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from jaxtyping import Float32, Int32, Int64, UInt8

from habitus.recovery.photo_rows import rows_digest, rows_of
from habitus.types import BodyParams


class BodyRows(Protocol):
    """Where a table's rows come from; read when they are asked for. May be pickled."""

    def params(self, row: int) -> BodyParams:
        """B = 1, psi in the photo's frame."""
        ...

    def mask(self, row: int) -> UInt8[np.ndarray, "H W"]:
        """How much of each pixel the person covers, 0 to 255."""
        ...

    def keypoints(self, row: int) -> Float32[np.ndarray, "17 3"]:
        """COCO-17: x, y in pixels of the photo, confidence."""
        ...

    def fingerprint(self, row: int) -> bytes:
        """Differs where the row's parameters differ."""
        ...


@dataclass(frozen=True, eq=False)
class BodyTable:
    """Bodies of photos. The frame of all numbers of a photo is the whole photo file, at its own (H, W)."""

    topology: str
    """Of the body that the parameters belong to."""
    paths: tuple[str, ...]
    """Of the photos, relative to the data's folder, with forward slashes."""
    sizes: Int32[np.ndarray, "M 2"]
    """(H, W) of the photos."""
    rows: BodyRows
    """What the rows are read from."""

    def __len__(self) -> int:
        return len(self.paths)

    def rows_of(self, paths: Sequence[Path], root: Path) -> Int64[np.ndarray, "K"]:
        """The row of each photo; -1: nothing is known of the person in it.

        Args:
            paths: of photos.
            root: the data's folder, that the table's paths are relative to.
        """
        return rows_of(self.paths, paths, root)

    def size(self, row: int) -> tuple[int, int]:
        """(H, W) of a photo."""
        height, width = self.sizes[row].tolist()
        return height, width

    def params(self, row: int) -> BodyParams:
        """Body parameters of a photo, B = 1, psi in the photo's frame.

        Raises:
            InputError: they cannot be read.
        """
        return self.rows.params(row)

    def mask(self, row: int) -> UInt8[np.ndarray, "H W"]:
        """How much of each pixel of a photo the person covers, 0 to 255.

        Raises:
            InputError: it cannot be read.
        """
        return self.rows.mask(row)

    def has_mask(self, row: int) -> bool:
        """Whether there is a mask of a photo: of all."""
        del row
        return True

    def keypoints(self, row: int) -> Float32[np.ndarray, "17 3"]:
        """COCO-17 of a photo: x, y in its pixels, confidence; 0 is missing.

        Raises:
            InputError: they cannot be read.
        """
        return self.rows.keypoints(row)

    def digest(self, rows: Sequence[int] | Int64[np.ndarray, "K"]) -> str:
        """16 hexadecimal digits of some photos and their parameters: what caches made of them are known by."""
        return rows_digest(self.topology, self.paths, self.sizes, rows, self.rows.fingerprint)
