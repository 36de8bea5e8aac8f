"""An output folder that receives all of its files, or none."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from habitus.errors import InputError

NEEDED_BYTES = 32 * 2**20
"""More than a person's files take, at any texture size, or the pictures of an evaluation."""


def check_output_folder(path: str | Path) -> None:
    """See that files can be written to a folder, before the long work that makes them; leaves nothing behind.

    The folder need not exist.

    Raises:
        InputError: it is a file, or cannot be created or written, or its disk is nearly full.
    """
    path = Path(path)
    try:
        present = next(p for p in (path.absolute(), *path.absolute().parents) if _is_there(p))
        if not present.is_dir():
            raise InputError(f"{present}: is not a folder; choose another output folder")
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=present):
            free = shutil.disk_usage(present).free
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); choose another output folder, or mend its permissions"
        ) from error
    if free < NEEDED_BYTES:
        raise InputError(
            f"{path}: its disk has {free // 2**20} MB left and {NEEDED_BYTES // 2**20} are needed; "
            "free some space or choose another output folder"
        )


@contextmanager
def filling(path: str | Path) -> Iterator[Path]:
    """Yield an empty folder whose files move to `path` when the block ends without an error.

    Files of the same names are replaced, others stay. The folder lies inside `path`, hence on the same disk: each
    move is a rename. After an error, `path` is as it was before.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    path = Path(path)
    created: list[Path] = []
    finished = False
    try:
        created = [p for p in (path, *path.parents) if not _is_there(p)]
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=path) as name:
            try:
                yield Path(name)
            except InputError as error:  # tell of the folder that the user knows
                raise InputError(str(error).replace(name, str(path))) from error
            files = sorted(Path(name).iterdir())
            for target in (path / file.name for file in files):
                if target.is_dir():
                    raise InputError(f"{target}: is a folder; move it away or choose another output folder")
            for file in files:
                file.replace(path / file.name)
        finished = True
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); free some space or choose another folder"
        ) from error
    finally:
        if not finished:
            for folder in created:  # innermost first; one that someone else has filled meanwhile stays
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
