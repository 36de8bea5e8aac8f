"""Things that people carry which are no part of the body's surface: small meshes that follow a joint."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from habitus.synthetic.clothes.bags import Bag
from habitus.types import SMPL_JOINTS

_GLASS, _CASE = (0.06, 0.07, 0.09), (0.12, 0.12, 0.13)
_FACES_OF_A_BOX = np.array(
    [(0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (1, 5, 7), (1, 7, 3),
     (0, 2, 6), (0, 6, 4)]
)  # fmt: skip
"""Of the corners (x, y, z) counted in binary, z fastest; counterclockwise from outside: -y, +y, -x, +x, +z, -z."""


@dataclass(frozen=True)
class Prop:
    """A mesh of P vertices and Q faces that follows a joint."""

    joint: int
    """Index into `SMPL_JOINTS`."""
    hangs: bool
    """Stays upright, turned with the person's heading; else it turns with the joint."""
    vertices: Float[np.ndarray, "P 3"]
    """Metres from the joint, in its rest axes (+Y up, facing +Z)."""
    faces: Int[np.ndarray, "Q 3"]
    """Counterclockwise seen from outside."""
    colours: Float[np.ndarray, "Q 3"]
    """RGB of each face in [0, 1], as in even light."""


def phone(side: Literal["left", "right"]) -> Prop:
    """A phone in the palm, its long side along the fingers."""
    way = 1.0 if side == "left" else -1.0
    vertices = _box((0.03 * way, -0.034, 0.012), (0.075, 0.005, 0.037))
    colours = np.array([_GLASS] * 2 + [_CASE] * 10)
    return _prop(f"{side}_hand", vertices, _FACES_OF_A_BOX, colours, hangs=False)


def hand_bag(bag: Bag) -> Prop:
    """A shopping bag or a handbag that hangs from a hand by two handles."""
    drop = 0.35 * bag.height + 0.05
    body = _box((0.0, -drop - bag.height / 2, 0.0), (bag.depth / 2, bag.height / 2, bag.width / 2))
    body[[2, 3, 6, 7]] *= (0.6, 1.0, 0.94)  # the mouth is narrower than the bottom
    spread = 0.28 * bag.width
    straps = [_strap((x, -0.03, 0.0), (x, -drop, z)) for x in _either(0.25 * bag.depth) for z in _either(spread)]
    vertices = np.concatenate([body, *straps])
    faces = np.concatenate([_FACES_OF_A_BOX + 8 * part for part in range(1 + len(straps))])
    colours = np.concatenate([np.tile(bag.colour, (12, 1)), np.tile(bag.second, (12 * len(straps), 1))])
    return _prop(f"{bag.side}_hand", vertices, faces, colours, hangs=True)


def _prop(joint: str, vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray, *, hangs: bool) -> Prop:
    return Prop(SMPL_JOINTS.index(joint), hangs, vertices.astype(np.float32), faces, colours.astype(np.float32))


def _box(centre: tuple[float, float, float], half: tuple[float, float, float]) -> Float[np.ndarray, "8 3"]:
    signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    return np.asarray(centre) + signs * half


def _strap(top: tuple[float, float, float], bottom: tuple[float, float, float]) -> Float[np.ndarray, "8 3"]:
    """A square rod between two points, its corners in the order of a box that lies on its side."""
    section = np.array([(x, 0.0, z) for x in (-1, 1) for z in (-1, 1)]) * 0.006
    return np.concatenate([np.asarray(top) + section, np.asarray(bottom) + section])


def _either(value: float) -> tuple[float, float]:
    return -value, value
