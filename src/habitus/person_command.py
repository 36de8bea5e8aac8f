"""`habitus person`: photos in, folders of files out."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.export.folder import check_output_folder
from habitus.pipeline import Reconstruction, reconstruct, reconstruct_all
from habitus.recovery.finding import BodyFinder
from habitus.recovery.parameter_files import load_params, without_camera
from habitus.reid.e_3d import named_finder
from habitus.reid.embedder import photos_in
from habitus.texture.choice import TextureMaker, texture_maker
from habitus.types import BodyParams, Box

if TYPE_CHECKING:
    from habitus.body_cli import PersonCommand

log = logging.getLogger("habitus")


def make_people(command: "PersonCommand") -> None:
    """Run the command; everything that can be refused is refused before the long work starts.

    Raises:
        InputError: of whatever the user gave that cannot be used. With --each, a photo that fails is reported and the
            others go on; the error then comes at the end.
    """
    _check(command)
    check_output_folder(command.output)
    groups = list(_groups(command))
    body = BodyModel(load_body_data(command.body, uv_obj=command.uv))
    finder = named_finder(command.method, command.regressor, body)
    texture = texture_maker(body, command.texture, generator=command.generator)
    failed = 0
    for name, photos in groups:
        folder = command.output / name
        try:
            for i, made in enumerate(_reconstructions(command, photos, body, finder, texture)):
                place = folder / f"person-{i + 1}" if command.all else folder
                made.save(place)
                _report(place, made)
        except InputError as error:
            if not command.each:
                raise
            failed += 1
            log.warning("%s", error)
    if failed:
        raise InputError(f"{failed} of {len(groups)} photos could not be used; the lines above say why")


def _check(command: "PersonCommand") -> None:
    if not command.photos:
        raise InputError("no photo was given; try: habitus person photo.jpg -o out/")
    if command.all and (command.person is not None or command.box is not None or command.mask is not None):
        raise InputError("--all takes everyone in the photo; leave --person, --box and --mask away")
    if command.all and len(command.photos) > 1 and not command.each:
        raise InputError("--all takes one photo, or several with --each; several photos alone show one person")
    if command.uv is not None and command.body is None:
        raise InputError(f"{command.uv}: --uv goes with --body; the open body has its own layout")
    if command.params is not None and (command.all or command.each):
        raise InputError(f"{command.params}: --params goes with the photos of one person; leave --all and --each away")
    if command.params is not None and (command.method == "regress" or command.regressor is not None):
        raise InputError(f"{command.params}: --params has the body already; leave --method and --regressor away")


def _groups(command: "PersonCommand") -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Photos of one person, and the folder below the output that their files go to."""
    if not command.each:
        folder = next((path for path in command.photos if path.is_dir()), None)
        if folder is not None:
            raise InputError(f"{folder}: is a folder; add --each for a person a photo, or name photos of one person")
        yield "", command.photos
        return
    seen: dict[str, int] = {}
    for name, photo in _each(command.photos):
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), (photo,)


def _each(paths: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    """Photos and those in folders, and names for them: where they lie below the folder, without suffix."""
    for path in paths:
        if path.is_dir():
            yield from ((photo.relative_to(path).with_suffix("").as_posix(), photo) for photo in photos_in(path))
        else:
            yield path.stem, path


def _reconstructions(
    command: "PersonCommand", photos: tuple[Path, ...], body: BodyModel, finder: BodyFinder, texture: TextureMaker
) -> Iterator[Reconstruction]:
    with _Bar(photos[0].name) as bar:
        if command.all:
            yield from reconstruct_all(
                photos[0],
                body=body,
                keypoints=command.keypoints,
                mask_method=command.mask_method,
                finder=finder,
                texture=texture,
                texture_size=command.texture_size,
                progress=bar,
            )
            return
        made = reconstruct(
            *photos,
            body=body,
            box=None if command.box is None else Box(*command.box),
            keypoints=command.keypoints,
            mask=command.mask,
            mask_method=command.mask_method,
            person=command.person,
            params=None if command.params is None else _params(command.params, body),
            finder=finder,
            texture=texture,
            texture_size=command.texture_size,
            progress=bar,
        )
    yield made


def _params(path: Path, body: BodyModel) -> BodyParams:
    params = load_params(path, body)
    # HMR's camera belongs to the square crop that HMR was given, which is not the one that is cut here.
    return without_camera(params) if path.suffix.lower() in {".pkl", ".pickle"} else params


_SHARE = {"perceive": 1, "fit": 6, "texture": 2}
"""About how the time is spent, so that the bar moves evenly."""


class _Bar:
    """One bar over the stages of a reconstruction, on stderr, for people only."""

    def __init__(self, label: str):
        form = "{desc} {percentage:3.0f}% |{bar}| {elapsed}"
        self.bar = tqdm(total=sum(_SHARE.values()), desc=label, bar_format=form, leave=False, disable=None)
        self.done: dict[str, float] = {}

    def __call__(self, stage: str, done: float) -> None:
        self.done[stage] = done
        self.bar.n = sum(_SHARE[name] * part for name, part in self.done.items())
        self.bar.refresh()

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()


def _report(folder: Path, made: Reconstruction) -> None:
    seen = (made.person.texture.confidence > 0).float().mean()
    print(  # noqa: T201
        f"{folder}: mask IoU {float(made.fit.mask_iou[0]):.3f}, "
        f"keypoints {100 * float(made.fit.keypoint_error_relative[0]):.1f} % of the height, "
        f"{100 * float(seen):.0f} % of the texture seen; open {folder / 'preview.html'}"
    )
