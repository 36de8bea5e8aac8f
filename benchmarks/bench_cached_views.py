"""Cached views: bytes a photo, and a training step's render against the released method's sparse matrices, in one run.

    python benchmarks/bench_cached_views.py [--threads N]

16 photos of made people at 128x64. Timed is what a training step does with the render: forward, and backward to the
texture, each photo in a texture of its own, over a background. Milliseconds of processor time for the batch; they
depend on the machine and its neighbours, the ratios much less.

Sparse matrices, rebuilt from the released method's description (RSTG section 3.2): each photo has a matrix of pixels
by texels (each channel its own row and column) with the nearest texel of every visible pixel; image = matrix x texture,
laid over the background by the silhouette. "one matrix": the same at its best, the whole batch as one compressed
matrix of pixels by texels whose three columns are the channels.
"""

# ruff: noqa: E402, I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

import habitus  # noqa: F401
import torch
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.rendering.cached_views import CachedViews, Views, collate_views, render_views, write_views
from habitus.rendering.render import render
from habitus.synthetic.worlds.dataset import WorldDataset
from habitus.synthetic.worlds.world import PRESETS
from habitus.types import BodyParams

BATCH, SIZE, TEXTURES, ROUNDS = 16, (128, 64), (64, 128, 256, 512), 15
PIXELS = SIZE[0] * SIZE[1]

Render = Callable[[Tensor], Tensor]


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    warnings.filterwarnings("ignore", message=".*Sparse.*")  # torch: compressed matrices are in beta
    body = BodyModel.load()
    dataset = WorldDataset(PRESETS["tiny"], split="train", body=body)
    samples = [dataset[i] for i in range(BATCH)]
    people = [BodyParams(*(s[name][None] for name in ("theta", "beta", "delta", "psi"))) for s in samples]
    with tempfile.TemporaryDirectory() as folder:
        views = tell_the_cache(Path(folder) / "views", body, people)
    vertices = torch.cat([body(p.theta, p.beta, p.delta).vertices for p in people])
    psi = torch.cat([p.psi for p in people])
    background = torch.rand(BATCH, 3, *SIZE)
    _, mask = render_views(views, torch.zeros(1, 3, 8, 8))
    print("\n| UV | released | one matrix | `render` | cached views | without mip levels | released / cached |")
    print("|---|---|---|---|---|---|---|")
    for size in TEXTURES:
        ways: list[Render] = [
            released(views, size, mask, background),
            one_matrix(views, size, mask, background),
            lambda texture: (
                render(
                    vertices, body.faces, psi, body.uv, body.uv_faces, texture, size=SIZE, background=background
                ).image
            ),
            lambda texture: render_views(views, texture, background)[0],
            lambda texture: render_views(views, texture, background, max_level=0)[0],
        ]
        times = [1000 * t for t in milliseconds(ways, size)]
        print("|".join(["", f" {size} ", *(f" {t:.1f} " for t in times), f" {times[0] / times[3]:.1f} ", ""]))


def tell_the_cache(path: Path, body: BodyModel, people: list[BodyParams]) -> Views:
    """Write and read the views, and say what that takes."""
    write_views(path.with_name("warm"), body, [(people[0], SIZE)], count=1)  # compiles
    start = time.process_time()
    write_views(path, body, [(person, SIZE) for person in people], count=BATCH)
    written = time.process_time() - start
    cache = CachedViews(path)
    start = time.process_time()
    for _ in range(ROUNDS):
        collate_views([cache[row] for row in range(BATCH)])
    read = (time.process_time() - start) / ROUNDS
    views = collate_views([cache[row] for row in range(BATCH)])
    visible = len(views.pixel) / BATCH
    print("| a photo at 128x64 | |\n|---|---|")
    print(f"| bytes on disk (mean; {visible:.0f} of {PIXELS} pixels visible) | {path.stat().st_size / BATCH:,.0f} |")
    print(f"| written | {1000 * written / BATCH:.1f} ms |")
    print(f"| read into a batch, with its silhouette | {1000 * read / BATCH:.2f} ms |")
    return views


def nearest_texels(views: Views, size: int) -> Tensor:
    """(P,) row * T + column of the texel at the centre of each visible pixel."""
    column, row = (views.uv[:, 0] * size).long(), ((1 - views.uv[:, 1]) * size).long()
    return row.clamp(0, size - 1) * size + column.clamp(0, size - 1)


def released(views: Views, size: int, mask: Tensor, background: Tensor) -> Render:
    """A matrix a photo, its channels interleaved."""
    texel = nearest_texels(views, size)
    matrices = []
    for photo in range(BATCH):
        own = views.image == photo
        rows, columns = ((3 * index[own][:, None] + torch.arange(3)).flatten() for index in (views.pixel, texel))
        matrices.append(
            torch.sparse_coo_tensor(torch.stack([rows, columns]), torch.ones(len(rows)), (3 * PIXELS, 3 * size**2))
        )

    def image(texture: Tensor) -> Tensor:
        flat = texture.permute(0, 2, 3, 1).reshape(BATCH, -1, 1)
        rows = [_Product.apply(one, matrix) for one, matrix in zip(flat, matrices, strict=True)]
        shown = torch.stack(rows).view(BATCH, *SIZE, 3).permute(0, 3, 1, 2)  # type: ignore[arg-type]
        return shown * mask[:, None] + background * (1 - mask[:, None])

    return image


class _Product(torch.autograd.Function):
    """matrix x texture, and back by the matrix's transpose."""

    @staticmethod
    def forward(ctx, texture, matrix):
        ctx.matrix = matrix
        return torch.mm(matrix, texture)

    @staticmethod
    def backward(ctx, *gradients):  # pyright: ignore[reportIncompatibleMethodOverride] - torch's signature
        return torch.mm(ctx.matrix.t(), gradients[0]), None


def one_matrix(views: Views, size: int, mask: Tensor, background: Tensor) -> Render:
    """One compressed matrix of the batch, and its transpose for the way back."""
    rows = views.image * PIXELS + views.pixel
    columns = views.image * size**2 + nearest_texels(views, size)
    shape = (BATCH * PIXELS, BATCH * size**2)
    matrix = torch.sparse_coo_tensor(torch.stack([rows, columns]), torch.ones(len(rows)), shape)
    there, back = matrix.to_sparse_csr(), matrix.t().to_sparse_csr()

    def image(texture: Tensor) -> Tensor:
        flat = texture.permute(0, 2, 3, 1).reshape(-1, 3)
        shown = _Compressed.apply(flat, there, back).view(BATCH, *SIZE, 3).permute(0, 3, 1, 2)  # type: ignore[union-attr]
        return shown * mask[:, None] + background * (1 - mask[:, None])

    return image


class _Compressed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, texture, there, back):
        ctx.back = back
        return there @ texture

    @staticmethod
    def backward(ctx, *gradients):  # pyright: ignore[reportIncompatibleMethodOverride] - torch's signature
        return ctx.back @ gradients[0].contiguous(), None, None


def milliseconds(ways: list[Render], size: int) -> list[float]:
    """Median processor seconds of a step each way, the ways taking turns."""
    texture = torch.rand(BATCH, 3, size, size, requires_grad=True)
    weights = torch.randn(BATCH, 3, *SIZE)
    times: list[list[float]] = [[] for _ in ways]
    for turn in range(ROUNDS + 1):
        for way, seconds in zip(ways, times, strict=True):
            start = time.process_time()
            torch.autograd.grad((way(texture) * weights).sum(), texture)
            if turn:  # the first compiles
                seconds.append(time.process_time() - start)
    return [statistics.median(seconds) for seconds in times]


if __name__ == "__main__":
    main()
