"""Make the weights that come with Habitus out of a finished training, with their scores.

    python tools/ship_reid_weights.py run/model baseline --scores scores.json
    python tools/ship_reid_weights.py run/model pcb --scores scores.json --before first-run/config.json

Classifiers are left out, the rest is kept in half precision. `scores.json` is what `habitus evaluate reid --json` wrote
about these weights on a held-out world; `--before` names the runs that this one's backbone went through, the first one
first, so that the whole recipe is recorded.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from habitus.reid.pretrained import SHIPPED, load_model

KEPT = ("mAP", "rank1", "rank5", "rank10", "mINP", "queries", "skipped", "gallery", "protocol")


def scores_of(path: Path) -> dict[str, Any]:
    """The scores by mode, and on what they were measured.

    Raises:
        SystemExit: the file is not about a made world that is held out.
    """
    report = json.loads(path.read_text())
    if "held out for scoring" not in (report["world"] or ""):
        raise SystemExit(f"{path}: its photos are not those of a held-out made world; scores must be fair")
    modes = {mode: {name: result[name] for name in KEPT} for mode, result in report["results"].items()}
    return {name: report[name] for name in ("world", "flip", "distance", "reranking")} | modes


def main() -> None:
    """Write the folder of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of the trained model")
    parser.add_argument("name", choices=sorted(SHIPPED))
    parser.add_argument("--scores", type=Path, required=True, help="JSON of `habitus evaluate reid`, all modes")
    parser.add_argument("--before", type=Path, nargs="+", default=[], help="config.json of the runs before this one")
    options = parser.parse_args()
    model = load_model(options.model)
    model.trained = {**model.trained, "scores": scores_of(options.scores)}
    if options.before:
        model.trained["before"] = [json.loads(path.read_text()) for path in options.before]
    model.without_classifiers().save_pretrained(SHIPPED[options.name], dtype=torch.float16)
    load_model(options.name)  # what cannot be loaded is not to be shipped
    size = sum(path.stat().st_size for path in SHIPPED[options.name].iterdir())
    print(f"{SHIPPED[options.name]}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
