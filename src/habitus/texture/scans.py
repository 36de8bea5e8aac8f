"""Textures of other people that tell what faces and hands look like: SURREAL's scans, or people made in code."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from habitus.body.assets import SMPL
from habitus.body.model import BodyModel
from habitus.data.decoding import decode
from habitus.data.transforms import resized
from habitus.errors import InputError
from habitus.synthetic.clothes.dressing import paint
from habitus.synthetic.photos.making import look_of
from habitus.synthetic.worlds.taking import wardrobe
from habitus.synthetic.worlds.world import World, refuse_held_out

log = logging.getLogger("habitus")

SURREAL_SIDE = 512
"""Texels a side of SURREAL's textures."""
SMPL_UV_VERTICES = 7576
"""Of SMPL's own UV map, which SURREAL's textures are in."""
OPEN_SET = World(seed=500_000, people=1000, outfits=1)
"""Who the open set's people are: of a seed that is not held out, and that no world of the documentation has."""
KEPT = 256
"""Made textures kept in memory, per process; at 256 x 256 they take 50 MB."""


class ScanTextures(Protocol):
    """Textures in one body's UV layout, by number."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> UInt8[np.ndarray, "3 T T"]:
        """RGB."""
        ...


def scan_textures(source: str | Path | Literal["open"], body: BodyModel, size: int) -> ScanTextures:
    """Textures to draw from, the same in any process; picklable for workers.

    Args:
        source: a folder of SURREAL's textures (smpl_data/textures), or "open": a thousand people made in code.
        body: whose UV layout is asked for.
        size: T, texels a side.

    Raises:
        InputError: the folder cannot be used, or its textures do not fit the body.
    """
    return OpenScans(body, size) if str(source) == "open" else SurrealScans(source, body, size)


class OpenScans:
    """Made people's textures, as in even light, painted when they are asked for: some milliseconds each."""

    def __init__(self, body: BodyModel, size: int, *, world: World = OPEN_SET):
        """Prepare; nothing is painted yet.

        Args:
            body: whose UV layout is asked for.
            size: T, texels a side.
            world: who they are; each wears their first outfit.

        Raises:
            InputError: the world's seed is held out for scoring.
        """
        refuse_held_out(world, where="scan textures")
        self.body, self.size, self.world = body, size, world

    def __len__(self) -> int:
        return self.world.people

    def __getitem__(self, index: int) -> UInt8[np.ndarray, "3 T T"]:
        """The texture of a person."""
        if not 0 <= index < len(self):
            raise IndexError(f"scan {index} of {len(self)}")
        return _painted(self.body, self.size, self.world, index)


@lru_cache(maxsize=KEPT)
def _painted(body: BodyModel, size: int, world: World, person: int) -> UInt8[np.ndarray, "3 T T"]:
    texture = paint(body, look_of(world.person_seed(person)), wardrobe(world, person, 0), size=size)
    return (255 * texture.clamp(0, 1)).round().byte().numpy()


class SurrealScans:
    """The textures of SURREAL (Varol et al., CVPR 2017), a folder of 512 x 512 pictures in SMPL's own UV map.

    Those without the clothes' colours (grey_*.jpg) are left out, as RSTG and others do.

    Attributes:
        files: the textures, sorted.
        broken: files that could not be read so far, in this process, and why; the next took their places.
    """

    def __init__(self, folder: str | Path, body: BodyModel, size: int):
        """Check the folder; nothing is decoded yet.

        Args:
            folder: smpl_data/textures, or one of its folders female and male.
            body: whose UV layout is asked for: SMPL, with the UV map of its own.
            size: T, texels a side.

        Raises:
            InputError: there are no textures, one is not 512 x 512, or the body has another UV map.
        """
        folder = Path(folder)
        _check_layout(folder, body)
        self.size, self.files = size, _coloured(folder)
        self.broken: dict[Path, str] = {}
        _check_sizes(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> UInt8[np.ndarray, "3 T T"]:
        """A texture; the next one instead of a broken file.

        Raises:
            InputError: none of the files can be read.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"scan {index} of {len(self)}")
        for step in range(len(self)):
            file = self.files[(index + step) % len(self)]
            if file not in self.broken:
                try:
                    texture = resized(decode(file, enough=(self.size, self.size)), (self.size, self.size))
                except InputError as error:
                    self.broken[file] = str(error)
                    log.warning("%s; another texture takes its place", error)
                else:
                    return np.ascontiguousarray(texture.transpose(2, 0, 1))
        raise InputError(f"{self.files[0].parent}: no texture can be read; download SURREAL's textures again")


def _check_layout(folder: Path, body: BodyModel) -> None:
    if body.topology != SMPL:
        raise InputError(
            f"{folder}: SURREAL's textures are for SMPL, but the body is {body.topology}; give an SMPL body, or the "
            "open set"
        )
    if len(body.uv) != SMPL_UV_VERTICES:
        raise InputError(
            f"{folder}: SURREAL's textures are in SMPL's own UV map of {SMPL_UV_VERTICES} vertices, but the body's has "
            f"{len(body.uv)}; give smpl_uv.obj with the body, or the open set"
        )


def _coloured(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give SURREAL's smpl_data/textures, or the open set")
    pictures = sorted(file for file in folder.rglob("*") if file.suffix.lower() in (".jpg", ".png"))
    coloured = tuple(file for file in pictures if not file.name.startswith("grey"))
    if not coloured:
        what = "only grey textures" if pictures else "no textures (.jpg)"
        raise InputError(f"{folder}: holds {what}; give SURREAL's smpl_data/textures with its nongrey_*.jpg")
    return coloured


def _check_sizes(files: Sequence[Path]) -> None:
    """By the files' headers; what has no header is broken, and found out when it is read."""
    for file in files:
        try:
            with Image.open(file, formats=("JPEG", "PNG")) as image:
                size = image.size
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            continue
        if size != (SURREAL_SIDE, SURREAL_SIDE):
            raise InputError(
                f"{file}: {size[0]} x {size[1]} pixels, but SURREAL's textures have {SURREAL_SIDE} x {SURREAL_SIDE}; "
                "take it out of the folder"
            )
