"""What is worked out once for each photo before a training: its rasterisation, and what unwrapping knows of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
import torch.distributed as dist
from jaxtyping import Float, Int64
from torch import Tensor
from tqdm import tqdm

from habitus.body.model import BodyModel
from habitus.data.decoding import decode
from habitus.errors import InputError
from habitus.rendering.cached_views import CachedViews, write_views
from habitus.rendering.cached_views_batch import Views, collate_views
from habitus.texture.known import CachedKnown, write_known
from habitus.training.distributed import processes, rank
from habitus.training.tasks.texture_data import PosedPhotos
from habitus.types import BodyParams

Unwrapped = tuple[BodyParams, Float[Tensor, "3 H W"], Float[Tensor, "H W"]]


@dataclass(frozen=True, eq=False)
class Caches:
    """The cache of a set of photos; a photo's row in it is its row among the photos."""

    folder: Path
    body: BodyModel
    photos: PosedPhotos
    size: tuple[int, int]
    """(H, W) of the renders."""
    texture_size: int | None
    """T of the unwrapping; None: it is not wanted."""

    def make(self) -> None:
        """Write what is missing; of several processes the first writes. A killed run goes on where it was.

        Raises:
            InputError: the folder holds the cache of other photos or bodies, or cannot be written.
        """
        if rank() == 0:
            with self._bar("rasterising") as bar:
                people = ((self.photos.params(row), self.photos.size(row)) for row in range(len(self.photos)))
                write_views(
                    self._views, self.body, people,
                    count=len(self.photos), source=self.photos.digest, size=self.size, progress=bar.update,
                )  # fmt: skip
            if self.texture_size is not None:
                with self._bar("unwrapping") as bar:
                    write_known(
                        self._known, self.body, self._unwrapped(),
                        count=len(self.photos), source=self.photos.digest, size=self.texture_size, progress=bar.update,
                    )  # fmt: skip
        if processes() > 1:
            dist.barrier()

    @cached_property
    def views(self) -> CachedViews:
        """The rasterisations."""
        return CachedViews(self._views, body=self.body, source=self.photos.digest)

    @cached_property
    def known(self) -> CachedKnown | None:
        """What unwrapping knows, if it is wanted."""
        if self.texture_size is None:
            return None
        return CachedKnown(self._known, body=self.body, source=self.photos.digest)

    def views_of(self, rows: Int64[Tensor, "B"]) -> Views:
        """A batch of views, on the device of `rows`."""
        return collate_views([self.views[row] for row in rows.tolist()]).to(rows.device)

    @property
    def _views(self) -> Path:
        return self.folder / f"views-{self.size[0]}x{self.size[1]}.bin"

    @property
    def _known(self) -> Path:
        return self.folder / f"known-{self.texture_size}.bin"

    def _unwrapped(self) -> Iterator[Unwrapped]:
        """Photos that cannot be read are empty: training takes others in their place."""
        for row, path in enumerate(self.photos.records.paths):
            mask = torch.from_numpy(self.photos.mask(row)).float() / 255
            try:
                image = torch.from_numpy(decode(path)).permute(2, 0, 1).float() / 255
            except InputError:
                image, mask = torch.zeros(3, *mask.shape), torch.zeros_like(mask)
            yield self.photos.params(row), image, mask

    def _bar(self, doing: str) -> tqdm:
        return tqdm(total=len(self.photos), unit="photo", desc=doing, disable=None, smoothing=0.05)
