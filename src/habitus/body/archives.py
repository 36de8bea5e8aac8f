"""Reading .npz files of unknown origin: sizes are checked before memory is taken, pickled members go through
`habitus.body.restricted_pickle`.
"""

import math
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from habitus.body.restricted_pickle import PickleRefusedError, loads_restricted
from habitus.errors import InputError

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
    try:
        with zipfile.ZipFile(path) as archive:
            members = {i.filename.removesuffix(".npy"): i for i in archive.infolist() if i.filename.endswith(".npy")}
            members = {name: member for name, member in members.items() if name in names}
            if sum(member.file_size for member in members.values()) > MAX_BYTES:
                raise InputError(
                    f"{path}: unpacks to more than {MAX_BYTES >> 20} MiB; no file that Habitus reads is so large"
                )
            return {name: _read_member(archive, member) for name, member in members.items()}
    except InputError:
        raise
    except UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: is not a whole .npz file ({reason}); download or export it again") from error


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Any:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}[version[0]]
        shape, fortran, dtype = read_header(file)
        left = member.file_size - file.tell()
        if dtype.hasobject:
            content = loads_restricted(file.read(left))
            # numpy wraps a lone object, such as a sparse matrix, in an array without dimensions.
            return content[0] if isinstance(content, list) and len(content) == 1 else content
        if math.prod(shape) * dtype.itemsize != left:
            raise ValueError(f"{member.filename} is {left} bytes, its header says {shape} of {dtype}")
        return np.frombuffer(file.read(left), dtype).reshape(shape, order="F" if fortran else "C").copy()
