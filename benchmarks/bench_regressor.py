"""How well a network says the body in one photo, and in several of one person, of people whom no training has seen.

    habitus train body --out run/ ...
    python benchmarks/bench_regressor.py run/model [--people 400] [--views 8] [--sheet bodies.png]

R^2 is of height-normalised beta, by component (`body.stature.height_normalised`): 1 says all of the differences between
people, 0 no more than their mean. Several photos are averaged. Joints: mean distance after Procrustes. Silhouette:
intersection over union with the true mask.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix
from habitus.body.stature import height_normalised
from habitus.export.pictures import save_picture
from habitus.recovery.measures import mask_iou, procrustes_error
from habitus.recovery.regressor.model import Regression
from habitus.recovery.regressor.pretrained import load_regressor
from habitus.rendering.render import render_silhouette
from habitus.synthetic.photos.truth import MadePhoto
from habitus.synthetic.worlds.taking import dressed, take
from habitus.synthetic.worlds.world import World, shots_of
from habitus.training.tasks.body_data import MadePeople, shown
from habitus.training.tasks.body_sheet import WATCHED, sheet_of

SEED, SHEET_SEED = 900_003, 9
FIRST = 5
"""Components that say most."""


def main() -> None:
    """Make people, regress, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a trained regressor")
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--views", type=int, default=8, help="photos of each person")
    parser.add_argument("--sheet", type=Path, help="picture of some people with what is found")
    options = parser.parse_args()
    body = BodyModel.load()
    regressor = load_regressor(options.model, body)
    world = World(seed=SEED, people=options.people, outfits=1, views=options.views, size=regressor.size)
    found, truth, errors = [], [], []
    began = time.process_time()
    for photos in tqdm(photos_of(world, body), total=options.people, unit="person", disable=None):
        with torch.inference_mode():
            bodies = regressor(torch.stack([photo.image for photo in photos]))
        found.append(bodies.beta)
        truth.append(photos[0].params.beta)
        errors.append(errors_of(body, bodies, photos))
    every = torch.stack(found)  # people, views, 10
    true = height_normalised(body, torch.cat(truth))
    print(f"{options.people} people of world {SEED} (held out), {options.views} photos each at {regressor.size}")
    print("R^2 of beta     " + "".join(f"{k + 1:7d}" for k in range(every.shape[2])) + f"   first {FIRST}")
    for name, beta in (("one photo", every[:, 0]), (f"{options.views} photos", every.mean(1))):
        explained = r_squared(height_normalised(body, beta), true)
        print(f"{name:16s}" + "".join(f"{value:7.2f}" for value in explained) + f"{explained[:FIRST].mean():10.2f}")
    joints, silhouette = torch.cat(errors).T
    print(f"joints {1000 * joints.mean():.1f} mm after Procrustes; silhouette IoU mean {silhouette.mean():.3f}, "
          f"median {silhouette.median():.3f}")  # fmt: skip
    print(f"{time.process_time() - began:.0f} s of processor time, making the people included")
    if options.sheet is not None:
        people = MadePeople(World(seed=SHEET_SEED, outfits=1, views=2, size=regressor.size), body)
        save_picture(options.sheet, sheet_of(regressor, body, *shown(people, WATCHED)))


def photos_of(world: World, body: BodyModel) -> Iterator[list[MadePhoto]]:
    """All photos of each person."""
    for number in range(world.people):
        yield take(body, world, dressed(body, world, number, 0), shots_of(world, number))


def errors_of(body: BodyModel, found: Regression, photos: list[MadePhoto]) -> Float[Tensor, "V 2"]:
    """Of each photo: the joints' mean distance, metres, and the silhouette's overlap."""
    true = [torch.cat([getattr(photo.params, name) for photo in photos]) for name in ("theta", "beta")]
    joints = [
        frames.transforms[..., :3, 3]
        for frames in (found.frames(body), body.turned_frames(axis_angle_to_matrix(true[0]), true[1]))
    ]
    vertices = body.pose(found.frames(body), found.beta, found.delta)
    masks = torch.stack([photo.mask for photo in photos])
    overlap = mask_iou(render_silhouette(vertices, body.faces, found.psi, size=(masks.shape[1], masks.shape[2])), masks)
    return torch.stack((procrustes_error(*joints), overlap), 1)


def r_squared(found: Float[Tensor, "P K"], truth: Float[Tensor, "P K"]) -> Float[Tensor, "K"]:
    """Share of the variance that is explained, by component."""
    return 1 - ((found - truth) ** 2).mean(0) / truth.var(0, correction=0)


if __name__ == "__main__":
    main()
