"""Made photos beside real crops: a sheet for the eye, and the statistics in which they differ.

    python tools/cut_pedestrians.py street.avi -o pedestrians --count 24
    python benchmarks/made_beside_real.py pedestrians --margin 0.4 -o beside.png

Needs crops of your own, so `make bench` leaves it out.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from habitus.body.model import BodyModel
from habitus.export.pictures import contact_sheet, save_picture, to_picture
from habitus.perception.photo import read_photo
from habitus.synthetic.worlds.taking import dressed, take
from habitus.synthetic.worlds.world import World, shots_of

Picture = UInt8[np.ndarray, "H W 3"]
COLUMNS = 12


def main() -> None:
    """Read the command line; draw and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real", type=Path, help="folder of crops of real people")
    parser.add_argument("-o", "--output", type=Path, default=Path("beside.png"), help="the sheet")
    parser.add_argument("--margin", type=float, default=0.0, help="around the people, shares of their height")
    parser.add_argument("--seed", type=int, default=0, help="of the made world")
    parser.add_argument("--height", type=int, default=128, help="of the crops, pixels (default 128)")
    options = parser.parse_args()
    size = (options.height, options.height // 2)
    files = sorted(p for p in options.real.iterdir() if p.suffix in (".png", ".jpg") and p.stem != "sheet")
    real = [tight(read_photo(file).pixels, options.margin, size) for file in files]
    if not real:
        parser.error(f"{options.real}: holds no .png or .jpg")
    made = photographs(World(seed=options.seed, people=len(real), outfits=1, views=1, cameras=12, size=size))

    _compare(made, real)
    rows = [row for i in range(0, len(real), COLUMNS) for row in (real[i : i + COLUMNS], made[i : i + COLUMNS])]
    blank = np.full((*size, 3), 255, np.uint8)
    pictures = [p for row in rows for p in (*row, *[blank] * (COLUMNS - len(row)))]
    save_picture(
        options.output, contact_sheet(pictures, columns=COLUMNS, cell_height=256, title="real above, made below")
    )


def tight(picture: Picture, margin: float, size: tuple[int, int]) -> Picture:
    """The person of a crop with `margin` around them, as a detector would cut them, at `size`."""
    rows, columns = picture.shape[:2]
    height = rows / (1 + 2 * margin) * 1.25
    left, top = (columns - height / 2) / 2, (rows - height) / 2
    scale = size[0] / height
    to_crop = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    filtered = cv2.INTER_AREA if height > size[0] else cv2.INTER_CUBIC
    return cv2.warpAffine(picture, to_crop, size[::-1], flags=filtered, borderMode=cv2.BORDER_REPLICATE)


def photographs(world: World) -> list[Picture]:
    """One photo of each person of a world."""
    body = BodyModel.load()
    people = range(world.people)
    return [to_picture(take(body, world, dressed(body, world, p, 0), shots_of(world, p))[0].image) for p in people]


def _compare(made: list[Picture], real: list[Picture]) -> None:
    print(f"\n{'':28}{'made':>18}{'real':>18}")
    for name, measure in _MEASURES.items():
        columns = [np.array([measure(crop) for crop in crops]) for crops in (made, real)]
        print(f"{name:28}" + "".join(f"{values.mean():11.3f} ({values.std():.3f})" for values in columns))


def _grey(crop: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def _border(crop: np.ndarray) -> np.ndarray:
    """The columns at both sides, where the street shows."""
    return np.concatenate([crop[:, :12], crop[:, -12:]], 1)


_MEASURES: dict[str, Callable[[np.ndarray], float]] = {
    "brightness": lambda crop: float(_grey(crop).mean()),
    "brightness of the street": lambda crop: float(_grey(_border(crop)).mean()),
    "contrast": lambda crop: float(_grey(crop).std()),
    "contrast of the street": lambda crop: float(_grey(_border(crop)).std()),
    "darkest twentieth": lambda crop: float(np.quantile(_grey(crop), 0.05)),
    "brightest twentieth": lambda crop: float(np.quantile(_grey(crop), 0.95)),
    "saturation": lambda crop: float(np.ptp(crop / 255, axis=2).mean()),
    "saturation of the street": lambda crop: float(np.ptp(_border(crop) / 255, axis=2).mean()),
    "sharpness": lambda crop: float(np.abs(cv2.Laplacian(_grey(crop), cv2.CV_32F)).mean()),
    "sharpness of the street": lambda crop: float(
        np.abs(cv2.Laplacian(_grey(_border(crop)[:, :12]), cv2.CV_32F)).mean()
    ),
}


if __name__ == "__main__":
    main()
