"""Real photos through the whole pipeline: how well each person is covered, how long it takes, and what they look like.

    python benchmarks/real_photos.py PHOTO... [--sheet benchmarks/pictures/people.png]

`tools/cut_pedestrians.py` cuts such photos from a street video. Each row of the sheet: the photo, the outline of the
re-projected body over it, and views all around; photos stay where they are, so the sheet is not to be committed.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
from dataclasses import replace
from pathlib import Path

import habitus  # noqa: F401
import numpy as np

from habitus.body.model import BodyModel
from habitus.export.pictures import contact_sheet, overlay, save_picture, to_picture
from habitus.export.reprojection import reproject
from habitus.export.turntable import turntable_frames
from habitus.pipeline import Reconstruction, reconstruct
from habitus.recovery.upright import upright

VIEWS, HEIGHT = 6, 384


def row(made: Reconstruction) -> list[np.ndarray]:
    """The photo's crop, the outline over it, and the person from all sides."""
    person, body = made.person, made.body
    crop = to_picture(person.crop.image)
    seen = reproject(person, body)
    standing = replace(person, params=upright(body, person.params))
    return [crop, overlay(crop, seen.silhouette, scale=2), *turntable_frames(standing, body, count=VIEWS)]


def main() -> None:
    """Reconstruct, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    body = BodyModel.load()
    print("photo                        mask IoU keypoints % texture seen % perceive    fit texture")
    pictures, labels, ious, errors = [], [], [], []
    for photo in options.photos:
        made = reconstruct(photo, body=body)
        iou, error = float(made.fit.mask_iou[0]), 100 * float(made.fit.keypoint_error_relative[0])
        seen = 100 * float((made.person.texture.confidence > 0).float().mean())
        ious.append(iou)
        errors.append(error)
        seconds = " ".join(f"{made.seconds[s]:>{w}.2f}" for s, w in (("perceive", 8), ("fit", 6), ("texture", 7)))
        print(f"{photo.name:<28} {iou:8.3f} {error:11.1f} {seen:14.0f} {seconds}", flush=True)
        pictures += row(made)
        labels += [photo.stem, f"IoU {iou:.3f}, keypoints {error:.1f} %", *[""] * VIEWS]
    print(f"worst: mask IoU {min(ious):.3f}, keypoints {max(errors):.1f} % of the height")
    if options.sheet:
        save_picture(options.sheet, contact_sheet(pictures, labels, columns=2 + VIEWS, cell_height=HEIGHT))
        print(f"sheet: {options.sheet}")


if __name__ == "__main__":
    main()
