"""Long runs over photos that write one Parquet file: in parts, by several processes; a killed run goes on."""

import logging
import multiprocessing
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import torch
from tqdm import tqdm

from habitus.errors import InputError
from habitus.recovery.table_files import TableKind, count_photos, merge_tables
from habitus.workers import end_with_parent

log = logging.getLogger("habitus")

PART = 32
"""Photos after which a killed run goes on."""


@dataclass(frozen=True)
class Part:
    """Some photos in a row, and the file that holds what is found in them."""

    file: Path
    names: tuple[str, ...]
    """Below the data's folder."""
    paths: tuple[Path, ...]


class Job(Protocol):
    """What is done with every part; goes into the workers."""

    def write(self, part: Part) -> list[str]:
        """Write a part's file, and tell which of its photos nothing was found in, and why."""
        ...


def check_workers(workers: int) -> None:
    """See that there can be so many.

    Raises:
        InputError: none, or thousands.
    """
    if not 1 <= workers <= 1024:
        raise InputError(f"--workers {workers}: must be from 1 to 1024")


def write_in_parts(
    output: Path,
    folder: Path,
    job: Job,
    names: Sequence[str],
    paths: Sequence[Path],
    *,
    kind: TableKind,
    workers: int,
) -> tuple[int, int]:
    """Write the parts that are missing, name the photos in which nothing was found, and make one file of all parts.

    Args:
        output: the file.
        folder: of its parts (`unfinished.parts_of`), which `unfinished.begin` made; gone when the output is there.
        job: what is done.
        names: of the photos below the data's folder.
        paths: of the photos.
        kind: of table that the job writes.
        workers: processes; the file does not depend on it.

    Returns:
        In how many photos something was found, and in how many nothing.

    Raises:
        InputError: a worker was killed, or whatever the job raises.
    """
    parts = []
    for start in range(0, len(names), PART):
        rows = slice(start, start + PART)
        parts.append(Part(folder / f"{start:09d}.parquet", tuple(names[rows]), tuple(paths[rows])))
    if not output.exists():  # else the run was killed when it had only to tidy up
        _write_missing(job, parts, workers)
        whole = folder / "whole.parquet"  # there, so that what a kill leaves is all in one place
        merge_tables(whole, kind, [part.file for part in parts])
        whole.replace(output)
    shutil.rmtree(folder)
    return count_photos(output, kind)


def _write_missing(job: Job, parts: list[Part], workers: int) -> None:
    missing = [part for part in parts if not part.file.exists()]
    without = 0
    with tqdm(total=sum(len(part.names) for part in parts), unit="photo", smoothing=0.05) as bar:
        bar.update(sum(len(part.names) for part in parts) - sum(len(part.names) for part in missing))
        for part, problems in _written(job, missing, workers):
            for problem in problems:
                without += 1
                log.warning("%s; it is left out (so far: %d)", problem, without)
            bar.update(len(part.names))


def _written(job: Job, parts: list[Part], workers: int) -> Iterator[tuple[Part, list[str]]]:
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


_job: list[Job] = []


def _start(job: Job) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    end_with_parent()
    _job[:] = [job]


def _work(part: Part) -> list[str]:
    return _job[0].write(part)
