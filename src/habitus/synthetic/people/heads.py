"""Hair and faces: painted on the texels, and the hair's volume as displacement of the vertices.

Features are placed by the body's own COCO keypoints, in metres of the template.
"""

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.look import Face, Hair, Look
from habitus.synthetic.surface.fields import Colours, Field, blend, bump, edge, smoothstep
from habitus.synthetic.surface.mannequin import HEAD, Mannequin, Points

TEXEL = 0.0035
"""Metres; about the width of a texel at 512, over which borders are blended."""

# The hairline: elevation (degrees above the middle of the skull) by azimuth (0 the front, 180 the back).
_AZIMUTHS = (0, 30, 52, 66, 76, 92, 115, 180)
_HAIRLINES = {
    "short": (30, 30, 24, 6, -8, -2, -26, -42),
    "shaved": (32, 32, 26, 8, -4, 0, -24, -40),
    "receding": (58, 48, 34, 10, -8, -2, -26, -42),
    "bun": (30, 29, 23, 6, -2, -2, -24, -40),
    "medium": (26, 24, 14, -24, -48, -55, -58, -60),
    "long": (30, 27, 16, -30, -60, -75, -80, -80),
    "afro": (30, 29, 22, 2, -14, -22, -36, -50),
}
_COVERS_EARS = ("medium", "long", "afro")


def paint_skin(look: Look, mannequin: Mannequin, points: Points, rng: np.random.Generator) -> Colours:
    """Skin all over: slightly uneven, redder at knuckles and cheeks, darker where light hardly reaches."""
    colours = np.broadcast_to(look.skin.astype(np.float32), (len(points), 3))
    tone = 1.0 + 0.025 * points.grain.draw(rng)
    chin = mannequin.joints["head"][1] - 0.075
    below_chin = bump(points.y, chin - 0.01, 0.03) * smoothstep(0.06, 0.02, np.abs(points.x))
    tone -= 0.18 * below_chin * smoothstep(0.2, -0.4, points.normal[:, 1])
    return np.clip(colours * tone[:, None], 0.0, 1.0).astype(np.float32)


def paint_face(colours: Colours, look: Look, mannequin: Mannequin, points: Points, rng: np.random.Generator) -> Colours:
    """Eyes, brows, nose, mouth and beard over the skin of the face."""
    keypoints, face = mannequin.keypoints, look.face
    eye_x, eye_y, _ = keypoints["left_eye"]
    nose_y = keypoints["nose"][1]
    x, y = points.x, points.y
    side, middle = np.abs(x) - eye_x, np.abs(x)
    skin = look.skin.astype(np.float32)

    hollow = bump(side, -0.004, 0.014) * bump(y, eye_y + 0.004, 0.011)
    nostrils = bump(middle, 0.009, 0.0045) * bump(y, nose_y - 0.011, 0.003)
    wings = bump(middle, 0.019, 0.005) * bump(y, nose_y - 0.006, 0.008)
    mouth_y = nose_y - 0.033
    under_lip = bump(middle, 0.0, 0.016) * bump(y, mouth_y - 0.016, 0.004)
    paint = colours * (1 - 0.22 * hollow - 0.55 * nostrils - 0.14 * wings - 0.12 * under_lip)[:, None]
    ridge = bump(middle, 0.0, 0.006) * smoothstep(nose_y - 0.004, nose_y + 0.01, y) * smoothstep(eye_y, nose_y, y)
    paint = paint * (1 + 0.10 * ridge)[:, None]
    blush = bump(middle, 0.043, 0.014) * bump(y, nose_y + 0.002, 0.014)
    blush += 0.5 * bump(middle, 0.0, 0.01) * bump(y, nose_y, 0.01)
    paint = blend(paint, paint * np.array((1.02, 0.84, 0.84), np.float32), face.blush * blush)

    paint = _paint_beard(paint, look, points, mouth_y, points.folds.draw(rng), mannequin)
    lips_y = (y - mouth_y) / np.where(y > mouth_y, 0.0065, 0.0085)
    lips = edge(0.0075 * (1 - np.hypot(middle / face.mouth_width, lips_y)), TEXEL)
    paint = blend(paint, face.lips.astype(np.float32), 0.85 * lips)
    slit = bump(y, mouth_y, 0.0018) * smoothstep(face.mouth_width + 0.002, face.mouth_width - 0.006, middle)
    paint = blend(paint, face.lips.astype(np.float32) * 0.35, 0.8 * slit)

    paint = _paint_eyes(paint, face, skin, side, y - eye_y)
    brow_line = face.brow_height + 0.1 * side - 24.0 * np.maximum(side - 0.008, 0) ** 2
    brow = bump(y - eye_y, brow_line, 0.0032) * smoothstep(-0.022, -0.014, side) * smoothstep(0.026, 0.016, side)
    return blend(paint, look.hair.colour.astype(np.float32) * 0.7, 0.85 * face.brow_weight * brow)


def _paint_eyes(paint: Colours, face: Face, skin: Field, side: Field, up: Field) -> Colours:
    opening = 1 - np.hypot(side / face.eye_width, up / 0.0058)
    white = edge(0.0058 * opening, 0.003)
    paint = blend(paint, np.array((0.86, 0.84, 0.82), np.float32) * (0.75 + 0.25 * skin.mean()), white)
    iris = edge(0.0056 - np.hypot(side, up), 0.002) * white
    paint = blend(paint, face.iris.astype(np.float32), iris)
    pupil = edge(0.0026 - np.hypot(side, up), 0.002) * white
    paint = blend(paint, np.array((0.02, 0.02, 0.02), np.float32), pupil)
    arc = 0.0058 * np.sqrt(np.clip(1 - (side / (face.eye_width + 0.002)) ** 2, 0, 1))
    lashes = bump(up, arc, 0.0016) * smoothstep(face.eye_width + 0.003, face.eye_width - 0.002, np.abs(side))
    paint = blend(paint, skin * 0.18, 0.85 * lashes)
    crease = bump(up, arc + 0.0055, 0.0015) * smoothstep(face.eye_width + 0.003, face.eye_width - 0.004, np.abs(side))
    return paint * (1 - 0.15 * crease)[:, None]


def _paint_beard(
    paint: Colours, look: Look, points: Points, mouth_y: float, noise: Field, mannequin: Mannequin
) -> Colours:
    """Cheeks below a line from the corner of the mouth to the sideburn, the chin, and the upper lip."""
    x, y, z = points.x, points.y, points.z
    ear_y = mannequin.keypoints["left_ear"][1]
    nose_z = mannequin.keypoints["nose"][2]
    back = np.clip((nose_z - 0.035 - z) / 0.09, 0, 1)  # 0 at the mouth, 1 near the ear
    line = mouth_y - 0.004 + (ear_y - 0.012 - mouth_y) * smoothstep(0.25, 1.0, back) + 0.002 * noise
    cheek = edge(line - y, 0.008)
    lip = bump(y, mouth_y + 0.0115, 0.0042) * smoothstep(0.03, 0.022, np.abs(x)) * (points.normal[:, 2] > 0)
    colour = (0.75 * look.hair.colour + 0.05 * look.skin).astype(np.float32)
    paint = blend(paint, colour, np.clip(0.85 * look.face.beard * cheek * (1 + 0.1 * noise), 0, 1))
    return blend(paint, colour, 0.85 * look.face.moustache * lip)


def hair_coverage(hair: Hair, mannequin: Mannequin, points: Points, *, width: float) -> Field:
    """How much of each point is under hair; borders are blended over `width` metres."""
    _, radius, azimuth, elevation = _skull(mannequin, points)
    line = np.interp(np.degrees(azimuth), _AZIMUTHS, _HAIRLINES[hair.style]).astype(np.float32)
    ragged = 2.0 * np.sin(9.0 * azimuth + 40 * hair.parting) + 0.7 * np.sin(23.0 * azimuth)
    on_head = edge(np.radians(np.degrees(elevation) - line - ragged) * radius, width)
    on_head *= smoothstep(0.15, 0.5, points.limb[HEAD])
    if hair.style not in _COVERS_EARS:
        ear = mannequin.keypoints["left_ear"]
        offset = np.stack([np.abs(points.x) - ear[0], (points.y - ear[1]) / 1.25, points.z - ear[2] + 0.004])
        on_head *= edge(np.linalg.norm(offset, axis=0) - 0.027, width)
    if hair.style == "long":
        on_head = np.maximum(on_head, _curtain(hair, mannequin, points, width))
    return on_head.astype(np.float32)


def paint_hair(colours: Colours, hair: Hair, mannequin: Mannequin, points: Points, rng: np.random.Generator) -> Colours:
    """Hair over the head, with strands that run from the parting, lighter above and darker at its borders."""
    coverage = hair_coverage(hair, mannequin, points, width=0.006)
    index = np.flatnonzero(coverage > 0)
    x, y, z = points.x[index], points.y[index], points.z[index]
    ends = points.folds.draw(rng)[index]
    strands = np.sin(420.0 * (np.abs(x - hair.parting) + 0.5 * z) + 90.0 * z + 1.5 * ends) * 0.6
    strands += np.sin(260.0 * (z - 0.6 * np.abs(x)) + 2.0 * ends) * 0.4
    top = mannequin.keypoints["left_ear"][1] + 0.09
    tone = 0.92 + 0.12 * strands + 0.08 * ends + 0.25 * bump(y, top, 0.03)
    tone -= 0.12 * bump(np.abs(x - hair.parting), 0.0, 0.003) * (y > top - 0.02) * (hair.style != "afro")
    colour = np.clip(hair.colour.astype(np.float32) * tone[:, None], 0, 1)
    opacity = {"shaved": 0.55, "receding": 0.93}.get(hair.style, 1.0)
    painted = colours.copy()
    painted[index] = blend(colours[index], colour, opacity * coverage[index])
    return painted


def hair_displacement(hair: Hair, mannequin: Mannequin) -> Float[np.ndarray, "N 3"]:
    """Volume of the hair in the rest pose, metres: out from the skull, fading towards the hairline."""
    points = mannequin.vertices
    away, radius, azimuth, elevation = _skull(mannequin, points)
    # The volume begins at the hairline and is full a finger's breadth behind it.
    coverage = smoothstep(0.45, 1.0, hair_coverage(hair, mannequin, points, width=0.04))
    fullness = 0.45 + 0.55 * smoothstep(-0.9, 0.9, elevation)
    if hair.style in ("medium", "long", "afro"):
        fullness = np.maximum(fullness, 0.8)
    amount = hair.volume * coverage * fullness
    amount *= 1 + 0.12 * np.sin(5 * azimuth + 60 * hair.parting) * smoothstep(1.4, 0.8, elevation)
    # Ears lie within the hair that covers them.
    amount += coverage * (mannequin.smooth(radius[:, None], 40)[:, 0] - radius).clip(-0.03, 0.01)
    amount *= smoothstep(0.15, 0.5, points.limb[HEAD])
    displacement = amount[:, None] * away
    if hair.style == "bun":
        knot = np.radians(35.0)
        at = np.array((0.0, np.sin(knot), -np.cos(knot)), np.float32)
        displacement += (0.045 * smoothstep(0.8, 0.97, away @ at) * coverage)[:, None] * at
    if hair.style == "long":
        displacement += _fall(hair, mannequin, points)
    return mannequin.smooth(displacement.astype(np.float32), 3)


def _skull(mannequin: Mannequin, points: Points) -> tuple[Float[np.ndarray, "P 3"], Field, Field, Field]:
    """Direction and distance from the middle of the skull; azimuth (0 front, pi back) and elevation in radians."""
    ear = mannequin.keypoints["left_ear"]
    offset = np.stack([points.x, points.y - (ear[1] + 0.025), points.z - (ear[2] + 0.006)], 1).astype(np.float32)
    radius = np.linalg.norm(offset, axis=1)
    away = offset / np.maximum(radius, 1e-6)[:, None]
    azimuth = np.arctan2(np.abs(offset[:, 0]), offset[:, 2])
    return away, radius, azimuth, np.arcsin(np.clip(away[:, 1], -1, 1))


def _curtain(hair: Hair, mannequin: Mannequin, points: Points, width: float) -> Field:
    """Long hair below the skull: the back of the neck and of the shoulders, down to its length."""
    ear = mannequin.keypoints["left_ear"]
    end = ear[1] - hair.length + 0.012 * np.sin(70 * points.x + 200 * hair.parting)
    lower = smoothstep(ear[1] - 0.1, ear[1] - 0.16, points.y)  # on the shoulders only the back is covered
    behind = edge(ear[2] - 0.004 - 0.045 * lower - points.z, width)
    inside = edge(0.1 - np.abs(points.x), width)
    return edge(points.y - end, width) * edge(ear[1] + 0.02 - points.y, 0.04) * behind * inside


def _fall(hair: Hair, mannequin: Mannequin, points: Points) -> Float[np.ndarray, "N 3"]:
    """Fill the hollow of the neck behind a curtain of hair, and lift it off the shoulders."""
    ear = mannequin.keypoints["left_ear"]
    coverage = _curtain(hair, mannequin, points, 0.03)
    reach = np.hypot(points.x, points.z - ear[2])
    fill = np.maximum(0.088 + hair.volume - reach, 0.6 * hair.volume)
    out = np.stack([points.x, np.zeros_like(points.x), points.z - ear[2]], 1) / np.maximum(reach, 1e-3)[:, None]
    return (coverage * fill * smoothstep(0.6, 0.2, points.limb[HEAD]))[:, None] * out
