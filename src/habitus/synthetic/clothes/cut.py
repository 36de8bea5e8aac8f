"""How garments are cut: signed distances (inside positive) from points of the surface to the borders of each."""

import numpy as np

from habitus.synthetic.clothes.outfits import Bottom, Outfit, Top
from habitus.synthetic.surface.fields import Field, smoothstep
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import Points

LONG = 0.07
"""Metres below the pelvis from which on a top hangs around both legs together."""
_FRONT = 0.052
"""Metres from the middle plane of the body to where the halves of a skirt meet on a leg."""
LINING = 0.022
"""Metres of cloth past the hem of what hangs, which turn in."""


def tops(outfit: Outfit) -> list[Top]:
    """What covers the trunk, from the inside out."""
    return [outfit.top] if outfit.outer is None else [outfit.top, outfit.outer]


def bottom_distance(bottom: Bottom, mannequin: Mannequin, points: Points, *, lining: float = LINING) -> Field:
    """Metres inside the border of trousers or a skirt; a skirt's cloth turns in at the hem by `lining` metres."""
    waist = mannequin.joints["pelvis"][1] + bottom.waist - points.y
    return np.minimum(waist, points.y - leg_end(bottom, mannequin) + lining * (bottom.kind == "skirt"))


def top_distance(top: Top, mannequin: Mannequin, points: Points, *, lining: float = LINING) -> Field:
    """Metres inside the border of a top; cloth that hangs turns in at the hem by `lining` metres."""
    joints = mannequin.joints
    hem = points.y - (joints["pelvis"][1] - top.length)
    if top.length > LONG:
        hem = hem + lining
    elif top.collar == "shirt":  # lower at the sides
        hem = hem + 0.03 * smoothstep(0.05, 0.17, np.abs(points.x))
    stations = [joints[f"left_{j}"][0] for j in ("shoulder", "elbow", "wrist", "hand")]
    reach = float(np.interp(top.sleeve, (0, 1, 2, 3), stations))  # a numpy scalar would make the fields float64
    neck_y, neck_z = joints["neck"][1:]
    rise = {"crew": 0.0, "v": 0.0, "shirt": 0.022, "high": 0.045, "hood": 0.018}[top.collar]
    line = neck_y + rise - 0.5 * (points.z - neck_z) + smoothstep(0.13, 0.2, np.abs(points.x))  # far above sleeves
    depth = {"crew": 0.012, "v": 0.1, "shirt": 0.055, "high": 0.0, "hood": 0.03}[top.collar]
    line = line - depth * np.clip(1 - np.abs(points.x) / 0.06, 0, 1) * (points.z > neck_z)
    return np.minimum(np.minimum(hem, line - points.y), reach - np.abs(points.x))


def from_front(top: Top, mannequin: Mannequin, points: Points) -> Field:
    """Metres from the middle of the front of a top. What hangs open around both legs has its middle on each of them,
    at `_FRONT` from the plane between them; what is further in is not seen.
    """
    middle = np.abs(points.x)
    if top.length <= LONG or top.opening == 0:
        return middle
    legs = smoothstep(-0.08, -0.16, points.y - mannequin.joints["pelvis"][1])
    return np.maximum(middle - _FRONT * legs, 0)


def leg_end(bottom: Bottom, mannequin: Mannequin) -> float:
    """Height at which trousers or a skirt end, metres."""
    stations = [mannequin.joints[f"left_{j}"][1] for j in ("hip", "knee", "ankle")] + [mannequin.floor]
    return float(np.interp(bottom.leg, (0, 1, 2, 3), stations))
