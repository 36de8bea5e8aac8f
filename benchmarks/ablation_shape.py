"""The ablations of 3DSL on made people: every arm trained on as many photos, scored on people that none has seen.

    habitus synth street/ --preset street --seed 0
    habitus synth street-scored/ --preset street --seed 900000
    python benchmarks/ablation_shape.py street/ street-scored/ --out ablation/ --hours 12

Two networks of one size each: the baseline has two that see appearance. Arm by arm: a training in ablation/ARM-SEED/,
its scores beside the model. What is done already is not done again, so a killed run is started anew with the same
words. --hours sets the epochs by a few timed steps, --epochs sets them; the plan is kept in ablation/plan.json and the
same for all arms. At the end: table.md. Worlds of the preset uniform make the table of people in similar clothes.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import habitus  # noqa: F401
from arms import Run, cell, epoch_seconds, epochs_within, markdown, parser_of, planned_epochs
from tqdm import tqdm

from habitus.data.opening import open_data
from habitus.data.records import ReidData, Shots
from habitus.errors import InputError
from habitus.evaluation.features import embed_photos, photos_of
from habitus.evaluation.reid import evaluate_reid, trials_of
from habitus.evaluation.tables import write_values
from habitus.files import writing
from habitus.reid.embedder import Embedder
from habitus.reid.shape_reid import Stream
from habitus.sizes import parse_size
from habitus.training.recipes.cal import Cal
from habitus.training.recipes.reid import TripletRecipe
from habitus.training.recipes.shape_reid import ShapeReidRecipe
from habitus.training.run_folder import MODEL
from habitus.training.tasks.reid import cal_task
from habitus.training.tasks.shape_reid import shape_reid_task
from habitus.training.tasks.training_data import training_data

SHOTS: tuple[Shots, ...] = ("all", "single")
"""As LTCC is scored, and as PRCC."""
_COLUMNS = (
    ("cc all", "rank1"),
    ("cc all", "mAP"),
    ("cc single", "rank1"),
    ("cc single", "rank10"),
    ("sc all", "rank1"),
)
_BODIES_ALONE = {"adversarial": 0.0, "keypoints": 0.0, "silhouette": 0.0, "displaced": 0.0, "body_epochs": 0}
_GLOBAL = {"granularity": "global"}


@dataclass(frozen=True)
class Arm:
    """One training, and the rows of the table that it gives."""

    recipe: Mapping[str, Any] | None
    """Changes of the recipe of 3DSL; None: CAL."""
    rows: Mapping[str, Stream | None]
    """Which feature is scored, by the rows' names; None: the only one."""
    says: str
    main: bool = False
    """Trained with every seed; the others with the first."""


def _without(*kept: str) -> dict[str, Any]:
    """The 3D stream with some of its terms and without MGS."""
    changes = {name: value for name, value in _BODIES_ALONE.items() if name not in kept}
    if kept:
        del changes["body_epochs"]
    return changes | _GLOBAL


ARMS: dict[str, Arm] = {
    "baseline": Arm({"streams": "rgb+rgb"}, {"baseline": None}, "two streams of appearance", main=True),
    "3d": Arm(_without(), {"+ 3D stream": "fused"}, "E_3D that nothing tells of bodies"),
    "adversarial": Arm(_without("adversarial"), {"+ adversarial": "fused"}, "bodies like real ones"),
    "keypoints": Arm(_without("adversarial", "keypoints"), {"+ keypoints": "fused"}, "that stand as in the photo"),
    "silhouettes": Arm(_GLOBAL, {"+ silhouettes": "fused"}, "and are as broad"),
    "3dsl": Arm(
        {}, {"+ MGS = 3DSL": "fused", "shape alone": "shape", "RGB alone": "rgb"}, "local shape features", main=True
    ),
    "consistency": Arm(
        {"beta_consistency": 1.0, "delta_consistency": 100.0}, {"+ consistency": "fused"}, "one body a person (ours)"
    ),
    "cal": Arm(None, {"CAL": None}, "appearance alone, taught to forget clothes"),
}


def runs_of(options: argparse.Namespace, epochs: int) -> list[Run]:
    """Every arm's trainings, main arms with all seeds."""
    found = []
    for name in options.arms:
        for seed in range(options.seeds if ARMS[name].main else 1):
            recipe = replace(recipe_of(ARMS[name], options), seed=seed, epochs=epochs)
            if isinstance(recipe, Cal):  # the authors' 25 epochs of 60
                recipe = replace(recipe, clothes_from=int(0.4 * epochs))
            elif isinstance(recipe, ShapeReidRecipe) and "body_epochs" not in (ARMS[name].recipe or {}):
                recipe = replace(recipe, body_epochs=int(options.body_share * epochs))
            found.append(Run(name, seed, options.out / f"{name}-{seed}", recipe))
    return found


def recipe_of(arm: Arm, options: argparse.Namespace) -> TripletRecipe:
    """What an arm trains."""
    common: dict[str, Any] = {
        "data": (options.world,), "backbone": options.backbone, "size": options.size, "lr": options.lr,
        "optimizer": "adamw", "weight_decay": 0.01, "schedule": "cosine", "warmup": 0.2, "erase": 0.3, "pad": 5,
        "jitter": 0.2, "people": options.people, "images": options.images, "positives": options.positives,
        "negatives": options.negatives, "precision": options.precision, "init": options.init,
    }  # fmt: skip
    if arm.recipe is None:
        return Cal(**common)
    multi = "granularity" not in arm.recipe
    start = None if arm.recipe.get("streams") else options.shape_init if multi else options.shape_init_global
    heads = {name: getattr(options, name) for name in ("width", "part_width", "hidden", "pooling", "dropout")}
    return ShapeReidRecipe(
        **common | heads | {"body_lr": options.lr} | dict(arm.recipe),
        shape_backbone=options.shape_backbone, shape_init=start,
    )  # fmt: skip


def epochs_in(options: argparse.Namespace) -> int:
    """How many epochs of all arms fit into the hours, by a few steps of each arm."""
    runs, seconds = runs_of(options, 1), dict[str, float]()
    for run in runs:
        if run.arm not in seconds:
            data = training_data(run.recipe.data, train_on="train")
            of_cal = isinstance(run.recipe, Cal)
            task = cal_task(run.recipe, data.records) if of_cal else shape_reid_task(run.recipe, data)
            seconds[run.arm] = epoch_seconds(task, run.recipe, device=options.device, workers=options.workers)
            print(f"an epoch of {run.arm} takes {seconds[run.arm] / 60:.1f} minutes")
    return epochs_within(options.hours, [seconds[run.arm] for run in runs])


def scored(run: Run, data: ReidData, options: argparse.Namespace) -> None:
    """Score what an arm gives, once."""
    if run.scores.is_file():
        return
    results = {}
    for title, stream in ARMS[run.arm].rows.items():
        embedder = Embedder(run.folder / MODEL, device=options.device, feature=stream)
        results[title] = scores_of(data, embedder, f"{run.name}: {title}")
    write_values(run.scores, results)


def scores_of(data: ReidData, embedder: Embedder, name: str) -> dict[str, dict[str, float]]:
    """mAP and ranks in each mode, against all photos and against single ones."""
    trials = {shots: trials_of(data, ("cc", "sc") if shots == "all" else ("cc",), shots=shots) for shots in SHOTS}
    photos = photos_of(trial for found in trials.values() for trial in found.values())
    with tqdm(total=len(photos), unit="photo", desc=name, disable=None) as bar:
        features = embed_photos(photos, embedder, weights=name, strict=True, progress=bar.update)
    reports = {shots: evaluate_reid(data, found, features).report for shots, found in trials.items()}
    return {
        f"{result.mode} {shots}": {key: getattr(result, key) for key in ("mAP", "rank1", "rank5", "rank10")}
        for shots, report in reports.items()
        for result in report.results
    }


def table(runs: Sequence[Run]) -> str:
    """A row for what each arm gives, the mean over its seeds and how far they spread, in percent."""
    rows = []
    for name, arm in ARMS.items():
        scores = [json.loads(run.scores.read_text()) for run in runs if run.arm == name]
        for title in arm.rows if scores else ():
            cells = [cell([100 * s[title][mode][score] for s in scores], 1) for mode, score in _COLUMNS]
            rows.append([title, str(len(scores)), *cells])
    return markdown(["arm", "seeds", *(f"{mode}, {score}" for mode, score in _COLUMNS)], rows, words=1)


def main() -> None:
    """Train, score, tell."""
    options = _parsed()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        epochs = planned_epochs(options.out, asked=options.epochs, fitting=partial(epochs_in, options))
        runs, data = runs_of(options, epochs), open_data(options.scored)
        for run in runs:
            run.train(says=ARMS[run.arm].says, device=options.device, workers=options.workers)
            scored(run, data, options)
        text = table(runs)
        with writing(options.out / "table.md") as temporary:
            temporary.write_text(text)
        print(f"{epochs} epochs each\n\n{text}")
    except InputError as error:
        sys.exit(str(error))


def _parsed() -> argparse.Namespace:
    parser = parser_of(__doc__, ARMS)
    parser.add_argument("--body-share", type=float, default=0.2, help="of the epochs, for bodies alone")
    parser.add_argument("--init", type=Path, help="weights that the first stream of every arm begins with")
    parser.add_argument("--shape-init", type=Path, help="E_3D of `habitus train body` to begin with")
    parser.add_argument("--shape-init-global", type=Path, help="the same for the arms without MGS")
    parser.add_argument("--backbone", default="resnet18-half")
    parser.add_argument("--shape-backbone", default="resnet18-half")
    parser.add_argument("--size", type=parse_size, default=(128, 64))
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--part-width", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--pooling", default="grid", choices=("mean", "grid"))
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--positives", default="clothes-changing", choices=("any", "clothes-changing"))
    parser.add_argument("--negatives", default="any", choices=("any", "similar-clothes"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
