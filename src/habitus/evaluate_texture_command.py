"""`habitus evaluate texture`: scores as lines, JSON and pictures."""

from collections.abc import Callable
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
from habitus.evaluation.tables import check_counts, check_report_places, names_in
from habitus.evaluation.texture.evaluate import Scoring, evaluate_textures, write_folder
from habitus.evaluation.texture.lpips import load_lpips
from habitus.evaluation.texture.photos import PhotoSet, choose_photos
from habitus.evaluation.texture.results import as_text, write_json
from habitus.evaluation.texture.scoring import SIZE, Judges
from habitus.evaluation.texture.similarity import Maps
from habitus.recovery.body_table import body_table
from habitus.reid.embedder import device_of
from habitus.reid.pretrained import load_model
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
    if not names_in(command.method):
        raise InputError("--method: names no method; give some of ours, rstg, unwrap, mean, nearest, or a folder")
    check_counts(command.count, command.seed)
    if command.uv is not None and command.body is None:
        raise InputError(f"{command.uv}: --uv goes with --body; the open body has its own layout")
    check_report_places(command.json, command.output)


def _photos(command: "EvaluateTextureCommand", data: ReidData, body: BodyModel) -> PhotoSet:
    listed = None if command.photos is None else read_photo_list(command.photos)
    table = body_table(data.root, command.bodies, body)
    return choose_photos(data, table, listed=listed, count=command.count, seed=command.seed)


def _methods(command: "EvaluateTextureCommand", body: BodyModel, size: int) -> dict[str, TextureMethod]:
    scans = scan_textures("open" if command.scans is None else command.scans, body, size)
    setting = Setting(body, size, scans)
    return {name: method_named(name, setting) for name in names_in(command.method)}


def _scoring(command: "EvaluateTextureCommand") -> Scoring:
    judges = {"cossim": command.reid_weights, "cossim_r": command.independent}
    networks = {key: f"weights {weights}" for key, weights in judges.items()}
    lpips = load_lpips(command.lpips) if command.lpips else None
    if lpips is not None:
        networks["lpips"] = f"{lpips.trunk} of {' and '.join(map(str, command.lpips))}"
    backgrounds = "made" if command.backgrounds is None else command.backgrounds
    return Scoring(
        judges=Judges(_maps(judges["cossim"], command.device), _maps(judges["cossim_r"], command.device), lpips),
        networks=networks,
        streets=Backgrounds(backgrounds, SIZE, seed=command.seed),
        backgrounds="made streets" if command.backgrounds is None else f"pictures of {command.backgrounds}",
        scans="people made in code" if command.scans is None else f"{command.scans}",
        parameters="true ones of the made world" if command.bodies is None else f"{command.bodies}",
        mask_rule=command.mask,
        seed=command.seed,
    )


def _maps(weights: str, device: str) -> Callable[[Float[Tensor, "B 3 H W"]], Maps]:
    """Of layer1 to layer4 of a re-ID network."""
    place = device_of(device)
    model = load_model(weights).to(place).eval()
    return lambda images: model.maps(images.to(place))
