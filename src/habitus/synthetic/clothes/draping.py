"""How far garments stand off the body: displacement of the rest pose."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from habitus.synthetic.clothes.cut import bottom_distance, top_distance, tops
from habitus.synthetic.clothes.outfits import Bottom, Outfit, Top
from habitus.synthetic.clothes.shoes import shod
from habitus.synthetic.surface.fields import Field, bump, edge, smoothstep
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import ARM, HEAD, Points

_CUT = 0.012
"""Metres over which the borders of garments are blended: the mesh is coarser than the texture."""


def outfit_displacement(
    outfit: Outfit, mannequin: Mannequin, beta: Float[np.ndarray, "10"], rng: np.random.Generator
) -> Float[np.ndarray, "N 3"]:
    """Displacement of the naked rest pose of a build by the outfit, metres."""
    points = mannequin.vertices
    normals = _normals(mannequin, beta)
    wave = points.folds.draw(rng)
    thickness = _bottom_thickness(outfit.bottom, mannequin, points, wave)
    for top in tops(outfit):
        below = 0.5 * thickness if top is outfit.outer else 0.0
        thickness = np.maximum(thickness, _top_thickness(top, mannequin, points, wave) + below)
    thickness = np.minimum(thickness, 0.42 * mannequin.room + mannequin.hollow + mannequin.drape)
    displacement = thickness[:, None] * normals
    for top in tops(outfit):
        if top.collar == "hood":
            displacement += _hood(mannequin, points, top.looseness)
    return shod(displacement, outfit.shoes, mannequin).astype(np.float32)


def _normals(mannequin: Mannequin, beta: Float[np.ndarray, "10"]) -> Float[np.ndarray, "N 3"]:
    """Smoothed outward unit normals of a build: to first order, which is within a few degrees of the true ones."""
    average, changes = _normal_basis(mannequin)
    normals = (average + beta @ changes).reshape(-1, 3)
    return normals / np.sqrt(np.einsum("ni,ni->n", normals, normals))[:, None]


@lru_cache(maxsize=4)
def _normal_basis(mannequin: Mannequin) -> tuple[Float[np.ndarray, "N*3"], Float[np.ndarray, "10 N*3"]]:
    """Normals of the average build, and their derivatives by its coefficients."""
    directions = mannequin.body.shapedirs.numpy()
    average = mannequin.normals(mannequin.template)
    builds = (mannequin.template + directions[..., k] for k in range(directions.shape[-1]))
    return average.ravel(), np.stack([(mannequin.normals(build) - average).ravel() for build in builds])


def _standing_off(distance: Field) -> Field:
    """Where cloth keeps its distance from the body: up to its very border, then it drops to what is below."""
    return edge(distance + 0.5 * _CUT, _CUT)


def _top_thickness(top: Top, mannequin: Mannequin, points: Points, wave: Field) -> Float[np.ndarray, "N"]:
    """Metres that a top stands off the body: least on the shoulders, most at hem and cuffs."""
    coverage = _standing_off(top_distance(top, mannequin, points, lining=0.0))
    shoulder = mannequin.joints["left_shoulder"][1]
    hang = smoothstep(shoulder - 0.02, mannequin.joints["spine1"][1], points.y)
    sleeve = smoothstep(0.0, 0.35, points.along_arm) * (0.4 + 0.15 * np.clip(points.along_arm, 0, 2))
    on_arm = smoothstep(0.3, 0.7, points.limb[ARM])
    ease = hang + on_arm * (sleeve - hang)
    cuff = bump(points.along_arm, top.sleeve - 0.06, 0.06) * (top.collar in ("hood", "high")) * (top.sleeve > 1.5)
    ease = ease * (1 - 0.6 * cuff)
    thickness = 0.004 + top.looseness * ease * (1 + 0.18 * wave) + mannequin.hollow * (1 - on_arm)
    straight = np.clip(top.looseness / 0.035, 0.15, 0.9)
    thickness = thickness + straight * mannequin.drape * (1 - on_arm)
    if top.pattern == "quilted":
        thickness = thickness + 0.012
    opening = edge(top.opening - np.abs(points.x), _CUT) * (points.normal[:, 2] > 0) if top.opening > 0 else 0.0
    return coverage * thickness * (1 - 0.8 * opening)


def _bottom_thickness(bottom: Bottom, mannequin: Mannequin, points: Points, wave: Field) -> Float[np.ndarray, "N"]:
    """Metres that trousers stand off the legs: little at the hips, all their ease from the knee down."""
    coverage = _standing_off(bottom_distance(bottom, mannequin, points, lining=0.0))
    ease = 0.25 + 0.75 * smoothstep(0.1, min(bottom.leg, 1.3), points.along_leg)
    return coverage * (0.004 + bottom.looseness * ease * (1 + 0.15 * wave) + 0.8 * mannequin.hollow)


def _hood(mannequin: Mannequin, points: Points, looseness: float) -> Float[np.ndarray, "N 3"]:
    """A hood that lies on the shoulders: a roll around the back of the neck."""
    neck_y, neck_z = mannequin.joints["neck"][1:]
    around = np.hypot(points.x, points.z - neck_z)
    roll = bump(points.y, neck_y - 0.02, 0.03) * bump(around, 0.085, 0.045) * smoothstep(0.05, -0.03, points.z)
    out = np.stack([points.x, 0.3 * np.ones_like(points.x), points.z - neck_z], 1) / np.maximum(around, 0.02)[:, None]
    return (roll * (0.014 + 0.25 * looseness) * (points.limb[HEAD] < 0.4))[:, None] * out
