"""How the numba kernels are compiled, cached and spread over the batch.

A kernel works on items `begin` to `end` of a batch on one thread without the interpreter's lock, and a pool of plain
threads calls it on slices of the batch. Numba's own thread layers are left alone: they cannot be called from two
threads at once, or die in a process forked after their first use, as the workers of a DataLoader are.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import torch


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function` at its first call and keep the machine code on disk for later processes."""
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written: compile in each process
        return numba.njit(nogil=True, error_model="numpy")(function)


class _Pool:
    """Threads beside the calling one; as many as torch would use."""

    def __init__(self) -> None:
        self.helpers = 0
        self.executor: ThreadPoolExecutor | None = None

    def of(self, helpers: int) -> ThreadPoolExecutor:
        if self.executor is None or self.helpers < helpers:
            self.executor = ThreadPoolExecutor(helpers, thread_name_prefix="habitus")
            self.helpers = helpers
        return self.executor

    def forget(self) -> None:
        self.executor, self.helpers = None, 0


_pool = _Pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.forget)  # threads do not survive a fork


def over_batch(compiled: Callable[..., Any], batch: int, *arguments: Any) -> list[Any]:
    """Call `compiled(begin, end, *arguments)` on slices of the batch, on at most `torch.get_num_threads()` threads.

    Returns:
        What each slice returned, in the order of the batch.
    """
    threads = min(torch.get_num_threads(), batch)
    if threads <= 1:
        return [compiled(0, batch, *arguments)]
    slices = min(batch, 4 * threads)  # more slices than threads: neighbours on the machine slow threads unevenly
    bounds = [batch * i // slices for i in range(slices + 1)]
    results: list[Any] = [None] * slices
    pending = iter(range(slices))  # next() on a range iterator is atomic under the interpreter's lock

    def work() -> None:
        for i in pending:
            results[i] = compiled(bounds[i], bounds[i + 1], *arguments)

    helpers = [_pool.of(threads - 1).submit(work) for _ in range(threads - 1)]
    try:
        work()
    finally:
        for helper in helpers:
            helper.result()
    return results
