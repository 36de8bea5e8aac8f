"""Texture generators: their sizes, and how long one photo takes.

    python benchmarks/bench_texture_generator.py

CPU time on one thread, the median over a few runs: what other programs do on the machine counts little. "hints" is the
part of ours that is not learned. Files are in half precision, as shipped.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import habitus  # noqa: F401
import torch

from habitus.body.model import BodyModel
from habitus.texture.generator.hints import HintMaker
from habitus.texture.generator.model import TextureGenerator
from habitus.texture.generator.sight import Sight
from habitus.texture.surface import surface_texels

RUNS = 7


def milliseconds(work: Callable[[], object]) -> float:
    """CPU time of the usual run."""
    work()
    spent = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return 1000 * statistics.median(spent)


def made_sight(body: BodyModel, size: int) -> Sight:
    """A photo that shows a third of the body in random colours."""
    torch.manual_seed(0)
    place = surface_texels(body, size)
    front = (place.spread @ body.v_template.numpy())[:, 2] > 0.03
    confidence = torch.from_numpy(place.scatter(front[:, None].astype("float32")))[None]
    return Sight(torch.rand(1, 3, 128, 64), torch.rand(1, 3, size, size) * confidence, confidence)


@torch.no_grad()
def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    body = BodyModel.load()
    print(f"{'preset':<12}{'texels':>8}{'parameters':>14}{'file, MB':>10}{'one photo, ms':>15}")
    for preset, size in (("rstg", 64), ("ours", 128), ("ours", 256), ("ours", 512)):
        generator = TextureGenerator(body, preset=preset, size=size).eval()
        count = sum(parameter.numel() for parameter in generator.parameters())
        with tempfile.TemporaryDirectory() as folder:
            generator.save_pretrained(folder, dtype=torch.float16)
            megabytes = (Path(folder) / "model.safetensors").stat().st_size / 1e6
        sight = made_sight(body, size)
        spent = milliseconds(lambda generator=generator, sight=sight: generator(sight))
        print(f"{preset:<12}{size:>8}{count:>14,}{megabytes:>10.1f}{spent:>15.0f}")
    colour, confidence = (
        torch.rand(1, len(surface_texels(body, 256)), 3),
        torch.rand(1, len(surface_texels(body, 256)), 1),
    )
    maker = HintMaker(body, 256)
    print(f"{'hints':<12}{256:>8}{0:>14}{'':>10}{milliseconds(lambda: maker(colour, confidence)):>15.0f}")


if __name__ == "__main__":
    main()
