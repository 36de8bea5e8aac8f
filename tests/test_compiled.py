"""How kernels are compiled, cached and called."""

import multiprocessing
import subprocess
import sys

import numba
import pytest
import torch
from shapes import sphere

from habitus import compiled
from habitus.rendering.rasterizer import rasterize


def test_importing_the_renderer_compiles_nothing():
    code = "import sys, habitus.rendering.render; sys.exit('numba' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": ":".join(sys.path)}).returncode
        == 0
    )


def test_without_a_folder_to_cache_in_kernels_compile_all_the_same(monkeypatch):
    real = numba.njit

    def refusing(*arguments, **options):
        if not options.get("cache"):
            return real(*arguments, **options)

        def decorate(function):
            raise RuntimeError(f"cannot cache function {function.__name__!r}: no locator available")

        return decorate

    monkeypatch.setattr(compiled.numba, "njit", refusing)
    assert compiled.kernel(lambda x: x + 1)(1) == 2


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_slices_make_up_the_batch_in_order(threads):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        for batch in (0, 1, 3, 32):
            parts = compiled.over_batch(lambda begin, end: list(range(begin, end)), batch)
            assert [i for part in parts for i in part] == list(range(batch))
    finally:
        torch.set_num_threads(before)


def test_an_error_on_any_thread_is_raised():
    def fails(begin, end):
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        compiled.over_batch(fails, 8)


def _in_child(queue):
    torch.set_num_threads(2)
    points, faces = sphere(8, 8)
    queue.put(int(rasterize(points.expand(4, -1, -1) * 8 + 10, faces, (20, 20)).mask.sum()))


@pytest.mark.skipif(sys.platform != "linux", reason="fork is safe to use on Linux alone")
def test_a_forked_process_renders_too():
    # As the workers of a DataLoader do, after the parent's pool has been used.
    context = multiprocessing.get_context("fork")
    points, faces = sphere(8, 8)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        expected = int(rasterize(points.expand(4, -1, -1) * 8 + 10, faces, (20, 20)).mask.sum())
        queue = context.Queue()
        child = context.Process(target=_in_child, args=(queue,))
        child.start()
        assert queue.get(timeout=60) == expected
        child.join(timeout=60)
        assert child.exitcode == 0
    finally:
        torch.set_num_threads(before)
