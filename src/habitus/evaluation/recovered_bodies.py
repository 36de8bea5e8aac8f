"""The bodies that 3DSL recovers from photos, as pictures to stand below them in ranked lists."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from habitus.body.model import BodyModel
from habitus.data.decoding import decode
from habitus.data.transforms import resized
from habitus.errors import InputError
from habitus.evaluation.pictures import Bodies, fitted, placed
from habitus.export.figures import draw_as_seen, draw_figures, standing, standing_camera
from habitus.export.pictures import to_picture
from habitus.recovery.finding import sound
from habitus.reid.model import ReidModel
from habitus.reid.shape_reid import ShapeReid
from habitus.types import BodyParams

SIDE = 176
"""Pixels of a picture's sides."""
WORDS = "below each photo the body recovered from it: in its clothes, as it stands there; and its build alone"
_BATCH = 32

Picture = UInt8[np.ndarray, "S S 3"]
DrawBodies = Callable[[Iterable[Path]], Bodies]
"""Pictures of the bodies in photos."""


def body_drawer(model: ReidModel, body: BodyModel | None = None) -> DrawBodies | None:
    """What draws the bodies that a network recovers; None: it recovers none.

    Args:
        model: in eval mode, on its device.
        body: that it regresses, on the CPU; None: the open body.
    """
    if not isinstance(model, ShapeReid):
        return None
    return partial(draw_bodies, model, BodyModel.load() if body is None else body)


@torch.no_grad()
def draw_bodies(model: ShapeReid, body: BodyModel, paths: Iterable[Path]) -> dict[Path, Picture]:
    """The body in each photo as a clay figure: to the left as it stands there, dressed; to the right its build alone.

    The network sees photos as it does to embed them. Figures to the right are of one height and face the viewer.

    Args:
        model: in eval mode, on its device.
        body: that it regresses, on the CPU.
        paths: photos, each drawn once. One that cannot be read, or of which the network makes no body, has no picture.
    """
    readable, pictures = _readable(dict.fromkeys(paths)), {}
    while some := list(islice(readable, _BATCH)):
        params = _regressed(model, [photo for _, photo in some])
        for (path, photo), drawable, row in zip(some, sound(params), range(len(some)), strict=True):
            if drawable:
                pictures[path] = _figures(body, params[row], photo.shape[:2])
    return pictures


def _readable(paths: Iterable[Path]) -> Iterator[tuple[Path, UInt8[np.ndarray, "H W 3"]]]:
    for path in paths:
        with suppress(InputError):  # it is a blank on the sheet too
            yield path, decode(path)


def _regressed(model: ShapeReid, photos: Sequence[UInt8[np.ndarray, "_ _ 3"]]) -> BodyParams:
    """The bodies that the network sees, on the CPU."""
    images = torch.from_numpy(np.stack([resized(photo, model.size) for photo in photos])).permute(0, 3, 1, 2)
    found = model.regressor(images.to(model.mean.device).float() / 255).params()
    return BodyParams(*(getattr(found, name).float().cpu() for name in ("theta", "beta", "delta", "psi")))


def _figures(body: BodyModel, params: BodyParams, photo: tuple[int, int]) -> Picture:
    """Both figures of one body: drawn larger than shown, for small ones lose their limbs.

    Args:
        body: of the parameters.
        params: B = 1.
        photo: (H, W) of the photo. It was resized for the network, the body was not: the same camera shows it in the
            photo as it was.
    """
    room = SIDE, SIDE // 2
    shown = fitted(photo, room)
    large = 2 * shown[0], 2 * shown[1]
    seen = draw_as_seen(body, params, size=large)[0]
    build = draw_figures(body, standing(body, params.beta), standing_camera(body), size=(2 * room[0], 2 * room[1]))[0]
    left, right = (
        cv2.resize(to_picture(figure), size[::-1], interpolation=cv2.INTER_AREA)
        for figure, size in ((seen, shown), (build, room))
    )
    return np.concatenate([placed(left, room), right], axis=1)
