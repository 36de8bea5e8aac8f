"""How well a calibrated camera tells people's height: made people in the poses of the street before made cameras.

    python benchmarks/bench_heights.py [--people N]

Errors against the stature in shoes and with hair, centimetres. "box": the middles of its edges taken for feet and head.
"points": the true points below the body and at the crown. "body": `measure_body` with the true pose and build; "body,
recovered": with every joint off by --turns degrees and the mean build. Pixels are exact but in "recovered", where those
of the box are off by 2 (standard deviation).
"""

# ruff: noqa: E402, I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "recovery")]

import habitus  # noqa: F401
import numpy as np
import torch

from habitus.body.model import BodyModel
from habitus.body.stature import stature
from habitus.recovery.calibrated_height import measure_body, measure_height
from habitus.types import BodyParams

from standing_people import calibrated, stand_before_a_camera

PIXELS = 2.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--turns", type=float, default=4.0, help="standard deviation, degrees about each axis")
    options = parser.parse_args()
    body, errors, told = BodyModel.load(), {}, []
    generator = torch.Generator().manual_seed(0)
    for seed in range(options.people):
        person = stand_before_a_camera(body, seed)
        camera, params = calibrated(person.camera), person.params
        true = stature(body, params.beta, params.delta).item()
        noise = np.radians(options.turns) * torch.randn(params.theta.shape, generator=generator)
        recovered = BodyParams(params.theta + noise, 0 * params.beta, params.delta, params.psi)
        blurred = person.box + PIXELS * torch.randn(person.box.shape, generator=generator)
        of_recovered = measure_body(camera, body, recovered, blurred, pixel_error=PIXELS)
        told.append(of_recovered.error.item())
        for name, found in {
            "box": measure_height(camera, *person.ends_of_box()),
            "points": measure_height(camera, person.ground, person.crown),
            "body": measure_body(camera, body, params, person.box),
            "body, recovered": of_recovered,
        }.items():
            errors.setdefault(name, []).append(found.metres.item() - true)
    print("| | mean error, cm | its standard deviation, cm |")
    print("|---|---|---|")
    for name, values in errors.items():
        print(f"| {name} | {100 * np.mean(values):+.1f} | {100 * np.std(values):.1f} |")
    print(f"told for pixels alone, median: {100 * np.median(told):.1f} cm")


if __name__ == "__main__":
    main()
