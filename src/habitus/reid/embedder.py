"""Photos in, unit vectors out: the same person points the same way."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8

from habitus.data.dataset import OnBroken
from habitus.data.decoding import decode
from habitus.data.listing import photos_in
from habitus.data.records import Records
from habitus.data.transforms import resized
from habitus.errors import InputError
from habitus.reid.model import ReidModel
from habitus.reid.pretrained import load_model
from habitus.reid.shape_reid import Stream, with_feature

log = logging.getLogger("habitus")

Flip = Literal["sum", "none"]
"""Whether the features of the mirrored photo are added."""
Features = Float32[np.ndarray, "M D"]
Photos = Sequence[str | Path] | Sequence[np.ndarray] | np.ndarray | torch.Tensor | str | Path

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = 4
_AHEAD = 3  # batches that are decoded while one is embedded


class Embedder:
    """A re-ID network that is asked about photos.

    >>> embedder = Embedder("baseline")
    >>> features = embedder(["a.jpg", "b.jpg"])
    >>> similarity = features[0] @ features[1]
    """

    def __init__(
        self,
        model: ReidModel | str | Path,
        *,
        device: str = "auto",
        batch: int = 64,
        flip: Flip = "sum",
        feature: Stream | None = None,
        rgb_weight: float | None = None,
    ) -> None:
        """Load the network.

        Args:
            model: one in memory, which is put into eval mode on the device, or the name or file of weights
                (`reid.pretrained.load_model`).
            device: "auto" (CUDA when it is there), "cpu", "cuda" or another of torch's.
            batch: photos that the network sees at once.
            flip: "sum" adds the features of the mirrored photo, at twice the time.
            feature: of models of several streams (3DSL): "rgb", "shape" or "fused"; None is what the model gives.
            rgb_weight: of the RGB stream in the fused feature, from 0 to 1; None is the model's own.

        Raises:
            InputError: there are no such weights, no such device, no such feature, or the batch is empty.
        """
        if batch < 1:
            raise InputError(f"batch {batch}: must be 1 at least")
        self.device = device_of(device)
        network = model if isinstance(model, ReidModel) else load_model(model)
        self.model = with_feature(network, feature, rgb_weight).to(self.device).eval()
        self.batch, self.flip = batch, flip

    def __call__(self, photos: Photos) -> Features:
        """Unit features of photos of people, one person filling each.

        Args:
            photos: paths; a folder, all photos of which are taken, sorted (`photos_in`); arrays (H, W, 3), RGB, uint8
                or float in [0, 1]; or a tensor (M, 3, H, W), uint8 or float in [0, 1].

        Returns:
            One row a photo, float32 of length 1: cosine similarity is the dot product.

        Raises:
            InputError: a photo cannot be read, is no RGB picture, or the network gives numbers that are not finite.
        """
        if isinstance(photos, torch.Tensor):
            return self._rows([self._of_tensor(part) for part in photos.split(self.batch)])
        if isinstance(photos, str | Path):
            photos = photos_in(photos)
        return self._rows([self._of_pictures(part) for part in _batched(self._pictures(photos), self.batch)])

    def embed_records(
        self, records: Records, *, on_broken: OnBroken = "skip", progress: Callable[[int], object] = lambda _: None
    ) -> tuple[Features, Int64[np.ndarray, "M"]]:
        """Unit features of the photos of a table.

        Args:
            records: the photos.
            on_broken: "skip" leaves out photos that cannot be read, each named by a warning; "stop" raises.
            progress: called with the number of photos done since the last call.

        Returns:
            One feature a row; and the row of the records that each belongs to, ascending.

        Raises:
            InputError: a photo cannot be read and `on_broken` is "stop"; or the network's numbers are not finite.
        """
        parts, rows, broken = [], [], 0
        for part in _batched(enumerate(_ahead(records.paths, self._read_or_reason, self.batch * _AHEAD)), self.batch):
            for reason in (picture for _, picture in part if isinstance(picture, str)):
                if on_broken == "stop":
                    raise InputError(reason)
                broken += 1
                log.warning("%s; it is left out (broken so far: %d)", reason, broken)
            read = [(row, picture) for row, picture in part if not isinstance(picture, str)]
            if read:
                parts.append(self._of_pictures([picture for _, picture in read]))
                rows += [row for row, _ in read]
            progress(len(part))
        return self._rows(parts), np.array(rows, np.int64)

    def _pictures(self, photos: Sequence[str | Path] | Sequence[np.ndarray] | np.ndarray) -> Iterator[np.ndarray]:
        return _ahead(photos, self._read, self.batch * _AHEAD)

    def _read(self, photo: str | Path | np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
        """Decoded, at the network's size."""
        picture = as_picture(photo) if isinstance(photo, np.ndarray) else decode(photo)
        return resized(picture, self.model.size)

    def _read_or_reason(self, photo: str | Path) -> np.ndarray | str:
        try:
            return self._read(photo)
        except InputError as error:
            return str(error)

    def _of_pictures(self, pictures: Sequence[np.ndarray]) -> Features:
        return self._of_tensor(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))

    def _of_tensor(self, images: torch.Tensor) -> Features:
        if images.ndim != 4 or images.shape[1] != 3:
            raise InputError(f"photos: shape {tuple(images.shape)} is no batch of RGB pictures; give (M, 3, H, W)")
        with torch.inference_mode():
            images = images.to(self.device)
            images = images.float() / 255 if images.dtype == torch.uint8 else images.float()
            features = self.model(images).feature.float()
            if self.flip == "sum":
                features = features + self.model(images.flip(3)).feature.float()
            if not torch.isfinite(features).all():
                raise InputError("features: are not finite; the weights are damaged, or a picture holds NaN")
            return torch.nn.functional.normalize(features, dim=1).cpu().numpy()

    def _rows(self, parts: list[Features]) -> Features:
        return np.concatenate([np.empty((0, self.model.feature_size), np.float32), *parts])


def device_of(name: str) -> torch.device:
    """A torch device by name; "auto" is CUDA when it is there.

    Raises:
        InputError: torch knows no such device, or it is not here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
        raise InputError(f"device {name}: is not usable here ({str(error).splitlines()[0]}); choose cpu") from error
    return device


def as_picture(array: np.ndarray) -> UInt8[np.ndarray, "H W 3"]:
    """An array as a picture.

    Raises:
        InputError: it is none.
    """
    if array.ndim != 3 or array.shape[2] != 3 or min(array.shape) < 1:
        raise InputError(f"photos: shape {array.shape} is no RGB picture; give (H, W, 3)")
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise InputError(f"photos: dtype {array.dtype} is no picture's; give uint8, or float in [0, 1]")
    if not np.isfinite(array).all():
        raise InputError("photos: hold values that are not finite; give float in [0, 1]")
    return (array.clip(0, 1) * 255).round().astype(np.uint8)


def _ahead(items: Iterable[Item], work: Callable[[Item], Result], count: int) -> Iterator[Result]:
    """`work` of each item, in order, done by threads for so many items ahead: decoding lets others run meanwhile."""
    pool, pending = ThreadPoolExecutor(_THREADS), deque[Future[Result]]()
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > count:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _batched(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(islice(items, size)):
        yield batch
