"""What saving a person costs: seconds for each file (warm, best of three), sizes, and the whole folder.

    python benchmarks/bench_export.py

The budget of `habitus person` (8 s on 2 cores) leaves 2.5 s for all files.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import habitus  # noqa: F401
import torch

from habitus.body.model import BodyModel
from habitus.export.glb import write_glb
from habitus.export.obj import write_obj
from habitus.export.preview import write_preview
from habitus.export.report import make_report
from habitus.export.reprojection import reproject
from habitus.export.save import save_person
from habitus.export.turntable import turntable_frames, write_turntable
from habitus.types import BodyParams, Crop, Texture, TexturedPerson

TEXTURE_SIZE = 512
REPEATS = 3


def someone(body: BodyModel) -> TexturedPerson:
    """A person mid-step in a smooth random texture, which compresses about as photos do."""
    generator = torch.Generator().manual_seed(0)
    theta = 0.1 * torch.randn(1, 24, 3, generator=generator)
    beta = torch.randn(1, 10, generator=generator)
    params = BodyParams(theta, beta, torch.zeros(1, body.num_vertices, 3), torch.tensor([[0.98, 0.0, 0.1]]))

    def smooth(height: int, width: int) -> torch.Tensor:
        noise = torch.rand(1, 3, height // 4, width // 4, generator=generator)
        return torch.nn.functional.interpolate(noise, (height, width), mode="bicubic")[0].clamp(0, 1)

    crop = Crop(
        image=smooth(256, 128),
        mask=torch.ones(256, 128),
        valid=torch.ones(256, 128),
        keypoints=torch.zeros(17, 2),
        confidence=torch.zeros(17),
        to_photo=torch.eye(2, 3),
        source="made.png",
    )
    texture = Texture(smooth(TEXTURE_SIZE, TEXTURE_SIZE), smooth(TEXTURE_SIZE, TEXTURE_SIZE)[0])
    return TexturedPerson(body.topology, params, texture, crop)


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest run."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the table."""
    body = BodyModel.load()
    person = someone(body)
    print(f"{torch.get_num_threads()} threads, texture {TEXTURE_SIZE}, {body.num_vertices} vertices")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        files = save_person(folder, person, body)
        print(f"{'all files, first time':<34} {time.perf_counter() - start:6.2f} s (compiled kernels load)")
        frames = turntable_frames(person, body)
        seen = reproject(person, body)
        report = make_report(person, body, seen)
        steps: dict[str, Callable[[], object]] = {
            "person.glb": lambda: write_glb(folder / "person.glb", person, body),
            "person.obj, .mtl, texture.png": lambda: write_obj(folder / "person.obj", person, body),
            f"turntable, {len(frames)} pictures": lambda: turntable_frames(person, body),
            "turntable.gif (and .mp4)": lambda: write_turntable(folder / "turntable.gif", frames),
            "preview.html": lambda: write_preview(
                folder / "preview.html", person, body, report=report, reprojection=seen, frames=frames
            ),
            "all files": lambda: save_person(folder, person, body),
        }
        for step, work in steps.items():
            print(f"{step:<34} {best(work):6.2f} s")
        for file in files:
            print(f"{file.name:<34} {file.stat().st_size / 2**20:6.2f} MB")


if __name__ == "__main__":
    main()
