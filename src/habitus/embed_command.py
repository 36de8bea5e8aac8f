"""`habitus embed`: features of all photos of a folder, in one file; a killed run goes on where it was."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int64
from tqdm import tqdm

from habitus import __version__
from habitus.data.opening import LAYOUTS, open_data
from habitus.data.readers.reading import Reader, pictures
from habitus.data.records import Records, stacked
from habitus.errors import InputError
from habitus.files import writing
from habitus.reid.embedder import Embedder, photos_in
from habitus.reid.feature_files import FeatureFile, merge_features, read_features, write_features
from habitus.reid.pretrained import SHIPPED

if TYPE_CHECKING:
    from habitus.cli import EmbedCommand

_SHARD = 1024
"""Photos after which a killed run goes on."""
_UNFINISHED = ".unfinished"
_OPTIONS = "options.json"


@dataclass(frozen=True, eq=False)
class _Photos:
    """What is embedded."""

    records: Records
    names: tuple[str, ...]
    """Paths as the file holds them: from the data's folder."""
    clothes: Int64[np.ndarray, "M"]
    """-1 where not labelled: some sets label the clothes of some splits."""
    splits: tuple[str, ...]

    def with_features(self, rows: np.ndarray, features: np.ndarray, made: dict[str, Any]) -> FeatureFile:
        """Some rows as a file holds them."""
        names, splits = (tuple(column[row] for row in rows) for column in (self.names, self.splits))
        return FeatureFile(
            names, self.records.pids[rows], self.records.camids[rows], self.clothes[rows], splits, features, made
        )


def embed_folder(command: "EmbedCommand") -> tuple[int, int]:
    """Run the command.

    A folder of photos is taken as it is, without labels, also where it is part of a data set (bounding_box_test/).

    Returns:
        How many photos have features, and how many were left out as broken.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    output, parts = command.output, command.output.with_name(command.output.name + _UNFINISHED)
    if output.exists() and not (command.resume and parts.exists()):
        raise InputError(f"{output}: is there already; move it away or choose another name")
    if parts.exists() and not command.resume:
        raise InputError(f"{parts}: is of an unfinished run; go on with --resume, or remove it to start again")
    plain = command.layout is None and _is_plain(command.data)
    photos = _plain(command.data) if plain else _of_set(command.data, command.layout)
    embedder = Embedder(command.weights, device=command.device, batch=command.batch, flip=command.flip)
    made = {
        "weights": command.weights if command.weights in SHIPPED else Path(command.weights).name,
        "sha256": _sha256(_weights_file(command.weights)),
        "size": list(embedder.model.size),
        "flip": command.flip,
        "version": __version__,
    }
    _begin(parts, made | {"batch": command.batch, "strict": command.strict, "photos": _digest(photos)})
    if not output.exists():  # else the run was killed when it had only to tidy up
        shards = list(_embed(photos, embedder, parts, made, strict=command.strict))
        whole = parts / "whole.parquet"  # there, so that what a kill leaves is all in one place
        merge_features(whole, shards)
        whole.replace(output)
    shutil.rmtree(parts)
    embedded = len(read_features(output))
    return embedded, len(photos.records) - embedded


def _embed(photos: _Photos, embedder: Embedder, parts: Path, made: dict[str, Any], *, strict: bool) -> Iterator[Path]:
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
                write_features(shard, photos.with_features(rows[kept], features, made))
            yield shard


def _is_plain(folder: Path) -> bool:
    """Whether it is a folder of photos, rather than one of a data set (which may hold a picture too), or a table."""
    return folder.is_dir() and bool(pictures(folder)) and not any(_is_laid_out(folder, r) for r in LAYOUTS.values())


def _is_laid_out(folder: Path, reader: Reader) -> bool:
    return any(
        all((folder / inside / name).exists() for name in signs) for inside in reader.inside for signs in reader.signs
    )


def _plain(folder: Path) -> _Photos:
    paths = tuple(photos_in(folder))
    unknown = np.full(len(paths), -1, np.int64)
    return _Photos(Records(paths, unknown, unknown), _names(paths, folder), unknown, ("",) * len(paths))


def _of_set(folder: Path, layout: str | None) -> _Photos:
    """All photos of a data set, each once: one that is asked for and searched counts as asked for."""
    data = open_data(folder, layout=layout)
    parts = [("train", data.train)] + ([("val", data.val)] if data.val is not None else [])
    parts += [("query", trial.query) for trial in data.trials.values()]
    parts += [("gallery", trial.gallery) for trial in data.trials.values()]
    together = stacked([part for _, part in parts])
    clothes = np.concatenate([np.full(len(p), -1) if p.clothes_ids is None else p.clothes_ids for _, p in parts])
    splits = [split for split, part in parts for _ in range(len(part))]
    rows: dict[Path, int] = {}
    for row, path in enumerate(together.paths):
        rows.setdefault(path, row)
    first = list(rows.values())
    root = data.root if data.root.is_dir() else data.root.parent
    return _Photos(together.select(first), _names(rows, root), clothes[first], tuple(splits[row] for row in first))


def _names(paths: Iterable[Path], root: Path) -> tuple[str, ...]:
    return tuple((path.relative_to(root) if path.is_relative_to(root) else path).as_posix() for path in paths)


def _begin(parts: Path, options: dict[str, Any]) -> None:
    """Make the folder of an unfinished run, or see that it is of the same options."""
    path = parts / _OPTIONS
    if path.is_file():
        try:
            begun = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read ({error}); remove {parts} to start again") from error
        differing = [name for name, value in options.items() if not isinstance(begun, dict) or begun.get(name) != value]
        if differing:
            raise InputError(
                f"{parts}: was begun with other {', '.join(differing)}; repeat its options, or remove it to start again"
            )
    elif parts.exists() and any(parts.glob("*.parquet")):
        raise InputError(f"{path}: is missing; remove {parts} to start again")
    else:
        with writing(path) as temporary:
            temporary.write_text(json.dumps(options, indent=1, sort_keys=True) + "\n")


def _digest(photos: _Photos) -> str:
    columns = (photos.names, photos.records.pids, photos.records.camids, photos.clothes, photos.splits)
    rows = ([str(value) for value in row] for row in zip(*columns, strict=True))
    return hashlib.sha256(json.dumps(list(rows)).encode()).hexdigest()


def _weights_file(name: str) -> Path:
    path = SHIPPED.get(name, Path(name))
    return path / "model.safetensors" if path.is_dir() else path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
