"""`habitus evaluate texture`: scores as lines, JSON and pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.data.opening import open_data
from habitus.data.readers.photo_lists import read_photo_list
from habitus.data.records import ReidData
from habitus.errors import InputError
from habitus.evaluation.tables import check_report_places
from habitus.evaluation.texture.evaluate import Scoring, evaluate_textures, write_folder
from habitus.evaluation.texture.lpips import load_lpips
from habitus.evaluation.texture.photos import PhotoSet, choose_photos
from habitus.evaluation.texture.results import as_text, write_json
from habitus.evaluation.texture.scoring import SIZE, Judges
from habitus.evaluation.texture.similarity import Maps
from habitus.recovery.body_table import body_table
from habitus.reid.embedder import device_of
from habitus.reid.pretrained import SHIPPED, load_model
from habitus.synthetic.scenes.backgrounds import Backgrounds
from habitus.texture.methods import Setting, TextureMethod, method_named
from habitus.texture.scans import scan_textures

if TYPE_CHECKING:
    from habitus.evaluate_cli import EvaluateTextureCommand


def score_textures(command: "EvaluateTextureCommand", *, say: Callable[[str], None]) -> None:
    """Run `habitus evaluate texture`; everything that can be refused is refused before the long work starts.

    Args:
        command: what the user chose.
        say: prints.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    _check(command)
    data = open_data(command.data, layout=command.layout)
    body = BodyModel(load_body_data(command.body, uv_obj=command.uv))
    photos = _photos(command, data, body)
    scoring = _scoring(command)
    methods = _methods(command, body, photos.texture_size)
    with tqdm(total=len(photos), unit="photo", smoothing=0.05) as bar:
        evaluation = evaluate_textures(data, photos, body, methods, scoring, progress=bar.update)
    say(as_text(evaluation.report).rstrip("\n"))  # first: a full disk shall not take the scores
    if command.json is not None:
        write_json(command.json, evaluation.report)
    if command.output is not None:
        write_folder(evaluation, body, command.output)
        say(f"open {command.output / 'index.html'}")


def _check(command: "EvaluateTextureCommand") -> None:
    if not _names(command):
        raise InputError("--method: names no method; give some of ours, rstg, unwrap, mean, nearest, or a folder")
    if command.count is not None and command.count < 1:
        raise InputError(f"--count {command.count}: must be at least 1")
    if command.seed < 0:
        raise InputError(f"--seed {command.seed}: must be at least 0")
    if command.uv is not None and command.body is None:
        raise InputError(f"{command.uv}: --uv goes with --body; the open body has its own layout")
    check_report_places(command.json, command.output)


def _names(command: "EvaluateTextureCommand") -> list[str]:
    """The methods in the order asked, each once."""
    return list(dict.fromkeys(filter(None, (name.strip() for name in command.method.split(",")))))


def _photos(command: "EvaluateTextureCommand", data: ReidData, body: BodyModel) -> PhotoSet:
    listed = None if command.photos is None else read_photo_list(command.photos)
    table = body_table(data.root, command.bodies, body)
    return choose_photos(data, table, listed=listed, count=command.count, seed=command.seed)


def _methods(command: "EvaluateTextureCommand", body: BodyModel, size: int) -> dict[str, TextureMethod]:
    scans = scan_textures("open" if command.scans is None else command.scans, body, size)
    setting = Setting(body, size, scans)
    return {name: method_named(name, setting) for name in _names(command)}


def _scoring(command: "EvaluateTextureCommand") -> Scoring:
    trained, independent = _Judge.of(command.reid_weights, "pcb"), _Judge.of(command.independent, "baseline")
    judges = {"cossim": trained, "cossim_r": independent}
    networks = {key: judge.words for key, judge in judges.items() if judge is not None}
    maps = {key: None if judge is None else judge.maps(command.device) for key, judge in judges.items()}
    lpips = load_lpips(command.lpips) if command.lpips else None
    if lpips is not None:
        networks["lpips"] = f"{lpips.trunk} of {' and '.join(map(str, command.lpips))}"
    missing = " and ".join(key for key, judge in judges.items() if judge is None)
    notes = (f"{missing} not measured: no weights; give --reid-weights and --independent",) if missing else ()
    backgrounds = "made" if command.backgrounds is None else command.backgrounds
    return Scoring(
        judges=Judges(maps["cossim"], maps["cossim_r"], lpips),
        networks=networks,
        streets=Backgrounds(backgrounds, SIZE, seed=command.seed),
        backgrounds="made streets" if command.backgrounds is None else f"pictures of {command.backgrounds}",
        scans="people made in code" if command.scans is None else f"{command.scans}",
        parameters="true ones of the made world" if command.bodies is None else f"{command.bodies}",
        mask_rule=command.mask,
        seed=command.seed,
        notes=notes,
    )


@dataclass(frozen=True)
class _Judge:
    """A network of re-ID that compares pictures."""

    weights: str

    @classmethod
    def of(cls, asked: str | None, usual: str) -> "_Judge | None":
        """What was asked for, or the usual one where it is part of this installation."""
        if asked is not None:
            return cls(asked)
        return cls(usual) if SHIPPED[usual].is_dir() else None

    @property
    def words(self) -> str:
        """For reports."""
        return f"weights {self.weights}"

    def maps(self, device: str) -> Callable[[Float[Tensor, "B 3 H W"]], Maps]:
        """Of layer1 to layer4."""
        place = device_of(device)
        model = load_model(self.weights).to(place).eval()
        return lambda images: model.maps(images.to(place))
