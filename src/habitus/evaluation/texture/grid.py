"""Pictures like the paper's figures: photo, texture rendered on it, other views, texture; a row a method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.evaluation.texture.results import METRICS
from habitus.evaluation.texture.scoring import ScoredPhoto, lit_truth
from habitus.export.pictures import contact_sheet, strip, to_picture
from habitus.export.turntable import turned_frames
from habitus.recovery.upright import upright
from habitus.rendering.render import render
from habitus.texture.unwrap import unwrap
from habitus.types import Texture

Picture = UInt8[np.ndarray, "H W 3"]
HEIGHT = 256
"""Pixels, of all pictures in a sheet."""
VIEWS = 4
"""Turned by quarters; the first looks at the person as the photo does."""
TRUTH = "truth, in the photo's light"
_CAPTION = ("mask_ssim", "cossim", "texture_seen", "texture_unseen", "other_views")
"""Scores below a row."""


@dataclass(frozen=True, eq=False)
class ShownPerson:
    """A photo, and the texture and the scores of each method by its name."""

    photo: ScoredPhoto
    textures: Mapping[str, Texture]
    scores: Mapping[str, Mapping[str, float]]


def draw_person(body: BodyModel, person: ShownPerson) -> Picture:
    """A sheet of one person: a row a method, and one for the truth where it is known."""
    photo = person.photo
    rows = _rows(body, person)
    strips = [
        strip(
            [to_picture(photo.image), on_photo(body, photo, image), *_around(body, photo, image), to_picture(image)],
            height=HEIGHT,
        )
        for image in rows.values()
    ]
    labels = [_caption(name, person.scores.get(name, {})) for name in rows]
    title = f"{photo.name}\nthe photo, rendered on it, from four sides, the texture"
    return contact_sheet(strips, labels, columns=1, title=title)


def compare_people(body: BodyModel, people: Sequence[ShownPerson]) -> Picture:
    """A sheet of several people: a row a person, in it the photo and what each method makes of front and back."""
    pictures, labels = [], []
    for person in people:
        pictures.append(strip([to_picture(person.photo.image)], height=HEIGHT))
        labels.append(person.photo.name)
        for name, image in _rows(body, person).items():
            front, _, back, _ = _around(body, person.photo, image)
            pictures.append(strip([front, back], height=HEIGHT))
            labels.append(_caption(name, person.scores.get(name, {}), shown=("texture_unseen",)))
    return contact_sheet(pictures, labels, columns=len(pictures) // len(people))


def on_photo(body: BodyModel, photo: ScoredPhoto, texture: Float[Tensor, "3 T T"]) -> Picture:
    """The photo with the body drawn over it in a texture."""
    params, size = photo.params, (photo.mask.shape[0], photo.mask.shape[1])
    with torch.no_grad():
        vertices = body(params.theta, params.beta, params.delta).vertices
        seen = render(vertices, body.faces, params.psi, body.uv, body.uv_faces, texture[None], size=size)
    return to_picture(seen.image[0] + (1 - seen.silhouette[0]) * photo.image)


def _rows(body: BodyModel, person: ShownPerson) -> dict[str, Float[Tensor, "3 T T"]]:
    """Textures by method, then the true one as the photo's light would show it."""
    photo, rows = person.photo, {name: texture.image for name, texture in person.textures.items()}
    if photo.truth is None:
        return rows
    known = unwrap(body, photo.params, photo.image, photo.mask, size=photo.truth.shape[-1])
    return rows | {TRUTH: lit_truth(photo.truth, known)}


def _around(body: BodyModel, photo: ScoredPhoto, texture: Float[Tensor, "3 T T"]) -> list[Picture]:
    size = (HEIGHT, HEIGHT * 5 // 8)
    return turned_frames(body, upright(body, photo.params), texture, count=VIEWS, size=size)


def _caption(name: str, scores: Mapping[str, float], shown: Sequence[str] = _CAPTION) -> str:
    words = [f"{METRICS[key].head} {scores[key]:.3f}" for key in shown if key in scores]
    return ", ".join([name, *words])
