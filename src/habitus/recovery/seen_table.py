"""What is seen of the person in each photo of a folder, whoever saw it: mask and keypoints, one row a photo.

From a file of `habitus perceive`, from one of `habitus bodies`, which holds both too, or from the truth of a made
world.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from jaxtyping import Float32, Int32, Int64, UInt8

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery.body_table_world import world_body_table
from habitus.recovery.seen_file import read_seen
from habitus.synthetic.worlds.writing import world_around


class SeenTable(Protocol):
    """Masks and keypoints of photos, in the frame of the whole photo file at its own (H, W). A `BodyTable` is one."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Of the photos, relative to the data's folder, with forward slashes."""
        ...

    @property
    def sizes(self) -> Int32[np.ndarray, "M 2"]:
        """(H, W) of the photos."""
        ...

    def __len__(self) -> int: ...

    def rows_of(self, paths: Sequence[Path], root: Path) -> Int64[np.ndarray, "K"]:
        """The row of each photo; -1: nothing is known of the person in it.

        Args:
            paths: of photos.
            root: the data's folder, that the table's paths are relative to.
        """
        ...

    def size(self, row: int) -> tuple[int, int]:
        """(H, W) of a photo."""
        ...

    def mask(self, row: int) -> UInt8[np.ndarray, "H W"] | None:
        """How much of each pixel of a photo the person covers, 0 to 255; None: there is no mask of this photo.

        Raises:
            InputError: it cannot be read.
        """
        ...

    def has_mask(self, row: int) -> bool:
        """Whether there is a mask of a photo."""
        ...

    def keypoints(self, row: int) -> Float32[np.ndarray, "17 3"]:
        """COCO-17 of a photo: x, y in its pixels, confidence; 0 is missing, all 0: there are none of this photo.

        Raises:
            InputError: they cannot be read.
        """
        ...

    def digest(self, rows: Sequence[int] | Int64[np.ndarray, "K"]) -> str:
        """16 hexadecimal digits of some photos and what is known of them: what caches made of them are known by."""
        ...


def seen_table(root: str | Path, file: str | Path | None, body: BodyModel) -> SeenTable:
    """What is seen in a data set's photos: of a file, or without one the truth of a made world.

    Args:
        root: folder of the data set, as its reader gives it.
        file: of `habitus perceive` or `habitus bodies` (of any body), or None.
        body: that the world was made with.

    Raises:
        InputError: the file cannot be used; or there is none, and the photos are of no made world.
    """
    if file is not None:
        return read_seen(file)
    written = world_around(root)
    if written is None:
        raise InputError(
            f"{root}: nothing is known of masks and keypoints in its photos; "
            f"run `habitus perceive {root} -o seen.parquet` and give --seen seen.parquet"
        )
    return world_body_table(written.folder, body, root=Path(root))
