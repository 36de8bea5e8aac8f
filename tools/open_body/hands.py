"""Relaxed hands: MakeHuman sculpts them with spread fingers, which on a person who just stands look stiff.

The finger bones of the game_engine rig are turned until each points where it points in a hand that hangs at rest:
curled a little more at every joint, fingers side by side, the thumb along the index finger.
"""

from dataclasses import dataclass

import numpy as np

from open_body.rig import turns
from open_body.source import Assets, BaseMesh

FINGERS = ("index", "middle", "ring", "pinky", "thumb")
BONES = (1, 2, 3)

RELAXED = {
    "index": ((-4.0, 20.0), (-6.0, 40.0), (-6.0, 54.0)),
    "middle": ((-5.0, 23.0), (-5.0, 45.0), (-5.0, 61.0)),
    "ring": ((-5.0, 26.0), (-4.0, 49.0), (-3.0, 66.0)),
    "pinky": ((-4.0, 28.0), (0.0, 51.0), (2.0, 68.0)),
    "thumb": ((30.0, 38.0), (10.0, 36.0), (-2.0, 40.0)),
}  # fmt: skip
"""Where the three bones of each finger point, degrees: away from the hand's axis towards the thumb, and down from the
back of the hand towards the palm."""


@dataclass(frozen=True)
class FingerRig:
    """The bones of the left hand's fingers in terms of the base mesh."""

    ends: np.ndarray
    """(21, 19158): the wrist, then the four joints of each finger from knuckle to tip, = ends @ base vertices."""
    weights: np.ndarray
    """(19158, 15) share of each finger bone in a vertex; the rest of the vertex stays with the hand."""


def read_fingers(assets: Assets, base: BaseMesh) -> FingerRig:
    """Bones and weights of the left hand; the right hand is its mirror image."""
    bones = assets.json("rigs/standard/rig.game_engine.json")
    bones = bones.get("bones", bones)
    painted = assets.json("rigs/standard/weights.game_engine.json")["weights"]
    names = [f"{finger}_0{bone}_l" for finger in FINGERS for bone in BONES]
    count = len(base.vertices)
    weights, total = np.zeros((count, len(names))), np.zeros(count)
    for name, entries in painted.items():
        for vertex, weight in entries:
            total[vertex] += weight
            if name in names:
                weights[vertex, names.index(name)] += weight
    cubes = [bones["hand_l"]["head"]["cube_name"]]
    for finger in FINGERS:
        cubes += [bones[f"{finger}_0{bone}_l"]["head"]["cube_name"] for bone in BONES]
        cubes.append(bones[f"{finger}_03_l"]["tail"]["cube_name"])
    ends = np.zeros((len(cubes), count))
    for row, cube in zip(ends, cubes, strict=True):
        corners = np.unique(base.groups[cube])
        row[corners] = 1 / len(corners)
    return FingerRig(ends, weights / np.maximum(total, 1e-12)[:, None])


def relax_left_hand(vertices: np.ndarray, ends: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Bodies (S, N, 3) whose left fingers are turned to `RELAXED` by linear blend skinning.

    Args:
        vertices: (S, N, 3) as sculpted.
        ends: (S, 21, 3) wrist and finger joints, as `FingerRig.ends` orders them.
        weights: (N, 15).
    """
    chosen = np.flatnonzero(weights.any(1))
    own = vertices[:, chosen]
    moved = own * (1 - weights[chosen].sum(1))[:, None]
    chains = ends[:, 1:].reshape(len(ends), len(FINGERS), len(BONES) + 1, 3)
    frame = _hand_frame(ends[:, 0], chains)
    for f, finger in enumerate(FINGERS):
        turn = np.broadcast_to(np.eye(3), (len(ends), 3, 3))
        joint = chains[:, f, 0]
        for k, angles in enumerate(RELAXED[finger]):
            bone = (turn @ (chains[:, f, k + 1] - chains[:, f, k])[..., None])[..., 0]
            turn = turns(bone, frame @ _direction(*angles)) @ turn
            placed = (own - chains[:, f, None, k]) @ turn.swapaxes(-1, -2) + joint[:, None]
            moved = moved + placed * weights[chosen, 3 * f + k, None]
            joint = joint + (turn @ (chains[:, f, k + 1] - chains[:, f, k])[..., None])[..., 0]
    result = vertices.copy()
    result[:, chosen] = moved
    return result


def _hand_frame(wrist: np.ndarray, chains: np.ndarray) -> np.ndarray:
    """(S, 3, 3) columns: along the hand, towards the thumb, out of the palm."""
    along = chains[:, 1, 0] - wrist
    along = along / np.linalg.norm(along, axis=-1, keepdims=True)
    across = chains[:, 0, 0] - chains[:, 3, 0]
    across = across - (across * along).sum(-1, keepdims=True) * along
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    # Of a left hand: fingers forward, thumb to the right of a palm that looks down.
    return np.stack([along, across, np.cross(along, across)], -1)


def _direction(towards_thumb: float, towards_palm: float) -> np.ndarray:
    yaw, pitch = np.deg2rad(towards_thumb), np.deg2rad(towards_palm)
    return np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)])
