"""From a screen to pixels: who is seen where, textured, lit and smoothed; and the maps of the truth.

Four samples a pixel smooth outlines, inner ones too; the maps are those of the pixels' centres.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from habitus.rendering.compiled import kernel
from habitus.rendering.rasterizer_numba import draw
from habitus.rendering.surface_kernels import coordinates, corner, detail
from habitus.synthetic.photos.mesh import Mesh

_COARSEST = 128
"""Texels across the coarsest level of detail: charts of the body's atlas lie too near each other for less."""


@dataclass(frozen=True)
class Pyramid:
    """A texture and its successive halves, one behind the other."""

    texels: Float[np.ndarray, "M 3"]
    size: int
    """T of the finest."""
    levels: int
    """How many are coarser."""


@dataclass(frozen=True)
class Drawing:
    """A lit person before nothing."""

    colours: Float[np.ndarray, "H W 3"]
    """RGB, premultiplied: of the person and what they carry."""
    person: Float[np.ndarray, "H W"]
    """Coverage by the person, in [0, 1]."""
    carried: Float[np.ndarray, "H W"]
    """Coverage by what they carry."""


@dataclass(frozen=True)
class Maps:
    """What the centre of each pixel sees."""

    face: Int[np.ndarray, "H W"]
    """-1 for the background; F and more for carried things."""
    z: Float[np.ndarray, "H W"]
    """Of the screen; larger is nearer, 0 on the background."""
    uv: Float[np.ndarray, "2 H W"]
    """-1 but on the person."""


def pyramid(texture: Float[np.ndarray, "3 T T"]) -> Pyramid:
    """Each texel of a level is the mean of four of the finer one."""
    levels = [np.ascontiguousarray(texture.transpose(1, 2, 0))]
    size = texture.shape[1]
    while levels[-1].shape[0] % 2 == 0 and levels[-1].shape[0] // 2 >= _COARSEST:
        fine = levels[-1]
        levels.append((fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]) * np.float32(0.25))
    return Pyramid(np.concatenate([level.reshape(-1, 3) for level in levels]), size, len(levels) - 1)


def rasterized(
    screen: Float[np.ndarray, "N 3"], faces: Int[np.ndarray, "F 3"], size: tuple[int, int]
) -> tuple[Int[np.ndarray, "H W"], Float[np.ndarray, "H W"]]:
    """Face and z at each pixel's centre, as of `rendering.rasterizer`."""
    face_id, z = np.empty((1, *size), np.int32), np.empty((1, *size), np.float32)
    draw(0, 1, screen[None], faces, face_id, z)
    return face_id[0], z[0]


def drawn(
    mesh: Mesh,
    screen: Float[np.ndarray, "N 3"],
    faces: Int[np.ndarray, "F 3"],
    light: Float[np.ndarray, "N 3"],
    texture: Pyramid,
    size: tuple[int, int],
) -> Drawing:
    """Draw a person and what they carry.

    Args:
        mesh: of the body.
        screen: x, y in pixels of the crop, z in metres; the body's vertices first.
        faces: the body's first.
        light: RGB on the vertices of the body, RGB of those of carried things.
        texture: of the body.
        size: (H, W) of the crop in pixels.
    """
    fine = screen * np.array((2, 2, 1), np.float32)
    face_id, _ = rasterized(fine, faces, (2 * size[0], 2 * size[1]))
    colours, person, carried = np.empty((*size, 3), np.float32), np.empty(size, np.float32), np.empty(size, np.float32)
    _resolve(
        fine[None], faces, face_id, mesh.uv, mesh.uv_faces, texture.texels, texture.size, texture.levels, light,
        colours, person, carried,
    )  # fmt: skip
    return Drawing(colours, person, carried)


def maps(mesh: Mesh, screen: Float[np.ndarray, "N 3"], faces: Int[np.ndarray, "F 3"], size: tuple[int, int]) -> Maps:
    """What the pixels' centres see; arguments as for `drawn`."""
    face_id, z = rasterized(screen, faces, size)
    uv = np.empty((2, *size), np.float32)
    _locate(screen[None], faces, face_id, mesh.uv, mesh.uv_faces, uv)
    return Maps(face_id, z, uv)


@kernel
def _resolve(screen, faces, face_id, uv, uv_faces, texels, size, levels, light, colours, person, carried):
    """Shade each sample and average four of them."""
    bodies = uv_faces.shape[0]
    texel = np.empty(3)
    for row in range(person.shape[0]):
        for column in range(person.shape[1]):
            red = green = blue = 0.0
            own = other = 0
            for r in range(2 * row, 2 * row + 2):
                for c in range(2 * column, 2 * column + 2):
                    f = face_id[r, c]
                    if f < 0:
                        continue
                    i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
                    b0, b1, b2, _, _, _, _, area = coordinates(screen, 0, i, j, k, c + 0.5, r + 0.5)
                    if f < bodies:
                        own += 1
                        p, q, s = uv_faces[f, 0], uv_faces[f, 1], uv_faces[f, 2]
                        u = b0 * uv[p, 0] + b1 * uv[q, 0] + b2 * uv[s, 0]
                        v = b0 * uv[p, 1] + b1 * uv[q, 1] + b2 * uv[s, 1]
                        _sample(texels, size, u, v, detail(uv, p, q, s, size, area, levels), levels, texel)
                    else:  # the colours of carried things are in their light
                        other += 1
                        texel[0] = texel[1] = texel[2] = 1.0
                    red += texel[0] * (b0 * light[i, 0] + b1 * light[j, 0] + b2 * light[k, 0])
                    green += texel[1] * (b0 * light[i, 1] + b1 * light[j, 1] + b2 * light[k, 1])
                    blue += texel[2] * (b0 * light[i, 2] + b1 * light[j, 2] + b2 * light[k, 2])
            colours[row, column, 0] = 0.25 * red
            colours[row, column, 1] = 0.25 * green
            colours[row, column, 2] = 0.25 * blue
            person[row, column] = 0.25 * own
            carried[row, column] = 0.25 * other


@kernel
def _sample(texels, size, u, v, level, levels, texel):
    """Bilinear within a level of detail, linear between two."""
    texel[0] = texel[1] = texel[2] = 0.0
    for n in range(np.int64(level), min(np.int64(level) + 2, levels + 1)):
        share = 1.0 - abs(level - n)
        if share <= 0:
            continue
        side = size >> n
        column, right = corner(u * side - 0.5, side)
        row, down = corner((1.0 - v) * side - 0.5, side)
        at = (4 * (size * size - side * side)) // 3 + row * side + column
        w00, w01 = share * (1 - down) * (1 - right), share * (1 - down) * right
        w10, w11 = share * down * (1 - right), share * down * right
        for channel in range(3):
            texel[channel] += (
                w00 * texels[at, channel]
                + w01 * texels[at + 1, channel]
                + w10 * texels[at + side, channel]
                + w11 * texels[at + side + 1, channel]
            )


@kernel
def _locate(screen, faces, face_id, uv, uv_faces, place):
    """Texture coordinates at the pixels' centres."""
    place[:] = -1
    for row in range(face_id.shape[0]):
        for column in range(face_id.shape[1]):
            f = face_id[row, column]
            if 0 <= f < uv_faces.shape[0]:
                i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
                b0, b1, b2, _, _, _, _, _ = coordinates(screen, 0, i, j, k, column + 0.5, row + 0.5)
                p, q, s = uv_faces[f, 0], uv_faces[f, 1], uv_faces[f, 2]
                for axis in range(2):
                    place[axis, row, column] = b0 * uv[p, axis] + b1 * uv[q, axis] + b2 * uv[s, axis]
