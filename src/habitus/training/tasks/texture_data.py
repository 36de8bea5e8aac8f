"""What texture networks learn from: photos with bodies, their unwrapped texels, partners, scans, backgrounds, truth.

Every item is whole in itself: the photo that a texture is made from, and the photo of the same person beside which its
render is held. So batches may be shared between processes and split as one likes.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.data.dataset import Key, OnBroken, PhotoDataset
from habitus.data.decoding import decode
from habitus.data.records import Records
from habitus.data.transforms import resized
from habitus.errors import InputError
from habitus.evaluation.texture.photos import true_textures
from habitus.recovery.body_table import BodyTable, body_table
from habitus.synthetic.worlds.writing import world_around
from habitus.texture.generator.sight import Sight, seen_by_networks
from habitus.texture.known import CachedKnown
from habitus.texture.scans import ScanTextures
from habitus.training.tasks.training_data import check_files, places_in
from habitus.types import BodyParams

log = logging.getLogger("habitus")

_DRAWS = 2  # a stream of random numbers of the items' own

Picture = UInt8[np.ndarray, "H W 3"]
Planes = UInt8[np.ndarray, "3 H W"]


class Backdrops(Protocol):
    """Pictures without end, each a function of its key."""

    def __getitem__(self, key: tuple[int, ...], /) -> Planes: ...


@dataclass(frozen=True, eq=False)
class PosedPhotos:
    """Photos whose bodies are known."""

    records: Records
    tables: tuple[BodyTable, ...]
    places: Int64[np.ndarray, "M 2"]
    """Of each photo: its table, and its row there."""
    truths: tuple[Path | None, ...]
    """The true texture of each photo's person, where a made world tells it."""

    def __len__(self) -> int:
        return len(self.records)

    def params(self, row: int) -> BodyParams:
        """The body in a photo (B = 1), in the photo's frame."""
        table, place = self.places[row]
        return self.tables[table].params(int(place))

    def size(self, row: int) -> tuple[int, int]:
        """(H, W) of a photo, pixels."""
        table, place = self.places[row]
        return self.tables[table].size(int(place))

    def mask(self, row: int) -> UInt8[np.ndarray, "H W"]:
        """How much of each pixel the person covers, 0 to 255."""
        table, place = self.places[row]
        return self.tables[table].mask(int(place))

    @cached_property
    def digest(self) -> str:
        """Of the photos, in order, and their bodies."""
        digests = [table.digest(self.places[self.places[:, 0] == n, 1]) for n, table in enumerate(self.tables)]
        return hashlib.sha256(" ".join([*digests, str(self.places[:, 0].tolist())]).encode()).hexdigest()[:16]


def posed_photos(
    records: Records, roots: Sequence[Path], bodies: Sequence[Path], body: BodyModel, *, truth: bool
) -> PosedPhotos:
    """The photos whose bodies are known; the others are counted and left out.

    Args:
        records: photos of the data sets at `roots`.
        roots: folders of the data sets.
        bodies: the table of each; none where they are made worlds, whose truth is taken.
        body: that the parameters are of.
        truth: whether to look for the true textures as well.

    Raises:
        InputError: a table is missing or does not fit, there are not as many as data sets, or hardly any photo has
            parameters.
    """
    check_files("--bodies", bodies, roots)
    tables = [body_table(root, file, body) for root, file in zip(roots, bodies or [None] * len(roots), strict=True)]
    places = places_in(tables, records, roots)
    known = places[:, 0] >= 0
    kept = records.select(known)
    if kept.people < 2:
        raise InputError(
            f"{' '.join(map(str, bodies or roots))}: has parameters of {int(known.sum())} of {len(records)} photos, "
            "of fewer than two people; run `habitus bodies` on the data"
        )
    if not known.all():
        log.warning("%d of %d photos have no body parameters and are left out", int((~known).sum()), len(records))
    truths = _true_textures(roots, kept) if truth else (None,) * len(kept)
    return PosedPhotos(kept, tuple(tables), places[known], truths)


def _true_textures(roots: Sequence[Path], records: Records) -> tuple[Path | None, ...]:
    found: dict[Path, Path] = {}
    for written in filter(None, map(world_around, roots)):
        found |= true_textures(written)
    return tuple(found.get(path.absolute()) for path in records.paths)


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What an item holds beside its photos; None: it does not."""

    scans: ScanTextures | None = None
    backgrounds: Backdrops | None = None
    truth_size: int | None = None
    """Texels a side of the true textures."""


class TextureDataset(PhotoDataset):
    """Photos by `Key`, each with a photo to hold its render beside; the same key always gives the same item."""

    def __init__(
        self,
        photos: PosedPhotos,
        beside: Beside,
        *,
        size: tuple[int, int],
        partners: bool,
        seed: int,
        on_broken: OnBroken,
    ) -> None:
        """Prepare.

        Args:
            photos: with their bodies.
            beside: what else is wanted.
            size: (H, W) of the renders.
            partners: hold a render beside another photo of the person in the same outfit, not beside its own.
            seed: of what is drawn.
            on_broken: as for `PhotoDataset`.
        """
        super().__init__(photos.records, seed=seed, on_broken=on_broken)
        self.photos, self.beside, self.size, self.partners = photos, beside, size, partners
        self.known: CachedKnown | None = None
        """Unwrapped texels, row by row, once they are there and if they are wanted."""
        worn = np.unique(np.stack([self.labels, self.clothes], 1), axis=0, return_inverse=True)[1].reshape(-1)
        self._worn, self._alike = worn, _groups(worn)

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """An item.

        Returns:
            row, pid: of the photo.
            photo: (3, 128, 64) uint8, as networks see it.
            partner: row of the photo beside which the render is held; its own without partners.
            target: (3, H, W) uint8, that photo at the renders' size.
            known, confidence: (3, T, T), (T, T) uint8, what unwrapping knows, if wanted.
            truth, has_truth: (3, T, T) uint8, and whether there is one (else it is black), if wanted.
            scan: (3, T, T) uint8, of anybody, if wanted.
            background: (3, H, W) uint8, if wanted.

        Raises:
            InputError: as of `PhotoDataset`.
        """
        row, picture = self._read(key)
        draws = np.random.default_rng((self.seed, *key, _DRAWS))
        partner, other = self._partner(row, picture, key, draws)
        item = {
            "row": np.int64(row),
            "pid": self.labels[row],
            "photo": _seen(picture),
            "partner": np.int64(partner),
            "target": _planes(resized(other, self.size)),
        }
        beside = self.beside
        if beside.backgrounds is not None:
            item["background"] = beside.backgrounds[key]
        if beside.scans is not None:
            item["scan"] = beside.scans[int(draws.integers(len(beside.scans)))]
        if self.known is not None:
            item["known"], item["confidence"] = self.known[row]
        if beside.truth_size is not None:
            item |= _truth(self.photos.truths[row], beside.truth_size)
        return item

    def _partner(self, row: int, picture: Picture, key: Key, draws: np.random.Generator) -> tuple[int, Picture]:
        """Another photo of the person in the same outfit, or the photo itself where there is no other."""
        alike = self._alike[self._worn[row]]
        if not self.partners or len(alike) < 2:
            return row, picture
        others = alike[alike != row]
        return self._read((int(draws.choice(others)), *key[1:]))


def unit(planes: UInt8[Tensor, "*B"]) -> Float[Tensor, "*B"]:
    """Bytes as numbers in [0, 1]."""
    return planes.float() / 255


def sight_of(batch: Mapping[str, Any]) -> Sight:
    """What a generator sees of a batch of items."""
    if "known" not in batch:
        return Sight(unit(batch["photo"]))
    return Sight(unit(batch["photo"]), unit(batch["known"]), unit(batch["confidence"])[:, None])


def _planes(picture: Picture) -> Planes:
    return np.stack(cv2.split(picture))


def _seen(picture: Picture) -> Planes:
    """As networks see it, to a byte."""
    photo = seen_by_networks(torch.from_numpy(_planes(picture))[None].float() / 255)
    return (255 * photo[0]).round().byte().numpy()


def _groups(labels: Int64[np.ndarray, "M"]) -> list[Int64[np.ndarray, "_"]]:
    """Rows of each label, counted from 0."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _truth(path: Path | None, size: int) -> dict[str, Any]:
    if path is None:
        return {"truth": np.zeros((3, size, size), np.uint8), "has_truth": np.float32(0)}
    return {"truth": _planes(resized(decode(path), (size, size))), "has_truth": np.float32(1)}
