"""A body's posture: anatomical angles, and soles that lie on the ground as they should."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from habitus.compiled import kernel
from habitus.synthetic.poses.quaternions import compose, inverse, of_vector, rotate, to_vector
from habitus.synthetic.poses.skeleton import INDEX, SIDES, Angles, Theta, to_theta

_LEGS = np.array([[0, *(INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))] for side in SIDES])


@dataclass(frozen=True)
class Posture:
    """What joints do, the ankles excepted: those follow from the legs and from how the feet stand."""

    angles: Angles
    """Anatomical, radians."""
    pitch: Float[np.ndarray, "*batch 2"]
    """Radians by which the toes of the left and right sole point above the horizontal; 0: the sole lies flat."""

    def theta(self) -> Theta:
        """Axis-angle, radians.

        Feet stand upright below their shank whatever the legs do, and point where the knees point.
        """
        theta = to_theta(self.angles)
        _plant(theta.reshape(-1, 24, 3), self.pitch.reshape(-1, 2))
        return theta


@kernel
def _plant(theta: Float[np.ndarray, "B 24 3"], pitch: Float[np.ndarray, "B 2"]) -> None:
    """Set the ankles, in place."""
    for pose in range(len(theta)):
        for side in range(2):
            pelvis, hip, knee, ankle = _LEGS[side]
            thigh = compose(of_vector(theta[pose, pelvis]), of_vector(theta[pose, hip]))
            shank = compose(thigh, of_vector(theta[pose, knee]))
            across = rotate(shank, np.array((1.0, 0.0, 0.0)))
            heading = of_vector(np.array((0.0, np.arctan2(-across[2], across[0]), 0.0)))
            sole = compose(heading, of_vector(np.array((-pitch[pose, side], 0.0, 0.0))))
            theta[pose, ankle] = to_vector(compose(inverse(shank), sole))
