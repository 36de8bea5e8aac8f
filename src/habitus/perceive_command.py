"""`habitus perceive`: mask and keypoints of the person in every photo of a folder, in one file."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from habitus import __version__
from habitus.data.listing import ListedPhotos, list_photos
from habitus.errors import InputError
from habitus.perception.keypoint_lists import photos_people
from habitus.perception.mask_folders import mask_file
from habitus.perception.masks import MaskMethod
from habitus.perception.models import FETCH_COMMAND, missing_models
from habitus.photo_parts import Part, check_workers, write_in_parts
from habitus.recovery.photo_seen import Given, see_photos
from habitus.recovery.seen_file import SEEN, write_seen
from habitus.unfinished import begin, parts_of

if TYPE_CHECKING:
    from habitus.body_cli import PerceiveCommand


@dataclass(frozen=True)
class _Job:
    """What every part is made by."""

    given: Given
    mask_method: MaskMethod
    made: dict[str, Any] = field(repr=False)

    def write(self, part: Part) -> list[str]:
        """Write a part, and tell which photos show nobody, and why."""
        seen = see_photos(part.paths, part.names, self.given, mask_method=self.mask_method)
        rows = [(name, size, person) for name, (size, person) in zip(part.names, seen, strict=True)]
        write_seen(part.file, rows, self.made)
        return [f"{path}: {who}" for path, (_, who) in zip(part.paths, seen, strict=True) if isinstance(who, str)]


def perceive_folder(command: "PerceiveCommand") -> tuple[int, int]:
    """Run the command.

    Returns:
        In how many photos somebody is seen, and in how many nobody.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    folder = parts_of(command.output, resume=command.resume)
    check_workers(command.workers)
    _check_models(command)
    photos = list_photos(command.data, command.layout)
    if command.masks is not None:
        _check_masks(command.masks, photos)
    people = None if command.keypoints is None else photos_people(command.keypoints, photos.names)
    options = {
        "mask method": command.mask_method,
        "masks": None if command.masks is None else str(command.masks.absolute()),
        "keypoints": None if command.keypoints is None else hashlib.sha256(command.keypoints.read_bytes()).hexdigest(),
        "models": not missing_models(),
        "version": __version__,
    }
    begin(folder, options | {"photos": photos.digest()})
    job = _Job(Given(command.masks, people), command.mask_method, options)
    return write_in_parts(
        command.output, folder, job, photos.names, photos.records.paths, kind=SEEN, workers=command.workers
    )


def _check_models(command: "PerceiveCommand") -> None:
    """Keypoints need the models; masks of given keypoints can be cut by colour, given masks need nothing."""
    by_model = command.masks is None and command.mask_method in ("pose", "selfie")
    if (command.keypoints is None or by_model) and missing_models():
        raise InputError(
            f"the models that find people are missing; run `{FETCH_COMMAND}`, or give --keypoints and --masks"
        )


def _check_masks(folder: Path, photos: ListedPhotos) -> None:
    """See that it is a folder of masks of these photos before the long work starts."""
    if not folder.is_dir():
        raise InputError(f"--masks {folder}: there is no such folder; check the name")
    files = [mask_file(folder, name) for name in photos.names]
    if not any(files):
        raise InputError(
            f"--masks {folder}: holds no mask of these photos; name them as the photos are below their folder, "
            f"such as {Path(photos.names[0]).with_suffix('.png').as_posix()}"
        )
    if any(file is not None and file.samefile(path) for file, path in zip(files, photos.records.paths, strict=True)):
        raise InputError(f"--masks {folder}: holds the photos themselves; give the folder of their masks")
