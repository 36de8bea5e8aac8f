"""Real photos, their textures made by several methods, side by side from all sides.

    python benchmarks/real_textures.py PHOTO... --sheet benchmarks/pictures/textures.png [--method unwrap,rstg,ours]

`tools/cut_pedestrians.py` cuts such photos from a street video. Each row of the sheet: the photo, and for each method
the person from all sides. A body is fitted once a photo; methods differ in the texture alone. Photos stay where they
are, so the sheet is not to be committed.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import habitus  # noqa: F401
import numpy as np

from habitus.body.model import BodyModel
from habitus.export.pictures import PAPER, contact_sheet, save_picture, scaled, strip, to_picture
from habitus.export.turntable import turned_frames
from habitus.pipeline import reconstruct
from habitus.recovery.upright import upright
from habitus.texture.choice import PhotoOfPerson, TextureMaker
from habitus.texture.from_photos import texture_from_photos
from habitus.texture.methods import Setting, TextureMethod, method_named
from habitus.texture.scans import scan_textures
from habitus.types import BodyParams, Texture

VIEWS, HEIGHT, TEXTURE = 6, 320, 512


def fitted(body: BodyModel, path: Path) -> PhotoOfPerson:
    """The person in a photo: fitted parameters, and the photo and mask as textures are made from them."""
    seen: list[PhotoOfPerson] = []

    def remember(photos: Sequence[PhotoOfPerson], size: int) -> Texture:
        seen.extend(photos)
        return texture_from_photos(body, photos, size=size)

    reconstruct(path, body=body, texture=TextureMaker("unwrap", "unwrap", remember), texture_size=TEXTURE)
    return seen[0]


def turntable(body: BodyModel, params: BodyParams, texture: Texture) -> np.ndarray:
    """The person from all sides, side by side."""
    size = (HEIGHT, HEIGHT // 2)
    return np.concatenate(turned_frames(body, upright(body, params), texture.image, count=VIEWS, size=size), 1)


def squared(photo: np.ndarray) -> np.ndarray:
    """A photo in the middle of a square, so that the columns of a sheet stand below each other."""
    picture = scaled(photo, HEIGHT)[:, :HEIGHT]
    square = np.full((HEIGHT, HEIGHT, 3), PAPER, np.uint8)
    left = (HEIGHT - picture.shape[1]) // 2
    square[:, left : left + picture.shape[1]] = picture
    return square


def row(body: BodyModel, path: Path, methods: dict[str, TextureMethod]) -> np.ndarray:
    """The photo and what each method makes of it, side by side; prints how long each took."""
    params, image, mask = fitted(body, path)
    pictures, seconds = [squared(to_picture(image))], []
    for name, method in methods.items():
        start = time.perf_counter()
        texture = method(params, image, mask)
        seconds.append(f"{name} {time.perf_counter() - start:.2f} s")
        pictures.append(turntable(body, params, texture))
    print(f"{path.name:<28} {', '.join(seconds)}", flush=True)
    return strip(pictures, height=HEIGHT)


def main() -> None:
    """Fit, make textures, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--method", default="unwrap,rstg,ours", help="as in habitus evaluate texture")
    parser.add_argument("--sheet", type=Path, required=True)
    options = parser.parse_args()
    body = BodyModel.load()
    setting = Setting(body, TEXTURE, scan_textures("open", body, TEXTURE))
    methods = {name: method_named(name, setting) for name in options.method.split(",")}
    rows = [row(body, path, methods) for path in options.photos]
    labels = [f"{path.stem}: photo, {', '.join(methods)}" for path in options.photos]
    save_picture(options.sheet, contact_sheet(rows, labels, columns=1))
    print(f"sheet: {options.sheet}")


if __name__ == "__main__":
    main()
