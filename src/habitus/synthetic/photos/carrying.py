"""Carried things in their places: what hangs in a hand, what is held."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from habitus.synthetic.clothes.props import Prop, phone
from habitus.synthetic.photos.posing import Figure
from habitus.synthetic.poses.activities import Pose
from habitus.types import SMPL_JOINTS


@dataclass(frozen=True)
class Surface:
    """A mesh in a picture."""

    vertices: Float[np.ndarray, "M 3"]
    """Metres, camera axes."""
    faces: Int[np.ndarray, "Q 3"]
    """uint32."""
    normals: Float[np.ndarray, "M 3"]
    colours: Float[np.ndarray, "M 3"]
    """RGB, besides a texture's."""


_HANDS = {"left": SMPL_JOINTS.index("left_hand"), "right": SMPL_JOINTS.index("right_hand")}
_OTHER = {"left": "right", "right": "left"}


def carried(props: Sequence[Prop], pose: Pose) -> tuple[Prop, ...]:
    """What is carried in a pose, each thing in the hand that the pose has for it."""
    if pose.hand is None:
        return tuple(props)
    calls = pose.activity.startswith("phone")
    free = _HANDS[_OTHER[pose.hand] if calls else pose.hand]
    placed = tuple(replace(prop, joint=free) if prop.joint in _HANDS.values() else prop for prop in props)
    return (*placed, phone(pose.hand)) if calls else placed


def flat_shaded(props: Sequence[Prop], figure: Figure, up: Float[np.ndarray, "3"]) -> Surface:
    """Things in their places. No two faces share a vertex, so that each has its own light.

    Args:
        props: from `carried`.
        figure: who carries them.
        up: away from the ground, unit, camera axes.
    """
    corners = np.concatenate([_placed(prop, figure, up)[prop.faces] for prop in props]).astype(np.float32)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    colours = np.concatenate([prop.colours for prop in props])
    faces = np.arange(3 * len(corners), dtype=np.uint32).reshape(-1, 3)
    return Surface(corners.reshape(-1, 3), faces, np.repeat(normals, 3, 0), np.repeat(colours, 3, 0))


def _placed(prop: Prop, figure: Figure, up: Float[np.ndarray, "3"]) -> Float[np.ndarray, "P 3"]:
    axes = _heading(figure.turns[0], up) if prop.hangs else figure.turns[prop.joint]
    return prop.vertices @ axes.T + figure.joints[prop.joint]


def _heading(root: Float[np.ndarray, "3 3"], up: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Upright axes as columns that face the way the person does."""
    forward = root[:, 2] - (root[:, 2] @ up) * up
    forward = forward / max(float(np.linalg.norm(forward)), 1e-6)
    return np.stack([np.cross(up, forward), up, forward], 1)
