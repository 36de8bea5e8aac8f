"""What stands where before a camera: bands of ground, fronts, and things, in metres on the ground's axes.

The origin lies below the camera, +X to the right of its picture, +Y away from it, +Z up. A road, a path or a hall runs
through: s is counted along it, t across it to the right of s.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes import floors, fronts
from habitus.synthetic.scenes.camera import Camera
from habitus.synthetic.scenes.floors import FOREVER, band
from habitus.synthetic.scenes.ground_kernels import BAYS, END, GRASS, LINE, MATERIAL
from habitus.synthetic.scenes.wall_kernels import COLUMNS

_REACH = 45.0
"""Metres from the camera within which things are put."""
_CLEARANCE = {"car": 3.0, "van": 3.2, "tree": 1.0, "bush": 0.8}
"""Metres around a thing that no other comes into; 0.6 where not said."""

_NEAREST = {"tree": 14.0, "lamp": 8.0, "car": 7.0, "van": 9.0}
"""Metres before the camera; 3 where not said: nobody hangs a camera behind a tree."""


@dataclass(frozen=True)
class Thing:
    """Something that stands on the ground."""

    kind: str
    x: float
    y: float
    heading: float
    """Radians from +X."""
    seed: int


@dataclass(frozen=True)
class Site:
    """Everything before a camera. The arrays are what `street_kernels.draw_street` takes."""

    road: Float[np.ndarray, "6"]
    bands: Float[np.ndarray, "B 10"]
    marks: Float[np.ndarray, "M 11"]
    patches: Float[np.ndarray, "P 8"]
    walls: Float[np.ndarray, "W C"]
    """In view, from near to far."""
    shading: Float[np.ndarray, "V C"]
    """All that throw shadows."""
    things: tuple[Thing, ...]
    """From far to near."""

    def on_grass(self, x: float, y: float) -> bool:
        """Whether the ground at a place is a lawn."""
        cos, sin, _, offset, curve, _ = self.road
        t = x * cos - y * sin + offset - 0.5 * curve * (x * sin + y * cos) ** 2
        row = min(int(np.searchsorted(self.bands[:, END], t)), len(self.bands) - 1)
        return bool(self.bands[row, MATERIAL] == GRASS)


class _Axes:
    """Between (s, t) along and across the road and (x, y) of the ground; the camera is above (s, t)."""

    def __init__(self, angle: float, s: float, t: float, *, curve: float = 0.0, gloss: float = 0.0):
        self.cos, self.sin, self.s, self.t, self.curve = np.cos(angle), np.sin(angle), s, t, curve
        self.road = np.array((self.cos, self.sin, s, t, curve, gloss))
        self.heading = float(np.arctan2(self.cos, self.sin))

    def at(self, s: float, t: float) -> tuple[float, float]:
        s0 = s - self.s
        t0 = t - self.t + 0.5 * self.curve * s0 * s0
        return float(s0 * self.sin + t0 * self.cos), float(s0 * self.cos - t0 * self.sin)


@dataclass(frozen=True)
class _Draft:
    axes: _Axes
    bands: list[list[float]]
    marks: list[list[float]]
    walls: list[fronts.Wall]
    things: list[Thing]


def draw_site(camera: Camera) -> Site:
    """What the camera's seed put there."""
    rng = np.random.default_rng(camera.seed)
    kinds = (_street, _square, _park, _car_park)
    draft = _hall(rng) if camera.indoor else kinds[rng.choice(4, p=(0.45, 0.27, 0.13, 0.15))](rng)
    walls = fronts.light_up(draft.walls + ([] if camera.indoor else fronts.horizon(rng)), camera.light)
    near = sorted((wall for wall in walls if fronts.in_view(wall, camera)), key=fronts.nearest)
    solid = [wall for wall in near if fronts.nearest(wall) > 1.0]
    return Site(
        road=draft.axes.road,
        bands=np.array(draft.bands, np.float64),
        marks=np.array(draft.marks, np.float64).reshape(-1, 11),
        patches=floors.patches(rng, 0.0 if camera.indoor else 25.0),
        walls=np.array(solid, np.float64).reshape(-1, COLUMNS),
        shading=np.array([wall for wall in walls if fronts.throws_shadow(wall)], np.float64).reshape(-1, COLUMNS),
        things=_sorted_out(draft.things, solid, camera),
    )


def _street(rng: np.random.Generator) -> _Draft:
    """A road between pavements and fronts; the camera hangs over one of the pavements."""
    half, left, right = 0.5 * rng.uniform(5.5, 9.0), rng.uniform(2.2, 5.0), rng.uniform(2.2, 6.0)
    side = int(rng.choice((-1, 1)))
    t = side * (half + rng.uniform(0.3, 0.9) * (right if side > 0 else left))
    axes = _Axes(side * rng.uniform(0.1, 1.35), rng.uniform(-50, 50), t)
    paving = floors.paving(rng)
    green = rng.uniform() < 0.3
    bands = [
        band(-half, floors.lawn(rng) if green else paving, kerb=1),
        band(half, floors.asphalt(rng), kerb=-1),
        band(half + right, paving),
        band(FOREVER, floors.lawn(rng)),
    ]
    walls = fronts.row(rng, axes.at, t=half + right, s=axes.s)
    walls += [] if green else fronts.row(rng, axes.at, t=-half - left, s=axes.s)
    things = _along(rng, axes, (half - 1.1, -half + 1.1), ("car", "car", "car", "van"), rng.uniform(0.1, 0.8), 6.0)
    things += _along(rng, axes, (half + 0.5, -half - 0.5), ("lamp", "tree", "sign", "bollard", "bin"), 0.5, 6.0)
    things += _along(rng, axes, (half + right - 0.5, -half - left + 0.5), ("bicycle", "bin", "bench"), 0.25, 5.0)
    things += _strollers(rng, axes, (half, half + right)) + _strollers(rng, axes, (-half - left, -half))
    return _Draft(axes, bands, floors.road_marks(rng, half, axes.s), walls, things)


def _square(rng: np.random.Generator) -> _Draft:
    """Paving before a front, with benches, trees and people."""
    depth = rng.uniform(9, 26)
    axes = _Axes(rng.uniform(0.9, 2.2), rng.uniform(-50, 50), rng.uniform(-3, 3))
    seam = -depth * rng.uniform(0.3, 0.8)
    bands = [band(seam, floors.paving(rng)), band(rng.uniform(2, 6), floors.path(rng)), band(FOREVER, floors.path(rng))]
    walls = fronts.row(rng, axes.at, t=-depth - rng.uniform(1.5, 4), s=axes.s)
    things = _along(rng, axes, (-0.6 * depth, 4.0), ("tree", "lamp", "bench", "bin", "bush"), 0.5, 6.0)
    things += _along(rng, axes, (-depth - 0.8,), ("bicycle", "sign", "bin", "bench"), 0.5, 4.0)
    things += _strollers(rng, axes, (-depth, 8.0)) + _strollers(rng, axes, (-depth, 8.0))
    return _Draft(axes, bands, [], walls, things)


def _park(rng: np.random.Generator) -> _Draft:
    """A path between lawns, hedges and trees; perhaps a building beyond."""
    half = rng.uniform(1.0, 3.2)
    axes = _Axes(
        rng.uniform(-1.5, 1.5), rng.uniform(-50, 50), rng.uniform(-5, 5), curve=float(rng.normal(0, 0.012))
    )  # fmt: skip
    grass = floors.lawn(rng)
    bands = [band(-half, grass), band(half, floors.path(rng)), band(FOREVER, grass)]
    walls = []
    if rng.uniform() < 0.6:
        walls += fronts.green(rng, axes.at, t=rng.choice((-1, 1)) * (half + rng.uniform(2, 14)), s=axes.s)
    if rng.uniform() < 0.6:
        walls += fronts.row(rng, axes.at, t=rng.choice((-1, 1)) * rng.uniform(16, 30), s=axes.s)
    things = _along(rng, axes, (half + 2.5, -half - 3.0), ("tree", "tree", "bush"), 0.6, 6.0)
    things += _along(rng, axes, (half + 0.5, -half - 0.5), ("lamp", "bench", "bin", "sign"), 0.35, 8.0)
    things += _strollers(rng, axes, (-half, half))
    return _Draft(axes, bands, [], walls, things)


def _car_park(rng: np.random.Generator) -> _Draft:
    """Asphalt with parking bays, cars in some of them, a front or a fence behind."""
    axes = _Axes(rng.uniform(0.7, 2.4), rng.uniform(-50, 50), rng.uniform(-2, 2))
    row, wide = -rng.uniform(9, 22), rng.uniform(2.4, 2.7)
    bands = [
        band(row - 2.6, floors.lawn(rng), kerb=1),
        band(rng.uniform(4, 9), floors.asphalt(rng), kerb=-1),
        band(FOREVER, floors.lawn(rng)),
    ]
    marks = [
        [BAYS, -FOREVER, FOREVER, row, 4.9, 0.11, wide, rng.uniform(0.1, 0.6), *floors.WHITE],
        [LINE, -FOREVER, FOREVER, row + 7.5, 0.12, 1.0, rng.integers(2), rng.uniform(0.2, 0.7), *floors.WHITE],
    ]
    walls = fronts.row(rng, axes.at, t=row - rng.uniform(5, 15), s=axes.s)
    if rng.uniform() < 0.5:
        walls += fronts.green(rng, axes.at, t=row - 2.9, s=axes.s)
    things = []
    for bay in np.flatnonzero(rng.uniform(size=36) < rng.uniform(0.2, 0.7)):
        where = axes.at((np.floor(axes.s / wide) + bay - 18) * wide, row)
        things.append(_thing(rng, "van" if rng.uniform() < 0.15 else "car", where, axes.heading + np.pi / 2))
    things += _along(rng, axes, (row + 3.5, 6.0), ("lamp", "cone", "sign", "tree", "bollard"), 0.3, 9.0)
    things += _strollers(rng, axes, (row + 3, 6.0))
    return _Draft(axes, bands, marks, walls, things)


def _hall(rng: np.random.Generator) -> _Draft:
    """A hall or a wide corridor: tiles, boards or a poured floor, walls with doors or shop windows."""
    half = rng.uniform(1.8, 7.0)
    axes = _Axes(
        rng.uniform(-0.5, 0.5), rng.uniform(-50, 50), rng.uniform(-0.7, 0.7) * half, gloss=rng.uniform(0.0, 0.5)
    )  # fmt: skip
    edge, floor = floors.indoors(rng), floors.indoors(rng)
    border = half - 0.5 if rng.uniform() < 0.5 else FOREVER
    bands = [band(-border, edge), band(border, floor), band(FOREVER, edge)]
    walls = fronts.hall(rng, axes.at, half=half, s=axes.s, far=rng.uniform(14, 40))
    things = _along(rng, axes, (half - 0.4, -half + 0.4), ("bin", "bench", "plant", "sign"), 0.35, 5.0)
    things += _strollers(rng, axes, (-half + 0.5, half - 0.5))
    return _Draft(axes, bands, [], walls, things)


def _along(
    rng: np.random.Generator, axes: _Axes, lanes: tuple[float, ...], kinds: tuple[str, ...], often: float, gap: float
) -> list[Thing]:
    """Things in rows along the road, about every `gap` metres, with probability `often` each."""
    things = []
    for t in lanes:
        for s in np.arange(axes.s - _REACH, axes.s + _REACH, gap):
            kind = kinds[rng.integers(len(kinds))]
            where = axes.at(s + rng.uniform(-0.2, 0.2) * gap, t + rng.normal(0, 0.12))
            thing = _thing(rng, kind, where, axes.heading + rng.integers(2) * np.pi + rng.normal(0, 0.03))
            if rng.uniform() < often:
                things.append(thing)
    return things


def _strollers(rng: np.random.Generator, axes: _Axes, across: tuple[float, float]) -> list[Thing]:
    """People between two lines along the road, some of them in pairs."""
    people = []
    for _ in range(rng.integers(0, 9)):
        s, t = axes.s + rng.uniform(-1, 1) * _REACH, rng.uniform(*across)
        for step in range(1 + (rng.uniform() < 0.3)):
            people.append(_thing(rng, "person", axes.at(s + 0.2 * step, t + 0.6 * step), axes.heading))
    return people


def _thing(rng: np.random.Generator, kind: str, where: tuple[float, float], heading: float) -> Thing:
    return Thing(kind, *where, float(heading), int(rng.integers(2**31)))


def _sorted_out(things: list[Thing], walls: list[fronts.Wall], camera: Camera) -> tuple[Thing, ...]:
    """Those in view that stand free of walls and of each other, from far to near."""
    kept: list[Thing] = []
    for thing in things:
        if thing.y < _NEAREST.get(thing.kind, 3.0) or abs(thing.x) > 0.62 * camera.size[1] / camera.focal * thing.y + 3:
            continue
        room = _CLEARANCE.get(thing.kind, 0.6)
        if any(fronts.hides(wall, thing.x, thing.y) for wall in walls):
            continue
        if all(np.hypot(t.x - thing.x, t.y - thing.y) > max(room, _CLEARANCE.get(t.kind, 0.6)) for t in kept):
            kept.append(thing)
    return tuple(sorted(kept, key=lambda thing: -thing.y))
