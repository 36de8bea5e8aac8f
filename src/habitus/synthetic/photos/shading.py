"""What light falls on vertices: normals, a sun that the body itself may block, a sky, and the ground's reflection."""

import numpy as np
from jaxtyping import Float, Int

from habitus.compiled import kernel
from habitus.synthetic.scenes.light import Light


def vertex_normals(vertices: Float[np.ndarray, "N 3"], faces: Int[np.ndarray, "F 3"]) -> Float[np.ndarray, "N 3"]:
    """Outward unit normals: the mean of the faces around, each weighted by its area."""
    normals = np.zeros_like(vertices)
    _add_normals(vertices, faces, normals)
    return normals


def brightness(
    normals: Float[np.ndarray, "N 3"],
    light: Light,
    up: Float[np.ndarray, "3"],
    *,
    sunlit: Float[np.ndarray, "N"],
) -> Float[np.ndarray, "N 3"]:
    """RGB that surfaces are lit by: Lambert's law for the sun, the sky from above, the ground's reflection from below.

    Args:
        normals: unit.
        light: in the axes of the normals.
        up: away from the ground, unit.
        sunlit: share of the sun that is not blocked, in [0, 1].
    """
    result = np.empty_like(normals)
    rows = np.array((light.direction, up, light.sun, light.sky, light.ground), np.float32)
    _light(normals, rows, sunlit, result)
    return result


@kernel
def _add_normals(vertices, faces, normals):
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = vertices[j, 0] - vertices[i, 0], vertices[j, 1] - vertices[i, 1], vertices[j, 2] - vertices[i, 2]
        bx, by, bz = vertices[k, 0] - vertices[i, 0], vertices[k, 1] - vertices[i, 1], vertices[k, 2] - vertices[i, 2]
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for v in (i, j, k):
            normals[v, 0] += x
            normals[v, 1] += y
            normals[v, 2] += z
    for v in range(normals.shape[0]):
        x, y, z = normals[v, 0], normals[v, 1], normals[v, 2]
        inverse = 1 / max(np.sqrt(x * x + y * y + z * z), np.float32(1e-20))
        normals[v, 0] = x * inverse
        normals[v, 1] = y * inverse
        normals[v, 2] = z * inverse


@kernel
def _light(normals, rows, sunlit, result):
    for v in range(normals.shape[0]):
        x, y, z = normals[v, 0], normals[v, 1], normals[v, 2]
        facing = max(x * rows[0, 0] + y * rows[0, 1] + z * rows[0, 2], np.float32(0)) * sunlit[v]
        rising = np.float32(0.5) * (1 + x * rows[1, 0] + y * rows[1, 1] + z * rows[1, 2])
        for c in range(3):
            around = rows[4, c] + (rows[3, c] - rows[4, c]) * rising
            result[v, c] = around + facing * rows[2, c]
