"""Whether made people can be told apart by what they are, whatever they wear.

    python benchmarks/bench_identity.py [--people 200] [--workers 2]

Three measurements on people of a held-out world (world seed 900000):

1. Silhouettes, height normalised: pixels by which two people differ, beside what another outfit changes.
2. Builds: a nearest neighbour sees the naked body of each person twice, from the front and from the side, at 256x128,
   and one pixel of noise on its outline: every time anew, each point of the outline moves along its normal by a
   Gaussian of one pixel, independently of its neighbours, or (harder, for less averages out) together with those
   within some pixels.
3. Heads: of a world's 256x128 photos only the pixels of face and scalp are shown, brought into the texture's frame by
   the true pose. One photo asks; the gallery holds eight photos of each person in each of two other outfits, and those
   of the same camera do not count. Hats, hoods, occluders, truncation and distance are as in every world. The nearest
   neighbour, by the likelihood ratio of `fisher_heads`, was learned on 600 people of another world; of this one it
   knows which photos one camera took.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import itertools
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # small systems of equations: threads would cost more than they give

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import distance_transform_edt, gaussian_filter
from torch import Tensor

from fisher_heads import HeadFrame, Observations, learn, usual_head
from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.synthetic.photos.making import make_person
from habitus.synthetic.people.look import draw_look
from habitus.synthetic.worlds.taking import dressed, take, wardrobe
from habitus.synthetic.worlds.world import World, shots_of

WORLD = 900_000
SIZE = (256, 128)
TALL = 230
FINER = 4
"""Outlines are found at this multiple of the crop's resolution."""
ARMS_DOWN = 1.25
VIEWS = {"front": 0.0, "side": np.pi / 2}
NOISES = (0.0, 2.0, 4.0, 8.0)
"""Pixels over which the outline's noise is smooth (standard deviation of a Gaussian); 0: independent."""
BUILD_TARGET, HEAD_TARGET = 0.90, 0.60
CAMERAS = 12
LESSON, LESSON_PEOPLE = 1, 600
"""World seed and people from which the comparison of heads is learned."""


def person_seed(number: int) -> int:
    """Seed of a person of the held-out world."""
    return WORLD * 1_000_000 + number


def standing(body: BodyModel, beta: Float[Tensor, "B 10"], arms: float, delta: Tensor | None = None) -> Tensor:
    """Bodies (B, N, 3) of height 1, feet at -0.5, arms lowered by `arms` radians."""
    theta = torch.zeros(len(beta), body.num_joints, 3)
    theta[:, 16, 2], theta[:, 17, 2] = -arms, arms
    vertices = body(theta, beta, delta).vertices
    low, high = vertices.amin(1, keepdim=True), vertices.amax(1, keepdim=True)
    middle = (low + high) / 2
    return (vertices - middle) / (high - low)[..., 1:2]


def distances(body: BodyModel, vertices: Tensor, turn: float) -> Float[np.ndarray, "B H W"]:
    """Signed distance of each pixel to the outline, pixels of the crop, inside positive."""
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    rotation = torch.tensor([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    psi = torch.tensor([[2 * TALL / SIZE[0], 0.0, 0.0]]).expand(len(vertices), 3)
    fine = (SIZE[0] * FINER, SIZE[1] * FINER)
    masks = rasterize(project(vertices @ rotation, psi, fine), body.faces, fine).mask.numpy()
    centre = slice(FINER // 2, None, FINER)
    signed = [np.asarray(distance_transform_edt(m)) - np.asarray(distance_transform_edt(~m)) for m in masks]
    return np.stack(signed)[:, centre, centre].astype(np.float32) / FINER


def observe(distance: Float[np.ndarray, "B H W"], smooth: float, rng: np.random.Generator) -> np.ndarray:
    """Coverage (B, H * W) of outlines whose points moved along their normals by a Gaussian of one pixel."""
    noise = rng.standard_normal(distance.shape, dtype=np.float32)
    if smooth > 0:
        noise = gaussian_filter(noise, (0, smooth, smooth), mode="wrap")
        noise *= 2 * np.sqrt(np.pi) * smooth  # a Gaussian filter leaves 1 / (4 pi smooth^2) of the variance
    return np.clip(distance + noise + 0.5, 0, 1).reshape(len(distance), -1)


def nearest(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Row of the gallery at the least Euclidean distance from each query."""
    return ((gallery**2).sum(1) - 2 * queries @ gallery.T).argmin(1)


def builds(body: BodyModel, people: int) -> None:
    """Print rank-1 by the naked body's noisy outline."""
    beta = torch.stack([torch.from_numpy(draw_look(_rng(number)).beta) for number in range(people)])
    for pose, arms in (("rest pose", 0.0), ("arms down", ARMS_DOWN)):
        vertices = standing(body, beta, arms)
        outlines = [distances(body, vertices, turn) for turn in VIEWS.values()]
        for smooth in NOISES:
            rng = np.random.default_rng(int(10 * smooth))
            query, shown = (np.concatenate([observe(o, smooth, rng) for o in outlines], 1) for _ in range(2))
            rank1 = float((nearest(query, shown) == np.arange(people)).mean())
            kind = f"smooth over {smooth:.0f} px" if smooth else "independent"
            print(
                f"naked body, {pose}, noise of 1 px {kind:16}: rank-1 {100 * rank1:5.1f} % "
                f"(wanted: {100 * BUILD_TARGET:.0f} %)"
            )


def _rng(number: int) -> np.random.Generator:
    return np.random.default_rng((1, person_seed(number)))


def silhouettes(body: BodyModel, people: int) -> None:
    """Print by how many pixels the silhouettes of two people differ, beside those of two outfits."""
    worn = [[make_person(body, person_seed(n), outfit=k, texture_size=16) for k in range(3)] for n in range(people)]
    beta = torch.stack([row[0].beta for row in worn])
    delta = [torch.stack([row[k].delta for row in worn]) for k in range(3)]
    for view, turn in VIEWS.items():
        naked = distances(body, standing(body, beta, ARMS_DOWN), turn) > 0
        dressed = [distances(body, standing(body, beta, ARMS_DOWN, d), turn) > 0 for d in delta]
        area = naked.sum((1, 2)).mean()
        other = [_differ(naked, np.roll(naked, k, 0)) for k in range(1, 6)]
        outfit = [_differ(dressed[a], dressed[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
        both = [_differ(dressed[0], np.roll(dressed[1], k, 0)) for k in range(1, 6)]
        print(
            f"{view:5}: of {area:.0f} px a person, two naked people differ by {np.mean(other):.0f} px, one person in "
            f"two outfits by {np.mean(outfit):.0f} px, two people in two outfits by {np.mean(both):.0f} px"
        )


def _differ(one: np.ndarray, other: np.ndarray) -> float:
    return float((one ^ other).sum((1, 2)).mean())


def photographed(world: World, people: range) -> Observations:
    """What photos of a world show of the heads of some of its people."""
    torch.set_num_threads(1)
    body = BodyModel.load()
    frame = HeadFrame(body)
    rows = []
    for person in people:
        shots = shots_of(world, person)
        for outfit in range(world.outfits):
            worn = [shot for shot in shots if shot.outfit == outfit]
            for shot, photo in zip(worn, take(body, world, dressed(body, world, person, outfit), worn), strict=True):
                rows.append((*frame.observe(photo), person, outfit, shot.camera))
    return Observations(*(np.array(column) for column in zip(*rows, strict=True)))


def in_processes(world: World, workers: int) -> Observations:
    """`photographed` for all people of a world, shared out."""
    bounds = [world.people * i // (4 * workers) for i in range(4 * workers + 1)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(photographed, world, range(*ends)) for ends in itertools.pairwise(bounds)]
        parts = [job.result() for job in jobs]
    return Observations(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Observations)))


def heads(people: int, workers: int) -> None:
    """Print rank-1 by the heads in photos."""
    lesson = World(seed=LESSON, people=LESSON_PEOPLE, outfits=3, views=4, cameras=CAMERAS, size=SIZE)
    taught = in_processes(lesson, workers)
    usual = usual_head(taught)
    model = learn(taught.evened(usual))
    world = World(seed=WORLD, people=people, outfits=3, views=8, cameras=CAMERAS, size=SIZE)
    seen = in_processes(world, workers).evened(usual)
    asking, shown = seen.select(seen.outfit == 0), seen.select(seen.outfit != 0)
    alike = model.alike(asking, shown)
    alike[asking.camera[:, None] == shown.camera[None]] = -np.inf
    right = shown.person[alike.argmax(1)] == asking.person
    bare, offered = _bare(world, asking), _bare(world, shown)
    for name, who in (("all heads", np.ones(len(right), bool)), ("without hat or hood", bare)):
        print(
            f"heads in photos, {name}: each of {who.sum()} asks among {len(shown.person)} of the {people} people in "
            f"two other outfits, by other cameras: rank-1 {100 * right[who].mean():.1f} % "
            f"(wanted: {100 * HEAD_TARGET:.0f} %)"
        )
    alike[:, ~offered] = -np.inf
    right = shown.person[alike.argmax(1)] == asking.person
    print(f"    no hat or hood on either side: rank-1 {100 * right[bare].mean():.1f} %")


def _bare(world: World, seen: Observations) -> np.ndarray:
    """Which photos show heads without hat or hood."""
    wearers = zip(seen.person.tolist(), seen.outfit.tolist(), strict=True)
    return np.array([wardrobe(world, person, outfit).hat is None for person, outfit in wearers])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    body = BodyModel.load()
    with torch.no_grad():
        silhouettes(body, min(options.people, 60))
        builds(body, options.people)
    heads(options.people, options.workers)


if __name__ == "__main__":
    main()
