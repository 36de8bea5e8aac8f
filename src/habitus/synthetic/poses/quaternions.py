"""Unit quaternions (x, y, z, w), compiled: small enough to be called from the loops of other kernels."""

import numpy as np
from jaxtyping import Float

from habitus.compiled import kernel

Vector = Float[np.ndarray, "3"]
Quaternion = Float[np.ndarray, "4"]


@kernel
def compose(first: Quaternion, second: Quaternion) -> Quaternion:
    """The rotation `second`, then `first`."""
    a, b, c, d = first
    x, y, z, w = second
    return np.array((
        d * x + a * w + b * z - c * y, d * y + b * w + c * x - a * z, d * z + c * w + a * y - b * x,
        d * w - a * x - b * y - c * z,
    ))  # fmt: skip


@kernel
def inverse(rotation: Quaternion) -> Quaternion:
    """The way back."""
    return np.array((-rotation[0], -rotation[1], -rotation[2], rotation[3]))


@kernel
def rotate(rotation: Quaternion, vector: Vector) -> Vector:
    """A vector after a rotation."""
    a, b, c, d = rotation
    x, y, z = vector
    p, q, r = 2 * (b * z - c * y), 2 * (c * x - a * z), 2 * (a * y - b * x)
    return np.array((x + d * p + b * r - c * q, y + d * q + c * p - a * r, z + d * r + a * q - b * p))


@kernel
def of_vector(vector: Vector) -> Quaternion:
    """Of an axis times an angle."""
    angle = np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    scale = np.sin(angle / 2) / angle if angle > 1e-9 else 0.5
    return np.array((vector[0] * scale, vector[1] * scale, vector[2] * scale, np.cos(angle / 2)))


@kernel
def to_vector(rotation: Quaternion) -> Vector:
    """Axis times angle, the angle in [0, pi]."""
    x, y, z, w = rotation if rotation[3] >= 0 else -rotation
    sine = np.sqrt(x * x + y * y + z * z)
    scale = 2 * np.arctan2(sine, w) / sine if sine > 1e-9 else 2.0
    return np.array((x * scale, y * scale, z * scale))
