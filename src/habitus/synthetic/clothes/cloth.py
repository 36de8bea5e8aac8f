"""How cloth takes the light: creases where it bends and hangs, seams, and the shine of its material."""

import numpy as np

from habitus.synthetic.clothes.outfits import Pattern
from habitus.synthetic.surface.fields import Field, crease, line, smoothstep
from habitus.synthetic.surface.points import ARM, Points

_SHEEN = {"leather": 0.3, "quilted": 0.16, "denim": 0.05}
_SOFT_SHEEN = 0.13


def sheen(pattern: Pattern) -> float:
    """How much white light the folds of a cloth reflect, for `shaded`."""
    return _SHEEN.get(pattern, _SOFT_SHEEN)


def folds(points: Points, looseness: float, rng: np.random.Generator) -> Field:
    """Brightness of creases, about 1: where limbs bend and cloth hangs, stronger in loose garments.

    Args:
        points: where.
        looseness: metres between body and cloth.
        rng: which folds.
    """
    wrinkles, slope = points.wrinkles.draw(rng), points.wrinkles.draw(rng)
    somewhere = smoothstep(-0.6, 1.6, points.grain.draw(rng))
    stiffness = rng.uniform(0.45, 1.0)
    depth = stiffness * np.minimum((0.04 + 1.3 * looseness) * somewhere + 0.14 * points.bends, 0.18)
    return 1 + depth * crease(wrinkles, slope) + 0.02 * points.folds.draw(rng)


def hanging_folds(points: Points, looseness: float, rng: np.random.Generator) -> Field:
    """Brightness of the folds of skirts and coats below the hips, about 1; they run from top to bottom."""
    below = smoothstep(0.08, -0.2, points.y) * (points.limb[ARM] < 0.5)
    return 1 + (0.06 + 1.2 * looseness) * below * crease(points.drapes.draw(rng), points.drapes.draw(rng))


def seam(distance: Field, texel: float, *, depth: float = 0.3, width: float = 0.006) -> Field:
    """Brightness factor of a dark line where `distance` is 0.

    Args:
        distance: metres.
        texel: size of a texel, `Points.texel`: on small textures the line is paler, not broken.
        depth: how much darker.
        width: metres.
    """
    return 1 - line(distance, width, texel) * np.float32(depth)
