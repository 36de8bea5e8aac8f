"""From a screen to pixels: who is seen where, textured, lit and smoothed; and the maps of the truth.

Four samples a pixel smooth outlines, inner ones too; the maps are those of the pixels' centres.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from habitus.compiled import kernel
from habitus.rendering.rasterizer_numba import draw
from habitus.synthetic.photos.framing import View
from habitus.synthetic.photos.mesh import Mesh

_COARSEST = 128
"""Texels across the coarsest level of detail: charts of the body's atlas lie too near each other for less."""
_FINER = np.array((2, 2, 1), np.float32)
"""From pixels to samples, along both axes."""


@dataclass(frozen=True)
class Scenery:
    """The faces that look at the camera, those of the body first.

    The body is closed: its far side shows only where it passes through itself, which is not worth half the time.
    """

    screen: Float[np.ndarray, "M 3"]
    """Vertices of the body and of carried things: x, y in pixels of the crop, z in metres, larger is nearer."""
    faces: Int[np.ndarray, "Q 3"]
    """uint32."""
    uv_faces: Int[np.ndarray, "P 3"]
    """Of the body's faces, uint32."""
    regions: Int[np.ndarray, "P"]
    """Of the body's faces."""


@dataclass(frozen=True)
class Seen:
    """What the centre of each pixel sees."""

    face: Int[np.ndarray, "H W"]
    """Index into the faces of the scenery; -1 for the background."""
    z: Float[np.ndarray, "H W"]
    """Of the screen; larger is nearer, 0 on the background."""


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
    """What is true of the person at the centre of each pixel that shows them, see `truth.MadePhoto`."""

    parts: Int[np.ndarray, "H W"]
    depth: Float[np.ndarray, "H W"]
    uv: Float[np.ndarray, "2 H W"]


def pyramid(texture: Float[np.ndarray, "3 T T"]) -> Pyramid:
    """Each texel of a level is the mean of four of the finer one."""
    levels = [np.ascontiguousarray(texture.transpose(1, 2, 0))]
    size = texture.shape[1]
    while levels[-1].shape[0] % 2 == 0 and levels[-1].shape[0] // 2 >= _COARSEST:
        levels.append(_halved(levels[-1]))
    return Pyramid(np.concatenate([level.reshape(-1, 3) for level in levels]), size, len(levels) - 1)


def scenery(mesh: Mesh, screen: Float[np.ndarray, "M 3"], faces: Int[np.ndarray, "F 3"]) -> Scenery:
    """What of a mesh can be seen.

    Args:
        mesh: of the body.
        screen: as of the result.
        faces: of the body, then of carried things.
    """
    turned, shown = _facing(screen, faces)
    body = turned[: np.searchsorted(turned, len(mesh.faces))]
    return Scenery(screen, shown, mesh.uv_faces.take(body, 0), mesh.regions.take(body))


def facing(screen: Float[np.ndarray, "M 3"], faces: Int[np.ndarray, "F 3"]) -> Int[np.ndarray, "Q 3"]:
    """The faces that look at the camera, in their order."""
    return _facing(screen, faces)[1]


def seen(screen: Float[np.ndarray, "M 3"], faces: Int[np.ndarray, "F 3"], size: tuple[int, int]) -> Seen:
    """The nearest face at each pixel's centre, see `rendering.rasterizer`."""
    face_id, z = np.empty((1, *size), np.int32), np.empty((1, *size), np.float32)
    draw(0, 1, screen[None], faces, face_id, z)
    return Seen(face_id[0], z[0])


def drawn(
    mesh: Mesh, shown: Scenery, light: Float[np.ndarray, "M 3"], texture: Pyramid, size: tuple[int, int]
) -> Drawing:
    """Draw a person and what they carry.

    Args:
        mesh: of the body.
        shown: what to draw.
        light: RGB on the vertices of the body, RGB of those of carried things.
        texture: of the body.
        size: (H, W) of the crop in pixels.
    """
    fine = shown.screen * _FINER
    face_id = seen(fine, shown.faces, (2 * size[0], 2 * size[1])).face
    colours, person, carried = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32), np.zeros(size, np.float32)
    _resolve(
        fine, shown.faces, face_id, mesh.uv, shown.uv_faces, texture.texels, texture.size, texture.levels, light,
        colours, person, carried,
    )  # fmt: skip
    return Drawing(colours, person, carried)


def maps(mesh: Mesh, view: View, shown: Scenery, centres: Seen, clear: Bool[np.ndarray, "H W"]) -> Maps:
    """The maps of the truth.

    Args:
        mesh: of the body.
        view: of the crop.
        shown: what was drawn.
        centres: what the pixels' centres see of it.
        clear: where nothing stands before the person.
    """
    size = centres.face.shape
    parts, depth, uv = np.empty(size, np.int8), np.empty(size, np.float32), np.empty((2, *size), np.float32)
    _locate(
        shown.screen, shown.faces, centres.face, centres.z, clear, mesh.uv, shown.uv_faces, shown.regions,
        view.root[2], view.distance, parts, depth, uv,
    )  # fmt: skip
    return Maps(parts, depth, uv)


@kernel
def _halved(fine):
    half = np.empty((fine.shape[0] // 2, fine.shape[1] // 2, 3), np.float32)
    for r in range(half.shape[0]):
        for c in range(half.shape[1]):
            for k in range(3):
                left = fine[2 * r, 2 * c, k] + fine[2 * r + 1, 2 * c, k]
                half[r, c, k] = (left + fine[2 * r, 2 * c + 1, k] + fine[2 * r + 1, 2 * c + 1, k]) * np.float32(0.25)
    return half


@kernel
def _facing(screen, faces):
    """Numbers and corners of the faces whose corners go counter-clockwise on the screen (y down)."""
    turned, shown = np.empty(faces.shape[0], np.int64), np.empty_like(faces)
    count = 0
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay = screen[j, 0] - screen[i, 0], screen[j, 1] - screen[i, 1]
        bx, by = screen[k, 0] - screen[i, 0], screen[k, 1] - screen[i, 1]
        if ax * by < ay * bx:
            turned[count] = f
            shown[count, 0], shown[count, 1], shown[count, 2] = i, j, k
            count += 1
    return turned[:count], shown[:count]


@kernel
def _resolve(screen, faces, face_id, uv, uv_faces, texels, size, levels, light, colours, person, carried):
    """Shade samples and average those of a pixel; what the background fills stays 0."""
    bodies = uv_faces.shape[0]
    zero, quarter, half, one = np.float32(0), np.float32(0.25), np.float32(0.5), np.float32(1)
    for row in range(person.shape[0]):
        for column in range(person.shape[1]):
            red = green = blue = zero
            own = other = 0
            f00, f01, f10, f11 = (
                face_id[2 * row, 2 * column], face_id[2 * row, 2 * column + 1],
                face_id[2 * row + 1, 2 * column], face_id[2 * row + 1, 2 * column + 1],
            )  # fmt: skip
            if f00 & f01 & f10 & f11 < 0:  # nothing but background
                continue
            # Within the body two samples, on the diagonal, are as smooth as four.
            within = f00 | f01 | f10 | f11 >= 0 and max(f00, f01, f10, f11) < bodies
            share = half if within else quarter
            for r in range(2 * row, 2 * row + 2):
                for c in range(2 * column, 2 * column + 2):
                    f = face_id[r, c]
                    if f < 0 or (within and (r + c) & 1):
                        continue
                    i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
                    b0, b1, b2, area = _barycentric(screen, i, j, k, np.float32(c + 0.5), np.float32(r + 0.5))
                    lit_red = b0 * light[i, 0] + b1 * light[j, 0] + b2 * light[k, 0]
                    lit_green = b0 * light[i, 1] + b1 * light[j, 1] + b2 * light[k, 1]
                    lit_blue = b0 * light[i, 2] + b1 * light[j, 2] + b2 * light[k, 2]
                    if f >= bodies:  # the colours of carried things are in their light
                        other += 1
                        red += lit_red
                        green += lit_green
                        blue += lit_blue
                        continue
                    own += 1
                    p, q, s = uv_faces[f, 0], uv_faces[f, 1], uv_faces[f, 2]
                    u0, v0 = uv[p, 0], uv[p, 1]
                    u1, v1, u2, v2 = uv[q, 0] - u0, uv[q, 1] - v0, uv[s, 0] - u0, uv[s, 1] - v0
                    # The level of detail at which a sample covers one texel, or less than two.
                    side, start, footprint = size, 0, abs(u1 * v2 - v1 * u2) * np.float32(size * size)
                    while footprint > area + area and side > size >> levels:
                        start += side * side
                        side >>= 1
                        footprint *= quarter
                    scale, end = np.float32(side), np.float32(side - 1.001)
                    x = min(max((u0 + b1 * u1 + b2 * u2) * scale - half, zero), end)
                    y = min(max((one - v0 - b1 * v1 - b2 * v2) * scale - half, zero), end)
                    left, top = np.int32(x), np.int32(y)
                    right, down = x - np.float32(left), y - np.float32(top)
                    at = start + top * side + left
                    below = at + side
                    w01, w10, w11 = right * (one - down), down * (one - right), right * down
                    w00 = one - w01 - w10 - w11
                    red += lit_red * (
                        w00 * texels[at, 0] + w01 * texels[at + 1, 0]
                        + w10 * texels[below, 0] + w11 * texels[below + 1, 0]
                    )  # fmt: skip
                    green += lit_green * (
                        w00 * texels[at, 1] + w01 * texels[at + 1, 1]
                        + w10 * texels[below, 1] + w11 * texels[below + 1, 1]
                    )  # fmt: skip
                    blue += lit_blue * (
                        w00 * texels[at, 2] + w01 * texels[at + 1, 2]
                        + w10 * texels[below, 2] + w11 * texels[below + 1, 2]
                    )  # fmt: skip
            colours[row, column, 0] = share * red
            colours[row, column, 1] = share * green
            colours[row, column, 2] = share * blue
            person[row, column] = share * own
            carried[row, column] = quarter * other


@kernel
def _barycentric(screen, i, j, k, x, y):
    """Coordinates of (x, y) in a triangle, brought into [0, 1], and twice its area."""
    x0, y0 = screen[i, 0], screen[i, 1]
    x1, y1, x2, y2 = screen[j, 0] - x0, screen[j, 1] - y0, screen[k, 0] - x0, screen[k, 1] - y0
    area = x1 * y2 - y1 * x2
    if abs(area) < np.float32(1e-3):
        third = np.float32(1 / 3)
        return third, third, third, abs(area)
    zero, one = np.float32(0), np.float32(1)
    inverse = one / area
    dx, dy = x - x0, y - y0
    b1 = min(max((dx * y2 - dy * x2) * inverse, zero), one)
    b2 = min(max((x1 * dy - y1 * dx) * inverse, zero), one - b1)
    return one - b1 - b2, b1, b2, abs(area)


@kernel
def _locate(screen, faces, face_id, z, clear, uv, uv_faces, regions, root, distance, parts, depth, place):
    for row in range(face_id.shape[0]):
        for column in range(face_id.shape[1]):
            f = face_id[row, column]
            if f < 0 or f >= uv_faces.shape[0] or not clear[row, column]:
                parts[row, column] = -1
                depth[row, column] = 0
                place[0, row, column] = place[1, row, column] = -1
                continue
            parts[row, column] = regions[f]
            offset = z[row, column] - root
            depth[row, column] = offset / (1 + offset / distance)  # undoes the foreshortening
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            b0, b1, b2, _ = _barycentric(screen, i, j, k, np.float32(column + 0.5), np.float32(row + 0.5))
            p, q, s = uv_faces[f, 0], uv_faces[f, 1], uv_faces[f, 2]
            for axis in range(2):
                place[axis, row, column] = b0 * uv[p, axis] + b1 * uv[q, axis] + b2 * uv[s, axis]
