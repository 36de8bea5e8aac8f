"""Photos with their features, from a model or from a file that `habitus embed` wrote."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from habitus.data.decoding import decode
from habitus.data.records import Records, Trial
from habitus.errors import InputError
from habitus.reid.embedder import Embedder
from habitus.reid.feature_files import read_features
from habitus.reid.shape_reid import feature_words

log = logging.getLogger("habitus")


@dataclass(frozen=True, eq=False)
class PhotoFeatures:
    """Photos and the feature of each."""

    records: Records
    features: Float32[np.ndarray, "M D"]

    def __len__(self) -> int:
        return len(self.records)

    def select(self, rows: Int64[np.ndarray, "K"]) -> "PhotoFeatures":
        """Some photos."""
        return PhotoFeatures(self.records.select(rows), self.features[rows])


@dataclass(frozen=True)
class Source:
    """What made features."""

    weights: str
    """Name or file of the model."""
    feature: str = "rgb"
    """Which of the model's features, as `reid.shape_reid.feature_words` says it."""
    flip: str = "sum"
    """"sum": those of a photo and of its mirror image are added; "none"."""
    trained: Mapping[str, Any] = field(default_factory=dict)
    """What is known about the weights' training; nothing of features from files."""


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features of photos, looked up by path."""

    rows: Mapping[Path, int]
    """Of `features`."""
    features: Float32[np.ndarray, "M D"]
    source: Source
    broken: tuple[Path, ...] = ()
    """Photos that could not be read and have no feature."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long what took."""

    def of(self, records: Records) -> PhotoFeatures:
        """Those photos of a table that have features; the frames of a tracklet as one, their features averaged."""
        places = np.array([self.rows.get(path, -1) for path in records.paths], np.int64)
        kept = np.flatnonzero(places >= 0)
        return averaged(PhotoFeatures(records.select(kept), self.features[places[kept]]))


def averaged(photos: PhotoFeatures) -> PhotoFeatures:
    """One row a tracklet: the mean of its frames' unit features, of unit length again, shown by its middle frame.

    Photos that are not of tracklets stay as they are.
    """
    tracklets = photos.records.tracklets
    if tracklets is None or not len(photos):
        return photos
    order = np.argsort(tracklets, kind="stable")
    starts = np.flatnonzero(np.diff(tracklets[order], prepend=tracklets[order[0]] - 1))
    counts = np.diff(starts, append=len(order))
    means = np.add.reduceat(_unit(photos.features)[order], starts, axis=0)
    return PhotoFeatures(photos.records.select(order[starts + counts // 2]), _unit(means))


def _unit(features: Float32[np.ndarray, "M D"]) -> Float32[np.ndarray, "M D"]:
    """Rows of length 1; rows of zeros stay."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths > 0, lengths, 1)


def photos_of(trials: Iterable[Trial]) -> Records:
    """All photos of some trials, each once: what must be embedded to score them. Clothes are left away."""
    parts = [records for trial in trials for records in (trial.query, trial.gallery)]
    first: dict[Path, tuple[int, int]] = {}
    for records in parts:
        for path, pid, camid in zip(records.paths, records.pids.tolist(), records.camids.tolist(), strict=True):
            first.setdefault(path, (pid, camid))
    pids, camids = np.array(list(first.values()), np.int64).reshape(-1, 2).T
    return Records(tuple(first), pids, camids)


def embed_photos(
    photos: Records,
    embedder: Embedder,
    *,
    weights: str,
    strict: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> FeatureTable:
    """Features of photos by a model.

    Args:
        photos: each once.
        embedder: of the model.
        weights: what the model is called in results.
        strict: stop at a broken photo instead of leaving it out.
        progress: called with how many more photos are done.

    Raises:
        InputError: a broken photo (strict), or features that are not finite.
    """
    start = perf_counter()
    features, rows = embedder.embed_records(photos, progress=progress, on_broken="stop" if strict else "skip")
    kept = set(rows.tolist())
    return FeatureTable(
        rows={photos.paths[row]: place for place, row in enumerate(rows.tolist())},
        features=features,
        source=Source(
            weights, feature=feature_words(embedder.model), flip=embedder.flip, trained=embedder.model.trained
        ),
        broken=tuple(path for row, path in enumerate(photos.paths) if row not in kept),
        seconds={"embedding": perf_counter() - start},
    )


def features_from_file(path: Path, photos: Records, root: Path, *, strict: bool = False) -> FeatureTable:
    """Features of photos from a file that `habitus embed` wrote.

    Args:
        path: of the file.
        photos: each once.
        root: the data set's folder, that paths in the file are below.
        strict: stop at a broken photo instead of leaving it out.

    Raises:
        InputError: the file cannot be used, or lacks photos that are not broken; a broken photo (strict).
    """
    start = perf_counter()
    file = read_features(path)
    rows = file.rows(root)
    missing = [photo for photo in photos.paths if photo not in rows]
    for photo in missing:
        try:
            decode(photo)
        except InputError as error:
            if strict:
                raise
            log.warning("%s; it is left out", error)
        else:
            raise InputError(
                f"{path}: lacks {len(missing)} of {len(photos)} photos, the first {photo}; embed the whole data set: "
                f"habitus embed {root} -o FILE"
            )
    return FeatureTable(
        rows={photo: rows[photo] for photo in photos.paths if photo in rows},
        features=file.features,
        source=Source(
            f"{file.made.get('weights', 'unknown')} ({path.name})",
            feature=str(file.made.get("feature", "unknown")),
            flip=str(file.made.get("flip", "unknown")),
        ),
        broken=tuple(missing),
        seconds={"reading": perf_counter() - start},
    )
