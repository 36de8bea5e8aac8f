"""Poses as others need them: seen from somewhere, with room for clothes, with shorter steps."""

import numpy as np

from habitus.synthetic.poses.quaternions import compose, of_vector, to_vector
from habitus.synthetic.poses.skeleton import INDEX, SIDES, Theta


def turned(theta: Theta, *, yaw: float, elevation: float = 0.0) -> Theta:
    """The same pose seen by another camera.

    Args:
        theta: a pose that faces the camera.
        yaw: radians; 0 faces the camera, pi/2 shows the right of the person, pi the back.
        elevation: radians by which the camera looks down.
    """
    seen = theta.copy()
    camera = compose(of_vector(np.array((elevation, 0.0, 0.0))), of_vector(np.array((0.0, yaw, 0.0))))
    seen[0] = to_vector(compose(camera, of_vector(theta[0].astype(np.float64))))
    return seen


def calm(theta: Theta, stride: float) -> Theta:
    """The pose with the legs' movement scaled by `stride` in [0, 1]: a narrow skirt allows no long steps."""
    result = theta.copy()
    for name in ("hip", "knee", "ankle"):
        for side in SIDES:
            result[..., INDEX[f"{side}_{name}"], :] *= stride
    return result
