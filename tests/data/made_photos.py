"""Records of small photos that tests write: each of one colour, by which a test knows it again."""

from pathlib import Path

import cv2
import numpy as np

from habitus.data.records import Records


def colour_of(row: int) -> np.ndarray:
    """A photo's colour; far from all others of any 64 in a row."""
    return np.array([40 + 50 * (row % 4), 40 + 50 * (row // 4 % 4), 40 + 50 * (row // 16 % 4)], np.uint8)


def write_photos(folder: Path, pids: list[int], clothes: list[int] | None = None, *, size=(24, 16)) -> Records:
    """A PNG for each entry of `pids`, in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for row in range(len(pids)):
        paths.append(folder / f"{row:03d}.png")
        cv2.imwrite(str(paths[-1]), np.full((*size, 3), colour_of(row)[::-1], np.uint8))
    return Records(
        tuple(paths),
        np.array(pids, np.int64),
        np.arange(len(pids)) % 3,
        None if clothes is None else np.array(clothes, np.int64),
    )
