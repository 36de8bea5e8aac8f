"""What it costs to paint a made person: skin, clothes, bag, head and hat, in textures of 128, 256 and 512 texels.

    python benchmarks/bench_painting.py

CPU time of one thread, the best of some repeats for each person, over people and outfits as they are drawn; and how
long a body's tables take, once in a process.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import numpy as np
import torch

from habitus.body.model import BodyModel
from habitus.synthetic.clothes.dressing import paint
from habitus.synthetic.clothes.outfits import draw_outfit
from habitus.synthetic.people.look import draw_look
from habitus.synthetic.surface.mannequin import mannequin_of

PEOPLE, REPEATS, SIZES = 48, 7, (128, 256, 512)


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    body = BodyModel.load()
    people = [(draw_look(np.random.default_rng((seed, 1))), draw_outfit(np.random.default_rng((seed, 2))))
              for seed in range(PEOPLE)]  # fmt: skip
    for size in SIZES:
        began = time.process_time()
        mannequin_of(body).texels(size)
        tables = time.process_time() - began
        times = np.empty((REPEATS + 1, PEOPLE))
        for repeat in range(REPEATS + 1):
            for k, (look, outfit) in enumerate(people):
                began = time.process_time()
                paint(body, look, outfit, size=size)
                times[repeat, k] = time.process_time() - began
        best = 1000 * times[1:].min(0)  # the first round compiles
        print(
            f"{size:4d} texels: {best.mean():5.2f} ms a person, the slowest tenth {np.quantile(best, 0.9):5.2f} ms;"
            f" tables {tables:.2f} s"
        )


if __name__ == "__main__":
    main()
