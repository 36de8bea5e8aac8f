"""Make the texture generators that come with Habitus out of a finished training, with their scores.

    python tools/ship_generator_weights.py run/model ours --scores scores.json --before first-run/config.json

Numbers are kept in half precision. `scores.json` is what `habitus evaluate texture --method ./run/model --json` wrote
about these weights on a held-out world; `--before` names the runs that this one began with, the first one first.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from habitus.body.model import BodyModel
from habitus.texture.generator.pretrained import SHIPPED, load_generator

KEPT = ("world", "chosen", "photos", "people", "parameters", "mask_rule", "networks", "seed", "size", "texture_size")


def scores_of(path: Path, model: Path) -> dict[str, Any]:
    """The scores of a model, and on what they were measured.

    Raises:
        SystemExit: the file is not about this model, or not about a made world that is held out.
    """
    report = json.loads(path.read_text())
    if "held out for scoring" not in (report["world"] or ""):
        raise SystemExit(f"{path}: its photos are not those of a held-out made world; scores must be fair")
    found = [result for name, result in report["results"].items() if Path(name).resolve() == model.resolve()]
    if not found:
        raise SystemExit(f"{path}: holds no scores of {model}; it has {', '.join(report['results'])}")
    return {name: report[name] for name in KEPT} | found[0]


def main() -> None:
    """Write the folder of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of the trained generator")
    parser.add_argument("name", choices=sorted(SHIPPED))
    parser.add_argument("--scores", type=Path, required=True, help="JSON of `habitus evaluate texture`")
    parser.add_argument("--before", type=Path, nargs="+", default=[], help="config.json of the runs before this one")
    options = parser.parse_args()
    generator = load_generator(options.model.resolve(), BodyModel.load())
    generator.trained = {**generator.trained, "scores": scores_of(options.scores, options.model)}
    if options.before:
        generator.trained["before"] = [json.loads(path.read_text()) for path in options.before]
    generator.save_pretrained(SHIPPED[options.name], dtype=torch.float16)
    load_generator(options.name, BodyModel.load())  # what cannot be loaded is not to be shipped
    size = sum(path.stat().st_size for path in SHIPPED[options.name].iterdir())
    print(f"{SHIPPED[options.name]}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
