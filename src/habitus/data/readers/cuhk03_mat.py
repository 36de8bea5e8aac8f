"""Pictures out of cuhk-03.mat, a MATLAB 7.3 (HDF5) file of cells in cells."""

import logging
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from jaxtyping import UInt8

from habitus.errors import InputError

if TYPE_CHECKING:
    import h5py

log = logging.getLogger("habitus")

_MAX_SIDE = 4096
"""Pixels; the set's largest have under 500."""


def extract(mat: Path, kind: str, names: list[str], folder: Path) -> None:
    """Write the pictures of cuhk-03.mat into a folder, which appears when all are there.

    Args:
        mat: the file.
        kind: "detected" or "labeled".
        names: of the pictures to write: pair of cameras, person in it, view, picture, as in 1_001_2_06.png.
        folder: where to.

    Raises:
        InputError: h5py is not installed, the file is not CUHK03's, or the folder cannot be written.
    """
    try:
        import h5py  # noqa: PLC0415  (an extra: only this file needs it)
    except ImportError:
        raise InputError(f"{mat}: needs h5py to be read; run: pip install 'habitus[cuhk03]'") from None
    log.warning("%s: writing its %d pictures to %s, once", mat, len(names), folder)
    try:
        with h5py.File(mat, "r") as file, _appearing(folder) as made:
            pairs = [_array(file, reference) for reference in _array(file, kind).reshape(-1)]
            for name in names:
                pair, person, _, number = (int(field) for field in name.split(".")[0].split("_"))
                _write(made / name, _picture(_array(file, pairs[pair - 1][number - 1, person - 1])))
    except InputError:
        raise
    except Exception as error:  # h5py raises anything on broken files
        raise InputError(f"{mat}: is not CUHK03's file, or broken ({error}); download it again") from error


def _array(file: "h5py.File", key: Any) -> np.ndarray:
    """What a name or a reference stands for."""
    found: Any = file[key]
    if max(found.shape) > _MAX_SIDE or math.prod(found.shape) > 3 * _MAX_SIDE**2:
        raise ValueError(f"{key} has shape {found.shape}")
    return np.asarray(found)


def _picture(cell: np.ndarray) -> UInt8[np.ndarray, "H W 3"]:
    """RGB. MATLAB's axes come out of HDF5 in reverse."""
    if cell.ndim != 3 or cell.shape[0] != 3 or cell.dtype != np.uint8:
        raise ValueError(f"a picture has shape {cell.shape} and type {cell.dtype}")
    return cell.transpose(2, 1, 0)


def _write(path: Path, picture: UInt8[np.ndarray, "H W 3"]) -> None:
    coded, stream = cv2.imencode(".png", picture[..., ::-1])
    if not coded:
        raise ValueError(f"{path.name} cannot be coded")
    try:
        path.write_bytes(stream.tobytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); free some space") from error


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder that gets its name when the block ends without an error, and else vanishes."""
    cure = "copy the set to a folder that can be written"
    try:
        made = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
    except OSError as error:
        raise InputError(f"{folder.parent}: cannot be written ({error.strerror}); {cure}") from error
    try:
        yield made
        umask = os.umask(0)
        os.umask(umask)
        made.chmod(0o777 & ~umask)  # mkdtemp makes folders for the owner alone
        try:
            made.rename(folder)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); {cure}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
