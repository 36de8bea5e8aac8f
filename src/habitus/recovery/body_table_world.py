"""The bodies of a made world's photos as they truly are, read from the truth beside the photos."""

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery.body_table_rows import BodyTable
from habitus.synthetic.worlds.layouts import LAYOUTS, placed
from habitus.synthetic.worlds.taking import hanging_deltas
from habitus.synthetic.worlds.truth_files import PersonTruth, is_written, read_keypoints, read_mask, read_person
from habitus.synthetic.worlds.world import World, to_json
from habitus.synthetic.worlds.writing import WrittenWorld, read_world
from habitus.types import BodyParams

_SAME = 2e-3
"""Metres by which clothes made again may differ from the stored ones (half precision) and still be the same."""


def world_body_table(folder: str | Path, body: BodyModel, *, root: Path | None = None) -> BodyTable:
    """The truth of a made world, of all people that are written.

    Skirts, coats and long shirts hang otherwise in each pose, while the files hold them as they hang in the rest pose.
    They are hung again here, which takes some 2 ms a photo, and gives the delta that the photo was taken with.

    A made photo is taken with true perspective, psi is exact at the depth of the root: towards the hands and feet the
    body drawn by it is off by a percent or two of its height.

    Args:
        folder: of the world.
        body: that the world was made with.
        root: that the table's paths are to be relative to; None: the world's folder.

    Raises:
        InputError: the folder holds no made world, nobody is written, or the world is of another body.
    """
    written = read_world(folder)
    people = [person for person in range(written.world.people) if is_written(written.folder, person)]
    if not people:
        raise InputError(f"{folder}: none of its people is written; finish the world with `habitus synth --resume`")
    _check_topology(written, people[0], body)
    above = os.path.abspath(root or written.folder)  # noqa: PTH100 - `relpath` of paths made once is several times faster
    world = os.path.abspath(written.folder)  # noqa: PTH100
    names, places, photos = [], [], []
    for person in people:
        for row, place in enumerate(placed(LAYOUTS[written.layout], written.world, person)):
            names.append(os.path.relpath(f"{world}/{place.path}", above).replace(os.sep, "/"))
            places.append((person, row))
            photos.append(str(place.path))
    sizes = np.tile(np.array(written.world.size, np.int32), (len(names), 1))
    return BodyTable(body.topology, tuple(names), sizes, _WorldRows(written, body, tuple(places), tuple(photos)))


@dataclass(frozen=True, eq=False)
class _WorldRows:
    written: WrittenWorld
    body: BodyModel
    places: tuple[tuple[int, int], ...]
    """Person, and which of their photos."""
    photos: tuple[str, ...]
    """Paths of the photos, relative to the world's folder."""

    def params(self, row: int) -> BodyParams:
        person, photo = self.places[row]
        truth = _truth(self.written.folder, person)
        deltas = _deltas(self.body, self.written.folder, self.written.world, person)
        values = (truth.theta[photo], truth.beta, deltas[photo], truth.psi[photo])
        return BodyParams(*(torch.from_numpy(np.ascontiguousarray(value, np.float32))[None] for value in values))

    def mask(self, row: int) -> UInt8[np.ndarray, "H W"]:
        return read_mask(self.written.folder, self.photos[row])

    def keypoints(self, row: int) -> Float32[np.ndarray, "17 3"]:
        person, photo = self.places[row]
        return _keypoints(self.written.folder, person)[photo]

    def fingerprint(self, row: int) -> bytes:
        return f"{json.dumps(to_json(self.written.world))} {self.places[row]}".encode()


@lru_cache(maxsize=64)
def _truth(folder: Path, person: int) -> PersonTruth:
    return read_person(folder, person)


@lru_cache(maxsize=4096)
def _keypoints(folder: Path, person: int) -> Float32[np.ndarray, "M 17 3"]:
    """Some kilobytes a person: trainings ask for photos in any order, and a file takes as long as decoding a photo."""
    return read_keypoints(folder, person)


@lru_cache(maxsize=16)
def _deltas(body: BodyModel, folder: Path, world: World, person: int) -> Float[np.ndarray, "M N 3"]:
    """The displacement of each photo of a person, as it was when the photo was taken."""
    truth = _truth(folder, person)
    deltas = truth.delta[truth.outfit].copy()
    for outfit in np.unique(truth.outfit).tolist():
        rows = np.flatnonzero(truth.outfit == outfit)
        worn, hung = hanging_deltas(body, world, person, outfit, truth.theta[rows])
        # A world that another version made has other clothes: its own, as they hang in the rest pose, are nearer.
        if worn.shape == truth.delta[outfit].shape and np.abs(worn - truth.delta[outfit]).max() < _SAME:
            deltas[rows] = hung
    return deltas


def _check_topology(written: WrittenWorld, person: int, body: BodyModel) -> None:
    path = written.folder / "truth" / "people" / f"{person + 1:04d}.json"
    try:
        topology = json.loads(path.read_text())["topology"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: does not say which body the world is of ({error}); make the world again") from error
    if topology != body.topology:
        raise InputError(f"{written.folder}: is a world of the body {topology!r}, not {body.topology!r}; use that body")
