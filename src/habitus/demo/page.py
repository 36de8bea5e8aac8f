"""The demo's report: one HTML file that loads nothing."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from habitus import __version__
from habitus.demo.views import BOTH, MISSED, TOO_MUCH, WORST, agreement, error_colours, error_view, view
from habitus.export.pictures import overlay, picture_url, to_picture
from habitus.files import writing
from habitus.synthetic.photos.truth import MadePerson

if TYPE_CHECKING:
    from habitus.demo.run import Demo

_AROUND = tuple(np.linspace(0, 2 * np.pi, 6, endpoint=False))
_FOUR_SIDES = (0.0, 0.5 * np.pi, np.pi, 1.5 * np.pi)

Figure = tuple[UInt8[np.ndarray, "H W *C"], str, str]
"""A picture, its caption, and a quieter line."""


def write_page(path: Path, demo: "Demo") -> Path:
    """Write the report.

    Raises:
        InputError: the file cannot be written.
    """
    template = Template(files("habitus.demo").joinpath("report.html").read_text(encoding="utf-8"))
    result, errors, seconds = demo.result, demo.texture_error, demo.made.seconds
    page = template.substitute(
        version=__version__,
        notice="" if demo.perceived else _NOTICE,
        tiles=_tiles(
            ("Mask overlap", f"{result.mask_iou:.3f}", "IoU with the true mask"),
            ("Keypoints", f"{100 * result.keypoint_error:.1f} %", "of the height off, on average"),
            ("Joints", f"{1000 * result.joint_error:.0f} mm", "after Procrustes alignment"),
            ("Surface", f"{1000 * result.vertex_error:.0f} mm", "clothes and hair included, aligned"),
            ("Texture seen", f"{100 * errors.seen:.1f} %", f"colour error on the {100 * errors.seen_share:.0f} % seen"),
            ("Texture guessed", f"{100 * errors.unseen:.1f} %", "colour error where the photo shows nothing"),
        ),
        people=_figures(_people(demo)),
        photo=_figures(_photo(demo)),
        truth=_figures(_around(demo, demo.result.truth, demo.photo.person.texture)),
        recovered=_figures(_around(demo, demo.result.aligned, demo.texture.image)),
        error=_figures([(error_view(demo.body, result, demo.upright, yaw=a), "", "") for a in _FOUR_SIDES]),
        scale=picture_url(_scale()),
        worst=f"{1000 * WORST:.0f} mm",
        textures=_figures(_textures(demo)),
        both=_css(BOTH),
        missed=_css(MISSED),
        too_much=_css(TOO_MUCH),
        seconds=" · ".join(f"{stage} {spent:.1f} s" for stage, spent in seconds.items()),
    )
    with writing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


_NOTICE = (
    '<p class="notice">The pose models are not on this machine, so the true mask and keypoints stand in for what '
    "perception would see. Run <code>habitus fetch-models</code> and the demo again for the whole pipeline.</p>"
)


def _people(demo: "Demo") -> list[Figure]:
    """Each person from four sides."""
    figures: list[Figure] = []
    for number, person in enumerate(demo.people):
        vertices = _standing(demo, person)
        for side, yaw in zip(("front", "left", "back", "right"), _FOUR_SIDES, strict=True):
            name = f"Person {number + 1}" if side == "front" else ""
            figures.append((view(demo.body, vertices, person.texture, yaw=yaw, like=vertices), name, side))
    return figures


@torch.no_grad()
def _standing(demo: "Demo", person: MadePerson) -> Tensor:
    theta = torch.zeros(1, demo.body.num_joints, 3)
    theta[0, 16, 2], theta[0, 17, 2] = -1.15, 1.15  # arms down
    return demo.body(theta, person.beta[None], person.delta[None]).vertices[0]


def _photo(demo: "Demo") -> list[Figure]:
    photo, crop, result = demo.photo, demo.made.person.crop, demo.result
    picture = to_picture(photo.image)
    size = picture.shape[1::-1]
    # warpAffine counts from the centre of the first pixel, the crop from its corner.
    to_photo = crop.to_photo.numpy().astype(np.float64)
    shift = to_photo[:, :2] @ np.array([0.5, 0.5]) + to_photo[:, 2] - 0.5
    found = cv2.warpAffine(crop.mask.numpy(), np.column_stack([to_photo[:, :2], shift]), size)
    mask_note = "what perception took for the person" if demo.perceived else "the true one"
    return [
        (picture, "Photo", "all that the reconstruction is given"),
        (to_picture(torch.from_numpy(found)), "Mask", mask_note),
        (overlay(picture, result.silhouette.numpy(), scale=2), "Re-projection", "outline of the recovered body"),
        (agreement(result.silhouette, photo.mask), "Against the truth", "grey: both, colours: only one of them"),
    ]


def _around(demo: "Demo", vertices: Tensor, texture: Tensor) -> list[Figure]:
    truth = demo.result.truth @ demo.upright.T
    upright = vertices @ demo.upright.T
    return [(view(demo.body, upright, texture, yaw=a, like=truth), "", f"{np.degrees(a):.0f}°") for a in _AROUND]


def _textures(demo: "Demo") -> list[Figure]:
    return [
        (to_picture(demo.photo.person.texture), "True texture", "the person's own colours"),
        (to_picture(demo.texture.image), "Recovered", "one gain a channel takes the light off"),
        (to_picture(demo.texture.confidence), "Confidence", "white: well seen, black: a guess"),
    ]


def _scale() -> UInt8[np.ndarray, "1 256 3"]:
    return (error_colours(np.linspace(0, WORST, 256)) * 255).astype(np.uint8)[None]


def _tiles(*tiles: tuple[str, str, str]) -> str:
    return "".join(f"<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>" for name, value, note in tiles)


def _figures(figures: Sequence[Figure]) -> str:
    return "".join(
        f'<figure><img src="{picture_url(picture)}" width="{picture.shape[1]}" height="{picture.shape[0]}" '
        f'alt="{" ".join(filter(None, (name, note)))}">'
        + (f"<figcaption>{name}<span>{note}</span></figcaption>" if name or note else "")
        + "</figure>"
        for picture, name, note in figures
    )


def _css(colour: tuple[int, int, int]) -> str:
    return f"rgb({colour[0]} {colour[1]} {colour[2]})"
