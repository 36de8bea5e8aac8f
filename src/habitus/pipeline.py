"""Photo -> textured, animatable person, on one page: perceive, recover the body, make the texture, save."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.perception.crop import native_height, recrop
from habitus.perception.masks import MaskMethod
from habitus.perception.perceiving import perceive
from habitus.perception.photo import Photo, as_photo
from habitus.recovery.finding import BodyFinder, body_finder
from habitus.recovery.fit import Fit, measure
from habitus.texture.choice import PhotoOfPerson, TextureMaker, TextureWay, texture_maker
from habitus.types import BodyParams, Box, Crop, TexturedPerson

log = logging.getLogger("habitus")

PhotoLike = str | Path | UInt8[np.ndarray, "H W 3"]
Progress = Callable[[str, float], None]
"""Called with a stage ("perceive", "fit", "texture") and how much of it is done, 0 to 1."""

_FINE_HEIGHT = 1024
"""Most rows of the crop that textures are taken from: more shows nothing on a texture of 512."""


@dataclass(frozen=True)
class Reconstruction:
    """A person and how they were come by."""

    person: TexturedPerson
    fit: Fit
    """Measures over the photos (B = number of photos)."""
    body: BodyModel
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time a stage."""
    warnings: tuple[str, ...] = ()
    texture_by: str = "unwrap"
    """How the texture was made: `TextureMaker.name`."""
    body_by: str = "fit"
    """How the body was recovered: `BodyFinder.name`, or "given"."""

    def save(self, folder: str | Path) -> None:
        """Write person.glb, person.obj, texture.png, confidence.png, turntable.gif, preview.html and report.json.

        Raises:
            InputError: the folder cannot be written.
        """
        from habitus.export.save import save_person  # noqa: PLC0415  (reconstructing alone needs no exporter)

        save_person(
            folder,
            self.person,
            self.body,
            seconds=self.seconds,
            warnings=self.warnings,
            texture_by=self.texture_by,
            body_by=self.body_by,
        )


def reconstruct(
    *photos: PhotoLike,
    body: BodyModel | None = None,
    box: Box | None = None,
    keypoints: str | Path | Float[np.ndarray, "17 3"] | None = None,
    mask: str | Path | np.ndarray | None = None,
    mask_method: MaskMethod = "auto",
    person: int | None = None,
    params: BodyParams | None = None,
    finder: BodyFinder | None = None,
    texture: TextureWay | TextureMaker | None = None,
    texture_size: int = 512,
    progress: Progress | None = None,
) -> Reconstruction:
    """Make a textured, animatable 3D person from one or several photos of them.

    >>> reconstruct("photo.jpg").save("out/")  # doctest: +SKIP

    Args:
        photos: of one person: paths, or RGB arrays. The first gives the pose.
        body: the body to fit; None is the open body.
        box: where the person is in a single photo; finding people is then skipped.
        keypoints: COCO-17 (x, y, confidence) in pixels of a single photo, or a JSON file.
        mask: of a single photo, or a PNG.
        mask_method: how the person is cut out when no mask is given.
        person: which of several people, from 1, the most prominent first.
        params: body parameters, one a photo, instead of recovering them.
        finder: how bodies are recovered, see `recovery.finding.body_finder`; None fits.
        texture: how the texture is made: by unwrapping alone, by a network alone, or both: what the photo shows over
            what the network says. None is the best that is installed for the body. `texture.choice.texture_maker` makes
            one of your own weights.
        texture_size: side of the texture, texels.
        progress: told how far each stage is.

    Raises:
        InputError: a photo or file cannot be used, or shows no person.
    """
    if not photos:
        raise InputError("no photo was given; name at least one")
    if len(photos) > 1 and (box is not None or keypoints is not None or mask is not None):
        raise InputError("a box, keypoints or a mask belong to a single photo; give one photo with them")
    watch = _Stopwatch(progress)
    with watch.stage("perceive"), _heard() as warnings:
        pictures = [as_photo(photo) for photo in photos]
        crops = [
            perceive(p, box=box, keypoints=keypoints, mask=mask, mask_method=mask_method, person=person)[0]
            for p in pictures
        ]
    body, finder = body or BodyModel.load(), finder or body_finder()
    make_texture = texture if isinstance(texture, TextureMaker) else texture_maker(body, texture)
    with watch.stage("fit"):
        if params is None:
            found = finder(body, crops, progress=lambda done: watch.tell("fit", done))
        else:
            found = measure(body, crops, params)
    with watch.stage("texture"):
        image = make_texture(_photos(pictures, crops, found.params), texture_size)
    shown = found.params[0] if len(crops) == 1 else _with_mean_build(found)
    result = TexturedPerson(body.topology, shown.detach(), image, crops[0])
    heard, body_by = tuple(dict.fromkeys(warnings)), finder.name if params is None else "given"
    return Reconstruction(result, found, body, watch.seconds, heard, make_texture.name, body_by)


def reconstruct_all(
    photo: PhotoLike,
    *,
    body: BodyModel | None = None,
    keypoints: str | Path | None = None,
    mask_method: MaskMethod = "auto",
    finder: BodyFinder | None = None,
    texture: TextureWay | TextureMaker | None = None,
    texture_size: int = 512,
    progress: Progress | None = None,
) -> Iterator[Reconstruction]:
    """Every person in a photo, the most prominent first; recovered together. Arguments as for `reconstruct`."""
    watch = _Stopwatch(progress)
    with watch.stage("perceive"), _heard() as warnings:
        picture = as_photo(photo)
        crops = perceive(picture, keypoints=keypoints, mask_method=mask_method, person="all")
    body, finder = body or BodyModel.load(), finder or body_finder()
    make_texture = texture if isinstance(texture, TextureMaker) else texture_maker(body, texture)
    with watch.stage("fit"):
        found = finder(body, crops, progress=lambda done: watch.tell("fit", done))
    for i, crop in enumerate(crops):
        with watch.stage("texture"):
            image = make_texture(_photos([picture], [crop], found.params[i]), texture_size)
        result = TexturedPerson(body.topology, found.params[i].detach(), image, crop)
        heard = tuple(dict.fromkeys(warnings))
        yield Reconstruction(result, found[i], body, dict(watch.seconds), heard, make_texture.name, finder.name)


def _photos(pictures: Sequence[Photo], crops: Sequence[Crop], params: BodyParams) -> list[PhotoOfPerson]:
    """What textures are made from: each photo at its own resolution, mostly finer than the crop that was fitted."""
    fine = [
        recrop(picture, crop, min(max(native_height(crop), crop.size[0]), _FINE_HEIGHT))
        for picture, crop in zip(pictures, crops, strict=True)
    ]
    return [(params[i], crop.image, crop.mask * crop.valid) for i, crop in enumerate(fine)]


def _with_mean_build(found: Fit) -> BodyParams:
    """The first photo's pose and camera, on the mean build and clothes of all photos; better fits count more."""
    weight = (found.mask_iou / found.mask_iou.sum().clamp(min=1e-6)).to(found.params.beta)
    first = found.params[0]
    beta = (weight[:, None] * found.params.beta).sum(0, keepdim=True)
    delta = (weight[:, None, None] * found.params.delta).sum(0, keepdim=True)
    return BodyParams(first.theta, beta, delta, first.psi)


class _Stopwatch:
    """Seconds a stage, and the caller's progress."""

    def __init__(self, progress: Progress | None):
        self.progress = progress
        self.seconds: dict[str, float] = {}

    def tell(self, stage: str, done: float) -> None:
        if self.progress is not None:
            self.progress(stage, done)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        self.tell(name, 0.0)
        yield
        self.seconds[name] = time.perf_counter() - start
        self.tell(name, 1.0)


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect what the rooms below warn of, so that the report can say it too."""
    heard: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: heard.append(record.getMessage())
    log.addHandler(handler)
    try:
        yield heard
    finally:
        log.removeHandler(handler)
