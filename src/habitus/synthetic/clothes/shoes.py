"""Shoes on the last: painted, and the feet displaced into them."""

import numpy as np
from jaxtyping import Float

from habitus.synthetic.clothes.outfits import Shoes
from habitus.synthetic.surface.feet import SOLE
from habitus.synthetic.surface.fields import Colours, Field, blend, bump, edge, smoothstep
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import Points

_SHAFT = 0.012
"""Metres that the shaft of a boot stands off the leg, more than the shoe."""
HEM = 0.004
"""Metres over which borders are blended."""


def paint_shoes(colours: Colours, shoes: Shoes, mannequin: Mannequin, points: Points) -> Colours:
    """Upper, laces, and a sole in its own colour."""
    distance = _below_opening(shoes, mannequin, points)
    across, height, ahead = points.last.T
    ankle, ball = mannequin.joints["left_ankle"][2], mannequin.joints["left_foot"][2]
    upper = np.broadcast_to(shoes.colour.astype(np.float32), (len(points), 3))
    tongue = smoothstep(0.018, 0.012, np.abs(across)) * smoothstep(ball + 0.01, ball, ahead) * (height > 0.05)
    laces = tongue * smoothstep(-0.2, 0.4, np.sin(ahead * 480)) * (ahead > ankle + 0.05)
    upper = blend(upper, shoes.sole.astype(np.float32), 0.6 * laces)
    cap = smoothstep(0.0, 0.003, np.abs(ahead - ball - 0.02)) * smoothstep(0.0, 0.004, np.abs(distance - 0.004))
    sole = edge(0.008 - height, 0.004)
    worn = blend(upper * (0.8 + 0.2 * cap)[:, None], shoes.sole.astype(np.float32), sole)
    worn = worn * (1 - 0.3 * bump(height, 0.009, 0.002))[:, None]
    return blend(colours, worn, edge(distance, HEM))


def shod(displacement: Float[np.ndarray, "N 3"], shoes: Shoes, mannequin: Mannequin) -> Float[np.ndarray, "N 3"]:
    """Displacement of the rest pose with shoes on, metres: what is worn on the legs ends in them."""
    points = mannequin.vertices
    inside = edge(_below_opening(shoes, mannequin, points) + 0.006, 0.012)[:, None]
    x, height, z = points.last.T
    height = np.where(height < 0, height * shoes.thickness / SOLE, height)
    across = np.where(points.x < 0, -1, 1) * (x + mannequin.joints["left_foot"][0])
    last = np.stack([across, height + mannequin.floor, z], 1) - mannequin.template
    shaft = _SHAFT * smoothstep(0.0, 0.06, points.y - mannequin.joints["left_ankle"][1])
    return displacement + inside * (last + shaft[:, None] * points.normal - displacement)


def shoe_displacement(shoes: Shoes, mannequin: Mannequin) -> Float[np.ndarray, "N 3"]:
    """Displacement of the naked rest pose by shoes alone, metres."""
    return shod(np.zeros_like(mannequin.template), shoes, mannequin).astype(np.float32)


def _below_opening(shoes: Shoes, mannequin: Mannequin, points: Points) -> Field:
    """Metres below the border of the shoe, which dips towards the heel in low shoes."""
    ankle_y, ankle_z = mannequin.joints["left_ankle"][1:]
    line = ankle_y + shoes.shaft + 0.25 * np.clip(points.z - ankle_z, -0.06, 0.06) * (shoes.shaft < 0)
    return line - points.y
