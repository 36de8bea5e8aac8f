"""Posed vertices by sparse linear blend skinning: what `body(theta, beta, delta)` gives, some ten times faster."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from habitus.compiled import kernel
from habitus.synthetic.photos.mesh import Mesh


@dataclass(frozen=True)
class Build:
    """A person's surface in the rest pose, metres: the same in all their photos."""

    vertices: Float[np.ndarray, "N 3"]
    joints: Float[np.ndarray, "24 3"]


@dataclass(frozen=True)
class Figure:
    """A posed person, metres, camera axes: +X to the right of the picture, +Y up, +Z to the camera."""

    vertices: Float[np.ndarray, "N 3"]
    joints: Float[np.ndarray, "24 3"]
    turns: Float[np.ndarray, "24 3 3"]
    """The joints' axes."""
    rest: Float[np.ndarray, "N 3"]
    """What was skinned."""
    transforms: Float[np.ndarray, "24 3 4"]
    """Of points of the rest pose, by joint."""


def build_of(mesh: Mesh, beta: Float[np.ndarray, "10"], delta: Float[np.ndarray, "N 3"]) -> Build:
    """T(beta, delta) and J(beta)."""
    shaped = mesh.template + (mesh.shapes.reshape(-1, len(beta)) @ beta).reshape(-1, 3)
    return Build(shaped + delta, mesh.joints + mesh.joint_shapes @ beta)


def posed(mesh: Mesh, build: Build, theta: Float[np.ndarray, "24 3"]) -> Figure:
    """Pose a person; the root stays where the rest pose has it."""
    turns, transforms = np.empty((24, 3, 3)), np.empty((24, 3, 4))
    own, joints = np.empty((24, 3, 3)), np.empty((24, 3))
    _chain(theta.astype(np.float64), build.joints.astype(np.float64), mesh.parents, own, turns, joints, transforms)
    rest = build.vertices
    if mesh.correctives is not None:
        feature = (own[1:] - np.eye(3)).reshape(-1).astype(np.float32)
        rest = rest + mesh.correctives @ feature
    vertices = np.empty_like(rest)
    _skin(rest, mesh.skinning.index, mesh.skinning.weight, transforms.reshape(24, 12), vertices)
    return Figure(vertices, joints.astype(np.float32), turns, rest, transforms)


def unposed(
    mesh: Mesh, figure: Figure, index: Int[np.ndarray, "Q"], places: Float[np.ndarray, "Q 3"]
) -> Float[np.ndarray, "Q 3"]:
    """Where vertices `index` must lie in the rest pose to be skinned to `places`."""
    rest = np.empty((len(index), 3), np.float32)
    _unskin(
        index.astype(np.int64), places.astype(np.float64), mesh.skinning.index, mesh.skinning.weight,
        figure.transforms.reshape(24, 12), rest,
    )  # fmt: skip
    return rest


@kernel
def _chain(theta, rest, parents, own, turns, joints, transforms):
    """Rodrigues' formula, then down the kinematic tree."""
    for j in range(theta.shape[0]):
        x, y, z = theta[j]
        angle = np.sqrt(x * x + y * y + z * z)
        sine = np.sin(angle) / angle if angle > 1e-8 else 1.0
        cosine = (1 - np.cos(angle)) / (angle * angle) if angle > 1e-8 else 0.5
        cross = np.array(((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0)))
        for r in range(3):
            for c in range(3):
                square = cross[r, 0] * cross[0, c] + cross[r, 1] * cross[1, c] + cross[r, 2] * cross[2, c]
                own[j, r, c] = sine * cross[r, c] + cosine * square + (1.0 if r == c else 0.0)
        p = parents[j]
        for r in range(3):
            if p < 0:
                turns[j, r] = own[j, r]
                joints[j, r] = rest[j, r]
                continue
            joints[j, r] = joints[p, r]
            for c in range(3):
                turns[j, r, c] = (
                    turns[p, r, 0] * own[j, 0, c] + turns[p, r, 1] * own[j, 1, c] + turns[p, r, 2] * own[j, 2, c]
                )
                joints[j, r] += turns[p, r, c] * (rest[j, c] - rest[p, c])
        for r in range(3):
            transforms[j, r, :3] = turns[j, r]
            transforms[j, r, 3] = joints[j, r]
            for c in range(3):
                transforms[j, r, 3] -= turns[j, r, c] * rest[j, c]


@kernel
def _blend(v, joints, weights, transforms, blended):
    """The 3 x 4 transform of one vertex, row by row."""
    for m in range(12):
        blended[m] = 0.0
    for n in range(joints.shape[1]):
        weight = weights[v, n]
        if weight != 0:
            j = joints[v, n]
            for m in range(12):
                blended[m] += weight * transforms[j, m]


@kernel
def _skin(rest, joints, weights, transforms, result):
    m = np.empty(12)
    for v in range(rest.shape[0]):
        _blend(v, joints, weights, transforms, m)
        x, y, z = rest[v, 0], rest[v, 1], rest[v, 2]
        result[v, 0] = m[0] * x + m[1] * y + m[2] * z + m[3]
        result[v, 1] = m[4] * x + m[5] * y + m[6] * z + m[7]
        result[v, 2] = m[8] * x + m[9] * y + m[10] * z + m[11]


@kernel
def _unskin(index, places, joints, weights, transforms, rest):
    """Cramer's rule."""
    m = np.empty(12)
    for q in range(index.size):
        v = index[q]
        _blend(v, joints, weights, transforms, m)
        x, y, z = places[q, 0] - m[3], places[q, 1] - m[7], places[q, 2] - m[11]
        a, b, c = m[5] * m[10] - m[6] * m[9], m[6] * m[8] - m[4] * m[10], m[4] * m[9] - m[5] * m[8]
        inverse = 1.0 / (m[0] * a + m[1] * b + m[2] * c)
        rest[q, 0] = (a * x + (m[2] * m[9] - m[1] * m[10]) * y + (m[1] * m[6] - m[2] * m[5]) * z) * inverse
        rest[q, 1] = (b * x + (m[0] * m[10] - m[2] * m[8]) * y + (m[2] * m[4] - m[0] * m[6]) * z) * inverse
        rest[q, 2] = (c * x + (m[1] * m[8] - m[0] * m[9]) * y + (m[0] * m[5] - m[1] * m[4]) * z) * inverse
