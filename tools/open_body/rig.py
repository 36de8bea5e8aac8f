"""MakeHuman's 53-bone game_engine rig as SMPL's 24 joints, and the way from its A-pose to the T-pose."""

from dataclasses import dataclass

import numpy as np

from open_body.source import Assets, BaseMesh

PARENTS = np.array([-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21])
"""SMPL's kinematic tree."""
MIRROR_JOINTS = np.array([0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22])

FINGERS = tuple(f"{finger}_0{bone}" for finger in ("index", "middle", "ring", "pinky", "thumb") for bone in (1, 2, 3))
CENTRAL = {0: ("pelvis", "Root"), 3: ("spine_01",), 6: ("spine_02",), 9: ("spine_03",), 12: ("neck_01",), 15: ("head",)}
PAIRED = {
    1: ("thigh",), 4: ("calf",), 7: ("foot",), 10: ("ball",), 13: ("clavicle",), 16: ("upperarm",), 18: ("lowerarm",),
    20: ("hand",), 22: ("middle_01", *FINGERS),
}  # fmt: skip
"""SMPL joint -> bones of the rig that become it; the first one's head is the joint. The right side is one more."""

LEG = (0.035, -1.0, 0.0)
SHIN = (0.0, -1.0, -0.03)
"""Directions of the left thigh and shin in the T-pose, close to SMPL's."""


@dataclass(frozen=True)
class Rig:
    """The 24 joints in terms of the base mesh."""

    joints: np.ndarray
    """(24, 19158): joint positions = joints @ base vertices, in MakeHuman's own pose."""
    weights: np.ndarray
    """(19158, 24) skinning weights, left-right symmetric."""


def read_rig(assets: Assets, base: BaseMesh) -> Rig:
    """Merge the bones and their weights."""
    bones = assets.json("rigs/standard/rig.game_engine.json")
    bones = bones.get("bones", bones)
    painted = assets.json("rigs/standard/weights.game_engine.json")["weights"]
    count = len(base.vertices)
    joints, weights = np.zeros((24, count)), np.zeros((count, 24))
    merged: dict[int, tuple[str, ...]] = dict(CENTRAL)
    for joint, names in PAIRED.items():
        merged[joint] = tuple(f"{name}_l" for name in names)
        merged[joint + 1] = tuple(f"{name}_r" for name in names)
    for joint, names in merged.items():
        joints[joint, _head_vertices(bones[names[0]]["head"], base)] = 1
        for name in dict.fromkeys(names):
            for vertex, weight in painted.get(name, []):
                weights[vertex, joint] += weight
    joints /= joints.sum(1, keepdims=True)
    weights = (weights + weights[base.mirror][:, MIRROR_JOINTS]) / 2
    joints = (joints + joints[MIRROR_JOINTS][:, base.mirror]) / 2
    return Rig(joints, weights / np.maximum(weights.sum(1, keepdims=True), 1e-12))


def _head_vertices(head: dict, base: BaseMesh) -> np.ndarray:
    """The base vertices whose mean is the head of a bone."""
    if head["strategy"] == "CUBE":
        return np.unique(base.groups[head["cube_name"]])
    return np.array(head["vertex_indices"])


def turns(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Smallest rotations (S, 3, 3) that take the directions `source` (S, 3) to `target`, (3,) or (S, 3)."""
    a = source / np.linalg.norm(source, axis=-1, keepdims=True)
    b = np.broadcast_to(target / np.linalg.norm(target, axis=-1, keepdims=True), a.shape)
    axis, cosine = np.cross(a, b), (a * b).sum(-1)
    cross = np.zeros((len(a), 3, 3))
    cross[:, [2, 0, 1], [1, 2, 0]] = axis
    cross[:, [1, 2, 0], [2, 0, 1]] = -axis
    return np.eye(3) + cross + cross @ cross / (1 + cosine)[:, None, None]


def four_strongest(weights: np.ndarray) -> np.ndarray:
    """Skinning weights with at most four joints a vertex, as SMPL files and real-time engines have them.

    What ties with the fifth goes too: of a left and right joint that pull a middle vertex alike, both stay or neither.
    """
    fifth = np.sort(weights, axis=1)[:, -5:-4]
    kept = np.where(weights > fifth + 1e-6, weights, 0)
    return kept / kept.sum(1, keepdims=True)


def t_pose(vertices: np.ndarray, joints: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unpose bodies: find the T-pose whose linear blend skinning gives back exactly the sculpted pose.

    Skinning is inverted vertex by vertex rather than applied backwards, so that hanging arms, which are near
    MakeHuman's own pose, look as they were sculpted, and what skinning loses shows at raised arms only.

    Args:
        vertices: (S, N, 3) in MakeHuman's pose.
        joints: (S, 24, 3) in that pose.
        weights: (N, 24).

    Returns:
        vertices (S, N, 3) and joints (S, 24, 3) in the T-pose, the pelvis joint at the origin.
    """
    count = len(vertices)
    turn = np.broadcast_to(np.eye(3), (count, 24, 3, 3)).copy()
    for side, sign in ((0, 1.0), (1, -1.0)):
        mirrored = np.array([sign, 1.0, 1.0])
        for joint, child, direction in (
            (1, 4, LEG), (4, 7, SHIN), (16, 18, (1, 0, 0)), (18, 20, (1, 0, 0)), (20, 22, (1, 0, 0)),
        ):  # fmt: skip
            bone = joints[:, child + side] - joints[:, joint + side]
            turn[:, joint + side] = turns(bone, mirrored * direction)
        turn[:, 22 + side] = turn[:, 20 + side]
    placed = np.zeros_like(joints)
    for joint in range(1, 24):
        above = PARENTS[joint]
        offset = joints[:, joint] - joints[:, above]
        placed[:, joint] = placed[:, above] + (turn[:, above] @ offset[..., None])[..., 0]
    back = turn.swapaxes(-1, -2)  # T-pose -> sculpted pose
    shift = joints - (back @ placed[..., None])[..., 0]
    blended = np.einsum("nj,sjk->snk", weights, back.reshape(count, 24, 9)).reshape(count, -1, 3, 3)
    moved = vertices - np.einsum("nj,sjk->snk", weights, shift)
    return _solve3(blended, moved), placed


def _solve3(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve many 3x3 systems by Cramer's rule."""
    a, b, c = matrix[..., 0], matrix[..., 1], matrix[..., 2]
    bc = np.cross(b, c)
    determinant = (a * bc).sum(-1)
    x = (right * bc).sum(-1)
    y = (np.cross(c, a) * right).sum(-1)
    z = (np.cross(a, b) * right).sum(-1)
    return np.stack([x, y, z], -1) / determinant[..., None]
