"""A folder of the user's pictures that stand behind people instead of drawn streets."""

import os
from pathlib import Path

from habitus.errors import InputError

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".avif", ".jp2"}


def picture_files(folder: str | Path) -> tuple[Path, ...]:
    """The pictures of a folder by their names, sorted by name; what is below subfolders is left out.

    Raises:
        InputError: the folder is missing, cannot be read, or holds no picture.
    """
    folder = Path(folder)
    try:
        if not folder.exists():
            raise InputError(f"{folder}: no such folder; check the name")
        if not folder.is_dir():
            raise InputError(f"{folder}: is no folder; give a folder of pictures")
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
        files = tuple(path for path in entries if path.suffix.lower() in _SUFFIXES and path.is_file())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error
    if not files:
        raise InputError(f"{folder}: holds no picture; put JPEG or PNG files of streets or rooms there")
    return files


def pictures_below(folder: str | Path) -> tuple[Path, ...]:
    """The pictures of a folder and of all folders in it, sorted by path, whatever order the disk lists them in.

    Raises:
        InputError: the folder is missing, cannot be read, or holds no picture.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give a folder of pictures")

    def stop(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror}); check its permissions") from error

    names = [Path(root, name) for root, _, files in os.walk(folder, onerror=stop) for name in files]
    pictures = tuple(sorted(path for path in names if path.suffix.lower() in _SUFFIXES))
    if not pictures:
        raise InputError(f"{folder}: holds no picture; put JPEG or PNG files of streets or rooms there")
    return pictures
