"""Arms that keep clear of the trunk, whatever its build and its clothes: hands do not sink into hips, chest or coat."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from habitus.body.model import BodyModel
from habitus.compiled import kernel
from habitus.synthetic.poses.activities import Pose
from habitus.synthetic.poses.quaternions import compose, inverse, of_vector, rotate, to_vector
from habitus.synthetic.poses.skeleton import INDEX, SIDES

# The trunk's surface, in cells: by height above the pelvis, and by direction from it.
_BOTTOM, _ROW, _ROWS, _SECTORS = -0.5, 0.03, 48, 36
_ARM = ("collar", "shoulder", "elbow", "wrist", "hand")
_CHAINS = np.array([[INDEX[f"{side}_{part}"] for part in _ARM] for side in SIDES])
_HIPS = np.array([INDEX[f"{side}_hip"] for side in SIDES])
_SPINE = np.array([INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3")])
_THIGH = 0.1
"""Metres below the hip joints at which the trunk's surface moves with the thighs, wholly."""
# Points of an arm: on the upper arm, forearm, hand or fingers, how far along that bone, and how far towards the thumb
# and out of the palm, as shares of the hand's length: thumb and fingers bend that way.
_BONE = np.array((0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3))
_ALONG = np.array((0.6, 0.8, 1.0, 0.35, 0.7, 1.0, 0.8, 0.6, 1.1, 1.0, 0.6))
_THUMBWARD = np.array((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.6, 0.35, -0.3, 0.1))
_PALMWARD = np.array((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.1, 0.1, 0.45))
_FIRM = np.array((0.35, 0.45, 0.6, 0.75, 0.85, 0.95))
"""Share of the thickness that counts at the first points: the flesh of the upper arm and sleeves give way."""
_PALM = 6
"""The point in the palm, and the first of the hand."""
_HAND = np.array((0.016, 0.012, 0.014, 0.014, 0.012))
"""Metres, half the thickness of the hand at its points."""
_POCKET = 0.045
"""Metres below the surface of the clothes that the palm of a hand in a pocket is."""
_ON_ARM = 0.25
"""Skinning weight of the arms above which a vertex is none of the trunk."""
_STEPS, _FURTHEST = 10, 0.25
"""Of the search, and the radians of one step."""


@dataclass(frozen=True)
class Girth:
    """Trunk and arms of somebody in clothes, rest pose, metres."""

    joints: Float[np.ndarray, "24 3"]
    radius: Float[np.ndarray, "R S"]
    """Of trunk, head and legs together around the vertical through the pelvis: by height, and by direction from the
    front by the left round."""
    arm: Float[np.ndarray, "P"]
    """Half the thickness of an arm at its points."""


def girth_of(body: BodyModel, vertices: Float[np.ndarray, "N 3"], joints: Float[np.ndarray, "24 3"]) -> Girth:
    """Measure a dressed body.

    Args:
        body: that the vertices belong to.
        vertices: its rest pose in clothes, metres.
        joints: its rest pose.
    """
    on_arm = _on_arm(body)
    radius = _surround(vertices - joints[0], body.faces.numpy(), on_arm)
    return Girth(joints.astype(np.float64), radius, _thickness(vertices[on_arm > 0.6], joints))


@lru_cache(maxsize=4)
def _on_arm(body: BodyModel) -> Float[np.ndarray, "N"]:
    """Skinning weight of the arms."""
    return body.lbs_weights[:, _CHAINS[:, 1:].ravel()].sum(1).numpy()


@kernel
def _surround(
    points: Float[np.ndarray, "N 3"], faces: np.ndarray, on_arm: Float[np.ndarray, "N"]
) -> Float[np.ndarray, "R S"]:
    """The furthest corner or middle of a face in each cell; where there is none, the neighbouring cells' furthest."""
    radius = np.zeros((_ROWS, _SECTORS))
    for f in range(len(faces)):
        a, b, c = faces[f]
        if max(on_arm[a], on_arm[b], on_arm[c]) < _ON_ARM:
            x = (points[a, 0] + points[b, 0] + points[c, 0]) / 3
            y = (points[a, 1] + points[b, 1] + points[c, 1]) / 3
            z = (points[a, 2] + points[b, 2] + points[c, 2]) / 3
            _note(radius, x, y, z)
    for i in range(len(points)):
        if on_arm[i] < _ON_ARM:
            _note(radius, points[i, 0], points[i, 1], points[i, 2])
    filled = radius.copy()
    for row in range(_ROWS):
        for sector in range(_SECTORS):
            if radius[row, sector] == 0:
                for r in range(max(row - 1, 0), min(row + 2, _ROWS)):
                    for s in range(sector - 1, sector + 2):
                        filled[row, sector] = max(filled[row, sector], radius[r, s % _SECTORS])
    return filled


@kernel
def _note(radius: Float[np.ndarray, "R S"], x: float, y: float, z: float) -> None:
    """Widen the cell of a point to it."""
    row = int(np.floor((y - _BOTTOM) / _ROW))
    if 0 <= row < _ROWS:
        sector = int(np.floor(_direction(x, z))) % _SECTORS
        radius[row, sector] = max(radius[row, sector], np.sqrt(x * x + z * z))


def _thickness(vertices: Float[np.ndarray, "Q 3"], joints: Float[np.ndarray, "24 3"]) -> Float[np.ndarray, "P"]:
    """Of arms that are stretched out sideways: their mean radius next to each point."""
    stations = joints[_CHAINS[0, 1:]]
    bone, along = _BONE[:_PALM], _ALONG[:_PALM]
    places = stations[bone, 0] + along * np.diff(stations[:, 0])[bone]
    outer = np.abs(vertices[:, 0])
    nearest = np.searchsorted((places[1:] + places[:-1]) / 2, outer)
    near = outer < places[-1] + 0.03
    away = np.hypot(vertices[:, 1] - stations[0, 1], vertices[:, 2] - stations[0, 2])
    count = np.bincount(nearest[near], minlength=_PALM)
    mean = np.bincount(nearest[near], away[near], _PALM) / np.maximum(count, 1)
    return np.concatenate([mean * _FIRM, _HAND])


def cleared(poses: Sequence[Pose], girth: Girth) -> Float[np.ndarray, "B 24 3"]:
    """The poses' theta with the shoulders turned so far, and no further, that no arm sinks into the trunk.

    The point of the arm that lies deepest pushes it out at right angles to the surface, a few times over. Hands in
    pockets go below the clothes. The legs count as they stand at rest.
    """
    theta = np.stack([pose.theta for pose in poses])
    pocketed = np.array([[side in pose.pockets for side in SIDES] for pose in poses])
    _clear(theta, pocketed, girth.joints, girth.radius, girth.arm)
    return theta


@kernel
def _clear(theta: np.ndarray, pocketed: np.ndarray, joints: np.ndarray, radius: np.ndarray, arm: np.ndarray) -> None:
    """In place. Everything is seen from the pelvis: metres from its joint, in its axes."""
    for pose in range(len(theta)):
        chest, place = np.array((0.0, 0.0, 0.0, 1.0)), np.zeros(3)
        for i in range(3):
            place = place + rotate(chest, joints[_SPINE[i + 1]] - joints[_SPINE[i]])
            chest = compose(chest, of_vector(theta[pose, _SPINE[i + 1]]))
        for side in range(2):
            collar, shoulder = _CHAINS[side, :2]
            thigh, above = of_vector(theta[pose, _HIPS[side]]), compose(chest, of_vector(theta[pose, collar]))
            for _ in range(_STEPS):
                points, pivot = _arm(theta[pose], joints, side, chest, place)
                depth, way = _sunk(points, joints, radius, _HIPS[side], thigh, chest, place)
                depth += arm
                if pocketed[pose, side]:
                    depth[_PALM + 1 :] = -1.0
                    depth[_PALM] -= arm[_PALM] + _POCKET
                    deepest = _PALM if depth[:_PALM].max() <= 0 else depth[:_PALM].argmax()
                else:
                    deepest = depth.argmax()
                    depth[deepest] = max(depth[deepest], 0.0)
                lever = np.cross(points[deepest] - pivot, way[deepest])
                length = max(np.sqrt((lever**2).sum()), 0.05)
                angle = min(max(depth[deepest] / length, -_FURTHEST), _FURTHEST)
                if abs(angle) < 1e-3:
                    break
                turn = compose(compose(inverse(above), of_vector(lever / length * angle)), above)
                theta[pose, shoulder] = to_vector(compose(turn, of_vector(theta[pose, shoulder])))


@kernel
def _arm(
    pose: np.ndarray, joints: np.ndarray, side: int, chest: np.ndarray, place: np.ndarray
) -> tuple[Float[np.ndarray, "P 3"], Float[np.ndarray, "3"]]:
    """The points of an arm, and its shoulder."""
    chain, points = _CHAINS[side], np.empty((len(_BONE), 3))
    hand = np.abs(joints[chain[4], 0] - joints[chain[3], 0])
    at, frame, i = place + rotate(chest, joints[chain[0]] - joints[_SPINE[3]]), chest, 0
    frame = compose(frame, of_vector(pose[chain[0]]))
    pivot = at + rotate(frame, joints[chain[1]] - joints[chain[0]])
    at = pivot
    for bone in range(4):
        frame = compose(frame, of_vector(pose[chain[bone + 1]]))
        along = joints[chain[min(bone + 2, 4)]] - joints[chain[min(bone + 1, 3)]]
        while i < len(_BONE) and _BONE[i] == bone:
            aside = np.array((0.0, -_PALMWARD[i] * hand, _THUMBWARD[i] * hand))
            points[i] = at + rotate(frame, _ALONG[i] * along + aside)
            i += 1
        at = at + rotate(frame, along)
    return points, pivot


@kernel
def _sunk(
    points: np.ndarray, joints: np.ndarray, radius: np.ndarray, hip: int, thigh: np.ndarray, chest: np.ndarray,
    place: np.ndarray,
) -> tuple[Float[np.ndarray, "P"], Float[np.ndarray, "P 3"]]:  # fmt: skip
    """How deep points lie in the trunk, and the way out."""
    depth, out = np.empty(len(points)), np.empty_like(points)
    waist, breast, leg = joints[_SPINE[1], 1], joints[_SPINE[3], 1], joints[hip, 1]
    for i in range(len(points)):
        height = points[i, 1] + joints[0, 1]
        if height > leg:  # from the waist up the trunk moves with the chest
            frame, origin, rest = chest, place, joints[_SPINE[3]] - joints[0]
            share = (height - waist) / (breast - waist)
        else:
            origin = joints[hip] - joints[0]
            frame, rest, share = thigh, origin, (leg - height) / _THIGH
        share = min(max(share, 0.0), 1.0)
        moved = rotate(inverse(frame), points[i] - origin) + rest
        depth[i], way = _depth(points[i] + share * (moved - points[i]), radius)
        out[i] = way + share * (rotate(frame, way) - way)
    return depth, out


@kernel
def _depth(at: Float[np.ndarray, "3"], radius: np.ndarray) -> tuple[float, Float[np.ndarray, "3"]]:
    """How deep a point lies in the trunk, metres, below 0 outside; and the way out, horizontally."""
    row = min(max((at[1] - _BOTTOM) / _ROW - 0.5, 0.0), _ROWS - 1.001)
    sector = _direction(at[0], at[2]) - 0.5
    r, s = int(np.floor(row)), int(np.floor(sector))
    row, sector = row - r, sector - s
    here = radius[r, s % _SECTORS] + row * (radius[r + 1, s % _SECTORS] - radius[r, s % _SECTORS])
    s = s + 1
    there = radius[r, s % _SECTORS] + row * (radius[r + 1, s % _SECTORS] - radius[r, s % _SECTORS])
    away = max(np.hypot(at[0], at[2]), 1e-3)
    slope = (there - here) * _SECTORS / (2 * np.pi) / away  # of the surface against the circle
    steep = np.sqrt(1 + slope**2)
    sine, cosine = at[0] / away, at[2] / away
    out = np.array((sine - slope * cosine, 0.0, cosine + slope * sine)) / steep
    return (here + sector * (there - here) - away) / steep, out


@kernel
def _direction(x: float, z: float) -> float:
    """In sectors, from the front by the left round."""
    return np.arctan2(x, z) / (2 * np.pi) * _SECTORS
