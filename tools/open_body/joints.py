"""Joints and COCO keypoints as linear functions of the vertices."""

import numpy as np
from scipy.optimize import nnls

from open_body.rig import MIRROR_JOINTS

NEAREST = 400
RIDGE = 1e-4
"""Relative to the mean squared spread of a vertex coordinate over the population."""


def ridge_regressor(vertices: np.ndarray, joints: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """J_regressor (24, N): each joint from its nearest vertices, rows summing to one, mirror symmetric.

    Args:
        vertices: (S, N, 3) of many people in the rest pose.
        joints: (S, 24, 3) of the same people.
        mirror: (N,) mirror image of each vertex.
    """
    mean = vertices.mean(0)
    result = np.zeros((24, len(mean)))
    for joint in range(24):
        if MIRROR_JOINTS[joint] < joint:
            result[joint] = result[MIRROR_JOINTS[joint]][mirror]
            continue
        near = _nearest(mean, joints[:, joint].mean(0), NEAREST)
        if MIRROR_JOINTS[joint] == joint:
            near = np.union1d(near, mirror[near])
        # Relative to the mean of the near vertices, so that the row sums to one and follows translations exactly.
        centre = vertices[:, near].mean(1, keepdims=True)
        design = (vertices[:, near] - centre).swapaxes(1, 2).reshape(-1, len(near))
        wanted = (joints[:, joint] - centre[:, 0]).reshape(-1)
        gram = design.T @ design
        strength = RIDGE * np.trace(gram) / len(near)
        weights = np.linalg.solve(gram + strength * np.eye(len(near)), design.T @ wanted)
        result[joint, near] = weights + (1 - weights.sum()) / len(near)
        if MIRROR_JOINTS[joint] == joint:
            result[joint] = (result[joint] + result[joint][mirror]) / 2
    return result


def convex_regressor(vertices: np.ndarray, points: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Weights (N,), none negative, summing to one, that find `points` (S, 3) from the vertices `near`."""
    design = vertices[:, near].swapaxes(1, 2).reshape(-1, len(near))
    emphasis = 100.0 * np.abs(design).max()
    weights, _ = nnls(
        np.concatenate([design, np.full((1, len(near)), emphasis)]), np.append(points.reshape(-1), emphasis)
    )
    result = np.zeros(vertices.shape[1])
    result[near] = weights / weights.sum()
    return result


def coco_regressor(
    vertices: np.ndarray, joints: np.ndarray, mirror: np.ndarray, face: dict[str, np.ndarray]
) -> np.ndarray:
    """(17, N): nose, eyes and ears on the surface, the rest inside the body where a detector puts them.

    Args:
        face: vertices whose mean is "nose", "left_eye" and "left_ear".
    """
    result = np.zeros((17, vertices.shape[1]))
    result[0, face["nose"]] = 1 / len(face["nose"])
    result[1, face["left_eye"]] = 1 / len(face["left_eye"])
    result[3, face["left_ear"]] = 1 / len(face["left_ear"])
    mean = vertices.mean(0)
    few = slice(0, len(vertices), max(1, len(vertices) // 150))
    for keypoint, joint in ((5, 16), (7, 18), (9, 20), (11, 1), (13, 4), (15, 7)):
        # The pose model puts hips at the joint: on rendered bodies within 1.5 % of the height.
        points = joints[:, joint]
        # Only vertices that move with the bones at the joint, on all of its sides.
        near = _nearest(mean, points.mean(0), 160)
        result[keypoint] = convex_regressor(vertices[few], points[few], near)
    for left in (1, 3, 5, 7, 9, 11, 13, 15):
        result[left + 1] = result[left][mirror]
    return result


def _nearest(points: np.ndarray, centre: np.ndarray, count: int) -> np.ndarray:
    return np.sort(np.linalg.norm(points - centre, axis=1).argsort(kind="stable")[:count])
