"""What loading photos for training costs: CPU time a photo, and photos a second by worker processes.

    python benchmarks/bench_loading.py

The photos are crops of made streets at the size of training, as PNG and as JPEG; training decodes them, flips, shifts
and erases. CPU times are the least of several rounds, one thread. Photos a second are by the clock: on a busy machine
compare them with each other only.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import cv2
import numpy as np
import torch

from habitus.data.dataset import PhotoDataset
from habitus.data.decoding import decode
from habitus.data.loading import loader
from habitus.data.records import Records
from habitus.data.samplers import PKBatches
from habitus.data.transforms import train_transform
from habitus.synthetic.scenes.backdrops import background
from habitus.synthetic.scenes.camera import draw_camera
from habitus.synthetic.scenes.scene import draw_scene

PHOTOS, PEOPLE, BATCH, ROUNDS, CLOCKED = 256, 32, 64, 5, 100
FORMATS = {"PNG": (".png", [cv2.IMWRITE_PNG_COMPRESSION, 3]), "JPEG": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95])}


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for size in ((128, 64), (256, 128)):
            crops = list(_crops(size))
            for name, (suffix, options) in FORMATS.items():
                records = _written(Path(folder), crops, suffix, options)
                _measure(f"{size[0]}x{size[1]} {name}", records, size)


def _measure(title: str, records: Records, size: tuple[int, int]) -> None:
    transform = train_transform(size)
    dataset = PhotoDataset(records, transform)
    pictures = [decode(path) for path in records.paths]
    batches = PKBatches(labels=records.labels(), people=BATCH // 4, images=4).batches(0)
    decoding = _each(lambda i: decode(records.paths[i]))
    drawing = _each(lambda i: transform(pictures[i], np.random.default_rng((0, i, 0, 0))))
    whole = _each(lambda i: next(iter(loader(dataset, [batches[i]], workers=0))), count=len(batches)) / BATCH
    kilobytes = np.mean([path.stat().st_size for path in records.paths]) / 1000
    print(
        f"{title} ({kilobytes:.0f} kB): {whole:.2f} ms of CPU a photo, {100 * decoding / whole:.0f} % decoding,"
        f" {100 * drawing / whole:.0f} % augmenting"
    )
    rates = {workers: _rate(dataset, batches, workers) for workers in (0, *range(1, 1 + min(4, os.cpu_count() or 1)))}
    print("    photos/s by workers: " + ", ".join(f"{workers}: {rate:.0f}" for workers, rate in rates.items()))


def _rate(dataset: PhotoDataset, batches: list, workers: int) -> float:
    """Photos a second, once workers run."""
    repeated = [batches[i % len(batches)] for i in range(CLOCKED)]
    loading = loader(dataset, repeated, workers=workers)
    for _ in loading:
        pass
    start = time.perf_counter()
    for _ in loading:
        pass
    return CLOCKED * BATCH / (time.perf_counter() - start)


def _crops(size: tuple[int, int]) -> Iterator[np.ndarray]:
    cameras = [draw_camera(np.random.default_rng(seed)) for seed in range(4)]
    for number in range(PHOTOS):
        scene = draw_scene(np.random.default_rng(number), cameras[number % len(cameras)])
        yield (background(scene, size, feet=0.94 * size[0], height=0.88 * size[0]) * 255).round().astype(np.uint8)


def _written(folder: Path, crops: list[np.ndarray], suffix: str, options: list[int]) -> Records:
    paths = [folder / f"{crops[0].shape[0]}_{number}{suffix}" for number in range(len(crops))]
    for path, crop in zip(paths, crops, strict=True):
        cv2.imwrite(str(path), crop[..., ::-1], options)
    return Records(tuple(paths), np.arange(PHOTOS) % PEOPLE, np.zeros(PHOTOS, np.int64))


def _each(call: Callable[[int], object], *, count: int = PHOTOS) -> float:
    """Milliseconds a call: of each the least of some rounds, since other processes disturb."""
    least = np.full(count, np.inf)
    for _ in range(ROUNDS):
        for i in range(count):
            start = time.process_time()
            call(i)
            least[i] = min(least[i], 1000 * (time.process_time() - start))
    return float(least.mean())


if __name__ == "__main__":
    main()
