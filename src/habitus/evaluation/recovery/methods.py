"""Ways from photos to bodies, by name: what is compared with what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.evaluation.recovery.scoring import BodyPhoto
from habitus.model_folders import HUB
from habitus.recovery.finding import BodyFinder, body_finder, regress, sound
from habitus.recovery.photo_bodies import recover_photos
from habitus.reid.e_3d import load_e_3d
from habitus.types import BodyParams

STARTED = "fit:"
"""Before the weights that a fit starts from."""


@dataclass(frozen=True)
class RecoveryMethod:
    """A way from photos to bodies."""

    words: str
    """What it does, and by which weights."""
    find: Callable[[Sequence[BodyPhoto]], list[BodyParams | str]]

    def __call__(self, photos: Sequence[BodyPhoto]) -> list[BodyParams | str]:
        """The body in each photo (B = 1, psi in the photo's frame), or why there is none."""
        return self.find(photos)


def fitted(body: BodyModel) -> RecoveryMethod:
    """Our optimisation, as `habitus bodies` does it."""
    return _fitting(body, body_finder(), "optimised, from the keypoints and masks that our models see")


def true_bodies(_: BodyModel) -> RecoveryMethod:
    """The truth, whose scores are the best there are: a photo's perspective is none of psi's."""
    return RecoveryMethod("the true bodies: what weak perspective leaves", lambda photos: [p.params for p in photos])


METHODS: dict[str, Callable[[BodyModel], RecoveryMethod]] = {"fit": fitted, "truth": true_bodies}
"""What makes each method without weights."""


def method_named(name: str, body: BodyModel, device: torch.device) -> RecoveryMethod:
    """A method by its name.

    Args:
        name: a key of `METHODS`; weights, as `load_e_3d` takes them; or such weights after `STARTED`, for a fit that
            starts from what they say.
        body: that is recovered.
        device: of a network that is asked alone.

    Raises:
        InputError: there is no such method, or the weights cannot be used on the body.
    """
    if name in METHODS:
        return METHODS[name](body)
    weights = name.removeprefix(STARTED)
    if not Path(weights).exists() and not weights.startswith(HUB):
        raise InputError(
            f"method {name}: is not known; choose {', '.join(METHODS)}, a folder of weights, or {STARTED}FOLDER"
        )
    regressor = load_e_3d(weights, body)
    if name.startswith(STARTED):
        finder = body_finder(regressor=regressor, name=weights)
        return _fitting(body, finder, f"optimised as fit, from what the network of {weights} says")
    regressor = regressor.to(device)
    height, width = regressor.size

    def find(photos: Sequence[BodyPhoto]) -> list[BodyParams | str]:
        found = regress(regressor, [photo.image for photo in photos])
        return [found[i] if drawable else "no body" for i, drawable in enumerate(sound(found))]

    return RecoveryMethod(f"one pass of a network that sees the photo alone, at {height}x{width}", find)


def _fitting(body: BodyModel, finder: BodyFinder, words: str) -> RecoveryMethod:
    def find(photos: Sequence[BodyPhoto]) -> list[BodyParams | str]:
        found = recover_photos(body, [photo.path for photo in photos], finder=finder)
        return [person if isinstance(person, str) else person.params for _, person in found]

    return RecoveryMethod(words, find)
