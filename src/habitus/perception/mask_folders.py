"""Masks that others made of a folder's photos: a label map a photo, of the same name."""

from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from habitus.errors import InputError
from habitus.perception.photo import read_marks


def mask_file(folder: Path, name: str) -> Path | None:
    """The mask of a photo, if there is one: of a/b.jpg a/b.png, a/b.jpg.png or a/b.png.png (SMPLMarket has some).

    Args:
        folder: of the masks.
        name: of the photo below its own folder, with forward slashes.
    """
    photo = PurePosixPath(name)
    if photo.is_absolute() or ".." in photo.parts:  # a photo from elsewhere has none in this folder
        return None
    stem = folder / photo.with_suffix("")
    places = (f"{stem}.png", f"{folder / photo}.png", f"{stem}.png.png")
    return next((path for path in map(Path, places) if path.is_file()), None)


def read_label_mask(path: Path, *, photo_size: tuple[int, int]) -> UInt8[np.ndarray, "H W"] | None:
    """A label map as a mask, 0 and 255: every label but 0 is the person. None: it marks nothing.

    Args:
        path: a picture of one number a pixel: a human parsing, or a plain mask.
        photo_size: (height, width) that it must have.

    Raises:
        InputError: no picture, or of another size.
    """
    marks = read_marks(path)
    if marks.shape != photo_size:
        raise InputError(
            f"{path}: the mask is {marks.shape[1]} x {marks.shape[0]} but the photo {photo_size[1]} x "
            f"{photo_size[0]}; make them equal"
        )
    return np.where(marks, 255, 0).astype(np.uint8) if marks.any() else None
