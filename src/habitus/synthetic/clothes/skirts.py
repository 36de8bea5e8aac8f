"""How what hangs is cut: where each vertex of hips and legs lies on a cone around both, and how wide the cone is."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from habitus.compiled import kernel
from habitus.synthetic.clothes.cut import LINING, LONG, leg_end, tops
from habitus.synthetic.clothes.hanging import Hanging, axes_of, middle_of
from habitus.synthetic.clothes.outfits import Outfit
from habitus.synthetic.surface.fields import Field, smoothstep
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import ARM
from habitus.types import SMPL_JOINTS

_LEG = ("left_hip", "left_knee", "left_ankle")
_JOINTS = [SMPL_JOINTS.index(name) for name in _LEG]
_BELT, _HUNG = -0.14, -0.04
"""Metres below the hip joints from which cloth leaves the body, and from which on it hangs free."""
_OVERLAP, _TUCK = 0.2, 0.008
"""Radians by which the halves of a skirt reach past the middle to close it, and metres that they lie inwards there."""
_INNER = 0.2 * np.pi
"""Half the angle around each leg, towards the other leg, that lies within the skirt."""
_FALL = 0.12
"""Metres by which hanging cloth falls back inwards on each metre down."""
_WITHIN = 0.04
"""Metres inside a hem at which the legs begin to be seen."""
_LAYER = 0.02
"""Metres between one skirt and what hangs over it."""
_FULL = 0.4
"""Metres below the hip joints at which cloth has its full flare."""
_ROUNDS = 12
"""Of smoothing the heights of vertices at crotch and buttocks."""
_STEP, _TURNS = 0.025, 32


@dataclass(frozen=True)
class _Chart:
    """Where Q vertices of hips and legs lie on any skirt."""

    index: Int[np.ndarray, "Q"]
    turn: Float[np.ndarray, "Q 2"]
    share: Float[np.ndarray, "Q"]
    past: Float[np.ndarray, "Q"]
    """Radians by which `turn` lies past the middle of the front or of the back."""
    height: Float[np.ndarray, "Q"]
    """Of the template, metres."""
    above: Float[np.ndarray, "Q"]
    """Half the way up to the furthest neighbour, metres."""
    below: Float[np.ndarray, "Q"]
    """And down: hems within take the vertex to them, for cloth ends in a clean line."""
    settled: Float[np.ndarray, "Q"]
    """Metres by which cloth over dents and folds of the body, which its vertices cross, lies lower than they do."""
    edges: Int[np.ndarray, "E 2"]
    """Into the Q vertices; each in both directions but for those at the border."""


@dataclass(frozen=True)
class _Skirt:
    """The part of a garment that hangs."""

    end: float
    """Height of its hem on the template, metres."""
    flare: float
    """Metres by which it stands off at a hem at the knees."""


def hung(
    outfit: Outfit, mannequin: Mannequin, worn: Float[np.ndarray, "N 3"], joints: Float[np.ndarray, "24 3"],
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "N 3"], Hanging | None]:  # fmt: skip
    """Hang up skirts, dresses, coats and long shirts.

    Args:
        outfit: whose.
        mannequin: of the body.
        worn: the rest pose with everything on that lies on the body, metres.
        joints: of the rest pose, metres.
        rng: the folds.

    Returns:
        The rest pose as it hangs, metres; and how that follows a pose, None if nothing hangs.
    """
    skirts = _skirts(outfit, mannequin)
    if not skirts:
        return worn, None
    chart, worn = _chart(mannequin), worn.copy()
    layer, at_hem = _outermost(skirts, chart)
    lengths = np.cumsum(np.linalg.norm(np.diff(joints[_JOINTS], axis=0, prepend=joints[_JOINTS[:1]]), axis=1))
    ends = _along(np.array([s.end for s in skirts]), np.array([mannequin.joints[n][1] for n in _LEG]), lengths)
    surface = worn[chart.index] - joints[_JOINTS[0]] * (0, 0, 1)
    depth = _along(surface[:, 1], joints[_JOINTS, 1], lengths)

    # What lies next below a hem moves up to it, so that the legs come out from within the cloth.
    under = _next_below(skirts, chart, layer, at_hem)
    lift = np.where(under >= 0, np.maximum(depth - ends[under] + _WITHIN, 0), 0)
    worn[chart.index, 1] += lift
    surface[:, 1] += lift
    depth -= lift

    chosen = np.flatnonzero((layer >= 0) & (chart.height < mannequin.joints["left_hip"][1] - _BELT))
    layer, turn = layer[chosen], chart.turn[chosen]
    along = np.minimum(depth[chosen] + chart.settled[chosen], ends[layer])
    along = np.where(at_hem[chosen], ends[layer], along).astype(np.float32)
    eases = [s.flare * np.clip(along / max(end, _FULL), 0, 1) for s, end in zip(skirts, ends, strict=True)]
    ease = np.maximum.accumulate(eases)[layer, np.arange(len(layer))]  # over what hangs within
    width = _widths(surface, depth, along, turn) + ease[:, None] * (1 + _folds(turn, rng))
    width -= _LAYER * (len(skirts) - 1 - layer[:, None])
    width -= _TUCK * chart.past[chosen, None] / _OVERLAP
    centres, ways = axes_of(along, turn, joints), _directions(turn)
    radius = width - (centres * ways).sum(-1)
    hanging = Hanging(
        chart.index[chosen], smoothstep(_BELT, _HUNG, along).astype(np.float32), along, turn, chart.share[chosen],
        radius.astype(np.float32), ease.astype(np.float32), joints, np.zeros((len(chosen), 3), np.float32),
    )  # fmt: skip
    ends_of = centres + radius[..., None] * ways
    cloth = ends_of[:, 0] + hanging.share[:, None] * (ends_of[:, 1] - ends_of[:, 0]) + middle_of(joints)
    worn[hanging.index] += hanging.coverage[:, None] * (cloth - worn[hanging.index])
    return worn, hanging


def _next_below(
    skirts: list[_Skirt], chart: _Chart, layer: Int[np.ndarray, "Q"], at_hem: Bool[np.ndarray, "Q"]
) -> Int[np.ndarray, "Q"]:
    """Which hem a vertex of what comes out below it lies next to, -1 for none."""
    under = np.full(len(chart.index), -1)
    hem, below = chart.edges.T
    near = at_hem[hem] & (layer[below] < layer[hem])
    np.maximum.at(under, below[near], layer[hem[near]])
    for number, skirt in enumerate(skirts):
        turned_in = (chart.height < skirt.end) & (chart.height > skirt.end - LINING) & (layer < number)
        under[turned_in] = np.maximum(under[turned_in], number)
    return under


def _skirts(outfit: Outfit, mannequin: Mannequin) -> list[_Skirt]:
    """From the inside out."""
    pelvis = mannequin.joints["pelvis"][1]
    bottom = outfit.bottom
    inner = [_Skirt(leg_end(bottom, mannequin), bottom.looseness)] if bottom.kind == "skirt" else []
    return inner + [_Skirt(pelvis - top.length, 0.6 * top.looseness) for top in tops(outfit) if top.length > LONG]


def _outermost(skirts: list[_Skirt], chart: _Chart) -> tuple[Int[np.ndarray, "Q"], Bool[np.ndarray, "Q"]]:
    """Which skirt is seen at each vertex, -1 for none, and whether the vertex belongs to its hem."""
    layer, at_hem = np.full(len(chart.index), -1), np.zeros(len(chart.index), bool)
    for number, skirt in enumerate(skirts):
        near = (skirt.end <= chart.height + chart.above) & (skirt.end >= chart.height - chart.below)
        covered = near | (chart.height > skirt.end)
        layer[covered], at_hem[covered] = number, near[covered]
    return layer, at_hem


def _along(height: Float[np.ndarray, "Q"], stations: Field, lengths: Field) -> Float[np.ndarray, "Q"]:
    """Metres down the leg, from the height of hip, knee and ankle; above the hip straight up."""
    down = np.interp(-height, -stations, lengths)
    return np.where(height > stations[0], stations[0] - height, down)


def _widths(
    surface: Float[np.ndarray, "S 3"], depth: Float[np.ndarray, "S"], along: Float[np.ndarray, "Q"],
    turn: Float[np.ndarray, "Q 2"],
) -> Float[np.ndarray, "Q 2"]:  # fmt: skip
    """How far, from the middle between the hips, what the cloth lies on reaches in some direction at some depth.

    Cloth hangs from the widest place above: it falls back inwards only slowly.
    """
    rows = int((depth.max() - _BELT) / _STEP) + 2
    row = np.clip((depth - _BELT) / _STEP, 0, rows - 1).astype(np.int64)
    turns = np.linspace(-np.pi, np.pi, _TURNS, endpoint=False)
    table = np.zeros((rows, _TURNS), np.float32)
    _reach(surface[:, 0], surface[:, 2], row, np.sin(turns), np.cos(turns), table)
    for below in range(1, rows):
        table[below] = np.maximum(table[below], table[below - 1] - _FALL * _STEP)
    padded = np.concatenate([table[:1], table, table[-1:]])
    table = 0.25 * (padded[:-2] + padded[2:]) + 0.5 * table
    table = 0.25 * (np.roll(table, 1, 1) + np.roll(table, -1, 1)) + 0.5 * table
    width = np.empty(turn.shape, np.float32)
    _look_up(table, (along - _BELT) / _STEP - 0.5, (turn + np.pi) / (2 * np.pi) * _TURNS, width)
    return width


@kernel
def _reach(x, z, row, sin, cos, table):  # type: ignore[no-untyped-def]
    """The furthest that points of each row reach in each direction."""
    for i in range(len(row)):
        for t in range(len(sin)):
            table[row[i], t] = max(table[row[i], t], x[i] * sin[t] + z[i] * cos[t])


@kernel
def _look_up(table, row, turn, values):  # type: ignore[no-untyped-def]
    """Values between rows, of which the first and the last continue, and between directions, which go around."""
    rows, turns = table.shape
    for i in range(len(row)):
        place = min(max(row[i], 0.0), rows - 1.0)
        above = min(int(place), rows - 2)
        down = place - above
        for k in range(2):
            at = int(np.floor(turn[i, k]))
            part = turn[i, k] - at
            first, second = at % turns, (at + 1) % turns
            upper = (1 - part) * table[above, first] + part * table[above, second]
            lower = (1 - part) * table[above + 1, first] + part * table[above + 1, second]
            values[i, k] = (1 - down) * upper + down * lower


def _folds(turn: Float[np.ndarray, "Q 2"], rng: np.random.Generator) -> Float[np.ndarray, "Q 2"]:
    """Waves around the hem."""
    phase, strength = rng.uniform(0, 2 * np.pi, 2), rng.uniform(0.1, 0.25, 2)
    return strength[0] * np.cos(5 * turn + phase[0]) + strength[1] * np.cos(7 * turn + phase[1])


def _directions(turn: Float[np.ndarray, "*Q"]) -> Float[np.ndarray, "*Q 3"]:
    return np.stack([np.sin(turn), np.zeros_like(turn), np.cos(turn)], -1)


@lru_cache(maxsize=4)
def _chart(mannequin: Mannequin) -> _Chart:
    points, joints = mannequin.vertices, mannequin.joints
    hip = joints["left_hip"]
    near = (points.y < hip[1] - _BELT + 0.06) & (points.y > joints["left_ankle"][1])
    index = np.flatnonzero(near & (points.limb[ARM] < 0.1))
    vertices = mannequin.template[index]
    side = np.where(vertices[:, 0] < 0, -1.0, 1.0)
    axis = [np.interp(-vertices[:, 1], [-joints[n][1] for n in _LEG], [joints[n][k] for n in _LEG]) for k in (0, 2)]
    leg = np.arctan2(np.abs(vertices[:, 0]) - axis[0], vertices[:, 2] - axis[1])  # 0 in front, outwards positive
    inwards = (leg + 1.5 * np.pi) % (2 * np.pi) - np.pi  # 0 towards the other leg, pi outwards
    # The inner part of the leg spans the skirt from its front to its back.
    inner = np.abs(inwards) < _INNER
    outer = np.interp(
        inwards % (2 * np.pi), (_INNER, np.pi / 2, 1.5 * np.pi, 2 * np.pi - _INNER), (0, 0.5, np.pi - 0.5, np.pi)
    )
    # Where the halves join at the crotch, the middle stays in the middle.
    beside = np.clip(np.abs(vertices[:, 0]) / 0.03, 0, 1)
    outer = np.where(inwards > 0, outer * beside, np.pi - (np.pi - outer) * beside)
    down = hip[1] - vertices[:, 1]
    past = _OVERLAP * smoothstep(0.08, 0.2, down) * smoothstep(np.pi / 2, _INNER, np.abs(inwards))
    outer = outer + np.where(inwards > 0, -past, past)

    legs, trunk = smoothstep(0.0, 0.1, down), _trunk_turn(vertices, hip)
    front = np.where(inner, np.minimum(trunk, np.pi - trunk), trunk)
    back = np.where(inner, np.pi - front, trunk)
    first = front + legs * (np.where(inner, -past, outer) - front)
    second = back + legs * (np.where(inner, np.pi + past, outer) - back)
    through = 0.5 - 0.5 * np.cbrt(np.clip(inwards / _INNER, -1, 1))  # close to the front or the back for long
    within = (trunk > np.pi / 2) + legs * (through - (trunk > np.pi / 2))
    window = smoothstep(0.14, 0.04, np.abs(down - 0.05))
    settled = window * (vertices[:, 1] - mannequin.smooth(mannequin.template[:, 1:2], _ROUNDS)[index, 0])
    above, below = _half_edges(mannequin)
    numbers = np.full(len(mannequin.template), -1)
    numbers[index] = np.arange(len(index))
    edges = numbers[mannequin.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)]
    return _Chart(
        index, (np.stack([first, second], 1) * side[:, None]).astype(np.float32),
        np.where(inner, within, 0.0).astype(np.float32), past.astype(np.float32), vertices[:, 1],
        above[index], below[index], settled.astype(np.float32), edges[(edges >= 0).all(1)],
    )  # fmt: skip


def _trunk_turn(vertices: Float[np.ndarray, "Q 3"], hip: Float[np.ndarray, "3"]) -> Float[np.ndarray, "Q"]:
    """Direction of the ring's point at which a vertex of the hips lies: radians, outwards positive."""
    turns = np.linspace(0, np.pi / 2, 64)
    radius = 0.08
    t = np.clip(0.5 + 0.5 * np.sin(turns) / 0.45, 0, 1)
    across = hip[0] * (2 * t * t * (3 - 2 * t) - 1) + radius * np.sin(turns)
    turn = np.interp(np.abs(vertices[:, 0]), across, turns)
    return np.arctan2(np.sin(turn), np.cos(turn) * np.sign(vertices[:, 2] - hip[2]))


def _half_edges(mannequin: Mannequin) -> tuple[Float[np.ndarray, "N"], Float[np.ndarray, "N"]]:
    """Half the way from each vertex to its highest and to its lowest neighbour, metres."""
    y = mannequin.template[:, 1]
    ends = np.concatenate([np.roll(mannequin.faces, turn, 1)[:, :2] for turn in range(3)])
    ends = np.concatenate([ends, ends[:, ::-1]])
    rise = 0.5 * (y[ends[:, 1]] - y[ends[:, 0]])
    above, below = np.zeros_like(y), np.zeros_like(y)
    np.maximum.at(above, ends[:, 0], rise)
    np.maximum.at(below, ends[:, 0], -rise)
    return above, below
