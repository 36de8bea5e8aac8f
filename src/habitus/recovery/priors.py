"""What is known of people before the photo is looked at: how far joints turn, how people stand, how they differ."""

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.types import SMPL_JOINTS

# Ranges of the axis-angle components (x, y, z) in radians for the left side and the middle; the right mirrors the left.
# Rest pose: arms along +-X, palms down; legs along -Y; facing +Z. Set by hand around clinical ranges of motion, shared
# out where several joints make one movement, with some slack: they exclude the impossible, they do not judge the rare.
_LIMITS: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "spine1": ((-0.35, 0.6), (-0.35, 0.35), (-0.3, 0.3)),
    "spine2": ((-0.25, 0.45), (-0.35, 0.35), (-0.25, 0.25)),
    "spine3": ((-0.25, 0.4), (-0.35, 0.35), (-0.25, 0.25)),
    "neck": ((-0.5, 0.5), (-0.6, 0.6), (-0.4, 0.4)),
    "head": ((-0.5, 0.5), (-0.7, 0.7), (-0.4, 0.4)),
    "left_hip": ((-2.3, 0.6), (-0.7, 0.7), (-0.4, 0.9)),
    "left_knee": ((-0.05, 2.6), (-0.25, 0.25), (-0.15, 0.15)),
    "left_ankle": ((-0.5, 0.8), (-0.4, 0.4), (-0.4, 0.4)),
    "left_foot": ((-0.3, 0.5), (-0.1, 0.1), (-0.1, 0.1)),
    "left_collar": ((-0.2, 0.2), (-0.35, 0.35), (-0.2, 0.5)),
    "left_shoulder": ((-1.5, 1.5), (-2.2, 1.0), (-1.7, 1.6)),
    "left_elbow": ((-1.5, 1.5), (-2.6, 0.1), (-0.3, 0.3)),
    "left_wrist": ((-0.9, 0.9), (-0.5, 0.5), (-1.2, 1.2)),
    "left_hand": ((-0.1, 0.1), (-0.1, 0.1), (-0.3, 0.3)),
}

# How surely a joint keeps near its mean, as 1 / (standard deviation in radians)^2. Joints that move together with
# others (collars, spine, hands) have no keypoint of their own to hold them, so they are held tighter.
_STIFFNESS = {
    "spine": 20.0, "neck": 12.0, "head": 8.0, "collar": 30.0, "shoulder": 0.6, "elbow": 0.6, "wrist": 150.0,
    "hand": 60.0, "hip": 1.0, "knee": 0.6, "ankle": 15.0, "foot": 40.0,
}  # fmt: skip


def joint_limits(*, device: torch.device | str = "cpu") -> tuple[Float[Tensor, "24 3"], Float[Tensor, "24 3"]]:
    """Least and greatest axis-angle components of each joint, radians; the root is free.

    A reflection in the left-right plane takes a rotation vector (x, y, z) to (x, -y, -z), so the right side's ranges
    are the left side's with y and z negated and swapped.
    """
    low, high = torch.full((24, 3), -torch.inf), torch.full((24, 3), torch.inf)
    for name, ranges in _LIMITS.items():
        index = SMPL_JOINTS.index(name)
        low[index], high[index] = torch.tensor(ranges).unbind(1)
        if name.startswith("left_"):
            right = SMPL_JOINTS.index(name.replace("left_", "right_"))
            low[right] = torch.tensor([low[index][0], -high[index][1], -high[index][2]])
            high[right] = torch.tensor([high[index][0], -low[index][1], -low[index][2]])
    return low.to(device), high.to(device)


def joint_stiffness(*, device: torch.device | str = "cpu") -> Float[Tensor, "24"]:
    """Inverse variance of each joint's rotation about its mean, 1 / rad^2; 0 for the root."""
    stiffness = [0.0] + [next(v for k, v in _STIFFNESS.items() if k in name) for name in SMPL_JOINTS[1:]]
    return torch.tensor(stiffness, device=device)


def limit_penalty(
    theta: Float[Tensor, "B 24 3"], limits: tuple[Float[Tensor, "24 3"], Float[Tensor, "24 3"]]
) -> Float[Tensor, "B"]:
    """Squared radians by which joints leave their range, summed."""
    low, high = limits
    return (torch.relu(low - theta) ** 2 + torch.relu(theta - high) ** 2).sum((1, 2))


def pose_penalty(
    theta: Float[Tensor, "B 24 3"], mean: Float[Tensor, "B 24 3"], stiffness: Float[Tensor, "24"]
) -> Float[Tensor, "B"]:
    """Squared distance from a mean pose in standard deviations, the root left free."""
    return (stiffness[:, None] * (theta - mean) ** 2).sum((1, 2))


def shape_penalty(beta: Float[Tensor, "B 10"]) -> Float[Tensor, "B"]:
    """Negative log-likelihood of a build, up to a constant: betas are standard normal."""
    return (beta**2).sum(1)
