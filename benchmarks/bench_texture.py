"""Texture by unwrapping: seconds, and errors against the true textures of made people.

    python benchmarks/bench_texture.py

Twelve people in striped clothes, four poses from three sides, are photographed once each and unwrapped twice: with
their true parameters and with parameters that are off as a fit would be. Errors are mean absolute differences of RGB
in [0, 1], over texels that the photo showed and over the rest, which had to be guessed. "plain" fills the unseen texels
with the mean seen colour of their region: what guessing has to beat.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import statistics
import time
from dataclasses import dataclass

import habitus  # noqa: F401
import numpy as np
import torch
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.rendering.render import render
from habitus.rendering.shading import Lambert
from habitus.texture.complete import complete
from habitus.texture.measures import texture_error
from habitus.texture.surface import in_kinds, kind_of_texels, region_of_texels, surface_texels
from habitus.texture.unwrap import unwrap
from habitus.types import BodyParams, Texture

POSES = {
    "standing": {},
    "walking": {1: (-0.45, 0, 0), 2: (0.35, 0, 0), 4: (0.15, 0, 0), 5: (0.5, 0, 0), 16: (0, 0.4, -1.2)},
    "reaching": {16: (0, -0.5, -0.6), 17: (0, 0.8, 0.9), 19: (0, 1.2, 0)},
    "lunging": {1: (-0.9, 0.2, 0.2), 4: (0.9, 0, 0), 2: (0.4, 0, -0.2)},
}
YAWS = (0.3, 1.6, 2.8)
MISFIT = 0.025


@dataclass(frozen=True)
class Case:
    """One made person."""

    params: BodyParams
    texture: Tensor
    misfit: BodyParams


def make_case(body: BodyModel, pose: str, yaw: float, size: int, seed: int) -> Case:
    """Draw a person, an outfit, and parameters that are a little wrong."""
    rng = np.random.default_rng(seed)
    theta = torch.zeros(1, body.num_joints, 3)
    theta[0, 16, 2], theta[0, 17, 2], theta[0, 0, 1] = -1.15, 1.15, yaw
    for joint, turn in POSES[pose].items():
        theta[0, joint] = torch.tensor(turn, dtype=torch.float32)
    beta = noise(rng, (1, body.num_betas), 0.7)
    vertices = body(theta, beta).vertices[0]
    low, high = vertices.amin(0), vertices.amax(0)
    middle = (low + high) / 2
    psi = torch.stack([1.74 / (high[1] - low[1]), -middle[0], -middle[1]])[None]
    params = BodyParams(theta, beta, torch.zeros(1, body.num_vertices, 3), psi)
    wrong = BodyParams(
        theta + noise(rng, theta.shape, 2 * MISFIT),
        beta + noise(rng, beta.shape, 0.3),
        params.delta,
        psi * (1 + noise(rng, (1, 3), MISFIT / 2)) + noise(rng, (1, 3), MISFIT / 3),
    )
    return Case(params, draw_outfit(body, size, rng), wrong)


def noise(rng: np.random.Generator, shape: tuple[int, ...], deviation: float) -> Tensor:
    """Normal noise."""
    return torch.from_numpy(rng.normal(0, deviation, shape).astype(np.float32))


def draw_outfit(body: BodyModel, size: int, rng: np.random.Generator) -> Tensor:
    """A striped top, with or without sleeves to the wrists, trousers, shoes, skin and hair; some grain on all."""
    texels = surface_texels(body, size)
    kind, kinds = kind_of_texels(body, texels)
    height = texels.spread @ body.v_template[:, 1].numpy()
    skin, hair = np.array([0.82, 0.62, 0.5]) * rng.uniform(0.5, 1.1), np.array([0.3, 0.2, 0.12]) * rng.uniform(0.3, 2)
    top, trousers, shoes = rng.uniform(0.2, 0.9, 3), rng.uniform(0.1, 0.6, 3), rng.uniform(0.05, 0.5, 3)
    colours = {
        "face": skin,
        "neck": skin,
        "hand": skin,
        "hair": hair,
        "foot": shoes,
        "thigh": trousers,
        "calf": trousers,
    }
    colours |= {"torso": top, "upper_arm": top, "forearm": top if rng.random() < 0.6 else skin}
    colour = np.array([colours[name] for name in kinds])[kind]
    striped = in_kinds(kind, kinds, ("torso", "upper_arm")) & (np.sin(height * 2 * np.pi / rng.uniform(0.07, 0.2)) > 0)
    colour[striped] *= rng.uniform(0.4, 0.9)
    colour += rng.normal(0, 0.01, (len(colour), 1))
    return torch.from_numpy(texels.scatter_with_gutters(colour.clip(0, 1).astype(np.float32)))


def photograph(body: BodyModel, case: Case, height: int) -> tuple[Tensor, Tensor]:
    """The person before a grey wall, lit from the front."""
    params, size = case.params, (height, height)
    vertices = body(params.theta, params.beta, params.delta).vertices
    wall = torch.full((1, 3, *size), 0.5)
    light = Lambert(ambient=(0.8, 0.8, 0.8), diffuse=(0.2, 0.2, 0.2))
    seen = render(
        vertices, body.faces, params.psi, body.uv, body.uv_faces, case.texture[None],
        size=size, background=wall, shading=light,
    )  # fmt: skip
    return seen.image[0], seen.silhouette[0]


def plain(body: BodyModel, texture: Texture) -> Texture:
    """Unseen texels in the mean seen colour of their region, or of everything."""
    texels = surface_texels(body, texture.image.shape[-1])
    colour, seen = texels.gather(texture.image.numpy()), texels.gather(texture.confidence.numpy()[None])[:, 0] > 0
    region = region_of_texels(body, texels)
    for k in range(len(body.regions)):
        own = region == k
        source = own & seen if (own & seen).any() else seen
        colour[own & ~seen] = colour[source].mean(0)
    return Texture(torch.from_numpy(texels.scatter(colour)), texture.confidence)


def main() -> None:
    """Print the tables."""
    body = BodyModel.load()
    start = time.perf_counter()
    seconds: dict[tuple[int, str], list[float]] = {}
    print("photo     parameters   texture   share seen   error seen   unseen   unseen, plain")
    for height, size in ((256, 512), (1024, 512), (1024, 1024)):
        cases = [
            make_case(body, pose, yaw, size, seed)
            for seed, (pose, yaw) in enumerate((p, y) for p in POSES for y in YAWS)
        ]
        for name in ("true", "misfit"):
            rows = []
            for case in cases:
                image, mask = photograph(body, case, height)
                begin = time.perf_counter()
                unwrapped = unwrap(body, case.params if name == "true" else case.misfit, image, mask, size=size)
                middle = time.perf_counter()
                texture = complete(body, unwrapped)
                seconds.setdefault((size, "unwrap"), []).append(middle - begin)
                seconds.setdefault((size, "complete"), []).append(time.perf_counter() - middle)
                error = texture_error(body, texture, case.texture)
                rows.append(
                    (
                        error.seen_share,
                        error.seen,
                        error.unseen,
                        texture_error(body, plain(body, unwrapped), case.texture).unseen,
                    )
                )
            share, seen, unseen, simple = np.nanmedian(rows, axis=0)
            print(
                f"{height:5d}     {name:10s} {size:7d} {share:12.2f} {seen:12.3f} {unseen:8.3f} {simple:15.3f}",
                flush=True,
            )
    print()
    for (size, step), taken in seconds.items():
        print(f"{step:9s} {size:5d}: {statistics.median(taken[1:]):.2f} s, the first {taken[0]:.2f} s")
    print(f"{torch.get_num_threads()} threads, {time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
