"""Textures scored on a data set: every method on every photo, as one report, and a folder of pictures and a page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Protocol

import numpy as np
import torch
from jaxtyping import UInt8

from habitus.body.model import BodyModel
from habitus.data.records import ReidData
from habitus.errors import InputError
from habitus.evaluation.fairness import fairness
from habitus.evaluation.method_scores import Tally, result_of
from habitus.evaluation.texture.grid import ShownPerson, compare_people, draw_person
from habitus.evaluation.texture.page import write_texture_page
from habitus.evaluation.texture.photos import PhotoSet
from habitus.evaluation.texture.results import METRICS, TextureReport, as_text, write_json
from habitus.evaluation.texture.scoring import MASK_WORDS, SIZE, Judges, MaskRule, ScoredPhoto, score
from habitus.evaluation.texture.turned import WORDS
from habitus.export.folder import filling
from habitus.export.pictures import save_picture
from habitus.files import writing
from habitus.texture.methods import TextureMethod
from habitus.types import Texture


class Streets(Protocol):
    """Backgrounds by number."""

    def __getitem__(self, key: int) -> UInt8[np.ndarray, "3 H W"]: ...


@dataclass(frozen=True, eq=False)
class Scoring:
    """How textures are compared, and the words for it."""

    judges: Judges
    networks: Mapping[str, str]
    """What each of them is: cossim, cossim_r, lpips."""
    streets: Streets
    """Behind the renders that CosSim compares; each photo has one of its own, the same for every method."""
    backgrounds: str
    """The same in words."""
    scans: str
    """Where methods take other people's textures from."""
    parameters: str
    """Where the bodies come from."""
    mask_rule: MaskRule = "person"
    seed: int = 0
    """Of what is drawn: photos, backgrounds, people in pictures."""


@dataclass(frozen=True, eq=False)
class TextureEvaluation:
    """What was found, and what pictures of it need."""

    report: TextureReport
    shown: tuple[ShownPerson, ...]


@dataclass(eq=False)
class _Found:
    """What comes together photo by photo."""

    tallies: dict[str, Tally]
    shown: list[ShownPerson] = field(default_factory=list)
    people: set[int] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)
    """Photos that cannot be used, and why."""


def evaluate_textures(
    data: ReidData,
    photos: PhotoSet,
    body: BodyModel,
    methods: Mapping[str, TextureMethod],
    scoring: Scoring,
    *,
    progress: Callable[[int], object] = lambda _: None,
) -> TextureEvaluation:
    """Make a texture of every photo by every method and score it.

    Args:
        data: what the photos are of.
        photos: to score.
        body: of their parameters.
        methods: by name.
        scoring: how they are compared.
        progress: called with the number of photos done since.

    Raises:
        InputError: none of the photos can be used.
    """
    start = perf_counter()
    found = _score_all(photos, body, methods, scoring, progress)
    if len(found.broken) == len(photos):
        raise InputError(f"none of the {len(photos)} photos can be used; {next(iter(found.broken.values()))}")
    world, unfair = fairness(data.root)
    report = TextureReport(
        data=data.name,
        folder=str(data.root),
        world=world,
        chosen=photos.words,
        photos=len(photos) - len(found.broken),
        people=len(found.people),
        without_parameters=photos.without_parameters,
        broken=tuple(found.broken),
        parameters=scoring.parameters,
        mask_rule=MASK_WORDS[scoring.mask_rule],
        networks=scoring.networks,
        backgrounds=scoring.backgrounds,
        scans=scoring.scans,
        seed=scoring.seed,
        size=SIZE,
        texture_size=photos.texture_size,
        views=WORDS,
        notes=(*data.warnings, *photos.notes, *unfair),
        seconds={"scoring": perf_counter() - start},
        results=tuple(result_of(METRICS, name, methods[name].words, tally) for name, tally in found.tallies.items()),
    )
    return TextureEvaluation(report, tuple(found.shown))


def _score_all(
    photos: PhotoSet,
    body: BodyModel,
    methods: Mapping[str, TextureMethod],
    scoring: Scoring,
    progress: Callable[[int], object],
) -> _Found:
    found = _Found({name: Tally() for name in methods})
    drawn = photos.shown(scoring.seed)
    for index in range(len(photos)):
        progress(1)
        try:
            photo = photos.load(index)
        except InputError as error:
            found.broken[photos.name(index)] = str(error)
            continue
        textures = {name: _made(method, photo, found.tallies[name]) for name, method in methods.items()}
        street = torch.from_numpy(scoring.streets[index].astype(np.float32)) / 255
        scores = score(body, photo, list(textures.values()), scoring.judges, street=street, mask_rule=scoring.mask_rule)
        for tally, values in zip(found.tallies.values(), scores, strict=True):
            tally.scores.append(values)
        found.people.add(photo.pid)
        if index in drawn:
            found.shown.append(ShownPerson(photo, textures, dict(zip(textures, scores, strict=True))))
    return found


def write_folder(evaluation: TextureEvaluation, body: BodyModel, folder: Path) -> None:
    """Write results.json and .txt, a picture of each shown person, people.png that compares them, and index.html.

    Args:
        evaluation: to show.
        body: of the textures.
        folder: receives all files at once or none.

    Raises:
        InputError: the folder cannot be written.
    """
    report = evaluation.report
    with filling(folder) as place:
        write_json(place / "results.json", report)
        with writing(place / "results.txt") as temporary:
            temporary.write_text(as_text(report), encoding="utf-8")
        together = compare_people(body, evaluation.shown)
        save_picture(place / "people.png", together)
        sheets = {}
        for number, person in enumerate(evaluation.shown, 1):
            sheets[person.photo.name] = draw_person(body, person)
            save_picture(place / f"person_{number}.png", sheets[person.photo.name])
        write_texture_page(place / "index.html", report, together, sheets)


def _made(method: TextureMethod, photo: ScoredPhoto, tally: Tally) -> Texture:
    begin = perf_counter()
    texture = method(photo.params, photo.image, photo.mask)
    tally.seconds += perf_counter() - begin
    return texture
