"""The 24 joints by name, and the few movements that poses are put together from.

Rest pose: standing upright, facing +Z, arms along +-X with the palms down. What is said of the left side is mirrored
for the right: a reflection takes a rotation vector (x, y, z) to (x, -y, -z).
"""

import numpy as np
from jaxtyping import Float

from habitus.types import SMPL_JOINTS

Theta = Float[np.ndarray, "24 3"]

INDEX = {name: i for i, name in enumerate(SMPL_JOINTS)}
SIDES = (("left_", 1.0), ("right_", -1.0))
