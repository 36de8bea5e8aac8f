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
from habitus.body_cli import BodiesCommand, CompareCommand, PerceiveCommand, PersonCommand
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
