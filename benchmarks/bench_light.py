"""How well the light of a photo is found from the texels that it shows: true textures of made people in their photos'
light, over the texels not seen, against what the camera of the made world would make of them.

    python benchmarks/bench_light.py [--people N]

"gain" is the factor of each channel that brings the texels seen nearest to the photo, the usual way. Mean absolute
differences of RGB in [0, 1].
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import numpy as np
import torch
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface
from habitus.losses.texture_truth import in_light_of
from habitus.synthetic.photos.making import make_person, photograph
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.scenes.scene import draw_scene
from habitus.synthetic.scenes.sensor import PLAIN, Sensor, expose
from habitus.texture.unwrap import unwrap

SIZE = 256
BATCH = 16


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=40)
    people = parser.parse_args().people
    torch.set_num_threads(1)
    body = BodyModel.load()
    charts = texel_surface(body, SIZE)[0] >= 0
    errors, seconds = [], 0.0
    for seed in range(people):
        person = make_person(body, seed, texture_size=SIZE)
        rng = np.random.default_rng(seed)
        scene = draw_scene(rng)
        photo = photograph(body, person, [draw_pose(rng, person.style, carrying=person.carries)], [scene])[0]
        known = unwrap(body, photo.params, photo.image, photo.mask, size=SIZE)
        seen, unseen = (known.confidence > 0.1) & charts, (known.confidence == 0) & charts
        truth = person.texture.clamp(0, 1)
        lit = camera_light(truth, known.image, seen, scene.sensor)
        batch = (truth[None], known.image[None], known.confidence[None])
        began = time.process_time()
        ours = in_light_of(*(part.expand(BATCH, *part.shape[1:]) for part in batch))[0]
        seconds += time.process_time() - began
        gain = (truth * best_factors(truth[:, seen], known.image[:, seen])[:, None, None]).clamp(0, 1)
        errors.append([float((way - lit)[:, unseen].abs().mean()) for way in (truth, gain, ours)])
    for name, values in zip(("the texture as it is", "gain", "in_light_of"), np.array(errors).T, strict=True):
        print(f"{name:22s} mean {values.mean():.4f}  median {np.median(values):.4f}  worst {values.max():.4f}")
    print(f"in_light_of: {1e3 * seconds / people:.0f} ms of one core for {BATCH} textures of {SIZE} x {SIZE}")


def best_factors(truth: Tensor, known: Tensor) -> Tensor:
    """Of least absolute difference: medians of the ratios, weighted by the true colours."""
    ratios, order = (known / truth.clamp_min(1e-3)).sort(1)
    shares = truth.gather(1, order).cumsum(1)
    middle = (shares < shares[:, -1:] / 2).sum(1, keepdim=True)
    return ratios.gather(1, middle)[:, 0]


def camera_light(truth: Tensor, known: Tensor, seen: Tensor, sensor: Sensor) -> Tensor:
    """What the camera makes of the texture in even light, of that brightness that fits the texels seen best."""
    plain = Sensor(**{**vars(PLAIN), "gain": sensor.gain, "saturation": sensor.saturation, "contrast": sensor.contrast})

    def lit(brightness: float) -> Tensor:
        light = np.ascontiguousarray(truth.numpy().transpose(1, 2, 0) * np.float32(brightness))
        return torch.from_numpy(expose(light, plain, np.random.default_rng(0)))

    return min((lit(b) for b in np.linspace(0.2, 1.8, 33)), key=lambda way: float((way - known)[:, seen].abs().mean()))


if __name__ == "__main__":
    main()
