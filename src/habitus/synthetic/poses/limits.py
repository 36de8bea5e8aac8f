"""How far joints go: the clinic's normal ranges of motion.

Sources, degrees: American Academy of Orthopaedic Surgeons (AAOS), Joint Motion: Method of Measuring and Recording
(1965), also W. Greene and J. Heckman, The Clinical Measurement of Joint Motion (1994); knee and elbow agree with the
CDC's Normal Joint Range of Motion Study (J. Soucie et al., Haemophilia, 2011: knee 142, elbow 150, ankle 63 from end to
end). The clinic measures neck and back as wholes (neck 45 forwards and back, 45 sideways, 60 to 80 turned; back 80
forwards, 25 back, 35 sideways, 45 turned): here their joints share them. Collar: the sternoclavicular joint after
Ludewig et al. (J Bone Joint Surg, 2009).

| joint | movement | range |
|---|---|---|
| hip | flexion / extension | 120 / 30 |
| | abduction / adduction | 45 / 30 |
| | outward / inward rotation | 45 / 45 |
| knee | flexion / extension | 135 / 10 |
| ankle | dorsiflexion / plantarflexion | 20 / 50 |
| | inversion / eversion | 35 / 20 |
| toes | extension / flexion | 70 / 45 |
| shoulder | flexion / extension | 180 / 60 |
| | abduction / adduction | 180 / 45 |
| | inward / outward rotation | 90 / 90 |
| elbow | flexion / extension | 150 / 10 |
| | pronation / supination | 80 / 80, shared with the wrist |
| wrist | flexion / extension | 80 / 70 |
| | radial / ulnar deviation | 20 / 30 |
| fingers | flexion / extension | 90 / 20 |
"""

import numpy as np
from jaxtyping import Bool, Float

from habitus.synthetic.poses.skeleton import Theta, from_theta
from habitus.types import SMPL_JOINTS

_FREE, _FIXED = (-180, 180), (-1, 1)
# Least and greatest flexion, sideways and axial angle, degrees, as `skeleton` defines them.
_BACK = ((-9, 27), (-12, 12), (-15, 15))
_NECK = ((-25, 25), (-22.5, 22.5), (-40, 40))
_RANGES = {
    "pelvis": (_FREE, _FREE, _FREE),
    "spine1": _BACK,
    "spine2": _BACK,
    "spine3": _BACK,
    "neck": _NECK,
    "head": _NECK,
    "hip": ((-30, 120), (-30, 45), (-45, 45)),
    "knee": ((-10, 135), _FIXED, _FIXED),
    "ankle": ((-50, 20), (-20, 35), (-10, 10)),
    "foot": ((-45, 70), _FIXED, _FIXED),
    "collar": ((-15, 30), (-10, 45), _FIXED),
    "shoulder": ((-60, 180), (-45, 90), (-90, 90)),  # an arm raised sideways past 90 degrees is one raised forwards
    "elbow": ((-10, 150), _FIXED, (-50, 50)),
    "wrist": ((-70, 80), (-30, 20), (-30, 30)),
    "hand": ((-20, 90), _FIXED, _FIXED),
}


def joint_ranges() -> Float[np.ndarray, "24 3 2"]:
    """Least and greatest anatomical angles of each joint, radians; the pelvis is free."""
    return np.radians([_RANGES[name.split("_")[-1]] for name in SMPL_JOINTS])


def within_limits(theta: Theta) -> Bool[np.ndarray, "*batch"]:
    """Whether healthy joints can do this, up to a rounding of 0.1 degrees."""
    low, high = np.moveaxis(joint_ranges(), -1, 0)
    angles = from_theta(theta)
    slack = np.radians(0.1)
    return ((angles > low - slack) & (angles < high + slack)).all((-1, -2))
