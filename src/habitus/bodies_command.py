"""`habitus bodies`: the body in every photo of a folder, in one file; a killed run goes on where it was."""

import logging
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import torch
from tqdm import tqdm

from habitus import __version__
from habitus.body.assets import load_body_data
from habitus.body.digest import body_digest
from habitus.body.model import BodyModel
from habitus.data.listing import list_photos
from habitus.errors import InputError
from habitus.perception.masks import MaskMethod
from habitus.perception.models import FETCH_COMMAND, missing_models
from habitus.recovery.body_table_file import count_bodies, merge_bodies, write_bodies
from habitus.recovery.fit import FitSettings
from habitus.recovery.imported_bodies import Importer, hmr_folder, smplmarket_folder
from habitus.recovery.photo_bodies import Found, fit_photos, import_photos
from habitus.unfinished import begin, parts_of
from habitus.workers import end_with_parent

if TYPE_CHECKING:
    from habitus.cli import BodiesCommand

log = logging.getLogger("habitus")

_PART = 32
"""Photos after which a killed run goes on."""


@dataclass(frozen=True)
class _Job:
    """What every part is made by; goes into the workers."""

    body: BodyModel
    mask_method: MaskMethod
    source: tuple[Callable[[Path, BodyModel], Importer], Path] | None
    """Of bodies that others found; None: fit."""
    made: dict[str, Any]

    def write(self, part: "_Part") -> list[str]:
        """Write a part, and tell which photos have no body, and why."""
        found = self._bodies(part)
        rows = [(name, size, body) for name, (size, body) in zip(part.names, found, strict=True)]
        write_bodies(part.file, self.body, rows, self.made)
        return [f"{path}: {body}" for path, (_, body) in zip(part.paths, found, strict=True) if isinstance(body, str)]

    def _bodies(self, part: "_Part") -> list[Found]:
        if self.source is None:
            return fit_photos(self.body, part.paths, mask_method=self.mask_method)
        importer = self.source[0](self.source[1], self.body)
        return import_photos(self.body, part.paths, part.names, importer, mask_method=self.mask_method)


@dataclass(frozen=True)
class _Part:
    file: Path
    names: tuple[str, ...]
    paths: tuple[Path, ...]


def recover_bodies(command: "BodiesCommand") -> tuple[int, int]:
    """Run the command.

    Returns:
        How many photos have a body, and how many have none.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    output, folder = command.output, parts_of(command.output, resume=command.resume)
    if not 1 <= command.workers <= 1024:
        raise InputError(f"--workers {command.workers}: must be from 1 to 1024")
    if missing_models():
        raise InputError(f"the models that find people are missing; run `{FETCH_COMMAND}`")
    body = BodyModel(load_body_data(command.body))
    source = _source(command)
    if source is not None:
        source[0](source[1], body)  # refuses what cannot be read before the long work starts
    photos = list_photos(command.data, command.layout)
    options = {
        "body": body_digest(body),
        "mask method": command.mask_method,
        "settings": asdict(FitSettings()),
        "source": "fit" if source is None else f"{source[0].__name__} {source[1].absolute()}",
        "version": __version__,
    }
    begin(folder, options | {"photos": photos.digest()})
    parts = []
    for start in range(0, len(photos.names), _PART):
        rows = slice(start, start + _PART)
        parts.append(_Part(folder / f"{start:09d}.parquet", photos.names[rows], photos.records.paths[rows]))
    if not output.exists():  # else the run was killed when it had only to tidy up
        _make(_Job(body, command.mask_method, source, options), parts, command.workers)
        whole = folder / "whole.parquet"  # there, so that what a kill leaves is all in one place
        merge_bodies(whole, [part.file for part in parts])
        whole.replace(output)
    shutil.rmtree(folder)
    return count_bodies(output)


def _source(command: "BodiesCommand") -> tuple[Callable[[Path, BodyModel], Importer], Path] | None:
    if command.hmr is not None and command.smplmarket is not None:
        raise InputError("--hmr and --smplmarket: bodies come from one of them; leave the other away")
    if command.hmr is not None:
        return hmr_folder, command.hmr
    return None if command.smplmarket is None else (smplmarket_folder, command.smplmarket)


def _make(job: _Job, parts: list[_Part], workers: int) -> None:
    """Write the parts that are missing, and name the photos that have no body."""
    missing = [part for part in parts if not part.file.exists()]
    without = 0
    with tqdm(total=sum(len(part.names) for part in parts), unit="photo", smoothing=0.05) as bar:
        bar.update(sum(len(part.names) for part in parts) - sum(len(part.names) for part in missing))
        for part, problems in _written(job, missing, workers):
            for problem in problems:
                without += 1
                log.warning("%s; it is left out (so far: %d)", problem, without)
            bar.update(len(part.names))


def _written(job: _Job, parts: list[_Part], workers: int) -> Iterator[tuple[_Part, list[str]]]:
    """Write parts, and yield each with its problems when it is there."""
    if workers == 1 or len(parts) < 2:
        for part in parts:
            yield part, job.write(part)
        return
    # Fresh processes: threads of this one (numba's, torch's, the models') would not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(parts)), context, _start, (job,)) as pool:
        running = {pool.submit(_work, part): part for part in parts}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        except BrokenProcessPool as error:
            raise InputError(
                f"{parts[0].file.parent}: a worker was killed, perhaps for want of memory; "
                "go on with --resume and fewer --workers"
            ) from error
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


_job: list[_Job] = []


def _start(job: _Job) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    end_with_parent()
    _job[:] = [job]


def _work(part: _Part) -> list[str]:
    return _job[0].write(part)
