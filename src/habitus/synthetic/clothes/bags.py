"""Bags that lie on the body: a rounded box off the back, the hip or the belt, and painted straps."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour, draw_outer, draw_top
from habitus.synthetic.surface.fields import Colours, Field, blend, bump, edge, shaded, smoothstep
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import ARM, HEAD, Points
from habitus.synthetic.surface.texels import Texels

BagKind = Literal["backpack", "shoulder", "pouch", "hand"]
_WALL = 0.022
"""Metres of the body's surface that become the walls of the box."""

_HIPS = 0.16
"""Metres; their radius."""
_FLANGE = 0.016
"""Metres that its cloth reaches past the box: the vertices next to it lie so far away."""


@dataclass(frozen=True)
class Bag:
    """Carried on the back, at the side, on the belt or in the hand."""

    kind: BagKind
    colour: Colour
    second: Colour
    """Of straps, handles and pockets."""
    width: float
    height: float
    depth: float
    """Metres."""
    side: Literal["left", "right"]
    """Where it hangs; the strap of a shoulder bag runs across from the other shoulder."""


def draw_bag(rng: np.random.Generator) -> Bag:
    """A backpack, a shoulder bag, a pouch on the belt, or a bag in the hand."""
    kinds: tuple[BagKind, ...] = ("backpack", "shoulder", "pouch", "hand")
    kind = kinds[rng.choice(4, p=(0.4, 0.28, 0.07, 0.25))]
    colour = draw_outer(rng) if rng.uniform() < 0.75 else draw_top(rng)
    second = 0.55 * colour if rng.uniform() < 0.7 else draw_outer(rng)
    low, high = _SIZES[kind]
    width, height, depth = rng.uniform(low, high)
    return Bag(kind, colour, second, width, height, depth, "left" if rng.uniform() < 0.5 else "right")


# Width, height and depth, from the smallest to the greatest, metres.
_SIZES: dict[BagKind, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "backpack": ((0.26, 0.32, 0.07), (0.31, 0.42, 0.14)),
    "shoulder": ((0.2, 0.16, 0.05), (0.29, 0.22, 0.1)),
    "pouch": ((0.15, 0.09, 0.04), (0.22, 0.13, 0.07)),
    "hand": ((0.24, 0.24, 0.09), (0.38, 0.42, 0.16)),
}


@dataclass(frozen=True)
class _Place:
    """Where on the trunk a bag lies."""

    turn: float
    """Of its outer face: radians, 0 to the front, to the left positive."""
    height: float
    """Of its middle on the template, metres."""


def bag_displacement(bag: Bag, mannequin: Mannequin, worn: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
    """Displacement of the dressed rest pose `worn` by a bag and its straps, metres."""
    points = mannequin.vertices
    place = _place(bag, mannequin)
    inside, facing = _inside(bag, place, points)
    out = np.array((np.sin(place.turn), 0.0, np.cos(place.turn)), np.float32)
    box = smoothstep(0.0, _WALL, inside) * facing
    reach = worn @ out
    face = np.quantile(reach[box > 0.5], 0.8) if (box > 0.5).any() else 0.0
    bulge = 1 - 0.2 * smoothstep(0.5 * min(bag.width, bag.height), 0.0, inside)
    amount = box * (np.clip(face - reach, -0.02, 0.07) + bag.depth * (1.15 - bulge * 0.15 / 0.85))
    moved = amount[:, None] * out
    # Out there the box is as wide as at the body: its walls stand upright.
    across = np.array((out[2], 0.0, -out[0]), np.float32)
    along, up = worn @ across, worn[:, 1] - place.height
    rim = box * smoothstep(3 * _WALL, _WALL, inside)
    moved += (rim * np.clip(along / (0.5 * bag.width), -1, 1) * 0.7 * _WALL)[:, None] * across
    moved[:, 1] += rim * np.clip(up / (0.5 * bag.height), -1, 1) * 0.7 * _WALL
    moved = mannequin.smooth(moved.astype(np.float32), 1)
    straps = edge(_strap(bag, place, mannequin, points) - 0.004, 0.012) * (1 - box)
    return (moved + 0.006 * straps[:, None] * points.normal).astype(np.float32)


def paint_bag(colours: Colours, bag: Bag, mannequin: Mannequin, texels: Texels) -> None:
    """The bag and its straps over the clothes, in place; colours (P, 3) of all texels."""
    place = _place(bag, mannequin)
    lowest = place.height - bag.height
    zone = texels.zone(above=lowest, below=mannequin.joints["neck"][1] + 0.03)

    def brush(under: Colours, points: Points) -> Colours:
        soft = max(0.004, points.texel)
        strap = edge(_strap(bag, place, mannequin, points), soft)
        inside, facing = _inside(bag, place, points)
        shadow = smoothstep(-0.03, 0.0, inside) * facing
        painted = shaded(under, 1 - 0.35 * shadow)
        painted = blend(painted, shaded(np.broadcast_to(bag.second, under.shape), _edging(strap)), strap)
        return blend(painted, _cloth(bag, place, inside, points), edge(inside + _FLANGE, soft) * facing)

    zone.repaint(colours, brush)


def _edging(strap: Field) -> Field:
    return 0.75 + 0.25 * smoothstep(0.2, 1.0, strap)


def _cloth(bag: Bag, place: _Place, inside: Field, points: Points) -> Colours:
    """Of the box: its walls, a pocket, a zip and piping along the edges."""
    colour = np.broadcast_to(bag.colour.astype(np.float32), (len(points), 3))
    up = (points.y - place.height) / bag.height
    if bag.kind == "shoulder":  # a flap
        colour = shaded(colour, 1 - 0.45 * bump(up, -0.12, 0.03) - 0.12 * smoothstep(-0.1, -0.14, up))
    else:
        across = np.abs(points.x if bag.kind == "backpack" else points.x - points.x.mean())
        pocket = np.minimum(0.36 * bag.width - across, (-0.02 - up) * bag.height)
        colour = blend(colour, bag.second, 0.6 * edge(np.minimum(pocket, inside - 0.03), points.texel))
        colour = shaded(colour, 1 - 0.4 * bump(up, 0.28, 0.02))
    tone = 1 - 0.3 * smoothstep(_WALL, 0.3 * _WALL, inside) - 0.25 * bump(inside, _WALL + 0.006, 0.005)
    return shaded(colour, tone * (1 + 0.04 * points.folds.draw(np.random.default_rng(7))))


def _place(bag: Bag, mannequin: Mannequin) -> _Place:
    sign = 1 if bag.side == "left" else -1
    hips, shoulder = mannequin.joints["left_hip"][1], mannequin.joints["left_shoulder"][1]
    if bag.kind == "backpack":
        return _Place(np.pi, shoulder - 0.01 - bag.height / 2)
    if bag.kind == "shoulder":
        return _Place(sign * 0.55 * np.pi, hips + 0.11)
    return _Place(sign * 0.12 * np.pi, hips + 0.11)


def _inside(bag: Bag, place: _Place, points: Points) -> tuple[Field, Field]:
    """Metres inside the outline of the box as seen from outside, with round corners; and where the trunk faces it."""
    along = points.x * np.cos(place.turn) - points.z * np.sin(place.turn)
    if bag.kind != "backpack":  # bends around the hips
        along = _HIPS * ((np.arctan2(points.x, points.z) - place.turn + np.pi) % (2 * np.pi) - np.pi)
    corner = 0.25 * min(bag.width, bag.height)
    beside = np.abs(along) - (bag.width / 2 - corner)
    above = np.abs(points.y - place.height) - (bag.height / 2 - corner)
    outside = np.hypot(np.maximum(beside, 0), np.maximum(above, 0)) + np.minimum(np.maximum(beside, above), 0)
    towards = points.normal[:, 0] * np.sin(place.turn) + points.normal[:, 2] * np.cos(place.turn)
    trunk = smoothstep(0.45, 0.3, points.limb[ARM]) * (points.limb[HEAD] < 0.3)
    facing = smoothstep(-0.15, 0.1, towards) if bag.kind == "backpack" else towards > -0.5
    return (corner - outside).astype(np.float32), (facing * trunk).astype(np.float32)


def _strap(bag: Bag, place: _Place, mannequin: Mannequin, points: Points) -> Field:
    """Metres inside the border of the straps."""
    shoulder = mannequin.joints["left_shoulder"]
    free = np.where(points.limb[HEAD] < 0.3, 0.0, -1.0)
    if bag.kind == "backpack":  # from the shoulders down before the armpits, and back below them
        drop = np.clip(shoulder[1] - 0.12 - points.y, 0, None)
        middle = 0.105 + 0.4 * drop + 2.0 * drop**2
        ends = np.minimum(points.y - (shoulder[1] - 0.27), 0.0)
        behind = np.where((points.z < shoulder[2]) & (points.y < place.height), -1.0, 0.0)
        return (0.024 - np.abs(np.abs(points.x) - middle) + 4 * ends + free + behind).astype(np.float32)
    if bag.kind == "shoulder":
        sign = 1 if bag.side == "left" else -1
        top, low = np.array((-0.09 * sign, shoulder[1] + 0.03)), np.array((0.17 * sign, place.height))
        way = (low - top) / np.linalg.norm(low - top)
        distance = np.abs((points.x - top[0]) * way[1] - (points.y - top[1]) * way[0])
        on_trunk = np.where(points.limb[ARM] < 0.45, 0.0, -1.0)
        return (0.02 - distance + np.minimum(points.y - place.height, 0.0) + free + on_trunk).astype(np.float32)
    return (0.016 - np.abs(points.y - place.height) + np.where(points.limb[ARM] < 0.3, 0.0, -1.0)).astype(np.float32)
