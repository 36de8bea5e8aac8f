"""Shadows: of the person on themselves and on the ground, from the sun and from the sky.

The sun's are cast by shadow mapping (Williams 1978): a map of what the sun sees, drawn from few faces, is asked for
vertices and for the ground behind each pixel alike. The sky's are formulas: it is dark where shoes meet the ground.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Int

from habitus.compiled import kernel
from habitus.synthetic.photos.drawing import facing, seen
from habitus.synthetic.photos.framing import View, bounds
from habitus.synthetic.scenes.light import Light

_SIDE = 96
"""Pixels of the sun's map: about 2 cm each."""
_BIAS = 0.03
"""Metres by which points are moved towards the light and off the surface: the map is drawn from few faces."""
_LOWEST = 0.12
"""Sine of the sun's height below which it casts no shadow."""


@dataclass(frozen=True)
class SunMap:
    """What the sun sees of a person."""

    rows: Float[np.ndarray, "3 3"]
    """Two axes across the light, then the direction to the sun."""
    low: Float[np.ndarray, "2"]
    """Place of the map's corner along the first two, metres."""
    scale: float
    """Pixels a metre."""
    nearest: Float[np.ndarray, "S S"]
    """Place along the third of what the sun sees, metres; -1e9 where it sees nothing of the person."""


def sun_map(vertices: Float[np.ndarray, "C 3"], faces: Int[np.ndarray, "E 3"], light: Light) -> SunMap:
    """Draw the map of a mesh."""
    rows = _axes(np.array(light.direction)).astype(np.float32)
    places = _turned(vertices, rows)
    low, high = bounds(places)
    scale = np.float32((_SIDE - 4) / max(high[:2] - low[:2]))
    low = low[:2] - 2 / scale
    places[:, :2] = (places[:, :2] - low) * scale
    blocking = seen(places, facing(places, faces), (_SIDE, _SIDE))
    return SunMap(rows, low, float(scale), np.where(blocking.face >= 0, blocking.z, np.float32(-1e9)))


def sunlit(
    sun: SunMap, vertices: Float[np.ndarray, "N 3"], normals: Float[np.ndarray, "N 3"]
) -> Float[np.ndarray, "N"]:
    """Share of the sun that reaches vertices past the rest of the person; 0 where they face away."""
    result = np.empty(len(vertices), np.float32)
    _look_up(vertices, normals, sun.rows, sun.low, sun.scale, sun.nearest, result)
    return result


def ground_light(
    view: View,
    sun: SunMap,
    light: Light,
    *,
    up: Float[np.ndarray, "3"],
    floor: float,
    soles: Float[np.ndarray, "2 2 3"],
    size: tuple[int, int],
) -> Float[np.ndarray, "H W 3"]:
    """What the person leaves of the light on the ground: RGB in [0, 1], 1 where they cast no shadow.

    Args:
        view: of the crop.
        sun: its map of the person.
        light: in the camera's axes.
        up: away from the ground, unit, camera axes.
        floor: where the ground lies along `up`, metres.
        soles: heel and toe of both feet, metres, at their height above the ground.
        size: (H, W) in pixels.
    """
    half = (max(1, size[0] // 2), max(1, size[1] // 2))
    shares = np.empty((*half, 2), np.float32)
    camera = view.root + np.array((0, 0, view.distance), np.float32)
    # Sun and contact at each pixel of half the size.
    _ground(view.psi, camera, view.distance, up, floor, soles, sun.rows, sun.low, sun.scale, sun.nearest, shares)
    shares = cv2.GaussianBlur(shares, (0, 0), 0.6)
    steep = max(float(np.dot(light.direction, up)), 0.0)
    direct = steep * np.array(light.sun, np.float32) * (steep > _LOWEST)
    share = direct / (direct + np.array(light.sky, np.float32))
    result = (1 - share * (1 - shares[..., :1])) * shares[..., 1:]
    return cv2.resize(result, size[::-1], interpolation=cv2.INTER_LINEAR)


@kernel
def _axes(direction):
    """Two axes across a direction, and the direction, as rows."""
    x, y, z = direction
    across = np.array((z, 0.0, -x)) if abs(y) < 0.9 else np.array((0.0, -z, y))
    across /= np.sqrt((across**2).sum())
    a, b, c = across
    return np.array(((a, b, c), (b * z - c * y, c * x - a * z, a * y - b * x), (x, y, z)))


@kernel
def _visible(x, y, z, rows, low, scale, nearest):
    """Bilinear mean of what four pixels of the map tell of a point."""
    along = x * rows[2, 0] + y * rows[2, 1] + z * rows[2, 2]
    column = (x * rows[0, 0] + y * rows[0, 1] + z * rows[0, 2] - low[0]) * scale - 0.5
    row = (x * rows[1, 0] + y * rows[1, 1] + z * rows[1, 2] - low[1]) * scale - 0.5
    if not (0 <= column < nearest.shape[1] - 1 and 0 <= row < nearest.shape[0] - 1):
        return 1.0
    c, r = np.int64(column), np.int64(row)
    right, down = column - c, row - r
    total = 0.0
    if nearest[r, c] <= along:
        total += (1 - right) * (1 - down)
    if nearest[r, c + 1] <= along:
        total += right * (1 - down)
    if nearest[r + 1, c] <= along:
        total += (1 - right) * down
    if nearest[r + 1, c + 1] <= along:
        total += right * down
    return total


@kernel
def _look_up(points, normals, rows, low, scale, nearest, result):
    bias = np.float32(_BIAS)
    for p in range(points.shape[0]):
        x, y, z = normals[p, 0], normals[p, 1], normals[p, 2]
        result[p] = 0
        if x * rows[2, 0] + y * rows[2, 1] + z * rows[2, 2] > 0:
            x = points[p, 0] + bias * (x + rows[2, 0])
            y = points[p, 1] + bias * (y + rows[2, 1])
            z = points[p, 2] + bias * (z + rows[2, 2])
            result[p] = _visible(x, y, z, rows, low, scale, nearest)


@kernel
def _turned(points, rows):
    """Points in the axes of `rows`."""
    result = np.empty_like(points)
    for p in range(points.shape[0]):
        for axis in range(3):
            result[p, axis] = points[p, 0] * rows[axis, 0] + points[p, 1] * rows[axis, 1] + points[p, 2] * rows[axis, 2]
    return result


@kernel
def _ground(psi, camera, distance, up, floor, soles, rows, low, scale, nearest, shares):
    """Meet the ray of each pixel with the ground, within some metres of the person."""
    height, width = shares.shape[0], shares.shape[1]
    unit = 1.0 / (psi[0] * height / 2)
    above = camera[0] * up[0] + camera[1] * up[1] + camera[2] * up[2] - floor
    for r in range(height):
        for c in range(width):
            x = (c + 0.5 - width / 2) * unit - psi[1] - camera[0]
            y = (height / 2 - r - 0.5) * unit - psi[2] - camera[1]
            falling = -(x * up[0] + y * up[1] - distance * up[2])
            shares[r, c, 0] = 1.0
            shares[r, c, 1] = 1.0
            if falling * (distance + 4.0) <= above * distance:
                continue
            t = above / falling
            px, py, pz = camera[0] + t * x, camera[1] + t * y, camera[2] - t * distance
            shares[r, c, 0] = _visible(px, py, pz, rows, low, scale, nearest)
            for s in range(2):
                shares[r, c, 1] *= 1.0 - _contact(px, py, pz, soles[s, 0], soles[s, 1], up, floor)


@kernel
def _contact(x, y, z, heel, toe, up, floor):
    """How much of the sky a foot blocks at a point of the ground: much right beside it, little some way off."""
    lift = max(min(heel[0] * up[0] + heel[1] * up[1] + heel[2] * up[2],
                   toe[0] * up[0] + toe[1] * up[1] + toe[2] * up[2]) - floor, 0.0)  # fmt: skip
    ax, ay, az = toe[0] - heel[0], toe[1] - heel[1], toe[2] - heel[2]
    dx, dy, dz = x - heel[0], y - heel[1], z - heel[2]
    along = min(max((ax * dx + ay * dy + az * dz) / (ax * ax + ay * ay + az * az + 1e-9), 0.0), 1.0)
    dx, dy, dz = dx - along * ax, dy - along * ay, dz - along * az
    away = dx * dx + dy * dy + dz * dz
    if away > 0.5:  # less than a thousandth
        return 0.0
    near, beside = 0.0, away / (0.07 + lift) ** 2
    if beside < 32:  # else nothing that float32 can tell
        near = 0.55 * np.exp(-beside) * np.exp(-lift / 0.08)
    return 1.0 - (1.0 - near) * (1.0 - 0.2 * np.exp(-away / 0.3**2))
