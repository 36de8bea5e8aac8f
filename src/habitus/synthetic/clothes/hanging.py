"""Skirts, dresses, coats and long shirts: one closed cone around both legs in every pose.

A ring of cloth some way down the legs is the hull of two discs, one about each leg. Every vertex has its direction on
the ring; the leg that lies further in this direction carries it, and in between both do.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from habitus.compiled import kernel
from habitus.types import SMPL_JOINTS

_LEGS = np.array(
    [[SMPL_JOINTS.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")] for side in ("left", "right")]
)
_SPINE = SMPL_JOINTS.index("spine1")
_BOTH = 0.45
"""Cosine between a direction and the line from leg to leg below which both legs carry the cloth."""
_BEND = 0.13
"""Metres above and below a joint over which the cloth bends."""


@dataclass(frozen=True)
class Hanging:
    """How Q vertices of the body hang."""

    index: Int[np.ndarray, "Q"]
    """Into the body's vertices."""
    coverage: Float[np.ndarray, "Q"]
    """How far a vertex hangs: 0 stays with the body, 1 is cloth alone."""
    along: Float[np.ndarray, "Q"]
    """Metres along the legs, from the hip joints down."""
    turn: Float[np.ndarray, "Q 2"]
    """Directions of the one or two points of the ring that the vertex lies between: radians, 0 to the front, to the
    person's left positive. Vertices between the legs lie within the ring."""
    share: Float[np.ndarray, "Q"]
    """Of the second point."""
    radius: Float[np.ndarray, "Q 2"]
    """Metres from the axis of the leg out to each of the points."""
    ease: Float[np.ndarray, "Q"]
    """Metres of `radius` that the cloth gives up where legs apart stretch it."""
    joints: Float[np.ndarray, "24 3"]
    """Of the rest pose, metres."""
    carried: Float[np.ndarray, "Q 3"]
    """Displacement of the cloth, metres in the axes of the pelvis: by a bag on the hip."""


def hang(
    hanging: Hanging, posed: Float[np.ndarray, "N 3"], joints: Float[np.ndarray, "24 3"]
) -> Float[np.ndarray, "Q 3"]:
    """Where the hanging vertices of a posed body are.

    Args:
        hanging: from `dress`.
        posed: the posed vertices, displacement included, metres.
        joints: the posed joints, metres.

    Returns:
        New positions of the vertices `hanging.index`, in the posed space.
    """
    turned = _turn(hanging.joints, joints)
    cloth = _rings(
        hanging.along, hanging.turn, hanging.share, hanging.radius, hanging.ease, _legs(hanging.joints),
        _legs(joints @ turned),
    )  # fmt: skip
    kept = posed.take(hanging.index, 0)
    hung = (cloth + hanging.carried) @ turned.T + middle_of(joints)
    return kept + hanging.coverage[:, None] * (hung - kept)


def axes_of(
    along: Float[np.ndarray, "Q"], turn: Float[np.ndarray, "Q 2"], joints: Float[np.ndarray, "24 3"]
) -> Float[np.ndarray, "Q 2 3"]:
    """From where the radius of rings counts in the rest pose, metres from the middle between the hips."""
    legs, nothing = _legs(joints), np.zeros_like(turn)
    return np.stack(
        [_rings(along, turn, np.full_like(along, end), nothing, nothing[:, 0], legs, legs) for end in (0.0, 1.0)], 1
    )


@kernel
def _turn(rest, joints):  # type: ignore[no-untyped-def]
    """The rotation of the pelvis from the rest pose to another."""
    before, after, turn = _frame(rest), _frame(joints), np.empty((3, 3), np.float32)
    for i in range(3):
        for j in range(3):
            turn[i, j] = after[0, i] * before[0, j] + after[1, i] * before[1, j] + after[2, i] * before[2, j]
    return turn


@kernel
def _frame(joints):  # type: ignore[no-untyped-def]
    """Axes that turn with the pelvis, as rows."""
    axes = np.empty((3, 3))
    left, right, spine = _LEGS[0, 0], _LEGS[1, 0], _SPINE
    for k in range(3):
        axes[0, k] = joints[left, k] - joints[right, k]
        axes[1, k] = joints[spine, k] - 0.5 * (joints[left, k] + joints[right, k])
    axes[0] /= np.sqrt((axes[0] ** 2).sum())
    axes[1] -= (axes[1] * axes[0]).sum() * axes[0]
    axes[1] /= np.sqrt((axes[1] ** 2).sum())
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        axes[2, k] = axes[0, i] * axes[1, j] - axes[0, j] * axes[1, i]
    return axes


@kernel
def middle_of(joints: Float[np.ndarray, "24 3"]) -> Float[np.ndarray, "3"]:
    """Between the hip joints."""
    return (joints[_LEGS[0, 0]] + joints[_LEGS[1, 0]]) * np.float32(0.5)


@kernel
def _legs(joints: Float[np.ndarray, "24 3"]) -> Float[np.ndarray, "2 3 3"]:
    """Hip, knee and ankle of both legs from the middle between the hips."""
    middle, legs = middle_of(joints), np.empty((2, 3, 3), np.float32)
    for side in range(2):
        for part in range(3):
            legs[side, part] = joints[_LEGS[side, part]] - middle
    return legs


@kernel
def _rings(along, turn, share, radius, ease, rest, legs):  # type: ignore[no-untyped-def]
    """Places of points of the cloth in the axes of the pelvis, origin between the hips."""
    places = np.empty((along.shape[0], 3), np.float32)
    still, moved = np.empty((2, 6)), np.empty((2, 6))  # of either leg: a place on its axis, and where it leads there
    point = np.empty(3)
    for q in range(along.shape[0]):
        for side in range(2):
            _axis(rest[side], along[q], still[side])
            _axis(legs[side], along[q], moved[side])
        apart = np.sqrt((moved[0, 0] - moved[1, 0]) ** 2 + (moved[0, 2] - moved[1, 2]) ** 2)
        before = np.sqrt((still[0, 0] - still[1, 0]) ** 2 + (still[0, 2] - still[1, 2]) ** 2)
        given = min(max((apart - before) / np.pi, -ease[q]), ease[q])
        for k in range(3):
            places[q, k] = 0.0
        for end in range(2):
            part = share[q] if end == 1 else 1.0 - share[q]
            if part > 0.0:
                _ring_point(turn[q, end], radius[q, end] - given, apart, still, moved, point)
                for k in range(3):
                    places[q, k] += part * point[k]
    return places


@kernel
def _ring_point(turn, radius, apart, still, moved, point):  # type: ignore[no-untyped-def]
    """One point of the hull of both discs; the discs tilt with the legs."""
    x, z = np.sin(turn), np.cos(turn)
    ahead = (x * (moved[0, 0] - moved[1, 0]) + z * (moved[0, 2] - moved[1, 2])) / (apart + 1e-6)
    t = min(max(0.5 + 0.5 * ahead / _BOTH, 0.0), 1.0)
    left = t * t * (3.0 - 2.0 * t)
    point[0], point[1], point[2] = 0.0, 0.0, 0.0
    for side in range(2):
        weight = left if side == 0 else 1.0 - left
        ax, ay, az = still[side, 3], still[side, 4], still[side, 5]
        bx, by, bz = moved[side, 3], moved[side, 4], moved[side, 5]
        # The least turn of the rest axis onto the posed one, applied to (x, 0, z): d + v * d + v * (v * d) / (1 + c).
        vx, vy, vz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        least = 1.0 / (1.0 + max(ax * bx + ay * by + az * bz, -0.5))
        ux, uy, uz = vy * z, vz * x - vx * z, -vy * x
        point[0] += weight * (moved[side, 0] + radius * (x + ux + least * (vy * uz - vz * uy)))
        point[1] += weight * (moved[side, 1] + radius * (uy + least * (vz * ux - vx * uz)))
        point[2] += weight * (moved[side, 2] + radius * (z + uz + least * (vx * uy - vy * ux)))


@kernel
def _axis(leg, along, result):  # type: ignore[no-untyped-def]
    """Where a leg is `along` metres from the hip down, and its direction there, which bends softly at the joints."""
    thigh = np.sqrt((leg[1, 0] - leg[0, 0]) ** 2 + (leg[1, 1] - leg[0, 1]) ** 2 + (leg[1, 2] - leg[0, 2]) ** 2)
    shank = np.sqrt((leg[2, 0] - leg[1, 0]) ** 2 + (leg[2, 1] - leg[1, 1]) ** 2 + (leg[2, 2] - leg[1, 2]) ** 2)
    hip = min(max(0.5 * along / _BEND, 0.0), 1.0)
    knee = min(max(0.5 + 0.5 * (along - thigh) / _BEND, 0.0), 1.0)
    on_thigh, on_shank = min(max(along, 0.0), thigh), max(along - thigh, 0.0)
    length = 0.0
    for k in range(3):
        first, second = (leg[1, k] - leg[0, k]) / thigh, (leg[2, k] - leg[1, k]) / shank
        down = -1.0 if k == 1 else 0.0
        result[k] = leg[0, k] + min(along, 0.0) * down + on_thigh * first + on_shank * second
        result[3 + k] = (1.0 - hip) * down + hip * ((1.0 - knee) * first + knee * second)
        length += result[3 + k] ** 2
    for k in range(3):
        result[3 + k] /= np.sqrt(length)
