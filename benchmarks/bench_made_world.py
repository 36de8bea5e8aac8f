"""How long a made photo takes on the fly, all in, where the time goes, and whether memory stays flat.

    python benchmarks/bench_made_world.py [--images 6400] [--processes 2]
    python benchmarks/bench_made_world.py --memory 100000

All in: people are dressed (8 photos to an outfit), posed, drawn, exposed, coded as JPEG and decoded, with every truth,
in the processes of a DataLoader that hands batches to this one. What is made once and kept (tables of the body, the
cameras' pictures, passers-by) is made before. CPU time is that of all processes together.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import habitus  # noqa: F401
import cv2
import torch
from torch.utils.data import DataLoader, Subset

from habitus.synthetic.photos import compositing, drawing, making
from habitus.synthetic.scenes import figures
from habitus.synthetic.worlds import taking
from habitus.synthetic.worlds.dataset import WorldDataset
from habitus.synthetic.worlds.world import World

VIEWS = 8
"""Photos of a person in one outfit."""
BATCH = 32
"""Photos: handing over a batch costs the same whatever its size, 0.8 ms a photo in batches of 8, 0.4 in these."""
WORLD = World(seed=0, outfits=2, views=VIEWS, cameras=6)
WANTED = {(128, 64): 2.5, (256, 128): 5.0}
"""Milliseconds of wall time an image with two processes on two cores."""
STEPS: dict[str, list[tuple[Any, str]]] = {
    "dressing": [(taking, "make_person")],
    "pose": [(taking, "draw_pose"), (making, "cleared"), (making, "turned"), (making, "_posed")],
    "scene": [(taking, "draw_scene")],
    "light and shadows": [
        (compositing, "sun_map"), (compositing, "sunlit"), (compositing, "vertex_normals"),
        (compositing, "brightness"), (compositing, "ground_light"),
    ],
    "rasterising": [(compositing, "seen"), (drawing, "seen"), (compositing, "scenery")],
    "texturing": [(drawing, "_resolve")],
    "background": [(compositing, "background"), (compositing, "occlude"), (compositing, "_lay")],
    "sensor": [(making, "expose")],
    "truth": [(compositing, "maps"), (making, "visible")],
}  # fmt: skip
"""The functions that make up each step, where they are called from."""


def made(dataset: WorldDataset, count: int, processes: int) -> Iterator[dict[str, Any]]:
    """The first photos of a data set in batches."""
    photos = Subset(dataset, range(count))
    yield from DataLoader(photos, batch_size=BATCH, num_workers=processes, worker_init_fn=_on_one_thread)


def dataset_of(size: tuple[int, int], images: int) -> WorldDataset:
    """A world of at least so many images, with all that is made once already made."""
    people = -(-images // (WORLD.outfits * VIEWS))
    dataset = WorldDataset(replace(WORLD, people=max(people, 8), size=size), split="all")
    for number in range(figures.FIGURES):  # passers-by
        figures.figure(number)
    for first in range(0, 16 * VIEWS, VIEWS):  # every camera and every code path
        dataset.__getitems__(range(first, first + VIEWS))
    return dataset


def speed(size: tuple[int, int], images: int, processes: int) -> None:
    """Print wall and CPU time an image."""
    dataset = dataset_of(size, images)
    start, used = time.perf_counter(), _cpu()
    batches = made(dataset, images, processes)
    count = len(next(batches)["index"])
    first = time.perf_counter() - start
    count += sum(len(batch["index"]) for batch in batches)
    wall = 1000 * (time.perf_counter() - start) / count
    cpu = 1000 * (_cpu() - used) / count
    verdict = "reached" if wall <= WANTED[size] else "MISSED"
    print(
        f"{size[0]}x{size[1]}: {wall:.2f} ms wall an image, {cpu:.2f} ms CPU ({count} images, {processes} processes, "
        f"first batch after {first:.1f} s); wanted {WANTED[size]:.1f} ms wall: {verdict}"
    )


def breakdown(size: tuple[int, int], images: int) -> None:
    """Print CPU time an image of each step, on one thread."""
    dataset = dataset_of(size, images)
    spent = dict.fromkeys(STEPS, 0.0)
    with _timed(spent):
        start = time.process_time()
        for first in range(0, images, VIEWS):
            dataset.__getitems__(range(first, first + VIEWS))
        total = time.process_time() - start
    print(f"{size[0]}x{size[1]}, one thread: {1000 * total / images:.2f} ms CPU an image")
    for step, seconds in (*spent.items(), ("everything else", total - sum(spent.values()))):
        print(f"  {step:<18} {1000 * seconds / images:6.2f} ms")


def memory(images: int, processes: int) -> None:
    """Print the memory of the processes while many images are made."""
    dataset = dataset_of((128, 64), images)
    marks = [images * share // 20 for share in range(1, 21)]
    done, start = 0, time.perf_counter()
    for batch in made(dataset, images, processes):
        done += len(batch["index"])
        if marks and done >= marks[0]:
            marks.pop(0)
            each = ", ".join(f"{_resident(child.pid):.0f}" for child in multiprocessing.active_children() if child.pid)
            print(f"{done:>8} images, {time.perf_counter() - start:6.0f} s: {each} MB", flush=True)


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    """Add up the CPU time of the steps' functions; those called within one another count once."""
    originals = [(module, name, getattr(module, name)) for places in STEPS.values() for module, name in places]
    within = [False]

    def timed(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if within[0]:
                return function(*args, **kwargs)
            within[0], start = True, time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[step] += time.process_time() - start
                within[0] = False

        return call

    try:
        for step, places in STEPS.items():
            for module, name in places:
                setattr(module, name, timed(step, getattr(module, name)))
        yield
    finally:
        for module, name, function in originals:
            setattr(module, name, function)


def _on_one_thread(_: int) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _cpu() -> float:
    """Seconds of CPU of this process and of those that it started and that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _resident(process: int) -> float:
    """Megabytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024**2


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=6400)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--memory", type=int, help="only print memory over so many images")
    options = parser.parse_args()
    _on_one_thread(0)
    if options.memory:
        memory(options.memory, options.processes)
        return
    for size in WANTED:
        speed(size, options.images, options.processes)
    for size in WANTED:
        breakdown(size, min(options.images, 400))


if __name__ == "__main__":
    main()
