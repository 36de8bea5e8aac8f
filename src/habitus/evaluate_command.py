"""`habitus evaluate`: scores as lines, JSON and pictures."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tqdm import tqdm

from habitus.data.opening import open_data
from habitus.data.records import Mode, Records, ReidData
from habitus.errors import InputError
from habitus.evaluation.features import FeatureTable, embed_photos, features_from_file, photos_of
from habitus.evaluation.protocols import Scoring
from habitus.evaluation.recovered_bodies import body_drawer
from habitus.evaluation.reid import evaluate_reid, trials_of, write_folder
from habitus.evaluation.results import as_text, write_json
from habitus.evaluation.tables import check_report_places
from habitus.reid.embedder import Embedder
from habitus.reid.model import ReidModel

if TYPE_CHECKING:
    from habitus.evaluate_cli import EvaluateReidCommand


def score_reid(command: "EvaluateReidCommand", *, say: Callable[[str], None]) -> None:
    """Run `habitus evaluate reid`; everything that can be refused is refused before the long work starts.

    Args:
        command: what the user chose.
        say: prints.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    scoring = Scoring(rerank=command.rerank, expand=command.expand, draws=command.draws, seed=command.seed)
    _check_places(command)
    data = open_data(command.data, layout=command.layout)
    trials = trials_of(data, _modes(command.mode), shots="single" if command.shots == "single" else "all")
    features, model = _features(command, data, photos_of(trials.values()))
    evaluation = evaluate_reid(data, trials, features, scoring)
    say(as_text(evaluation.report).rstrip("\n"))  # first: a full disk shall not take the scores
    if command.json is not None:
        write_json(command.json, evaluation.report)
    if command.output is not None:
        draw_bodies = None if model is None else body_drawer(model)
        write_folder(evaluation, command.output, draw_bodies=draw_bodies)
        say(f"open {command.output / 'index.html'}")


def _check_places(command: "EvaluateReidCommand") -> None:
    if (command.weights is None) == (command.features is None):
        raise InputError("--weights or --features: give one of them; try --weights baseline")
    if command.features is not None and (command.feature, command.rgb_weight) != (None, None):
        raise InputError("--feature, --rgb-weight: were chosen when --features was made; leave them out")
    check_report_places(command.json, command.output)


def _modes(asked: Sequence[str]) -> tuple[Mode, ...]:
    """The modes in the order asked, each once; none: all that there are."""
    if "all" in asked:
        return ()
    return tuple(dict.fromkeys(asked))  # type: ignore[arg-type]


def _features(command: "EvaluateReidCommand", data: ReidData, photos: Records) -> tuple[FeatureTable, ReidModel | None]:
    """Of all photos, and the network where they are made anew."""
    if command.features is not None:
        root = data.root if data.root.is_dir() else data.root.parent
        return features_from_file(command.features, photos, root, strict=command.strict), None
    weights = str(command.weights)
    embedder = Embedder(
        weights, device=command.device, batch=command.batch, flip=command.flip, feature=command.feature,
        rgb_weight=command.rgb_weight,
    )  # fmt: skip
    with tqdm(total=len(photos), unit="photo", smoothing=0.05) as bar:
        table = embed_photos(photos, embedder, weights=weights, strict=command.strict, progress=bar.update)
    return table, embedder.model
