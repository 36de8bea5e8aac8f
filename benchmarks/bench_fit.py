"""How long an iteration of each stage of the fit takes, and how much memory all of `habitus person` takes.

    python benchmarks/bench_fit.py [--people 8] [--steps 40]

Times the stages on made people at 256x128, warm; then a whole `habitus person` on one made photo, as a process: wall
time from start to files, and peak memory. Shared machines are noisy: take the least of several runs.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import habitus  # noqa: F401
import numpy as np
import torch
from PIL import Image

from habitus.body.model import BodyModel
from habitus.export.pictures import to_picture
from habitus.recovery.fit import FitSettings, fit
from habitus.synthetic.photos.making import make_person, make_photo


def stage_times(people: int, steps: int) -> None:
    """Milliseconds an iteration: of runs that differ in the steps of one stage only."""
    body = BodyModel.load()
    photos = [make_photo(body, make_person(body, seed), 0) for seed in range(people)]
    crops = [photo.as_crop(np.random.default_rng(0)) for photo in photos]
    stages = {
        "keypoints": FitSettings(keypoint_steps=steps, silhouette_steps=0, displacement_steps=0),
        "silhouette": FitSettings(keypoint_steps=0, silhouette_steps=steps, displacement_steps=0),
        "displacement": FitSettings(keypoint_steps=0, silhouette_steps=0, displacement_steps=steps),
    }
    fit(body, crops, settings=FitSettings(keypoint_steps=2, silhouette_steps=2, displacement_steps=2))
    print(f"{people} people, {steps} steps, {torch.get_num_threads()} threads")
    for name, settings in stages.items():
        took = []
        for _ in range(3):
            start = time.perf_counter()
            fit(body, crops, settings=settings)
            took.append(time.perf_counter() - start)
        print(f"  {name:<14} {1000 * min(took) / steps:6.1f} ms an iteration")


def whole_process(runs: int) -> None:
    """`habitus person` on one made crop, from the start of the process to its files."""
    body = BodyModel.load()
    photo = make_photo(body, make_person(body, 0), 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.png"
        Image.fromarray(to_picture(photo.image)).save(path)
        command = [sys.executable, "-m", "habitus.cli", "person", str(path), "-o", str(Path(folder) / "out")]
        took = []
        for _ in range(runs):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            took.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    print(f"habitus person, process start to files: {min(took):.1f} s (of {runs} runs), peak memory {peak:.2f} GB")


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    stage_times(options.people, options.steps)
    whole_process(options.runs)


if __name__ == "__main__":
    main()
