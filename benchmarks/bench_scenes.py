"""What scenes cost: CPU time of one thread.

    python benchmarks/bench_scenes.py

How their crops compare with real ones: `made_beside_real.py`.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import cv2
import numpy as np
import torch

from habitus.synthetic.scenes.backdrops import background, check_picture
from habitus.synthetic.scenes.camera import draw_camera
from habitus.synthetic.scenes.figures import FIGURES, figure
from habitus.synthetic.scenes.occluders import occlude
from habitus.synthetic.scenes.scene import draw_scene
from habitus.synthetic.scenes.sensor import expose

CAMERAS, REPEATS, ROUNDS = 16, 200, 5


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    for number in range(FIGURES):
        figure(number)
    cameras = [draw_camera(np.random.default_rng(seed)) for seed in range(CAMERAS)]
    check_picture(draw_camera(np.random.default_rng(-1 % 2**31)))  # numba compiles
    for rows in sorted({camera.size[0] for camera in cameras}):
        some = [camera for camera in cameras if camera.size[0] == rows]
        spent = [_milliseconds(partial(check_picture, camera)) for camera in some]
        print(f"a camera's picture of {rows} rows: {np.mean(spent):.0f} ms, at most {max(spent):.0f}")
    scenes = [draw_scene(np.random.default_rng(i), cameras[i % CAMERAS], occluded=1.0) for i in range(REPEATS)]
    print(f"draw_scene: {_each(lambda i: draw_scene(np.random.default_rng(i), cameras[i % CAMERAS])):.2f} ms")
    for size in ((256, 128), (128, 64)):
        feet, height = 0.94 * size[0], 0.88 * size[0]
        crops = [background(scene, size, feet=feet, height=height) for scene in scenes]
        print(
            f"{size[0]}x{size[1]}:"
            f" background {_each(lambda i: background(scenes[i], size, feet=feet, height=height)):.2f} ms,"  # noqa: B023
            f" expose {_each(lambda i: expose(crops[i], scenes[i].sensor, np.random.default_rng(i))):.2f} ms,"  # noqa: B023
            f" occlude {_each(lambda i: occlude(scenes[i], size, feet=feet, height=height)):.2f} ms"  # noqa: B023
        )


def _each(call: Callable[[int], object]) -> float:
    """Milliseconds a call: of each the least of `ROUNDS`, since other processes disturb; caches are filled before."""
    least = np.full(REPEATS, np.inf)
    for _ in range(1 + ROUNDS):
        for i in range(REPEATS):
            least[i] = min(least[i], _milliseconds(partial(call, i)))
    return float(least.mean())


def _milliseconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return 1000 * (time.process_time() - start)


if __name__ == "__main__":
    main()
