"""How fast the renderer is: against C++ -O3 and against deodr, in one run, turn by turn.

    python benchmarks/bench_rendering.py

A person of 6,730 vertices and 13,436 faces (capsules), 32 turns about the vertical, each in a texture of 512x512 of its
own, 2 threads. Milliseconds are per image; they depend on the machine and its neighbours, the ratios much less.
"""

# ruff: noqa: E402, I001 - habitus is imported before torch: it sets how OpenMP waits
import ctypes
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "rendering")]

import habitus  # noqa: F401
import numpy as np
import torch

from deodr_scene import DeodrScene
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.render import render, render_silhouette
from habitus.rendering.topology import topology_of
from shapes import capsule_person, cylinder_uv, turned

BATCH, TEXTURE, THREADS, ROUNDS = 32, 512, 2, 9


def main() -> None:
    """Print one table per size."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # deodr's use of numpy
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    native = compile_native()
    for size in ((256, 128), (128, 64)):
        rows = [
            ("rasterise: C++ -O3 / ours", *against_native(native, size), 1 / 1.15),
            ("textured forward + backward: deodr / ours", *textured(size), 1.7 if size[0] == 256 else 3.0),
            ("silhouette forward + backward: deodr / ours", *silhouette(size), 3.5 if size[0] == 256 else 6.0),
        ]
        print(f"\n{size[0]}x{size[1]}, batch {BATCH}, {THREADS} threads{'':19}other ms   our ms   ratio   wanted")
        for name, theirs, ours, ratio, wanted in rows:
            print(f"  {name:46}{theirs:10.2f}{ours:9.2f}{ratio:8.2f}{wanted:9.2f}")


def compare(theirs: Callable[[], object], ours: Callable[[], object], images: tuple[int, int]) -> tuple[float, ...]:
    """Milliseconds per image of each, turn by turn, and the median of their ratios."""
    theirs()
    ours()
    times = []
    for _ in range(ROUNDS):
        pair = []
        for call, count in ((theirs, images[0]), (ours, images[1])):
            begin = time.perf_counter()
            call()
            pair.append((time.perf_counter() - begin) * 1e3 / count)
        times.append(pair)
    medians = [statistics.median(column) for column in zip(*times, strict=True)]
    return (*medians, statistics.median(a / b for a, b in times))


def scene() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Vertices (B, N, 3), faces, psi and uv."""
    vertices, faces, _ = capsule_person()
    psi = torch.tensor([[1.0, 0.0, 0.03]]).expand(BATCH, 3).contiguous()
    return turned(vertices, np.linspace(0, 6.2, BATCH)), faces, psi, cylinder_uv(vertices)


def compile_native() -> ctypes.CDLL:
    """The rasteriser in C++, compiled for this machine."""
    folder = tempfile.mkdtemp()
    library = Path(folder) / "rasterizer.so"
    source = Path(__file__).with_name("rasterizer.cpp")
    flags = ["-O3", "-march=native", "-fopenmp", "-shared", "-fPIC"]
    subprocess.run(["g++", *flags, str(source), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def against_native(native: ctypes.CDLL, size: tuple[int, int]) -> tuple[float, ...]:
    """Rasterising the batch, four times a turn."""
    vertices, faces, psi, _ = scene()
    screen = project(vertices, psi, size).contiguous()
    small = topology_of(faces).faces
    sizes = [ctypes.c_int64(n) for n in (BATCH, screen.shape[1], len(faces), *size)]

    def once() -> torch.Tensor:
        ids, depth = torch.empty((BATCH, *size), dtype=torch.int32), torch.empty((BATCH, *size))
        pointers = [ctypes.c_void_p(x.data_ptr()) for x in (screen, small, ids, depth)]
        native.rasterize(*sizes, *pointers, ctypes.c_int(THREADS))
        return ids

    def theirs() -> None:
        for _ in range(4):
            once()

    def ours() -> None:
        for _ in range(4):
            rasterize(screen, faces, size)

    different = (rasterize(screen, faces, size).face_id != once()).float().mean()
    assert different < 1e-4, "the C++ rasteriser does not do the same work"  # it may fuse multiply and add in depths
    return compare(theirs, ours, (4 * BATCH, 4 * BATCH))


def textured(size: tuple[int, int]) -> tuple[float, ...]:
    """Image of a textured mesh over a background, and back to vertices and texture."""
    vertices, faces, psi, uv = scene()
    screen = project(vertices, psi, size).double().numpy()
    textures = torch.rand(BATCH, 3, TEXTURE, TEXTURE)
    background = torch.rand(BATCH, 3, *size)
    gradient = torch.randn(BATCH, 3, *size)
    judge = DeodrScene(vertices[0].double().numpy(), faces.numpy())
    turns = range(0, BATCH, 8)
    inputs = [
        (screen[b], size, uv.double().numpy(), faces.numpy(),
         textures[b].permute(1, 2, 0).double().contiguous().numpy(),
         background[b].permute(1, 2, 0).double().contiguous().numpy())
        for b in turns
    ]  # fmt: skip
    back = [gradient[b].permute(1, 2, 0).double().contiguous().numpy() for b in turns]
    vertices.requires_grad_()
    textures.requires_grad_()

    def theirs() -> None:
        for arguments, outward in zip(inputs, back, strict=True):
            judge.textured(*arguments)[1].render_backward(outward, make_copies=False)

    def ours() -> None:
        vertices.grad = textures.grad = None
        rendering = render(vertices, faces, psi, uv, faces, textures, size=size, background=background, max_level=0)
        rendering.image.backward(gradient)

    return compare(theirs, ours, (len(turns), BATCH))


def silhouette(size: tuple[int, int]) -> tuple[float, ...]:
    """Soft silhouette, and back to vertices."""
    vertices, faces, psi, _ = scene()
    screen = project(vertices, psi, size).double().numpy()
    gradient = torch.randn(BATCH, *size)
    judge = DeodrScene(vertices[0].double().numpy(), faces.numpy())
    turns = range(0, BATCH, 8)
    back = [gradient[b, ..., None].double().contiguous().numpy() for b in turns]
    vertices.requires_grad_()

    def theirs() -> None:
        for b, outward in zip(turns, back, strict=True):
            judge.silhouette(screen[b], size)[1].render_backward(outward, make_copies=False)

    def ours() -> None:
        vertices.grad = None
        render_silhouette(vertices, faces, psi, size=size).backward(gradient)

    return compare(theirs, ours, (len(turns), BATCH))


if __name__ == "__main__":
    main()
