"""`habitus embed`: features of all photos of a folder, in one file; a killed run goes on where it was."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from habitus import __version__
from habitus.data.listing import ListedPhotos, list_photos
from habitus.reid.embedder import Embedder
from habitus.reid.feature_files import FeatureFile, merge_features, read_features, write_features
from habitus.reid.pretrained import SHIPPED
from habitus.reid.shape_reid import feature_words
from habitus.unfinished import begin, parts_of

if TYPE_CHECKING:
    from habitus.cli import EmbedCommand

_SHARD = 1024
"""Photos after which a killed run goes on."""


def embed_folder(command: "EmbedCommand") -> tuple[int, int]:
    """Run the command.

    Returns:
        How many photos have features, and how many were left out as broken.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    output, parts = command.output, parts_of(command.output, resume=command.resume)
    photos = list_photos(command.data, command.layout)
    embedder = Embedder(
        command.weights, device=command.device, batch=command.batch, flip=command.flip, feature=command.feature,
        rgb_weight=command.rgb_weight,
    )  # fmt: skip
    made = {
        "weights": command.weights if command.weights in SHIPPED else Path(command.weights).name,
        "sha256": _sha256(_weights_file(command.weights)),
        "size": list(embedder.model.size),
        "feature": feature_words(embedder.model),
        "flip": command.flip,
        "version": __version__,
    }
    begin(parts, made | {"batch": command.batch, "strict": command.strict, "photos": photos.digest()})
    if not output.exists():  # else the run was killed when it had only to tidy up
        shards = list(_embed(photos, embedder, parts, made, strict=command.strict))
        whole = parts / "whole.parquet"  # there, so that what a kill leaves is all in one place
        merge_features(whole, shards)
        whole.replace(output)
    shutil.rmtree(parts)
    embedded = len(read_features(output))
    return embedded, len(photos.records) - embedded


def _embed(
    photos: ListedPhotos, embedder: Embedder, parts: Path, made: dict[str, Any], *, strict: bool
) -> Iterator[Path]:
    """Write the shards that are missing, and yield all."""
    count = len(photos.records)
    with tqdm(total=count, unit="photo", smoothing=0.05) as bar:
        for start in range(0, count, _SHARD):
            rows = np.arange(start, min(start + _SHARD, count))
            shard = parts / f"{start:09d}.parquet"
            if shard.exists():
                bar.update(len(rows))
            else:
                features, kept = embedder.embed_records(
                    photos.records.select(rows), on_broken="stop" if strict else "skip", progress=bar.update
                )
                write_features(shard, _rows_of(photos, rows[kept], features, made))
            yield shard


def _rows_of(photos: ListedPhotos, rows: np.ndarray, features: np.ndarray, made: dict[str, Any]) -> FeatureFile:
    """Some rows as a file holds them."""
    names, splits = (tuple(column[row] for row in rows) for column in (photos.names, photos.splits))
    return FeatureFile(
        names, photos.records.pids[rows], photos.records.camids[rows], photos.clothes[rows], splits, features, made
    )


def _weights_file(name: str) -> Path:
    path = SHIPPED.get(name, Path(name))
    return path / "model.safetensors" if path.is_dir() else path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
