"""The ablations of RSTG on made people: every arm trained for as many images, scored on people that none has seen.

    habitus synth dressed/ --people 600 --seed 10
    habitus synth dressed-scored/ --people 100 --seed 900010
    python benchmarks/ablation_texture.py dressed/ dressed-scored/ --out ablation/ --hours 8 \\
        --reid-weights pcb --no-pcb baseline --independent strong/model [--imagenet resnet50-0676ba61.pth]

Arm by arm: a training in ablation/ARM-SEED/, its scores beside the model. What is done already is not done again, so a
killed run is started anew with the same words. --hours sets the epochs by a few timed steps, --epochs sets them; the
plan is kept in ablation/plan.json and the same for all arms. At the end: table.md, people.png and no-pose.png.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import json
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import habitus  # noqa: F401
import torch
from arms import Run, cell, epoch_seconds, epochs_within, markdown, parser_of, planned_epochs
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from habitus.body.model import BodyModel
from habitus.data.opening import open_data
from habitus.errors import InputError
from habitus.evaluation.tables import write_values
from habitus.evaluation.texture.evaluate import Scoring, evaluate_textures
from habitus.evaluation.texture.grid import ShownPerson, compare_people
from habitus.evaluation.texture.photos import PhotoSet, choose_photos
from habitus.evaluation.texture.results import METRICS, to_json
from habitus.evaluation.texture.scoring import SIZE, Judges, ScoredPhoto, at_size
from habitus.evaluation.texture.similarity import map_similarity
from habitus.evaluation.texture.ssim import mask_ssim, ssim
from habitus.export.pictures import contact_sheet, save_picture, to_picture
from habitus.files import writing
from habitus.recovery.body_table import body_table
from habitus.reid.frozen import FrozenFeatures
from habitus.reid.pretrained import load_model
from habitus.sizes import parse_size
from habitus.synthetic.scenes.backgrounds import Backgrounds
from habitus.texture.generator.pretrained import load_generator
from habitus.texture.generator.sight import Sight, seen_by_networks
from habitus.texture.methods import Setting, TextureMethod, method_named
from habitus.texture.pasted import paste_face
from habitus.texture.region_masks import face_hand_mask
from habitus.texture.scans import scan_textures
from habitus.training.recipes.texture import TextureRecipe
from habitus.training.run_folder import MODEL
from habitus.training.tasks.texture import texture_task
from habitus.training.tasks.training_data import training_data
from habitus.types import Texture

BASELINES = ("unwrap", "mean", "nearest")
"""Methods that are not trained."""
SHOWN = 6
"""People in the pictures."""
_COLUMNS = ("ssim", "mask_ssim", "cossim", "cossim_r", "texture_seen", "texture_unseen", "other_views")


@dataclass(frozen=True)
class Arm:
    """One row of the table."""

    changes: Mapping[str, Any]
    """Of the recipe."""
    says: str
    """What the paper reports."""
    main: bool = False
    """Trained with every seed; the others with the first."""
    needs: tuple[str, str] | None = None
    """An option that must be given, and the recipe's field that it is for."""


ARMS: dict[str, Arm] = {
    "rstg": Arm({}, "the method, with the face loss", main=True),
    "no-face": Arm({"face": "none"}, "without the face loss faces are not like faces"),
    "pasted": Arm({"face": "pasted"}, "pasted faces do not match the body's tone"),
    "perceptual": Arm(
        {"reid": "none"}, "ImageNet's loss matches the whole picture, not the clothes", needs=("imagenet", "perceptual")
    ),
    "pixel": Arm({"reid": "none", "pixel": 1.0}, "pixel L1 depends on how well the pose fits"),
    "deep": Arm({"reid": "none", "deep": 4.0}, "the last features alone lose detail"),
    "no-pose": Arm({"no_pose": True, "face": "none"}, "without a pose the background lands on the clothes"),
    "no-pcb": Arm({}, "without stripes the limbs lose detail", needs=("no_pcb", "reid_weights")),
    "ours": Arm({"preset": "ours", "lr": None, "unet_width": None}, "not in the paper", main=True),
}


def runs_of(options: argparse.Namespace, epochs: int) -> list[Run]:
    """Every arm's trainings, main arms with all seeds; those that lack a file are left out."""
    common = TextureRecipe(
        preset="rstg", data=(options.world,), reid_weights=options.reid_weights, epochs=epochs, lr=options.lr,
        people=options.people, size=options.size, texture_size=options.texture_size, precision=options.precision,
        judge_precision=options.precision, unet_width=options.unet_width,
        cache=options.out / "cache",
    )  # fmt: skip
    found = []
    for name in options.arms:
        arm, changes = ARMS[name], dict(ARMS[name].changes)
        if arm.needs is not None:
            option, field = arm.needs
            changes[field] = getattr(options, option)
            if changes[field] is None:
                continue
        for seed in range(options.seeds if arm.main else 1):
            found.append(Run(name, seed, options.out / f"{name}-{seed}", replace(common, seed=seed, **changes)))
    return found


def epochs_in(options: argparse.Namespace) -> int:
    """How many epochs of all arms fit into the hours, by a few steps of each preset."""
    runs, seconds = runs_of(options, 1), dict[str, float]()
    for recipe in (run.recipe for run in runs):
        if recipe.preset not in seconds:
            task = texture_task(recipe, training_data(recipe.data, train_on="train"), run=options.out)
            seconds[recipe.preset] = epoch_seconds(task, recipe, device=options.device, workers=options.workers)
            print(f"an epoch of --preset {recipe.preset} takes {seconds[recipe.preset] / 60:.1f} minutes")
    return epochs_within(options.hours, [seconds[run.recipe.preset] for run in runs])


@dataclass(frozen=True)
class Exam:
    """What every arm is scored on, and how."""

    body: BodyModel
    photos: PhotoSet
    setting: Setting
    scoring: Scoring
    judges: Mapping[str, FrozenFeatures]

    def results(self, methods: Mapping[str, TextureMethod]) -> dict[str, Any]:
        """The scores of methods as JSON values, by name."""
        with tqdm(total=len(self.photos), unit="photo", desc=", ".join(methods), disable=None) as bar:
            data = open_data(self.photos.root)
            found = evaluate_textures(data, self.photos, self.body, methods, self.scoring, progress=bar.update)
        return to_json(found.report)


def exam_of(options: argparse.Namespace) -> Exam:
    """Read what is scored on."""
    body = BodyModel.load()
    data = open_data(options.scored)
    photos = choose_photos(data, body_table(data.root, None, body), count=options.count)
    weights = {"cossim": options.reid_weights, "cossim_r": options.independent}
    judges = {name: FrozenFeatures(load_model(w)) for name, w in weights.items() if w is not None}
    maps = {name: judge.maps for name, judge in judges.items()}
    scoring = Scoring(
        judges=Judges(maps.get("cossim"), maps.get("cossim_r")),
        networks={name: f"weights {weights[name]}" for name in judges},
        streets=Backgrounds("made", SIZE),
        backgrounds="made streets",
        scans="people made in code",
        parameters="true ones of the made world",
    )
    setting = Setting(body, photos.texture_size, scan_textures("open", body, photos.texture_size))
    return Exam(body, photos, setting, scoring, judges)


def method_of(run: Run, exam: Exam) -> TextureMethod:
    """What a run's generator makes; with a scan's face over it where it was trained so."""
    method = method_named(str(run.folder / MODEL), exam.setting)
    if run.arm != "pasted":
        return method
    face = face_hand_mask(exam.body, exam.setting.size)
    scan = torch.from_numpy(exam.setting.scans[run.seed])[None].float() / 255

    def pasted(*photo: Any) -> Texture:
        texture = method.make(*photo)
        return Texture(paste_face(texture.image[None], scan, face)[0], texture.confidence)

    return TextureMethod(f"{method.words}, with a scan's face and hands", pasted)


def scored(run: Run, exam: Exam) -> None:
    """Score a run's generator, once."""
    if run.scores.is_file():
        return
    results = no_pose_results(run, exam) if run.recipe.no_pose else exam.results({run.arm: method_of(run, exam)})
    write_values(run.scores, results)


def no_pose_results(run: Run, exam: Exam) -> dict[str, Any]:
    """A picture has no texture: it is compared with the photo alone, in the photo's mask."""
    found: dict[str, list[float]] = {}
    for photo, picture in zip(all_photos(exam), pictures_of(run, all_photos(exam)), strict=True):
        seen, mask = at_size(photo.image[None]), at_size(photo.mask[None, None])[:, 0]
        cut, kept = seen * mask[:, None], at_size(picture[None]) * mask[:, None]
        values = {"ssim": ssim(cut, kept), "mask_ssim": mask_ssim(cut, kept, mask)}
        for name, judge in exam.judges.items():
            values[name] = map_similarity(judge.photo_maps(seen), judge.photo_maps(picture[None]))
        for name, value in values.items():
            found.setdefault(name, []).append(float(value))
    means = {name: statistics.mean(values) for name, values in found.items()}
    return {"results": {run.arm: {name: means.get(name) for name in METRICS}}}


def all_photos(exam: Exam) -> Iterator[ScoredPhoto]:
    """Those that are scored."""
    return (exam.photos.load(index) for index in range(len(exam.photos)))


@torch.no_grad()
def pictures_of(run: Run, photos: Iterable[ScoredPhoto]) -> Iterator[Float[Tensor, "3 H W"]]:
    """What a generator without a pose draws."""
    generator = load_generator(run.folder / MODEL, BodyModel.load())
    for photo in photos:
        yield generator(Sight(seen_by_networks(photo.image[None])))[0]


def table(runs: Sequence[Run], baselines: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: a row an arm, the mean over its seeds and how far they spread (standard deviation)."""
    heads = ["arm", "the paper says", "seeds", *(METRICS[name].head for name in _COLUMNS)]
    rows = []
    for name, arm in ARMS.items():
        scores = [json.loads(run.scores.read_text())["results"][name] for run in runs if run.arm == name]
        if scores:
            rows.append([name, arm.says, str(len(scores)), *(cell([s.get(key) for s in scores]) for key in _COLUMNS)])
    for name, result in baselines.items():
        rows.append([name, "not trained", "-", *(cell([result.get(key)]) for key in _COLUMNS)])
    return markdown(heads, rows, words=2)


def draw(runs: Sequence[Run], exam: Exam, out: Path) -> None:
    """What every arm makes of some people, with its first seed."""
    first = [run for run in runs if run.seed == 0]
    rows = sorted({round(k * (len(exam.photos) - 1) / max(SHOWN - 1, 1)) for k in range(SHOWN)})
    photos = [exam.photos.load(row) for row in rows]
    makers = {run.arm: method_of(run, exam).make for run in first if not run.recipe.no_pose}
    people = [
        ShownPerson(photo, {name: make(photo.params, photo.image, photo.mask) for name, make in makers.items()}, {})
        for photo in photos
    ]
    save_picture(out / "people.png", compare_people(exam.body, people))
    for run in first:
        if run.recipe.no_pose:
            seen = [to_picture(at_size(photo.image[None])[0]) for photo in photos]
            drawn = [to_picture(picture) for picture in pictures_of(run, photos)]
            save_picture(out / "no-pose.png", contact_sheet(seen + drawn, columns=len(photos), title="photo, no-pose"))


def main() -> None:
    """Train, score, tell."""
    options = _parsed()
    try:
        epochs = planned_epochs(options.out, asked=options.epochs, fitting=partial(epochs_in, options))
        runs = runs_of(options, epochs)
        exam = exam_of(options)
        for run in runs:
            run.train(says=ARMS[run.arm].says, device=options.device, workers=options.workers)
            scored(run, exam)
        baselines = options.out / "baselines.json"
        if not baselines.is_file():
            write_values(baselines, exam.results({name: method_named(name, exam.setting) for name in BASELINES}))
        text = table(runs, json.loads(baselines.read_text())["results"])
        with writing(options.out / "table.md") as temporary:
            temporary.write_text(text)
        print(text)
        draw(runs, exam, options.out)
    except InputError as error:
        sys.exit(str(error))


def _parsed() -> argparse.Namespace:
    parser = parser_of(__doc__, ARMS)
    parser.add_argument("--reid-weights", default="pcb", help="that supervise, and measure CosSim")
    parser.add_argument("--no-pcb", help="weights of a network without stripes, for the arm no-pcb")
    parser.add_argument("--independent", help="weights that measure CosSim-R")
    parser.add_argument("--imagenet", type=Path, help="torchvision's weights, for the arm perceptual")
    parser.add_argument("--unet-width", type=int, help="of all arms but ours; default 64, as released")
    parser.add_argument("--lr", type=float, help="of all arms but ours; default 1e-4, as released")
    parser.add_argument("--people", type=int, default=4, help="in a batch")
    parser.add_argument("--size", type=parse_size, default=(128, 64), help="of the renders")
    parser.add_argument("--texture-size", type=int, default=256, help="of ours")
    parser.add_argument("--count", type=int, default=400, help="photos to score on")
    options = parser.parse_args()
    for name, arm in ARMS.items():
        if name in options.arms and arm.needs is not None and getattr(options, arm.needs[0]) is None:
            print(f"{name}: left out, --{arm.needs[0].replace('_', '-')} is not given", file=sys.stderr)
    return options


if __name__ == "__main__":
    main()
