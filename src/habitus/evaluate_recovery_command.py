"""`habitus evaluate recovery`: scores as lines, JSON and pictures."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tqdm import tqdm

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.data.opening import open_data
from habitus.data.records import ReidData
from habitus.errors import InputError
from habitus.evaluation.chosen_photos import ChosenPhotos, choose_photos
from habitus.evaluation.recovery.evaluate import evaluate_recovery, write_folder
from habitus.evaluation.recovery.methods import METHODS, STARTED, RecoveryMethod, method_named
from habitus.evaluation.recovery.results import as_text, write_json
from habitus.evaluation.tables import check_counts, check_report_places, names_in
from habitus.recovery.body_table import world_body_table
from habitus.reid.embedder import device_of
from habitus.synthetic.worlds.writing import world_around

if TYPE_CHECKING:
    from habitus.evaluate_cli import EvaluateRecoveryCommand


def score_recovery(command: "EvaluateRecoveryCommand", *, say: Callable[[str], None]) -> None:
    """Run `habitus evaluate recovery`; everything that can be refused is refused before the long work starts.

    Args:
        command: what the user chose.
        say: prints.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    _check(command)
    data = open_data(command.data, layout=command.layout)
    body = BodyModel(load_body_data(command.body))
    photos = _photos(command, data, body)
    methods = _methods(command, body)
    with tqdm(total=len(photos), unit="photo", smoothing=0.05) as bar:
        evaluation = evaluate_recovery(
            data, photos, body, methods, together=command.together, seed=command.seed, progress=bar.update
        )
    say(as_text(evaluation.report).rstrip("\n"))  # first: a full disk shall not take the scores
    if command.json is not None:
        write_json(command.json, evaluation.report)
    if command.output is not None:
        write_folder(evaluation, body, command.output)
        say(f"open {command.output / 'index.html'}")


def _check(command: "EvaluateRecoveryCommand") -> None:
    if not names_in(command.method):
        raise InputError(
            f"--method: names no method; give {' or '.join(METHODS)}, a folder of weights, or {STARTED}FOLDER"
        )
    check_counts(command.count, command.seed)
    if command.together < 2:
        raise InputError(f"--together {command.together}: must be at least 2; from one photo is scored anyway")
    check_report_places(command.json, command.output)


def _photos(command: "EvaluateRecoveryCommand", data: ReidData, body: BodyModel) -> ChosenPhotos:
    written = world_around(data.root)
    if written is None:
        raise InputError(
            f"{data.root}: nothing is known of the true bodies in its photos; make a world with "
            "`habitus synth held-out/ --seed 900003` and give that"
        )
    table = world_body_table(written.folder, body, root=data.root)
    return choose_photos(data, table, count=command.count, seed=command.seed)


def _methods(command: "EvaluateRecoveryCommand", body: BodyModel) -> dict[str, RecoveryMethod]:
    device = device_of(command.device)
    return {name: method_named(name, body, device) for name in names_in(command.method)}
