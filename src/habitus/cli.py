"""The command line: one frozen dataclass a command. Nothing heavy is imported before a command runs."""

import logging
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import Positional, arg, subcommand

from habitus import __version__
from habitus.errors import InputError
from habitus.evaluate_cli import EvaluateCommand
from habitus.training.recipes.body import BodyRecipe
from habitus.training.recipes.cal import Cal
from habitus.training.recipes.pcb import Pcb
from habitus.training.recipes.reid_baseline import ReidBaseline
from habitus.training.recipes.shape_reid import ShapeReidRecipe
from habitus.training.recipes.texture import TextureRecipe
from habitus.training.settings import RunOptions

_Output = Annotated[Path, arg(aliases=["-o"], metavar="DIR")]


@dataclass(frozen=True)
class PersonCommand:
    """Make a textured, animatable 3D person from a photo.

    Several photos are taken to show the same person: what one does not show another may. Writes person.glb (skin, walk
    and idle clips), person.obj, texture.png, confidence.png, turntable.gif, preview.html and report.json.

    Try:
        habitus person photo.jpg -o out/

        habitus person street.png --all -o out/

        habitus person photo.jpg --box 120 40 260 410 --mask mask.png -o out/

        habitus person photos/ --each -o people/

        habitus person photo.jpg --method regress --regressor run/model -o out/
    """

    photos: Positional[Annotated[tuple[Path, ...], arg(metavar="PHOTO...")]]
    """Photos of one person (with --each, of a different person each, and folders of such photos)."""
    output: _Output = Path("out")
    """Folder to write; made when it is not there."""
    box: Annotated[tuple[float, float, float, float] | None, arg(metavar="LEFT TOP RIGHT BOTTOM")] = None
    """Where the person is, in photo pixels; finding people is then skipped."""
    keypoints: Annotated[Path | None, arg(metavar="JSON")] = None
    """COCO, OpenPose or AlphaPose JSON to use instead of the pose model."""
    mask: Annotated[Path | None, arg(metavar="PNG")] = None
    """PNG of the photo's size, white where the person is, to use instead of segmentation."""
    mask_method: Literal["auto", "pose", "selfie", "grabcut"] = "auto"
    """How the person is cut out when no mask is given."""
    person: Annotated[int | None, arg(metavar="N")] = None
    """Which of several people, counted from 1, the most prominent first."""
    all: bool = False
    """Every person in the photo, each in a folder of their own."""
    each: bool = False
    """Every photo shows a different person, each in a folder of their own."""
    params: Annotated[Path | None, arg(metavar="FILE")] = None
    """Body parameters from a file (.npz with SMPL's names, HMR's .pkl) instead of recovering them."""
    method: Literal["fit", "regress"] = "fit"
    """How the body is recovered. fit: by optimisation, which takes seconds. regress: as a network says, at once."""
    regressor: Annotated[str | None, arg(metavar="DIR")] = None
    """Weights of that network: a folder of `habitus train body`, or of 3dsl. A fit starts from what it says."""
    body: Annotated[Path | None, arg(metavar="FILE")] = None
    """Your SMPL .npz or .pkl, instead of the open body."""
    uv: Annotated[Path | None, arg(metavar="OBJ")] = None
    """OBJ with the UV layout for --body (smpl_uv.obj); without it the open body's layout is carried over."""
    texture: Literal["unwrap", "generate", "both"] | None = None
    """unwrap: what the photo shows, the rest guessed from it. generate: all as a network says. both: what the photo
    shows at full detail over what the network says. Without it the best that is installed; report.json names it."""
    generator: Annotated[str | None, arg(metavar="NAME|DIR")] = None
    """Weights of the network: ours, rstg, or a folder of `habitus train texture`."""
    texture_size: Literal[256, 512, 1024, 2048] = 512
    """Side of the texture, texels."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Reconstruct and save."""
        from habitus.person_command import make_people  # noqa: PLC0415

        make_people(self)


@dataclass(frozen=True)
class CompareCommand:
    """Draw how two people differ: heat maps of their builds, and of their clothes and hair, in centimetres.

    Both people are drawn from the front and from behind, and the second once more against the first: blue where the
    surface is farther in, orange where it is farther out. All are drawn equally tall, for no photo alone tells height;
    poses have no part in it.

    Try:
        habitus compare anna/ ben/ -o differences.png

        habitus compare monday/params.npz friday/params.npz -o differences.png
    """

    a: Positional[Annotated[Path, arg(metavar="A")]]
    """Folder that `habitus person` wrote, or a file of body parameters (.npz with SMPL's names, HMR's .pkl)."""
    b: Positional[Annotated[Path, arg(metavar="B")]]
    """Another."""
    output: Annotated[Path, arg(aliases=["-o"], metavar="FILE")]
    """Picture to write, .png or .jpg."""
    body: Annotated[Path | None, arg(metavar="FILE")] = None
    """Your SMPL .npz or .pkl, of which both bodies are, instead of the open body."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Compare."""
        from habitus.compare_command import compare_people  # noqa: PLC0415

        compare_people(self, say=_say)


@dataclass(frozen=True)
class DemoCommand:
    """Make a few people in code, reconstruct one from one view, and compare the result with the truth.

    Open report.html in the folder afterwards. Needs no photo; nothing is downloaded.
    """

    output: _Output = Path("demo")
    """Folder to write."""
    seed: int = 0
    """Other people for another number."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Run the demo."""
        from habitus.demo import run_demo  # noqa: PLC0415

        _say(f"open {run_demo(self.output, seed=self.seed)}")


@dataclass(frozen=True)
class SynthCommand:
    """Make a re-ID world in code: people who change clothes before several cameras, with the truth beside every photo.

    Writes the photos in the layout of a real data set, truth/ (pose, build, camera, keypoints, masks, part maps, depth,
    UV maps, textures, outfits), world.json and sheet.png. The same options always give the same bytes; a killed run
    goes on with --resume. Seeds 900000 to 999999 are for scoring: no training takes them.

    Try:
        habitus synth world/ --people 50 --layout market1501

        habitus synth world/ --preset street --workers 8 --resume

        habitus synth look/ --show --seed 7
    """

    output: Positional[Annotated[Path, arg(metavar="DIR")]]
    """Folder to write; must be empty, or hold a world begun with the same options (--resume)."""
    preset: Literal["tiny", "small", "street", "uniform"] = "small"
    """tiny: 64 photos of 8 people; small: 1,600 of 200; street: 24,000 of 1,000; uniform: 3,200 in similar outfits.
    The options below change it."""
    people: Annotated[int | None, arg(metavar="N")] = None
    """How many; the second half of them are for testing."""
    outfits: Annotated[int | None, arg(metavar="K")] = None
    """Of each person."""
    views: Annotated[int | None, arg(metavar="V")] = None
    """Photos of each person in each outfit."""
    cameras: Annotated[int | None, arg(metavar="C")] = None
    """Fixed cameras, each with its own place, light and faults."""
    seed: Annotated[int | None, arg(metavar="S")] = None
    """Another world for another number."""
    size: Annotated[str | None, arg(metavar="HEIGHTxWIDTH")] = None
    """Of the photos, pixels."""
    layout: Literal["csv", "market1501", "ltcc", "prcc"] = "csv"
    """Folders and names as in Market-1501, LTCC or PRCC, or images/ with a table images.csv."""
    similar: Annotated[int | None, arg(metavar="N")] = None
    """How many people wear outfits of the same design."""
    occluded: Annotated[float | None, arg(metavar="SHARE")] = None
    """Of the photos, with something before the person."""
    truncated: Annotated[float | None, arg(metavar="SHARE")] = None
    """Of the photos, whose box cuts part of the person off."""
    backgrounds: Annotated[Path | None, arg(metavar="DIR")] = None
    """Your own pictures to stand behind the people, instead of made streets."""
    workers: Annotated[int, arg(metavar="W")] = max(1, min(8, os.cpu_count() or 1))
    """Processes; the photos do not depend on it."""
    resume: bool = False
    """Go on in a folder that was begun with the same options."""
    show: bool = False
    """Write just the contact sheet."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Make the world."""
        from habitus.synth_command import make_world  # noqa: PLC0415

        _say(f"open {make_world(self)}")


@dataclass(frozen=True, kw_only=True)
class TrainCommand(RunOptions):
    """Train a network by a recipe.

    Writes config.json (all options, the code's commit, the seed), metrics.csv, tensorboard/, the last two checkpoints,
    and model/ at the end. A killed run goes on with --resume to the very weights that it would have reached. Several
    processes share each batch under torchrun, with the result of one. Made worlds with seeds 900000 to 999999 are for
    scoring and are refused.

    Try:
        habitus train reid-baseline --help

        habitus train pcb --data world/ --out run/ --resume

        torchrun --nproc-per-node 2 -m habitus.cli train pcb --data world/ --out run/
    """

    recipe: (
        Annotated[ReidBaseline, subcommand("reid-baseline")]
        | Annotated[Pcb, subcommand("pcb")]
        | Annotated[Cal, subcommand("cal")]
        | Annotated[TextureRecipe, subcommand("texture")]
        | Annotated[BodyRecipe, subcommand("body")]
        | Annotated[ShapeReidRecipe, subcommand("shape-reid")]
    )
    out: Annotated[Path, arg(aliases=["-o"], metavar="RUN")]
    """Folder of the run; must be empty, or hold a run begun with the same options (--resume)."""
    resume: bool = False
    """Go on with the run in the folder; begin it when there is none."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Train."""
        from habitus.train_command import run_recipe  # noqa: PLC0415

        run_recipe(self)


@dataclass(frozen=True)
class EmbedCommand:
    """Turn photos of people into features, written to one Parquet file: path, pid, camid, clothes_id, split, feature.

    Takes a data set in its official layout, a table, or any folder of photos. Features are unit vectors: the cosine of
    two is their dot product. The file says which weights made it. A killed run goes on with --resume, to the same file.

    Try:
        habitus embed photos/ -o photos.parquet

        habitus embed Market-1501-v15.09.15/ -o market.parquet --weights pcb

        habitus embed world/ -o world.parquet --weights run/model --resume
    """

    data: Positional[Annotated[Path, arg(metavar="DIR")]]
    """Folder of photos or of a data set, or a table (CSV or Parquet with path, pid, camid, clothes_id, split)."""
    output: Annotated[Path, arg(aliases=["-o"], metavar="FILE")]
    """Parquet file to write; until it is complete its parts lie beside it, in FILE.unfinished/."""
    weights: Annotated[str, arg(metavar="NAME|FILE")] = "baseline"
    """pcb or baseline (shipped), the folder of a trained model, or a file of published weights."""
    flip: Literal["sum", "none"] = "sum"
    """sum: add the feature of the mirror image, as is usual."""
    feature: Literal["rgb", "shape", "fused"] | None = None
    """Of weights of several streams (3dsl): appearance, 3D shape, or both. Without: as the weights have it."""
    rgb_weight: Annotated[float | None, arg(metavar="SHARE")] = None
    """Of appearance in the fused feature, from 0 to 1. Without: as the weights have it."""
    layout: str | None = None
    """Of a data set, when it cannot be told from what lies in its folder: market1501, prcc, ltcc, csv, ..."""
    strict: bool = False
    """Stop at a photo that cannot be read, instead of leaving it out and saying so."""
    batch: Annotated[int, arg(metavar="N")] = 64
    """Photos that the model sees at once."""
    device: str = "auto"
    """cpu, cuda, cuda:1, mps; auto: CUDA when it is there."""
    resume: bool = False
    """Go on with a run that was killed; its options must be repeated."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Embed."""
        from habitus.embed_command import embed_folder  # noqa: PLC0415

        embedded, broken = embed_folder(self)
        _say(f"{self.output}: features of {embedded} photos" + (f", {broken} could not be read" if broken else ""))


@dataclass(frozen=True)
class BodiesCommand:
    """Recover the body in every photo: pose, build, clothes, camera, mask and keypoints, written to one Parquet file.

    Takes a data set in its official layout, a table, or any folder of photos that show one person each. Photos in which
    nobody is found are named and left out. A killed run goes on with --resume, to the same file. Training textures
    reads the file (--bodies); made worlds need none, their truth is there.

    Try:
        habitus bodies Market-1501-v15.09.15/ -o bodies.parquet --workers 8

        habitus bodies photos/ -o bodies.parquet --resume
    """

    data: Positional[Annotated[Path, arg(metavar="DIR")]]
    """Folder of photos or of a data set, or a table (CSV or Parquet with path, pid, camid, clothes_id, split)."""
    output: Annotated[Path, arg(aliases=["-o"], metavar="FILE")]
    """Parquet file to write; until it is complete its parts lie beside it, in FILE.unfinished/."""
    hmr: Annotated[Path | None, arg(metavar="DIR")] = None
    """Folder of HMR's pickles (or .npz with SMPL's names), one a photo, to take instead of fitting; needs --body."""
    smplmarket: Annotated[Path | None, arg(metavar="DIR")] = None
    """Folder of SMPLMarket (with SMPL_RSC/), to take its bodies instead of fitting; needs --body."""
    body: Annotated[Path | None, arg(metavar="FILE")] = None
    """Your SMPL .npz or .pkl, instead of the open body."""
    mask_method: Literal["auto", "pose", "selfie", "grabcut"] = "auto"
    """How people are cut out."""
    layout: Annotated[str | None, arg(metavar="NAME")] = None
    """Of a data set, when it cannot be told from what lies in its folder: market1501, prcc, ltcc, csv, ..."""
    workers: Annotated[int, arg(metavar="W")] = max(1, min(8, os.cpu_count() or 1))
    """Processes; the bodies do not depend on it."""
    resume: bool = False
    """Go on with a run that was killed; its options must be repeated."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Recover."""
        from habitus.bodies_command import recover_bodies  # noqa: PLC0415

        found, without = recover_bodies(self)
        _say(
            f"{self.output}: bodies of {found} photos" + (f", {without} show nobody or cannot be read" * bool(without))
        )


@dataclass(frozen=True)
class PerceiveCommand:
    """See the person in every photo: mask and COCO-17 keypoints, nothing fitted, written to one Parquet file.

    Takes a data set in its official layout, a table, or any folder of photos that show one person each. Photos in which
    nobody is found are named, counted and kept as rows with a problem. A killed run goes on with --resume, to the same
    file. `habitus train shape-reid` reads it; made worlds need none, their truth is there.

    Try:
        habitus perceive LTCC_ReID/ -o seen.parquet --workers 8

        habitus perceive prcc/ -o seen.parquet --masks parsing/ --keypoints alphapose-results.json
    """

    data: Positional[Annotated[Path, arg(metavar="DIR")]]
    """Folder of photos or of a data set, or a table (CSV or Parquet with path, pid, camid, clothes_id, split)."""
    output: Annotated[Path, arg(aliases=["-o"], metavar="FILE")]
    """Parquet file to write; until it is complete its parts lie beside it, in FILE.unfinished/."""
    masks: Annotated[Path | None, arg(metavar="DIR")] = None
    """Folder of masks to take instead, PNG with the photos' names and sizes; every label but 0 is the person (human
    parsing). A photo that has none there goes without."""
    keypoints: Annotated[Path | None, arg(metavar="JSON")] = None
    """COCO or AlphaPose JSON of all photos to take instead. A photo that it does not name goes without."""
    mask_method: Literal["auto", "pose", "selfie", "grabcut"] = "auto"
    """How people are cut out where no masks are given."""
    layout: Annotated[str | None, arg(metavar="NAME")] = None
    """Of a data set, when it cannot be told from what lies in its folder: market1501, prcc, ltcc, csv, ..."""
    workers: Annotated[int, arg(metavar="W")] = max(1, min(8, os.cpu_count() or 1))
    """Processes; what is seen does not depend on it."""
    resume: bool = False
    """Go on with a run that was killed; its options must be repeated."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Look."""
        from habitus.perceive_command import perceive_folder  # noqa: PLC0415

        seen, without = perceive_folder(self)
        _say(f"{self.output}: {seen} photos" + (f", {without} more show nobody or cannot be read" * bool(without)))


@dataclass(frozen=True)
class DoctorCommand:
    """Say what is here, what is missing, and the command that mends it."""

    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Print the findings; status 1 when something that Habitus needs is missing."""
        from habitus.doctor import examine  # noqa: PLC0415

        sys.exit(examine())


@dataclass(frozen=True)
class FetchModelsCommand:
    """Fetch the pose and segmentation models once; afterwards Habitus works offline.

    They come out of the mediapipe wheel (Apache-2.0), which pip downloads from where pip is set to look.
    """

    wheel: Annotated[Path | None, arg(metavar="FILE")] = None
    """A mediapipe 0.10.21 wheel that you have already."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Fetch, check, cache."""
        from habitus.perception.models import fetch_models  # noqa: PLC0415

        folder = fetch_models(wheel=self.wheel, report=_say)
        _say(f"models: {folder}")


_Command = (
    Annotated[PersonCommand, subcommand("person")]
    | Annotated[CompareCommand, subcommand("compare")]
    | Annotated[DemoCommand, subcommand("demo")]
    | Annotated[SynthCommand, subcommand("synth")]
    | Annotated[TrainCommand, subcommand("train")]
    | Annotated[EmbedCommand, subcommand("embed")]
    | Annotated[PerceiveCommand, subcommand("perceive")]
    | Annotated[BodiesCommand, subcommand("bodies")]
    | Annotated[EvaluateCommand, subcommand("evaluate")]
    | Annotated[DoctorCommand, subcommand("doctor")]
    | Annotated[FetchModelsCommand, subcommand("fetch-models")]
)


def main(arguments: list[str] | None = None) -> None:
    """Entry point of `habitus`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments == ["--version"]:
        _say(f"habitus {__version__}")
        return
    logging.basicConfig(level=logging.WARNING, format="habitus: %(levelname)s: %(message)s")
    logging.captureWarnings(True)
    command = _parsed(arguments)
    try:
        command.run()
    except InputError as error:
        _fail(f"habitus: {error}", debug=command.debug)
    except KeyboardInterrupt:
        _fail("habitus: interrupted; nothing half-written is left", debug=command.debug, status=130)


def _parsed(arguments: list[str]) -> Any:
    """The command that was meant; help and mistakes end the process."""
    try:
        try:
            return tyro.cli(
                _Command,  # type: ignore[arg-type]
                prog="habitus",
                description="A person's build, and their attire: 3D people and clothes-changing re-ID from photos.",
                args=arguments,
                config=(
                    tyro.conf.OmitSubcommandPrefixes,
                    tyro.conf.OmitArgPrefixes,
                    tyro.conf.FlagCreatePairsOff,
                    tyro.conf.CascadeSubcommandArgs,  # options of `train` and of its recipe in any order
                ),
            )
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read the help has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _fail(line: str, *, debug: bool, status: int = 2) -> None:
    if debug:
        traceback.print_exc()
    print(line, file=sys.stderr)  # noqa: T201
    sys.exit(status)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
