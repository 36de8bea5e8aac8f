"""Upright surfaces: rows of house fronts, hedges and fences, the walls of halls, the horizon. Rows for the kernels."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes import wall_kernels as w
from habitus.synthetic.scenes.camera import Camera
from habitus.synthetic.scenes.light import Light

Wall = Float[np.ndarray, "C"]
Place = Callable[[float, float], tuple[float, float]]
"""(s, t) along and across the road to (x, y)."""

_FRONTS = np.array(
    [(0.55, 0.38, 0.29), (0.62, 0.45, 0.33), (0.72, 0.68, 0.60), (0.60, 0.60, 0.59), (0.80, 0.78, 0.73),
     (0.68, 0.60, 0.48), (0.50, 0.48, 0.46), (0.74, 0.66, 0.55)]
)  # fmt: skip
_FRAMES = np.array([(0.82, 0.82, 0.80), (0.25, 0.25, 0.26), (0.40, 0.20, 0.14), (0.55, 0.56, 0.57)])
_SIGNS = np.array([(0.48, 0.18, 0.17), (0.20, 0.28, 0.42), (0.20, 0.33, 0.26), (0.72, 0.70, 0.66), (0.2, 0.2, 0.21),
                   (0.66, 0.54, 0.28), (0.36, 0.34, 0.32)])  # fmt: skip
_REACH = 75.0


def row(rng: np.random.Generator, place: Place, *, t: float, s: float) -> list[Wall]:
    """Fronts in a row at t, to both sides of s, now and then with a gap."""
    walls, at, end = [], s - _REACH * rng.uniform(0.5, 1.0), s + _REACH
    while at < end:
        length = rng.uniform(9, 30)
        if rng.uniform() < 0.9:
            walls.append(_front(rng, place(at, t), place(at + length, t)))
        else:
            length *= 0.4
        at += length
    return walls


def green(rng: np.random.Generator, place: Place, *, t: float, s: float) -> list[Wall]:
    """A hedge, a railing or a fence of boards along the road at t."""
    start, length = s - rng.uniform(5, 50), rng.uniform(15, 80)
    wall = _between(place(start, t), place(start + length, t))
    kind = rng.choice(3, p=(0.45, 0.3, 0.25))
    wall[w.MATERIAL] = (w.HEDGE, w.RAILING, w.BOARD)[kind]
    wall[w.HEIGHT] = (rng.uniform(0.8, 2.4), rng.uniform(0.9, 1.3), rng.uniform(1.0, 2.0))[kind]
    wall[w.PERIOD] = (1.0, 0.12, 0.14)[kind]
    colour = ((0.20, 0.27, 0.12), (0.18, 0.2, 0.2), (0.48, 0.37, 0.27))[kind]
    wall[w.RED : w.RED + 3] = np.array(colour) * rng.uniform(0.75, 1.3)
    wall[w.SEED] = rng.integers(200)
    return [wall]


def hall(rng: np.random.Generator, place: Place, *, half: float, s: float, far: float) -> list[Wall]:
    """Both sides and the end of a hall: doors and panes in painted walls, or shops."""
    shops = rng.uniform() < 0.4
    look = _indoor(rng, shops=shops)
    walls = []
    for start, stop in (((s - far, -half), (s + far, -half)), ((s - far, half), (s + far, half)),
                        ((s + far, -half), (s + far, half))):  # fmt: skip
        wall = _between(place(*start), place(*stop))
        wall[w.HEIGHT :] = look[w.HEIGHT :]
        wall[w.SEED] = rng.integers(200)
        walls.append(wall)
    return walls


def horizon(rng: np.random.Generator) -> list[Wall]:
    """Crowns and roofs at the end of everything."""
    y = rng.uniform(60, 120)
    wall = _between((-260.0, y), (260.0, y + rng.uniform(-40, 40)))
    wall[w.MATERIAL], wall[w.HEIGHT] = w.TREELINE, rng.uniform(7, 18)
    wall[w.RED : w.RED + 3] = np.array((0.24, 0.29, 0.16)) * rng.uniform(0.8, 1.3)
    wall[w.SEED] = rng.integers(200)
    return [wall]


def light_up(walls: list[Wall], light: Light) -> list[Wall]:
    """The same walls with the light that falls on the side that the camera sees."""
    lit = []
    for plain in walls:
        wall = plain.copy()
        normal = np.array((wall[w.UY], -wall[w.UX]))
        if normal @ wall[w.X : w.X + 2] > 0:
            normal = -normal
        sun = max(0.0, normal[0] * light.direction[0] - normal[1] * light.direction[2])
        even = 0.5 * (np.array(light.sky) + np.array(light.ground))
        wall[w.LIT : w.LIT + 3] = even + (0.35 if wall[w.MATERIAL] == w.TREELINE else sun) * np.array(light.sun)
        lit.append(wall)
    return lit


def nearest(wall: Wall) -> float:
    """Distance from the camera to the wall's line within its ends, metres."""
    start, along = wall[w.X : w.X + 2], wall[w.UX : w.UX + 2]
    u = np.clip(-start @ along, 0, wall[w.LENGTH])
    return float(np.hypot(*(start + u * along)))


def in_view(wall: Wall, camera: Camera) -> bool:
    """Whether any of it may lie in the camera's picture."""
    steps = np.linspace(0, wall[w.LENGTH], 40)
    x, y = wall[w.X] + steps * wall[w.UX], wall[w.Y] + steps * wall[w.UY]
    return bool(((y > 0.5) & (np.abs(x) < 0.62 * camera.size[1] / camera.focal * y + 3)).any())


def throws_shadow(wall: Wall) -> bool:
    """Whether it keeps the sun off the ground."""
    return wall[w.MATERIAL] not in (w.TREELINE, w.RAILING)


def hides(wall: Wall, x: float, y: float) -> bool:
    """Whether it stands between the camera and a place of the ground, or too near behind it."""
    across = x * wall[w.UY] - y * wall[w.UX]
    if abs(across) < 1e-6 or wall[w.MATERIAL] == w.TREELINE:
        return False
    k = (wall[w.X] * wall[w.UY] - wall[w.Y] * wall[w.UX]) / across
    u = (k * x - wall[w.X]) * wall[w.UX] + (k * y - wall[w.Y]) * wall[w.UY]
    return bool(0 < k < 1.02 and -0.5 < u < wall[w.LENGTH] + 0.5)


def _between(start: tuple[float, float], stop: tuple[float, float]) -> Wall:
    wall = np.zeros(w.COLUMNS)
    along = np.subtract(stop, start)
    length = float(np.hypot(*along))
    wall[w.X : w.X + 2], wall[w.UX : w.UX + 2], wall[w.LENGTH] = start, along / length, length
    wall[w.PERIOD], wall[w.STOREY] = 1.0, 3.0
    return wall


def _front(rng: np.random.Generator, start: tuple[float, float], stop: tuple[float, float]) -> Wall:
    wall = _between(start, stop)
    storey = rng.uniform(2.8, 3.8)
    wall[w.HEIGHT] = storey * rng.integers(1, 6) + rng.uniform(0.3, 1.0)
    wall[w.MATERIAL] = rng.choice((w.BRICK, w.PLASTER, w.PANELS), p=(0.4, 0.4, 0.2))
    wall[w.RED : w.RED + 3] = _FRONTS[rng.integers(len(_FRONTS))] * rng.uniform(0.75, 1.1) + rng.normal(0, 0.015, 3)
    wall[w.PERIOD] = rng.uniform(1.6, 3.6)
    wall[w.WINDOW] = wall[w.PERIOD] * rng.uniform(0.4, 0.95)
    wall[w.STOREY], wall[w.SILL] = storey, rng.uniform(0.5, 1.1)
    wall[w.TALL] = rng.uniform(1.1, storey - wall[w.SILL] - 0.35)
    wall[w.FRAME : w.FRAME + 3] = _FRAMES[rng.integers(len(_FRAMES))]
    wall[w.GLASS] = rng.uniform(0.18, 0.45)
    wall[w.SHOP] = rng.uniform(0, 1) if rng.uniform() < 0.55 else 0.0
    wall[w.SIGN : w.SIGN + 3] = _SIGNS[rng.integers(len(_SIGNS))]
    wall[w.SEED] = rng.integers(200)
    return wall


def _indoor(rng: np.random.Generator, *, shops: bool) -> Wall:
    wall = _front(rng, (0.0, 0.0), (1.0, 0.0))
    wall[w.MATERIAL] = w.PANELS if shops else w.INDOOR
    wall[w.HEIGHT], wall[w.STOREY] = rng.uniform(5.0, 8.0), 8.0
    wall[w.SHOP] = 1.0 if shops else 0.0
    wall[w.RED : w.RED + 3] = np.array((0.78, 0.77, 0.73)) * rng.uniform(0.75, 1.05) + rng.normal(0, 0.02, 3)
    wall[w.PERIOD], wall[w.WINDOW] = rng.uniform(2.5, 6.0), rng.uniform(0.9, 2.2)
    wall[w.SILL], wall[w.TALL] = (0.0, 2.1) if rng.uniform() < 0.6 else (0.9, 1.3)
    return wall
