"""`habitus bodies`: the body in every photo of a folder, in one file; a killed run goes on where it was."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from habitus import __version__
from habitus.body.assets import load_body_data
from habitus.body.digest import body_digest
from habitus.body.model import BodyModel
from habitus.data.listing import list_photos
from habitus.errors import InputError
from habitus.perception.masks import MaskMethod
from habitus.perception.models import FETCH_COMMAND, missing_models
from habitus.photo_parts import Part, check_workers, write_in_parts
from habitus.recovery.body_table_file import BODIES, write_bodies
from habitus.recovery.finding import BodyFinder, FindWay
from habitus.recovery.fit import FitSettings
from habitus.recovery.imported_bodies import Importer, hmr_folder, smplmarket_folder
from habitus.recovery.photo_bodies import Found, import_photos, recover_photos
from habitus.reid.e_3d import named_finder
from habitus.unfinished import begin, parts_of

if TYPE_CHECKING:
    from habitus.body_cli import BodiesCommand


@dataclass(frozen=True)
class _Job:
    """What every part is made by."""

    body: BodyModel
    mask_method: MaskMethod
    source: tuple[Callable[[Path, BodyModel], Importer], Path] | None
    """Of bodies that others found; None: find them."""
    method: FindWay
    regressor: str | None
    made: dict[str, Any]

    def write(self, part: Part) -> list[str]:
        """Write a part, and tell which photos have no body, and why."""
        found = self._bodies(part)
        rows = [(name, size, body) for name, (size, body) in zip(part.names, found, strict=True)]
        write_bodies(part.file, self.body, rows, self.made)
        return [f"{path}: {body}" for path, (_, body) in zip(part.paths, found, strict=True) if isinstance(body, str)]

    def _bodies(self, part: Part) -> list[Found]:
        if self.source is None:
            finder = _finder(self.method, self.regressor, self.body)
            return recover_photos(self.body, part.paths, mask_method=self.mask_method, finder=finder)
        importer = self.source[0](self.source[1], self.body)
        return import_photos(self.body, part.paths, part.names, importer, mask_method=self.mask_method)


def recover_bodies(command: "BodiesCommand") -> tuple[int, int]:
    """Run the command.

    Returns:
        How many photos have a body, and how many have none.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    folder = parts_of(command.output, resume=command.resume)
    check_workers(command.workers)
    if missing_models():
        raise InputError(f"the models that find people are missing; run `{FETCH_COMMAND}`")
    body = BodyModel(load_body_data(command.body))
    source = _source(command)
    if source is not None:
        source[0](source[1], body)  # refuses what cannot be read before the long work starts
    else:
        _finder(command.method, command.regressor, body)
    photos = list_photos(command.data, command.layout)
    options = {
        "body": body_digest(body),
        "mask method": command.mask_method,
        "settings": asdict(FitSettings()),
        "source": command.method if source is None else f"{source[0].__name__} {source[1].absolute()}",
        "regressor": command.regressor,
        "version": __version__,
    }
    begin(folder, options | {"photos": photos.digest()})
    job = _Job(body, command.mask_method, source, command.method, command.regressor, options)
    return write_in_parts(
        command.output, folder, job, photos.names, photos.records.paths, kind=BODIES, workers=command.workers
    )


@lru_cache(maxsize=1)
def _finder(method: FindWay, regressor: str | None, body: BodyModel) -> BodyFinder:
    """Made once in every process: weights take longer to read than a few photos to go through."""
    return named_finder(method, regressor, body)


def _source(command: "BodiesCommand") -> tuple[Callable[[Path, BodyModel], Importer], Path] | None:
    imported = command.hmr is not None or command.smplmarket is not None
    if imported and (command.method == "regress" or command.regressor is not None):
        raise InputError("--hmr and --smplmarket have the bodies already; leave --method and --regressor away")
    if command.hmr is not None and command.smplmarket is not None:
        raise InputError("--hmr and --smplmarket: bodies come from one of them; leave the other away")
    if command.hmr is not None:
        return hmr_folder, command.hmr
    return None if command.smplmarket is None else (smplmarket_folder, command.smplmarket)
