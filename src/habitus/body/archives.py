"""Reading .npz files of unknown origin: sizes are checked before memory is taken, pickled members go through
`habitus.body.restricted_pickle`.
"""

import math
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

from habitus.body.restricted_pickle import PickleRefusedError, loads_restricted
from habitus.errors import InputError

Content = TypeVar("Content")

MAX_BYTES = 512 * 2**20
"""What the members that are read may unpack to; an official SMPL file with 300 shape components takes a fifth of it."""

UNREADABLE = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, LookupError, ArithmeticError, TypeError,
    AttributeError, SyntaxError, RuntimeError, MemoryError, PickleRefusedError,
)  # fmt: skip
"""What zipfile, zlib, numpy's header parser and the pickle reader raise on broken bytes, each in its own way."""


def read_arrays(path: Path, names: Collection[str]) -> dict[str, Any]:
    """The members of a .npz that bear one of the names; others are not unpacked.

    Raises:
        InputError: the file is truncated or no .npz, unpacks to too much, or holds objects that are not data.
    """
    return _members(path, names, _read_member)


def read_shapes(path: Path, names: Collection[str]) -> dict[str, tuple[int, ...]]:
    """The shapes of the members of a .npz that bear one of the names; no member is unpacked.

    Raises:
        InputError: as `read_arrays`.
    """
    return _members(path, names, _read_shape)


def _members(
    path: Path, names: Collection[str], read: Callable[[zipfile.ZipFile, zipfile.ZipInfo], Content]
) -> dict[str, Content]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {i.filename.removesuffix(".npy"): i for i in archive.infolist() if i.filename.endswith(".npy")}
            members = {name: member for name, member in members.items() if name in names}
            if sum(member.file_size for member in members.values()) > MAX_BYTES:
                raise InputError(
                    f"{path}: unpacks to more than {MAX_BYTES >> 20} MiB; no file that Habitus reads is so large"
                )
            return {name: read(archive, member) for name, member in members.items()}
    except InputError:
        raise
    except UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: is not a whole .npz file ({reason}); download or export it again") from error


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Any:
    with archive.open(member) as file:
        shape, fortran, dtype, left = _read_header(file, member)
        if dtype.hasobject:
            content = loads_restricted(file.read(left))
            # numpy wraps a lone object, such as a sparse matrix, in an array without dimensions.
            return content[0] if isinstance(content, list) and len(content) == 1 else content
        return np.frombuffer(file.read(left), dtype).reshape(shape, order="F" if fortran else "C").copy()


def _read_shape(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[int, ...]:
    with archive.open(member) as file:
        return _read_header(file, member)[0]


def _read_header(file: IO[bytes], member: zipfile.ZipInfo) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, whether in Fortran's order, dtype, and how many bytes follow: as many as the shape says."""
    version = np.lib.format.read_magic(file)
    read_header = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}[version[0]]
    shape, fortran, dtype = read_header(file)
    left = member.file_size - file.tell()
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize != left:
        raise ValueError(f"{member.filename} is {left} bytes, its header says {shape} of {dtype}")
    return shape, fortran, dtype, left
