"""A first pose from the detector's 3D landmarks: frames for the trunk and head, directions for the limbs.

Everything is in the camera's axes: +X to the right of the picture, +Y up, +Z towards the camera, which are also the
body's axes in the rest pose. It is a start for optimisation, so it needs to be right within tens of degrees, with
front and back, left and right never confused.
"""

import itertools

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from habitus.types import COCO_KEYPOINTS, SMPL_JOINTS

_K = {name: i for i, name in enumerate(COCO_KEYPOINTS)}
_J = {name: i for i, name in enumerate(SMPL_JOINTS)}
_STRAIGHT = 0.35
"""Radians. A limb bent less than this says nothing certain of the plane it bends in."""
_HANGING = 1.25
"""Radians that bring an arm from the rest pose's horizontal to the side of the body."""


def pose_from_landmarks(
    landmarks: Float[np.ndarray, "17 3"],
    confidence: Float[np.ndarray, "17"],
    rest_joints: Float[np.ndarray, "24 3"],
    *,
    trusted: float = 0.3,
) -> Float[np.ndarray, "24 3"]:
    """theta, axis-angle, that points the body's limbs where the landmarks point.

    Args:
        landmarks: COCO-17 in metres in the camera's axes; only directions are used.
        confidence: of each landmark; a limb with an end below `trusted` hangs straight from its parent.
        rest_joints: the body's joints in its rest pose, metres.
        trusted: least confidence of a landmark that is used.
    """
    theta = np.zeros((24, 3))
    points = dict(zip(COCO_KEYPOINTS, landmarks, strict=True))
    seen = {name for name, c in zip(COCO_KEYPOINTS, confidence, strict=True) if c >= trusted}

    root = _trunk_frame(points, seen)
    theta[0] = root.as_rotvec()
    chest = _chest_frame(points, seen, root)
    bend = (root.inv() * chest).as_rotvec()
    for joint in ("spine1", "spine2", "spine3"):
        theta[_J[joint]] = bend / 3
    head = _head_frame(points, seen, chest)
    nod = _limited((chest.inv() * head).as_rotvec(), 1.2)
    theta[_J["neck"]] = theta[_J["head"]] = nod / 2

    for side in ("left", "right"):
        arm = _limb(points, seen, side, ("shoulder", "elbow", "wrist"))
        leg = _limb(points, seen, side, ("hip", "knee", "ankle"))
        outward = 1.0 if side == "left" else -1.0
        # The elbow turns about the vertical of the rest pose (the forearm comes forward), the knee about +X.
        theta[_J[f"{side}_shoulder"]], theta[_J[f"{side}_elbow"]] = _two_bones(
            chest, arm, _rest_bones(rest_joints, side, ("shoulder", "elbow", "wrist")), np.array([0, -outward, 0])
        )
        theta[_J[f"{side}_hip"]], theta[_J[f"{side}_knee"]] = _two_bones(
            root, leg, _rest_bones(rest_joints, side, ("hip", "knee", "ankle")), np.array([1.0, 0, 0])
        )
    if not {"left_elbow", "left_wrist"} & seen:
        theta[_J["left_shoulder"]] = (0, 0, -_HANGING)  # an unseen arm hangs; the rest pose holds it out
    if not {"right_elbow", "right_wrist"} & seen:
        theta[_J["right_shoulder"]] = (0, 0, _HANGING)
    return theta.astype(np.float32)


def without_false_lean(
    landmarks: Float[np.ndarray, "17 3"], confidence: Float[np.ndarray, "17"], *, most: float = 0.25
) -> Float[np.ndarray, "17 3"]:
    """Turn landmarks about the picture's horizontal until the body leans at most `most` radians in depth.

    Detectors guess the depth of a whole body badly: people on their feet come out leaning by 40 degrees and more. A
    camera that looks down makes them lean by its pitch, which is what `most` leaves room for. Which way the limbs point
    relative to each other stays as it was.

    Args:
        landmarks: COCO-17, metres, in the camera's axes.
        confidence: of each; without hips or shoulders nothing is turned.
        most: radians between the body's long axis and the picture's plane.
    """
    points = dict(zip(COCO_KEYPOINTS, np.asarray(landmarks, dtype=np.float64), strict=True))
    seen = {name for name, c in zip(COCO_KEYPOINTS, confidence, strict=True) if c > 0}
    top = [points[n] for n in ("left_shoulder", "right_shoulder") if n in seen]
    bottom = [points[n] for n in ("left_ankle", "right_ankle") if n in seen] or [
        points[n] for n in ("left_hip", "right_hip") if n in seen
    ]
    if not top or not bottom:
        return landmarks
    axis = np.mean(top, axis=0) - np.mean(bottom, axis=0)
    if axis[1] <= np.hypot(axis[0], 0.1):
        return landmarks  # lying, or upside down: there is no telling
    lean = np.arctan2(axis[2], axis[1])
    turn = Rotation.from_euler("x", lean - np.clip(lean, -most / 2, most))
    return turn.inv().apply(landmarks).astype(np.float32)


def standing_poses(yaws: Float[np.ndarray, "H"]) -> Float[np.ndarray, "H 24 3"]:
    """A relaxed stance, arms hanging, turned by each yaw (radians about +Y; 0 faces the camera).

    Starts for keypoints that come without a third dimension: optimise from all, keep the best.
    """
    theta = np.zeros((len(yaws), 24, 3))
    theta[:, 0, 1] = yaws
    theta[:, _J["left_shoulder"], 2] = -_HANGING
    theta[:, _J["right_shoulder"], 2] = _HANGING
    theta[:, _J["left_elbow"], 1] = -0.3
    theta[:, _J["right_elbow"], 1] = 0.3
    theta[:, [_J["left_knee"], _J["right_knee"]], 0] = 0.1
    return theta.astype(np.float32)


def _frame(across: np.ndarray, up: np.ndarray) -> Rotation:
    """The frame whose +X lies along `across` and whose +Y is as near to `up` as that allows."""
    x = across / np.linalg.norm(across)
    z = np.cross(x, up)
    z /= np.linalg.norm(z)
    return Rotation.from_matrix(np.stack([x, np.cross(z, x), z], 1))


def _trunk_frame(points: dict[str, np.ndarray], seen: set[str]) -> Rotation:
    """The pelvis. Hips and shoulders both tell its heading; where one pair is missing the other serves."""
    pairs = [p for p in ("hip", "shoulder") if {f"left_{p}", f"right_{p}"} <= seen]
    if not pairs:
        return Rotation.identity()
    across = sum((points[f"left_{p}"] - points[f"right_{p}"] for p in pairs), np.zeros(3))
    if len(pairs) == 2:
        up = sum((points[f"{s}_shoulder"] - points[f"{s}_hip"] for s in ("left", "right")), np.zeros(3))
    else:
        up = np.array([0.0, 1.0, 0.0])
    if np.linalg.norm(np.cross(across, up)) < 1e-6:
        return Rotation.identity()
    return _frame(across, up)


def _chest_frame(points: dict[str, np.ndarray], seen: set[str], root: Rotation) -> Rotation:
    if not {"left_shoulder", "right_shoulder", "left_hip", "right_hip"} <= seen:
        return root
    across = points["left_shoulder"] - points["right_shoulder"]
    up = sum((points[f"{s}_shoulder"] - points[f"{s}_hip"] for s in ("left", "right")), np.zeros(3))
    if np.linalg.norm(np.cross(across, up)) < 1e-6:
        return root
    return root * Rotation.from_rotvec(_limited((root.inv() * _frame(across, up)).as_rotvec(), 1.0))


def _head_frame(points: dict[str, np.ndarray], seen: set[str], chest: Rotation) -> Rotation:
    """Ears give the line across, the nose the way forward; the head's up is what is square to both."""
    if not {"left_ear", "right_ear", "nose"} <= seen:
        return chest
    across = points["left_ear"] - points["right_ear"]
    forward = points["nose"] - (points["left_ear"] + points["right_ear"]) / 2
    up = np.cross(forward, across)
    if np.linalg.norm(up) < 1e-6:
        return chest
    # The nose lies a little below the line of the ears in a level head: turn that much back.
    return _frame(across, up) * Rotation.from_euler("x", -0.25)


def _limb(
    points: dict[str, np.ndarray], seen: set[str], side: str, names: tuple[str, str, str]
) -> list[np.ndarray | None]:
    """Directions of the two bones of a limb, None where an end was not seen."""
    ends = [f"{side}_{name}" for name in names]
    bones = []
    for start, end in itertools.pairwise(ends):
        bone = points[end] - points[start]
        known = {start, end} <= seen and np.linalg.norm(bone) > 1e-6
        bones.append(bone / np.linalg.norm(bone) if known else None)
    return bones


def _rest_bones(rest_joints: np.ndarray, side: str, names: tuple[str, str, str]) -> list[np.ndarray]:
    places = [rest_joints[_J[f"{side}_{name}"]] for name in names]
    return [(b - a) / np.linalg.norm(b - a) for a, b in itertools.pairwise(places)]


def _two_bones(
    parent: Rotation, bones: list[np.ndarray | None], rest: list[np.ndarray], hinge: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations of an upper and a lower bone so that they point along `bones`, the lower one bending about `hinge`.

    Args:
        parent: frame that the limb hangs from.
        bones: two unit directions in the camera's axes, or None.
        rest: the same in the rest pose.
        hinge: axis of positive flexion in the rest pose.
    """
    if bones[0] is None:
        return np.zeros(3), np.zeros(3)
    upper_direction = parent.inv().apply(bones[0])
    upper = _swing(rest[0], upper_direction)
    if bones[1] is None:
        return upper.as_rotvec(), np.zeros(3)
    lower_direction = parent.inv().apply(bones[1])
    bend = np.arccos(np.clip(upper_direction @ lower_direction, -1, 1))
    if bend > _STRAIGHT:
        # Roll the upper bone about itself until its hinge is square to the plane that the limb bends in.
        normal = np.cross(upper_direction, lower_direction)
        normal /= np.linalg.norm(normal)
        axis = upper.apply(hinge)
        axis = axis - (axis @ upper_direction) * upper_direction
        axis /= np.linalg.norm(axis)
        roll = np.arctan2(np.cross(axis, normal) @ upper_direction, axis @ normal)
        upper = Rotation.from_rotvec(roll * upper_direction) * upper
    lower = _swing(rest[1], upper.inv().apply(lower_direction))
    return upper.as_rotvec(), lower.as_rotvec()


def _swing(start: np.ndarray, end: np.ndarray) -> Rotation:
    """The least rotation that takes one unit vector to another."""
    axis = np.cross(start, end)
    sine, cosine = np.linalg.norm(axis), start @ end
    if sine < 1e-8:
        square = np.array([0.0, 0.0, 1.0]) if abs(start[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
        return Rotation.identity() if cosine > 0 else Rotation.from_rotvec(np.pi * square)
    return Rotation.from_rotvec(axis / sine * np.arctan2(sine, cosine))


def _limited(rotvec: np.ndarray, most: float) -> np.ndarray:
    """The same axis with an angle of at most `most` radians."""
    angle = np.linalg.norm(rotvec)
    return rotvec if angle <= most else rotvec * (most / angle)
