"""The command line of bodies: one frozen dataclass for each of what can be done with people in photos."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

_Output = Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
say = partial(print, flush=True)


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

        compare_people(self, say=say)


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
    method: Literal["fit", "regress"] = "fit"
    """How bodies are recovered. fit: by optimisation, which takes a second. regress: as a network says, at once."""
    regressor: Annotated[str | None, arg(metavar="DIR")] = None
    """Weights of that network: a folder of `habitus train body`, or of 3dsl. Fits start from what it says."""
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
        say(f"{self.output}: bodies of {found} photos" + (f", {without} show nobody or cannot be read" * bool(without)))


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
        say(f"{self.output}: {seen} photos" + (f", {without} more show nobody or cannot be read" * bool(without)))
