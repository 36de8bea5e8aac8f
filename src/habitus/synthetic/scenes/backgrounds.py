"""What renders are laid over in training: a folder's street frames as RSTG takes them, or made streets."""

import logging
from collections import OrderedDict
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from habitus.data.decoding import decode
from habitus.data.transforms import resized
from habitus.errors import InputError
from habitus.synthetic.scenes.backdrops import background
from habitus.synthetic.scenes.folder import pictures_below
from habitus.synthetic.scenes.scene import draw_scene
from habitus.synthetic.scenes.sensor import expose

log = logging.getLogger("habitus")

CACHE_BYTES = 64_000_000
"""Of resized frames kept in memory, per process."""
_FEET, _TALL = 0.94, 0.88
"""Where people's feet are in a crop, and how tall they are, shares of its height."""
_BACKGROUND = 75  # a stream of random numbers of its own

Key = int | tuple[int, ...]


class Backgrounds:
    """Pictures without end, each a function of the seed and its key alone: in whatever process and order.

    A folder's frames are taken as RSTG's released training does: any of them, resized whole, mirrored half the time.
    Made streets are those behind made people, cut out as if somebody stood there; passers-by may be in them.

    Attributes:
        broken: files that could not be read so far, in this process, and why; others took their places.
    """

    def __init__(self, source: str | Path | Literal["made"], size: tuple[int, int], *, seed: int = 0):
        """Prepare; nothing is read or drawn yet.

        Args:
            source: a folder of pictures, in subfolders too, or "made".
            size: (H, W), pixels.
            seed: of the choice.

        Raises:
            InputError: the folder is missing or holds no picture.
        """
        self.size, self.seed = size, seed
        self.files: tuple[Path, ...] = () if str(source) == "made" else pictures_below(source)
        self.broken: dict[Path, str] = {}
        self._kept: OrderedDict[Path, UInt8[np.ndarray, "H W 3"]] = OrderedDict()

    def __getitem__(self, key: Key) -> UInt8[np.ndarray, "3 H W"]:
        """The picture of a key: a number, or several such as (row, epoch, draw), at least 0.

        Raises:
            InputError: none of the files can be read.
        """
        rng = np.random.default_rng((_BACKGROUND, self.seed, *((key,) if isinstance(key, int) else key)))
        picture = self._frame(rng) if self.files else self._made(rng)
        if rng.random() < 0.5:
            picture = np.asarray(cv2.flip(picture, 1))
        return np.ascontiguousarray(picture.transpose(2, 0, 1))

    def _made(self, rng: np.random.Generator) -> UInt8[np.ndarray, "H W 3"]:
        scene, height = draw_scene(rng), self.size[0]
        lit = background(scene, self.size, feet=_FEET * height, height=_TALL * height)
        return np.round(255 * expose(lit, scene.sensor, rng)).astype(np.uint8).transpose(1, 2, 0)

    def _frame(self, rng: np.random.Generator) -> UInt8[np.ndarray, "H W 3"]:
        """Any frame of the folder; of those that are broken, as many others as it takes."""
        first = int(rng.integers(len(self.files)))
        for step in range(len(self.files)):
            file = self.files[(first + step) % len(self.files)]
            if file not in self.broken:
                try:
                    return self._read(file)
                except InputError as error:
                    self.broken[file] = str(error)
                    log.warning("%s; another background takes its place", error)
        raise InputError(f"{self.files[0].parent}: no background can be read; give a folder of intact pictures")

    def _read(self, file: Path) -> UInt8[np.ndarray, "H W 3"]:
        if file in self._kept:
            self._kept.move_to_end(file)
        else:
            self._kept[file] = resized(decode(file, enough=self.size), self.size)
            if len(self._kept) * self._kept[file].nbytes > CACHE_BYTES:
                self._kept.popitem(last=False)
        return self._kept[file]
