"""What all tables of photos do alike: find the rows of photos, and say what some rows hold in a few characters."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int32, Int64


def rows_of(known: Sequence[str], paths: Sequence[Path], root: Path) -> Int64[np.ndarray, "K"]:
    """The row of each photo; -1: the table does not know it.

    Args:
        known: the table's paths, relative to the data's folder, with forward slashes.
        paths: of photos.
        root: the data's folder.
    """
    row_of = {path: row for row, path in enumerate(known)}
    return np.array([row_of.get(_below(path, root), -1) for path in paths], np.int64)


def rows_digest(
    kind: str,
    paths: Sequence[str],
    sizes: Int32[np.ndarray, "M 2"],
    rows: Sequence[int] | Int64[np.ndarray, "K"],
    fingerprint: Callable[[int], bytes],
) -> str:
    """16 hexadecimal digits of some rows.

    Args:
        kind: of table.
        paths: of all its photos.
        sizes: (H, W) of all its photos.
        rows: that count, in this order.
        fingerprint: of a row; differs where what it holds does.
    """
    digest = hashlib.sha256(kind.encode())
    for row in np.asarray(rows, np.int64).tolist():
        digest.update(f"\n{paths[row]} {sizes[row].tolist()} ".encode())
        digest.update(fingerprint(row))
    return digest.hexdigest()[:16]


def _below(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:  # the same folder may be named in two ways
        return Path(os.path.relpath(path.absolute(), Path(root).absolute())).as_posix()
