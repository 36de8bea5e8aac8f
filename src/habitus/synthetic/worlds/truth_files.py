"""Everything that is true of a made world, on disk beside its photos: written compactly, read back as arrays.

truth/people/0001.npz     one file a person, the numbers of all their photos (`PersonTruth`)
truth/people/0001.json    skin, hair, face and outfits in words and numbers
truth/textures/0001_2.png the texture of a person's outfit, as in even light
truth/maps/PHOTO.npz      mask, parts, depth and uv of one photo (`Maps`), PHOTO its path without suffix
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8

from habitus.body.archives import read_arrays
from habitus.errors import InputError
from habitus.files import writing
from habitus.synthetic.photos.truth import MadePerson, MadePhoto
from habitus.synthetic.worlds.layouts import Placed

FOLDER = "truth"
_DEPTH_STEPS = 1000.0
"""Depth is stored in millimetres."""
_UV_STEPS = 65534.0


@dataclass(frozen=True)
class PersonTruth:
    """The numbers of one person's M photos in K outfits."""

    paths: tuple[str, ...]
    """Of the photos, relative to the world's folder."""
    outfit: Int[np.ndarray, "M"]
    """Counted from 0."""
    camera: Int[np.ndarray, "M"]
    """Counted from 0."""
    theta: Float[np.ndarray, "M 24 3"]
    beta: Float[np.ndarray, "10"]
    psi: Float[np.ndarray, "M 3"]
    distance: Float[np.ndarray, "M"]
    """Metres from the camera to the body's root."""
    delta: Float[np.ndarray, "K N 3"]
    """Of each outfit as it hangs in the rest pose, metres, to half precision. Skirts and coats hang otherwise in each
    pose: `habitus.synthetic.worlds.taking.take` gives the exact delta of a photo again."""
    keypoints: Float[np.ndarray, "M 17 3"]
    """COCO-17: x, y in pixels, and 1 where it is seen."""
    joints: Float[np.ndarray, "M 24 3"]
    """SMPL-24: x, y in pixels, and 1 where it is seen."""


@dataclass(frozen=True)
class Maps:
    """What each pixel of one photo shows; H x W."""

    mask: Float[np.ndarray, "H W"]
    """How much of each pixel the person covers, in [0, 1], to 1/255."""
    parts: Int[np.ndarray, "H W"]
    """Index into the body's regions at the pixel's centre, -1 where the person is not."""
    depth: Float[np.ndarray, "H W"]
    """Metres towards the camera from the body's root, to a millimetre; 0 where the person is not."""
    uv: Float[np.ndarray, "2 H W"]
    """Texture coordinates, to 1/65534; -1 where the person is not."""

    @property
    def covered(self) -> Bool[np.ndarray, "H W"]:
        """Where a pixel's centre shows the person."""
        return self.parts >= 0


def write_maps(folder: Path, placed: Placed, photo: MadePhoto) -> None:
    """Write the maps of one photo below the world's folder.

    Raises:
        InputError: the disk is full or not writable.
    """
    uv, parts = photo.uv.numpy(), photo.parts.numpy()
    steps = np.where(parts >= 0, np.round(uv.clip(0, 1) * _UV_STEPS) + 1, 0)
    _save(
        _maps_path(folder, str(placed.path)),
        {
            "mask": np.round(photo.mask.numpy() * 255).astype(np.uint8),
            "parts": parts.astype(np.int8),
            "depth": np.where(parts >= 0, np.round(photo.depth.numpy() * _DEPTH_STEPS), 0).astype(np.int16),
            "uv": steps.astype(np.uint16),
        },
    )


def read_maps(folder: str | Path, path: str) -> Maps:
    """Read the maps of one photo.

    Args:
        folder: of the world.
        path: of the photo, as `PersonTruth.paths` or the layout give it.

    Raises:
        InputError: they are missing or damaged.
    """
    stored = _load(_maps_path(Path(folder), path), ("mask", "parts", "depth", "uv"))
    uv = stored["uv"].astype(np.float32)
    return Maps(
        mask=stored["mask"].astype(np.float32) / 255,
        parts=stored["parts"].astype(np.int64),
        depth=stored["depth"].astype(np.float32) / np.float32(_DEPTH_STEPS),
        uv=np.where(uv > 0, (uv - 1) / np.float32(_UV_STEPS), np.float32(-1)),
    )


def read_mask(folder: str | Path, path: str) -> UInt8[np.ndarray, "H W"]:
    """How much of each pixel of one photo the person covers, 0 to 255: of its maps this one alone, which is quicker.

    Args:
        folder: of the world.
        path: of the photo, as `PersonTruth.paths` or the layout give it.

    Raises:
        InputError: it is missing or damaged.
    """
    return _load(_maps_path(Path(folder), path), ("mask",))["mask"]


def write_person(
    folder: Path, placed: Sequence[Placed], people: Sequence[MadePerson], photos: Sequence[MadePhoto]
) -> None:
    """Write what is true of one person; the .npz comes last, so its presence says that the person is complete.

    Args:
        folder: of the world.
        placed: their photos' places.
        people: the person in each of their outfits.
        photos: in the order of `placed`.

    Raises:
        InputError: the disk is full or not writable.
    """
    number = placed[0].shot.person
    for outfit, person in enumerate(people):
        texture = (person.texture.numpy().transpose(1, 2, 0)[..., ::-1] * 255).round().astype(np.uint8)
        done, stream = cv2.imencode(".png", texture)
        if not done:
            raise RuntimeError("OpenCV could not encode a texture")
        with writing(texture_path(folder, number, outfit)) as temporary:
            temporary.write_bytes(stream.tobytes())
    description = {
        "seed": people[0].seed,
        "topology": people[0].topology,
        "look": plain(people[0].look),
        "outfits": [plain(person.outfit) for person in people],
        "photos": [
            {"path": str(p.path), "outfit": p.shot.outfit, "camera": p.shot.camera, "activity": photo.activity}
            for p, photo in zip(placed, photos, strict=True)
        ],
    }
    with writing(folder / FOLDER / "people" / f"{number + 1:04d}.json") as temporary:
        temporary.write_text(json.dumps(description, indent=1) + "\n")

    def seen(points: str, visible: str) -> np.ndarray:
        return np.stack(
            [np.concatenate([getattr(p, points).numpy(), getattr(p, visible).numpy()[:, None]], 1) for p in photos]
        ).astype(np.float32)

    _save(
        _person_path(folder, number),
        {
            "paths": np.array([str(p.path) for p in placed]),
            "outfit": np.array([p.shot.outfit for p in placed], np.int32),
            "camera": np.array([p.shot.camera for p in placed], np.int32),
            "theta": np.concatenate([p.params.theta.numpy() for p in photos]),
            "beta": photos[0].params.beta[0].numpy(),
            "psi": np.concatenate([p.params.psi.numpy() for p in photos]),
            "distance": np.array([p.distance for p in photos], np.float32),
            "delta": np.stack([person.delta.numpy() for person in people]).astype(np.float16),
            "keypoints": seen("keypoints", "visible"),
            "joints": seen("joints", "joints_visible"),
        },
    )


def is_written(folder: Path, person: int) -> bool:
    """Whether a person (counted from 0) is complete."""
    return _person_path(folder, person).is_file()


def read_person(folder: str | Path, person: int) -> PersonTruth:
    """Read the numbers of one person, counted from 0.

    Raises:
        InputError: they are missing or damaged.
    """
    stored = _load(_person_path(Path(folder), person), tuple(f.name for f in fields(PersonTruth)))
    paths = tuple(str(path) for path in stored.pop("paths"))
    return PersonTruth(paths, **{name: _widened(values) for name, values in stored.items()})


def read_keypoints(folder: str | Path, person: int) -> Float32[np.ndarray, "M 17 3"]:
    """The keypoints of one person's photos (`PersonTruth.keypoints`) without the rest, which is far more.

    Raises:
        InputError: they are missing or damaged.
    """
    return _load(_person_path(Path(folder), person), ("keypoints",))["keypoints"]


def texture_path(folder: str | Path, person: int, outfit: int) -> Path:
    """Where the texture of a person in an outfit lies, both counted from 0. Any reader of PNG files reads it."""
    return Path(folder) / FOLDER / "textures" / f"{person + 1:04d}_{outfit + 1}.png"


def plain(value: Any) -> Any:
    """Records, arrays and numpy's numbers as what JSON knows; colours to three digits."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    return round(value, 5) if isinstance(value, float) else value


def _person_path(folder: Path, person: int) -> Path:
    return folder / FOLDER / "people" / f"{person + 1:04d}.npz"


def _maps_path(folder: Path, path: str) -> Path:
    return (folder / FOLDER / "maps" / path).with_suffix(".npz")


def _widened(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32) if values.dtype.kind == "f" else values


def _save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """An .npz whose bytes depend on the arrays alone, and packed fast."""
    with writing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, values in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(values), allow_pickle=False)
            archive.writestr(member, buffer.getvalue(), compresslevel=1)


def _load(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise InputError(f"{path}: is not there; make the world with `habitus synth`, or finish it with --resume")
    arrays = read_arrays(path, names)
    if missing := [name for name in names if name not in arrays]:
        raise InputError(f"{path}: lacks {', '.join(missing)}; delete it and finish the world with --resume")
    return arrays
