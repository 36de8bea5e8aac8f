"""Batches in order, made by worker processes ahead of time."""

import logging
import multiprocessing
import multiprocessing.context
import signal
import sys
from collections.abc import Iterable, Iterator, Sized
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from habitus.data.dataset import Key
from habitus.errors import InputError
from habitus.workers import end_with_parent

log = logging.getLogger("habitus")

Batch = dict[str, torch.Tensor]
MOST_WORKERS = 256
_AHEAD = 4  # batches that each worker prepares ahead


class KeyedDataset(Protocol):
    """What `loader` loads from: an item is arrays and numbers by name, and a function of its key alone."""

    broken: dict[int, str]

    def __getitem__(self, key: Key, /) -> dict[str, Any]: ...


class Loader:
    """Batches of a dataset, an iterable."""

    def __init__(self, dataset: KeyedDataset, batches: Iterable[list[Key]], *, workers: int) -> None:
        """See `loader`."""
        self.dataset, self.batches, self.workers = dataset, batches, workers
        self.broken: dict[int, str] = {}
        """Rows whose files could not be read so far, and why."""
        self._loading = self._start()

    def _start(self) -> DataLoader:
        """Workers, which begin when they are first asked."""
        return DataLoader(
            _Batched(self.dataset), batch_size=None, sampler=self.batches, collate_fn=_as_it_is,
            num_workers=self.workers, persistent_workers=self.workers > 0, worker_init_fn=_start_worker,
            multiprocessing_context=_context() if self.workers else None,
            prefetch_factor=_AHEAD if self.workers else None, pin_memory=torch.cuda.is_available(),
        )  # fmt: skip

    def __len__(self) -> int:
        """How many batches there are; of a list."""
        if not isinstance(self.batches, Sized):
            raise TypeError("batches of a generator are not counted")
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        failure = None
        for batch, broken, failure in self._produced():
            for row in broken.keys() - self.broken.keys():
                self.broken[row] = broken[row]
                log.warning("%s; another photo takes its place (broken so far: %d)", broken[row], len(self.broken))
            if failure is not None:
                break
            yield batch
        if failure is not None:
            self._loading = self._start()  # ends the workers now; the garbage collector would wait for them
            raise InputError(failure)

    def _produced(self) -> Iterator["_Produced"]:
        try:
            yield from self._loading
        except RuntimeError as error:
            if "DataLoader worker" not in str(error):
                raise
            raise InputError(
                "--workers: one was killed, perhaps for want of memory (or of /dev/shm, in a container); "
                "ask for fewer, or 0"
            ) from error


def loader(dataset: KeyedDataset, batches: Iterable[list[Key]], *, workers: int = 2) -> Loader:
    """Load batches, in order, the same whatever the number of workers.

    Each call starts its workers anew when it is first iterated (they stay for further iterations). To train for many
    epochs give all their batches at once: `chain.from_iterable(map(sampler.batches, range(first, epochs)))`.

    Args:
        dataset: `PhotoDataset` or another with items by key.
        batches: the keys of each batch, from a sampler: a list, or a generator that makes them when they are needed.
        workers: processes; 0 loads in this one. Like all of Python's spawned processes they import the script that
            was started, which therefore does its work under `if __name__ == "__main__":`.

    Returns:
        An iterable of batches: image (B, 3, H, W) uint8; pid, camid, clothes_id, row (B,) int64; or what else the
        items of the dataset hold. A photo that could not be read is named once by a warning and listed in `broken`.
        Iterating raises InputError when a photo cannot be read nor replaced.

    Raises:
        InputError: the number of workers makes no sense.
    """
    if not 0 <= workers <= MOST_WORKERS:
        raise InputError(f"workers {workers}: must be from 0 to {MOST_WORKERS}")
    return Loader(dataset, batches, workers=workers)


_Produced = tuple[Batch, dict[int, str], str | None]
"""A batch, rows newly found broken, and what stops the epoch."""


class _Batched(Dataset[_Produced]):
    """Whole batches by their keys, with the news of broken files: workers have no other way to tell it."""

    def __init__(self, dataset: KeyedDataset) -> None:
        self.dataset = dataset
        self.told: set[int] = set()

    def __getitem__(self, keys: list[Key]) -> _Produced:
        batch, failure = {}, None
        try:
            items = [self.dataset[key] for key in keys]
            batch = {name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]}
        except InputError as error:  # as text: torch would wrap the exception in a traceback
            failure = str(error)
        broken = {row: reason for row, reason in self.dataset.broken.items() if row not in self.told}
        self.told |= broken.keys()
        return batch, broken, failure


def _as_it_is(batch: Any) -> Any:
    return batch


def _context() -> multiprocessing.context.BaseContext:
    """Workers are forked from a process of imports alone: threads of this one would not survive a fork."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch.utils.data", "cv2", "jaxtyping", "PIL.Image"])
    return context


def _start_worker(_worker: int) -> None:
    """Processes are the parallelism: more threads within them would fight for the same cores.

    Ctrl-C reaches them too, but is for the process that they load for, which may still want their batches.
    """
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
