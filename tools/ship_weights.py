"""Make the weights that come with Habitus out of a finished training, with their scores.

    python tools/ship_weights.py run/model baseline --scores scores.json
    python tools/ship_weights.py run/model pcb --scores scores.json --before first-run/config.json
    python tools/ship_weights.py run/model ours --scores scores.json

Classifiers are left out, the rest is kept in half precision. `scores.json` is what `habitus evaluate reid --json`
(`habitus evaluate texture --json` for a texture generator) wrote about these weights on a held-out world; `--before`
names the runs that this one began with, the first one first, so that the whole recipe is recorded.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from habitus.body.model import BodyModel
from habitus.reid import pretrained as reid
from habitus.texture.generator import pretrained as texture

OF_PHOTOS = ("world", "flip", "distance", "reranking")
OF_MODES = ("mAP", "rank1", "rank5", "rank10", "mINP", "queries", "skipped", "gallery", "protocol")
OF_TEXTURES = (
    "world", "chosen", "photos", "people", "parameters", "mask_rule", "networks", "seed", "size", "texture_size",
)  # fmt: skip


def read_scores(path: Path) -> dict[str, Any]:
    """What an evaluation wrote.

    Raises:
        SystemExit: it is not about a made world that is held out.
    """
    report = json.loads(path.read_text())
    if "held out for scoring" not in (report["world"] or ""):
        raise SystemExit(f"{path}: its photos are not those of a held-out made world; scores must be fair")
    return report


def ship_reid(options: argparse.Namespace, report: dict[str, Any]) -> Path:
    """Write a re-ID network, without its classifiers."""
    model = reid.load_model(options.model)
    modes = {mode: {name: result[name] for name in OF_MODES} for mode, result in report["results"].items()}
    model.trained = recorded(model.trained, {name: report[name] for name in OF_PHOTOS} | modes, options)
    model.without_classifiers().save_pretrained(reid.SHIPPED[options.name], dtype=torch.float16)
    reid.load_model(options.name)  # what cannot be loaded is not to be shipped
    return reid.SHIPPED[options.name]


def ship_texture(options: argparse.Namespace, report: dict[str, Any]) -> Path:
    """Write a texture generator.

    Raises:
        SystemExit: the scores are not about this model.
    """
    found = [result for name, result in report["results"].items() if Path(name).resolve() == options.model.resolve()]
    if not found:
        raise SystemExit(f"{options.scores}: holds no scores of {options.model}; it has {', '.join(report['results'])}")
    generator = texture.load_generator(options.model.resolve(), BodyModel.load())
    generator.trained = recorded(generator.trained, {name: report[name] for name in OF_TEXTURES} | found[0], options)
    generator.save_pretrained(texture.SHIPPED[options.name], dtype=torch.float16)
    texture.load_generator(options.name, BodyModel.load())
    return texture.SHIPPED[options.name]


def recorded(trained: dict[str, Any], scores: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """How weights were trained, with their scores and the runs before."""
    before = {"before": [json.loads(path.read_text()) for path in options.before]} if options.before else {}
    return {**trained, "scores": scores, **before}


def main() -> None:
    """Write the folder of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of the trained model")
    parser.add_argument("name", choices=sorted(reid.SHIPPED | texture.SHIPPED))
    parser.add_argument("--scores", type=Path, required=True, help="JSON of `habitus evaluate`, re-ID in all modes")
    parser.add_argument("--before", type=Path, nargs="+", default=[], help="config.json of the runs before this one")
    options = parser.parse_args()
    ship = ship_reid if options.name in reid.SHIPPED else ship_texture
    folder = ship(options, read_scores(options.scores))
    print(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
