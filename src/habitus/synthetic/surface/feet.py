"""The shoemaker's last: where each vertex of a foot lies on a shoe, the toes spread out over one smooth cap."""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int
from scipy.sparse.linalg import splu

from habitus.synthetic.surface.fields import Field, smoothstep

SOLE = 0.02
"""Metres below the naked foot."""


def shoe_last(
    vertices: Float[np.ndarray, "N 3"], faces: Int[np.ndarray, "F 3"], normals: Float[np.ndarray, "N 3"],
    ankle: Float[np.ndarray, "3"], ball: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "N 3"]:  # fmt: skip
    """Place the vertices of both feet on shoes.

    Behind the instep a shoe follows the foot at some distance. Before it every vertex moves to the shoe's
    cross-section, a superellipse, at the vertex' own angle, and from the ball on to the toe cap.

    Args:
        vertices: the rest pose, standing on its lowest point.
        faces: of the body.
        normals: smoothed, outward.
        ankle: the left ankle joint.
        ball: the left foot joint.

    Returns:
        Metres outwards from the axis of the foot, above the floor that the naked foot stands on, and to the front.
        Only those of the feet mean something.
    """
    mirror = np.stack([np.where(vertices[:, 0] < 0, -1.0, 1.0)] + [np.ones(len(vertices))] * 2, 1)
    foot = vertices * mirror - (ball[0], vertices[:, 1].min(), 0)
    x, height, z = foot.T
    tip, ankle_z = z.max() + 0.02, ankle[2]

    ahead = np.clip((z - ankle_z) / (tip - ankle_z), 0, 1)
    angle, depth = _angle(x, height, ahead), np.zeros_like(x)
    cut = ball[2] - 0.012
    start = (cut - ankle_z) / (tip - ankle_z)
    for sign in (1.0, -1.0):
        low = (height < 0.12) & (mirror[:, 0] == sign)
        toes = _unfold(foot, faces, low & (z > cut), start)
        angle[toes.vertices], depth[toes.vertices] = toes.angle, toes.depth
        ahead[toes.vertices] = start + (1 - start) * np.sin(0.5 * np.pi * toes.depth)
    closing = np.cos(0.5 * np.pi * depth) ** 0.55  # the profile of the toe cap, blunt
    half_width = np.interp(ahead, (0.0, 0.25, 0.62, 0.85, 1.0), (0.036, 0.041, 0.051, 0.049, 0.044)) * closing
    top = np.interp(ahead, (0.0, 0.3, 0.55, 0.8, 1.0), (0.11, 0.098, 0.072, 0.058, 0.05))
    middle = _middle(ahead)
    rise = np.where(np.sin(angle) > 0, top - middle, middle + SOLE) * closing
    cos, sin = np.cos(angle), np.sin(angle)
    boxy = (np.abs(cos) ** 2.6 + np.abs(sin) ** 2.6) ** (-1 / 2.6)
    section = np.stack([half_width * boxy * cos, middle + rise * boxy * sin, ankle_z + ahead * (tip - ankle_z)], 1)

    along = foot + normals * mirror * (0.008, 0.004, 0.009)
    sole, heel = smoothstep(0.035, 0.012, height), z[height < 0.05].min()
    along[:, 1] += sole * (-SOLE - along[:, 1])
    along[:, 2] -= 0.008 * sole * smoothstep(heel + 0.03, heel, z)
    front = smoothstep(ankle_z + 0.03, ankle_z + 0.075, z)[:, None]
    return (along + front * (section - along)).astype(np.float32)


def _middle(ahead: Field) -> Field:
    """Height of the axis of the cross-sections above the floor."""
    return np.interp(ahead, (0.0, 0.5, 1.0), (0.045, 0.03, 0.014))


def _angle(x: Field, height: Field, ahead: Field) -> Field:
    """Around the axis of the foot: 0 outwards, pi/2 up."""
    return np.arctan2((height - _middle(ahead)) / 0.03, x / 0.045)


class _ToeDisc(NamedTuple):
    """The toes of one foot, spread over the disc of angle and depth that the toe cap is."""

    vertices: Int[np.ndarray, "P"]
    angle: Field
    depth: Field
    """0 at the ball, 1 at the tip."""


def _unfold(foot: np.ndarray, faces: np.ndarray, inner: np.ndarray, start: float) -> _ToeDisc:
    """Unfold the toes, the vertices `inner`, without overlap by convex combinations (Tutte, 1963).

    Tubes such as toes would shrink to points; weights divided by the stretch spread them (Yoshizawa et al., 2004).
    """
    used, faces = np.unique(faces[inner[faces].any(1)], return_inverse=True)
    faces = faces.reshape(-1, 3)
    points, free = foot[used], inner[used]
    angle = _angle(points[:, 0], points[:, 1], np.full(len(used), start))
    place = np.stack([np.cos(angle), np.sin(angle)], 1)
    spread = np.ones(len(used))
    for _ in range(12):
        place = _relaxed(place, faces, free, spread)
        spread *= _stretch(points, place, faces) ** 0.7
        spread /= spread.mean()
    radius = np.hypot(*place.T)
    return _ToeDisc(used[free], np.arctan2(place[free, 1], place[free, 0]), 1 - radius[free].clip(0, 1))


def _relaxed(place: np.ndarray, faces: np.ndarray, free: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Each free vertex at the mean of its neighbours, weighted by 1 / spread; the others stay."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([ends, ends[:, ::-1]])
    weights = sp.coo_matrix((1 / spread[ends[:, 1]], ends.T), (len(place),) * 2).tocsr()
    mean = sp.diags(1 / np.asarray(weights.sum(1)).ravel()) @ weights
    system = (sp.identity(len(place), format="csr") - mean)[free]
    result = place.copy()
    result[free] = splu(system[:, free].tocsc()).solve(-(system[:, ~free] @ place[~free]))
    return result


def _stretch(points: np.ndarray, place: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """How much the map shrinks the surface around each vertex, as a length ratio."""
    a, b = points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]]
    p, q = place[faces[:, 1]] - place[faces[:, 0]], place[faces[:, 2]] - place[faces[:, 0]]
    real = np.linalg.norm(np.cross(a, b), axis=1)
    flat = np.abs(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])
    around = [np.bincount(faces.ravel(), np.repeat(area, 3), len(points)) for area in (real, flat)]
    return np.sqrt(around[0] / np.maximum(around[1], 1e-9))
