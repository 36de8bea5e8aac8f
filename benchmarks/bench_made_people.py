"""How well people are recovered from one photo, where the truth is known.

    python benchmarks/bench_made_people.py [--people 64] [--perception] [--sheet people.png]

Made people are seen once at 256x128. Without --perception the fit is given the true mask, blurred by a pixel, and the
true keypoints and 3D landmarks with noise (1 % of the height; 2 cm); with it, whatever perception sees in the picture.
Joints and vertices: mean distance after Procrustes. Texture: mean absolute difference of RGB in [0, 1] after one gain a
channel for the light, over the texels that the photo showed and over those that had to be guessed.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import numpy as np

from habitus.body.model import BodyModel
from habitus.demo.comparison import Comparison, compare, compare_textures
from habitus.errors import InputError
from habitus.export.pictures import contact_sheet, overlay, save_picture, to_picture
from habitus.export.turntable import turntable_frames
from habitus.perception.models import missing_models
from habitus.perception.perceiving import perceive
from habitus.perception.photo import as_photo
from habitus.recovery.fit import fit
from habitus.synthetic.photos.making import make_person, make_photo
from habitus.synthetic.photos.truth import MadePhoto
from habitus.texture.complete import complete
from habitus.texture.unwrap import unwrap
from habitus.types import BodyParams, Crop, Texture, TexturedPerson

KEYPOINT_NOISE, LANDMARK_NOISE, MASK_BLUR = 0.01, 0.02, 1.0
BATCH = 8
FIRST_SEED = 5000
IOU_TARGET = 0.95


def main() -> None:
    """Make, recover, compare, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--people", type=int, default=64)
    options.add_argument("--perception", action="store_true", help="whole pipeline; needs the models")
    options.add_argument("--sheet", type=Path, help="contact sheet: photo, fit, the person turned")
    args = options.parse_args()
    if args.perception and missing_models():
        sys.exit("the models are missing; run: habitus fetch-models")

    body = BodyModel.load()
    make_photo(body, make_person(body, 0), 0)  # numba compiles, tables are made
    start = time.perf_counter()
    people = [make_person(body, FIRST_SEED + i) for i in range(args.people)]
    middle = time.perf_counter()
    photos = [make_photo(body, person, 0) for person in people]
    end = time.perf_counter()
    each = 1000 / args.people
    print(
        f"made {args.people} people: {(middle - start) * each:.0f} ms a person, {(end - middle) * each:.0f} ms a photo"
    )

    crops = [_crop(photo, i, perception=args.perception) for i, photo in enumerate(photos)]
    seen = [(photo, crop) for photo, crop in zip(photos, crops, strict=True) if crop is not None]
    start = time.perf_counter()
    found = [fit(body, [crop for _, crop in seen[i : i + BATCH]]) for i in range(0, len(seen), BATCH)]
    params = BodyParams.cat([f.params for f in found])
    as_seen = [float(iou) for f in found for iou in f.mask_iou]
    print(f"fitted: {(time.perf_counter() - start) / len(seen):.2f} s a person, {BATCH} together\n")

    results, textures = [], []
    for i, (photo, crop) in enumerate(seen):
        results.append(compare(body, photo, crop, params[i]))
        textures.append(complete(body, unwrap(body, params[i], crop.image, crop.mask * crop.valid)))
    _table(body, [photo for photo, _ in seen], results, textures, as_seen)
    if len(seen) < len(photos):
        print(f"{len(photos) - len(seen)} people were not found by perception")
    if args.sheet:
        save_picture(args.sheet, _sheet(body, seen, params, results, textures))
        print(f"\n{args.sheet}")


def _crop(photo: MadePhoto, index: int, *, perception: bool) -> Crop | None:
    if not perception:
        rng = np.random.default_rng(index)
        return photo.as_crop(
            rng, keypoint_noise=KEYPOINT_NOISE, landmark_noise=LANDMARK_NOISE, mask_blur=MASK_BLUR
        )  # fmt: skip
    try:
        return perceive(as_photo(to_picture(photo.image)))[0]
    except InputError:
        return None


def _table(
    body: BodyModel, photos: list[MadePhoto], results: list[Comparison], textures: list[Texture], as_seen: list[float]
) -> None:
    errors = [compare_textures(body, t, p.person.texture) for t, p in zip(textures, photos, strict=True)]
    rows = [
        ("IoU, true mask", [r.mask_iou for r in results], 1, "{:.3f}"),
        ("IoU, mask as it was seen", as_seen, 1, "{:.3f}"),
        ("keypoints, % of height", [r.keypoint_error for r in results], 100, "{:.2f}"),
        ("joints, mm", [r.joint_error for r in results], 1000, "{:.1f}"),
        ("vertices, dressed, mm", [r.vertex_error for r in results], 1000, "{:.1f}"),
        ("vertices, naked, mm", [r.body_error for r in results], 1000, "{:.1f}"),
        ("texture, seen texels", [e.seen for e in errors], 1, "{:.3f}"),
        ("texture, unseen texels", [e.unseen for e in errors], 1, "{:.3f}"),
        ("seen share of texels", [e.seen_share for e in errors], 1, "{:.2f}"),
    ]
    print(f"{'':26}median    mean    5 %    95 %")
    for name, values, unit, style in rows:
        numbers = unit * np.array(values)
        columns = (np.median(numbers), numbers.mean(), *np.quantile(numbers, (0.05, 0.95)))
        print(f"{name:24}" + "".join(f"{style.format(v):>8}" for v in columns))
    median = np.median([r.mask_iou for r in results])
    verdict = "reached" if median >= IOU_TARGET else "MISSED"
    print(f"\nmedian IoU with the true mask {median:.3f}, wanted {IOU_TARGET}: {verdict}")


def _sheet(
    body: BodyModel, seen: list[tuple[MadePhoto, Crop]], params: BodyParams, results: list[Comparison],
    textures: list[Texture],
) -> np.ndarray:  # fmt: skip
    """The worst first: photo, outline of the fit, and three pictures of the person turned."""
    cells, labels = [], []
    for i in np.argsort([r.mask_iou for r in results]):
        photo, crop = seen[i]
        person = TexturedPerson(body.topology, params[int(i)], textures[i], crop)
        turns = turntable_frames(person, body, count=4, size=(256, 160))
        cells += [to_picture(photo.image), overlay(to_picture(photo.image), results[i].silhouette.numpy(), scale=2)]
        cells += [turns[0], turns[1], turns[2]]
        labels += [f"person {photo.person.seed}", f"IoU {results[i].mask_iou:.3f}"]
        labels += [f"joints {1000 * results[i].joint_error:.0f} mm", "", ""]
    return contact_sheet(cells, labels, columns=15, cell_height=256, text_size=11)


if __name__ == "__main__":
    main()
