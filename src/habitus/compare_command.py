"""`habitus compare`: two people in, a picture of how they differ out."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.export.comparison import draw_comparison
from habitus.recovery.parameter_files import load_params
from habitus.types import BodyParams

if TYPE_CHECKING:
    from habitus.body_cli import CompareCommand

PARAMS = "params.npz"
"""What `habitus person` writes into its folder."""
_SUFFIXES = (".png", ".jpg")
_MOST_BETA, _MOST_DELTA = 50.0, 3.0
"""Standard deviations and metres beyond which numbers are damaged: no picture could tell anything of them."""


def compare_people(command: "CompareCommand", *, say: Callable[[str], None]) -> None:
    """Run the command.

    Args:
        command: what the user chose.
        say: prints.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    if command.output.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{command.output}: has no picture's name; end it in {' or '.join(_SUFFIXES)}")
    body = BodyModel(load_body_data(command.body))
    first, second = (_person(path, body) for path in (command.a, command.b))
    found = draw_comparison(command.output, body, first, second, names=_names(command.a, command.b))
    build, clothes = (heat.mean(heat.difference) for heat in (found.build, found.clothes))
    say(
        f"{command.output}: builds differ by {build:.1f} cm in the mean over the skin, clothes and hair by "
        f"{clothes:.1f} cm"
    )


def _person(path: Path, body: BodyModel) -> BodyParams:
    """The one person of a folder of `habitus person`, or of a file."""
    file = path / PARAMS if path.is_dir() else path
    if path.is_dir() and not file.is_file():
        raise InputError(f"{path}: has no {PARAMS}; give a folder that `habitus person` wrote for one person")
    params = load_params(file, body)
    if len(params) != 1:
        raise InputError(f"{file}: holds {len(params)} people; give a file of one")
    beta, delta = float(params.beta.abs().max()), float(params.delta.abs().max())
    if beta > _MOST_BETA or delta > _MOST_DELTA:
        raise InputError(
            f"{file}: is nobody's body (beta up to {beta:g}, delta up to {delta:g} m); find the body again"
        )
    return params


def _names(a: Path, b: Path) -> tuple[str, str]:
    """The last part of each path; all of it where these are the same."""
    first, second = map(_name, (a, b))
    return (first, second) if first != second else (str(a), str(b))


def _name(path: Path) -> str:
    whole = path.resolve()
    return whole.parent.name if whole.name == PARAMS else whole.stem
