"""Each photo's rasterisation, once: what a body in a fixed pose and camera looks like is linear in its texture.

The released method renders every photo offline into a sparse matrix of pixels by texels (RSTG section 3.2). Kept here
is what does not depend on the texture's size: of every visible pixel where on the UV map it looks and how much of it it
covers, and what the soft border of the silhouette adds or takes. Rendering a texture of any size from it gives what
`render.render` gives, at a fraction of the time, with gradients for texture and background.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.digest import about_body, known_of
from habitus.body.model import BodyModel
from habitus.record_files import Record, RecordFile, write_records
from habitus.rendering.cached_views_batch import UV_STEPS, View, Views, collate_views
from habitus.rendering.cached_views_render import render_views
from habitus.rendering.camera import project
from habitus.rendering.interpolation import SMALLEST_AREA, barycentrics
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.silhouette import find_crossings, trace_border
from habitus.types import BodyParams

__all__ = ["CachedViews", "View", "Views", "collate_views", "rasterise", "render_views", "write_views"]

_KIND = "cached views"
_COLUMNS = {"seen": "u1", "uv": "(2,)<u4", "footprint": "<f4", "inner": "<u4", "outer": "<u4", "excess": "<f4"}


def write_views(
    path: str | Path,
    body: BodyModel,
    people: Iterable[tuple[BodyParams, tuple[int, int]]],
    *,
    count: int,
    source: str = "",
    size: tuple[int, int] = (128, 64),
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Rasterise people once and write what is needed to render any texture on them.

    A killed call goes on where it was; a complete file of the same views stays as it is.

    Args:
        path: of the file; about 40 KB a photo at 128x64.
        body: of all the people.
        people: body parameters (B = 1) of each photo, and its (H, W), the frame of `psi`.
        count: how many there are.
        source: what the parameters come from, such as `BodyTable.digest`; a file of another source is refused.
        size: (H, W) to render at; the photo is resized to it, not cropped.
        progress: called with the number of photos done since the last call.

    Raises:
        InputError: the file holds other views, is damaged, or cannot be written.
        ValueError: `people` are fewer than `count`.
    """
    makers = (partial(rasterise, body, params, photo, size) for params, photo in people)
    about = {**about_body(body), "size": list(size), "source": source}
    write_records(path, _KIND, about, _COLUMNS, makers, count=count, progress=progress)


class CachedViews:
    """The views of a file, as they are asked for. May be pickled: a worker opens the file again.

    Attributes:
        size: (H, W) of the views.
        topology: name of the body that they are of.
    """

    def __init__(self, path: str | Path, *, body: BodyModel | None = None, source: str | None = None):
        """Open a file of `write_views`.

        Args:
            path: of the file.
            body: that textures are for; None takes the file's.
            source: as given to `write_views`; None takes any.

        Raises:
            InputError: the file is missing, unfinished, cut off, or of another body or source.
        """
        self._records = RecordFile(path, _KIND)
        self._records.check(known_of(body, source))
        height, width = self._records.about["size"]
        self.size: tuple[int, int] = (height, width)
        self.topology: str = self._records.about["body"]

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, row: int) -> View:
        return View(self.size, **self._records[row])


@torch.no_grad()
def rasterise(body: BodyModel, params: BodyParams, photo: tuple[int, int], size: tuple[int, int]) -> Record:
    """The arrays of a `View` of one person.

    Args:
        body: of the person.
        params: B = 1.
        photo: (H, W) that `params.psi` refers to.
        size: (H, W) of the view.
    """
    if len(params) != 1:
        raise ValueError(f"a view shows one person, not {len(params)}")
    vertices = body(params.theta, params.beta, params.delta).vertices
    stretch = vertices.new_tensor([size[1] / photo[1], size[0] / photo[0], 1.0])
    screen = (project(vertices, params.psi, photo) * stretch).cpu()
    faces, uv, uv_faces = body.faces.cpu(), body.uv.cpu().double(), body.uv_faces.cpu()
    fragments = rasterize(screen, faces, size)
    face = fragments.face_id[fragments.mask].long()
    # In double precision, as the renderer's kernels do.
    bary = barycentrics(screen.double(), faces, fragments)[fragments.mask]
    corners = uv[uv_faces[face]]
    place = (bary[..., None] * corners).sum(1).clamp(0, 1)
    covered = _doubled_area(corners) / _doubled_area(screen[0, faces[face], :2].double()).clamp(min=SMALLEST_AREA)
    border = trace_border(screen, find_crossings(screen, faces, size), fragments)
    moves = border.excess != 0
    return {
        "seen": np.packbits(fragments.mask.reshape(-1).numpy()),
        "uv": (place * UV_STEPS).round().numpy().astype(np.uint32),
        "footprint": (0.5 * torch.log2(covered.clamp(min=1e-30))).numpy(),
        "inner": border.inner[moves].numpy(),
        "outer": border.outer[moves].numpy(),
        "excess": border.excess[moves].numpy(),
    }


def _doubled_area(corners: Float[Tensor, "P 3 2"]) -> Float[Tensor, "P"]:
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).abs()
