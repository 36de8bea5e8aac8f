"""What unwrapping knows of each photo, once: the texels that it shows, in one memory-mapped file."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.digest import about_body, known_of
from habitus.body.model import BodyModel
from habitus.record_files import Record, RecordFile, write_records
from habitus.texture.complete import without_strays
from habitus.texture.unwrap import unwrap
from habitus.types import BodyParams

_KIND = "unwrapped photos"
_COLUMNS = {"seen": "u1", "colour": "(3,)u1", "confidence": "u1"}


def write_known(
    path: str | Path,
    body: BodyModel,
    photos: Iterable[tuple[BodyParams, Float[Tensor, "3 H W"], Float[Tensor, "H W"]]],
    *,
    count: int,
    source: str = "",
    size: int = 256,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Unwrap photos once and write what they show, without colours that belong elsewhere (`without_strays`).

    A killed call goes on where it was; a complete file of the same stays as it is.

    Args:
        path: of the file; some 60 KB a photo at 256.
        body: of all the people.
        photos: body parameters (B = 1), image and mask, as for `unwrap.unwrap`.
        count: how many there are.
        source: what parameters and photos come from, such as `BodyTable.digest`; a file of another source is refused.
        size: T, texels along a side; divisible by 4.
        progress: called with the number of photos done since the last call.

    Raises:
        InputError: the file holds something else, is damaged, or cannot be written.
        ValueError: `photos` are fewer than `count`, or their shapes do not fit.
    """
    makers = (partial(_known, body, size, *photo) for photo in photos)
    about = {**about_body(body), "size": size, "source": source, "cleaning": "without strays"}
    write_records(path, _KIND, about, _COLUMNS, makers, count=count, progress=progress)


class CachedKnown:
    """What is known of photos, as it is asked for. May be pickled: a worker opens the file again.

    Attributes:
        size: T.
        topology: name of the body that the texels are of.
    """

    def __init__(self, path: str | Path, *, body: BodyModel | None = None, source: str | None = None):
        """Open a file of `write_known`.

        Args:
            path: of the file.
            body: that textures are for; None takes the file's.
            source: as given to `write_known`; None takes any.

        Raises:
            InputError: the file is missing, unfinished, cut off, or of another body or source.
        """
        self._records = RecordFile(path, _KIND)
        self._records.check(known_of(body, source))
        self.size: int = self._records.about["size"]
        self.topology: str = self._records.about["body"]

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, row: int) -> tuple[UInt8[np.ndarray, "3 T T"], UInt8[np.ndarray, "T T"]]:
        """Colours, 0 where nothing is known, and confidence from 0 (not seen) to 255."""
        record = self._records[row]
        seen = np.flatnonzero(np.unpackbits(record["seen"], count=self.size**2))
        colour, confidence = np.zeros((3, self.size**2), np.uint8), np.zeros(self.size**2, np.uint8)
        colour[:, seen] = record["colour"].T
        confidence[seen] = record["confidence"]
        return colour.reshape(3, self.size, self.size), confidence.reshape(self.size, self.size)


def _known(
    body: BodyModel, size: int, params: BodyParams, image: Float[Tensor, "3 H W"], mask: Float[Tensor, "H W"]
) -> Record:
    texture = without_strays(body, unwrap(body, params, image, mask, size=size))
    confidence = texture.confidence.numpy().reshape(-1)
    seen = confidence > 0
    return {
        "seen": np.packbits(seen),
        "colour": (texture.image.numpy().reshape(3, -1)[:, seen].T * 255).round().astype(np.uint8),
        # Seen at all is never 0.
        "confidence": (confidence[seen] * 255).round().clip(1, 255).astype(np.uint8),
    }
