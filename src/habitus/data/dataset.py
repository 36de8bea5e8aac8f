"""Photos of people as items of training: decoded, augmented, labelled; broken files replaced and named."""

from collections.abc import Iterator
from typing import Any, Literal

import cv2
import numpy as np
from torch.utils.data import Dataset

from habitus.data.decoding import decode
from habitus.data.records import Records
from habitus.data.transforms import Transform
from habitus.errors import InputError

Key = tuple[int, int, int]
"""(row of the records, epoch, draw): which photo, and what its augmentation is drawn from. The draw tells apart several
uses of a photo in an epoch."""
OnBroken = Literal["skip", "stop"]
"""What is done about files that cannot be read: another photo takes their place, or all stops."""

_REPLACEMENT = 1  # a stream of random numbers of its own
_STRANGERS = 16


class PhotoDataset(Dataset[dict[str, Any]]):
    """Photos by `Key`: the same key always gives the same item, in whatever process and order it is asked for."""

    def __init__(
        self, records: Records, transform: Transform | None = None, *, seed: int = 0, on_broken: OnBroken = "skip"
    ) -> None:
        """Label the records.

        Args:
            records: the photos.
            transform: `data.transforms.train_transform(...)` or another; None: photos as they are.
            seed: of the augmentation.
            on_broken: "skip" takes, instead of a file that cannot be read, another photo of the same person (in the
                same outfit if there is one), and of somebody else when nothing of that person can be read.

        Raises:
            InputError: there are no photos.
        """
        if not len(records):
            raise InputError("data: holds no photos to train with; choose another folder or split")
        self.records, self.transform, self.seed, self.on_broken = records, transform, seed, on_broken
        self.labels = records.labels()
        labelled = records.clothes_ids is not None
        self.clothes = records.clothes_labels() if labelled else np.full(len(records), -1, np.int64)
        self.broken: dict[int, str] = {}
        """Rows whose files could not be read so far, in this process, and why."""

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """An item.

        Returns:
            image: (3, H, W) uint8 RGB.
            pid: the person, counted from 0 (`Records.labels`).
            camid: the camera, as the set numbers it.
            clothes_id: the outfit, counted from 0 (`Records.clothes_labels`); -1 where clothes are not labelled.
            row: of the records; that of the replacement when the photo is broken.

        Raises:
            InputError: the file is broken and `on_broken` is "stop", or nothing could replace it.
        """
        row, picture = self._read(key)
        if self.transform is not None:
            picture = self.transform(picture, np.random.default_rng((self.seed, *key)))
        return self.labelled(row) | {"image": np.stack(cv2.split(picture))}

    def labelled(self, row: int) -> dict[str, Any]:
        """What is known of a photo: the part of an item that is no picture."""
        return {
            "pid": self.labels[row],
            "camid": self.records.camids[row],
            "clothes_id": self.clothes[row],
            "row": np.int64(row),
        }

    def _read(self, key: Key) -> tuple[int, np.ndarray]:
        """The photo of a key, or what replaces it."""
        for row in self._choices(key):
            try:
                return row, decode(self.records.paths[row])
            except InputError as error:
                if self.on_broken == "stop":
                    raise
                self.broken[row] = str(error)
        raise InputError(f"{self.records.paths[key[0]]}: cannot be read, nor what would replace it; check the data set")

    def _choices(self, key: Key) -> Iterator[int]:
        """The row asked for; then, in random order, the same person's in the same outfit, in others, and strangers."""
        row = key[0]
        yield row
        generator = np.random.default_rng((self.seed, *key, _REPLACEMENT))
        same = self.labels == self.labels[row]
        same[row] = False
        alike = same & (self.clothes == self.clothes[row])
        for group in (alike, same & ~alike):
            yield from generator.permutation(np.flatnonzero(group)).tolist()
        yield from generator.integers(0, len(self), _STRANGERS).tolist()
