"""What scenes cost, and how their crops differ from real ones.

    python benchmarks/bench_scenes.py [--real pedestrians/] [--sheet crops.png]

Times are CPU time of one thread, with pictures in the cache. With --real, a folder of pictures that
`tools/cut_pedestrians.py` wrote: brightness, contrast, colour and sharpness of made crops of 128x64 beside those of the
real ones, means over the crops and, in brackets, how much they differ from crop to crop.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
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

from habitus.body.model import BodyModel
from habitus.export.pictures import save_picture
from habitus.perception.photo import read_photo
from habitus.synthetic.photos.making import make_person, make_photo
from habitus.synthetic.scenes.backdrops import background, check_picture
from habitus.synthetic.scenes.camera import draw_camera
from habitus.synthetic.scenes.figures import FIGURES, figure
from habitus.synthetic.scenes.occluders import occlude
from habitus.synthetic.scenes.scene import draw_scene
from habitus.synthetic.scenes.sensor import expose

CAMERAS, REPEATS, ROUNDS, CROPS = 16, 200, 5, 64
MARGIN = 0.13
"""Of a real crop's height, above and below, that a detector's box would not hold."""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, help="folder of real crops to compare with")
    parser.add_argument("--sheet", type=Path, help="write the made crops there")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    _time_parts()
    if options.real or options.sheet:
        made = _made_crops()
        if options.sheet:
            save_picture(options.sheet, np.vstack([np.hstack(made[i : i + 16]) for i in range(0, CROPS, 16)]))
        if options.real:
            _compare(made, _real_crops(options.real))


def _time_parts() -> None:
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


def _made_crops() -> list[np.ndarray]:
    body = BodyModel.load()
    photos = [make_photo(body, make_person(body, seed, texture_size=128), 0, size=(128, 64)) for seed in range(CROPS)]
    return [(photo.image.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8) for photo in photos]


def _real_crops(folder: Path) -> list[np.ndarray]:
    crops = []
    for path in sorted(folder.glob("pedestrian_*.png")):
        pixels = read_photo(path).pixels
        edge = round(MARGIN * len(pixels))
        rows = pixels[edge : len(pixels) - edge]
        left = max(0, (rows.shape[1] - len(rows) // 2) // 2)
        crops.append(cv2.resize(rows[:, left : rows.shape[1] - left], (64, 128), interpolation=cv2.INTER_AREA))
    return crops


def _compare(made: list[np.ndarray], real: list[np.ndarray]) -> None:
    print(f"\n{'':28}{'made':>18}{'real':>18}")
    for name, measure in _MEASURES.items():
        columns = [np.array([measure(crop) for crop in crops]) for crops in (made, real)]
        print(f"{name:28}" + "".join(f"{values.mean():11.3f} ({values.std():.3f})" for values in columns))


def _grey(crop: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def _border(crop: np.ndarray) -> np.ndarray:
    """The columns at both sides, where the street shows."""
    return np.concatenate([crop[:, :12], crop[:, -12:]], 1)


_MEASURES: dict[str, Callable[[np.ndarray], float]] = {
    "brightness": lambda crop: float(_grey(crop).mean()),
    "brightness of the street": lambda crop: float(_grey(_border(crop)).mean()),
    "contrast": lambda crop: float(_grey(crop).std()),
    "contrast of the street": lambda crop: float(_grey(_border(crop)).std()),
    "darkest twentieth": lambda crop: float(np.quantile(_grey(crop), 0.05)),
    "brightest twentieth": lambda crop: float(np.quantile(_grey(crop), 0.95)),
    "saturation": lambda crop: float(np.ptp(crop / 255, axis=2).mean()),
    "saturation of the street": lambda crop: float(np.ptp(_border(crop) / 255, axis=2).mean()),
    "sharpness": lambda crop: float(np.abs(cv2.Laplacian(_grey(crop), cv2.CV_32F)).mean()),
    "sharpness of the street": lambda crop: float(
        np.abs(cv2.Laplacian(_grey(_border(crop)[:, :12]), cv2.CV_32F)).mean()
    ),
}


if __name__ == "__main__":
    main()
