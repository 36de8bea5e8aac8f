"""What 3DSL learns from: photos with what is seen of the person in them, each beside a real body."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from habitus.body.model import BodyModel
from habitus.data.dataset import Key, OnBroken, PhotoDataset
from habitus.data.records import Records
from habitus.data.seen_transforms import SeenTransform
from habitus.data.transforms import Picture, resized
from habitus.errors import InputError
from habitus.recovery.real_bodies import RealBodies
from habitus.recovery.seen_table import SeenTable, seen_table
from habitus.training.tasks.training_data import check_files, places_in

log = logging.getLogger("habitus")

_REAL = 3  # a stream of random numbers of its own


@dataclass(frozen=True, eq=False)
class SeenPhotos:
    """Photos, and what is seen of the people in them."""

    records: Records
    tables: tuple[SeenTable, ...]
    places: Int64[np.ndarray, "M 2"]
    """Of each photo: its table, and its row there; -1: nothing is known of it."""

    def size(self, row: int) -> tuple[int, int] | None:
        """(H, W) of the photo that was looked at; None: none was."""
        table, place = self.places[row]
        return None if table < 0 else self.tables[table].size(int(place))

    def mask(self, row: int) -> UInt8[np.ndarray, "H W"] | None:
        """How much of each pixel of a photo the person covers, 0 to 255; None: not known."""
        table, place = self.places[row]
        return None if table < 0 else self.tables[table].mask(int(place))

    def keypoints(self, row: int) -> Float32[np.ndarray, "17 3"]:
        """COCO-17 of a photo: x, y in its pixels, confidence; 0 is missing."""
        table, place = self.places[row]
        return np.zeros((17, 3), np.float32) if table < 0 else self.tables[table].keypoints(int(place))

    def without(self) -> tuple[int, int]:
        """How many photos have no mask, and how many no keypoint."""
        known = [(self.tables[table], int(place)) for table, place in self.places.tolist() if table >= 0]
        unknown = len(self.records) - len(known)
        masks = sum(not table.has_mask(row) for table, row in known)
        return unknown + masks, unknown + sum(not table.keypoints(row)[:, 2].any() for table, row in known)

    def digests(self) -> list[str]:
        """Of what is known, a table each."""
        return [table.digest(self.places[self.places[:, 0] == n, 1]) for n, table in enumerate(self.tables)]


def seen_photos(records: Records, roots: Sequence[Path], files: Sequence[Path], body: BodyModel) -> SeenPhotos:
    """What is seen in photos; those of which nothing is known are counted.

    Args:
        records: photos of the data sets at `roots`.
        roots: folders of the data sets.
        files: of `habitus perceive`, one a data set; none where they are made worlds, whose truth is taken.
        body: that made worlds are of.

    Raises:
        InputError: a file cannot be used or knows no photo of its data set, or there are not as many as data sets.
    """
    check_files("--seen", files, roots)
    tables = [seen_table(root, file, body) for root, file in zip(roots, files or [None] * len(roots), strict=True)]
    photos = SeenPhotos(records, tuple(tables), places_in(tables, records, roots))
    for number, (root, file) in enumerate(zip(roots, files, strict=False)):
        if not (photos.places[:, 0] == number).any():
            raise InputError(
                f"{file}: knows none of the photos to train on in {root}; give what `habitus perceive {root}` wrote"
            )
    masks, keypoints = photos.without()
    if masks or keypoints:
        log.warning(
            "of %d photos %d have no mask and %d no keypoints; they teach less of the body",
            len(records), masks, keypoints,
        )  # fmt: skip
    return photos


class SeenDataset(PhotoDataset):
    """Photos by `Key`, with what is seen in them, moved as they are, and a real body each.

    Args:
        photos: what there is.
        transform: of photo, mask and keypoints.
        real: bodies that the discriminator is to take for real; None: none are wanted.
        seed, on_broken: as in `PhotoDataset`.

    Raises:
        InputError: there are no photos.
    """

    def __init__(
        self,
        photos: SeenPhotos,
        transform: SeenTransform,
        real: RealBodies | None,
        *,
        seed: int = 0,
        on_broken: OnBroken = "skip",
    ) -> None:
        super().__init__(photos.records, seed=seed, on_broken=on_broken)
        self.photos, self.together, self.real = photos, transform, real

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """An item.

        Returns:
            What `PhotoDataset` gives, and
            mask, valid: (H, W) uint8, and keypoints: (17, 3) float32, see `SeenPhoto`.
            stretch: float32, how many times too wide the photo is shown, for it is resized to other proportions.
            real_theta (24, 3), real_beta (10,): float32, a real body's, if there are any.

        Raises:
            InputError: as of `PhotoDataset`; or what is known is of a photo of another size.
        """
        row, picture = self._read(key)
        self._check_size(row, picture)
        stretch = self._stretch(picture)
        seen = self.together(
            picture, self.photos.mask(row), self.photos.keypoints(row), np.random.default_rng((self.seed, *key))
        )
        item = self.labelled(row) | {
            "image": np.stack(cv2.split(seen.picture)),
            "mask": seen.mask, "valid": seen.valid, "keypoints": seen.keypoints, "stretch": stretch,
        }  # fmt: skip
        if self.real is not None:
            drawn = np.random.default_rng((self.seed, *key, _REAL)).integers(len(self.real))
            item |= {"real_theta": self.real.theta[drawn], "real_beta": self.real.beta[drawn]}
        return item

    def plain(self, rows: Sequence[int]) -> tuple[Float32[np.ndarray, "B 3 H W"], Float32[np.ndarray, "B"]]:
        """Photos as they are, or what replaces them, at the size of the transform, RGB in [0, 1]; and how many times
        too wide they are so."""
        pictures = [self._read((row, 0, 0))[1] for row in rows]
        shown = np.stack([resized(picture, self.together.size) for picture in pictures])
        return shown.transpose(0, 3, 1, 2).astype(np.float32) / 255, np.stack([self._stretch(p) for p in pictures])

    def _stretch(self, picture: Picture) -> np.float32:
        (height, width), size = picture.shape[:2], self.together.size
        return np.float32(size[1] * height / (size[0] * width))

    def _check_size(self, row: int, picture: Picture) -> None:
        size, seen = picture.shape[:2], self.photos.size(row)
        if seen not in (None, size):
            raise InputError(
                f"{self.records.paths[row]}: has {size[1]}x{size[0]} pixels, and its mask and keypoints are of a photo "
                f"of {seen[1]}x{seen[0]}; run `habitus perceive` again"
            )
