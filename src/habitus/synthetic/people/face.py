"""Faces: features painted on the texels, and the shape of nose, jaw, cheeks, brow and skull as displacement.

Features are placed by the body's own COCO keypoints, in metres of the template.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour, draw_iris
from habitus.synthetic.people.face_shape import FEATURES
from habitus.synthetic.people.skull import Part, Skull, spot, stroke, within
from habitus.synthetic.surface.fields import Colours, Field, blend, bump, edge, smoothstep


@dataclass(frozen=True)
class Face:
    """Lengths in metres."""

    shape: Float[np.ndarray, "S"]
    """How far the features of `face_shape.FEATURES` are from the average, standard deviations."""
    iris: Colour
    lips: Colour
    lip_thickness: float
    mouth_width: float
    """Half of it, as all widths here."""
    mouth_drop: float
    """Below its usual place."""
    brows: Colour
    brow_height: float
    """Above the eyes."""
    brow_thickness: float
    brow_weight: float
    """Opacity."""
    brow_arch: float
    """By which it bends down at its outer end."""
    eye_width: float
    eye_opening: float
    eye_distance: float
    """By which the eyes are farther apart than usual."""
    blush: float
    """How red cheeks and nose are, in [0, 1]."""
    freckles: float
    """In [0, 1]."""
    wrinkles: float
    """In [0, 1]."""
    shadow: Colour
    """Make-up on the lids."""
    made_up: float
    """Opacity of the make-up, in [0, 1]."""
    moles: Float[np.ndarray, "M 2"]
    """(x, y) from the nose."""


def draw_face(rng: np.random.Generator, skin: Colour, hair: Colour, age: float, *, female: bool) -> Face:
    """A random face."""
    made_up = float(rng.uniform(0.3, 1.0)) if female and rng.uniform() < 0.55 else 0.0
    lips = np.clip(skin * (0.86, 0.66, 0.66) + rng.uniform(-0.03, 0.05) * np.array((1.0, 0.0, 0.1)), 0.03, 1)
    if made_up:
        red = np.array((rng.uniform(0.5, 0.8), rng.uniform(0.08, 0.3), rng.uniform(0.12, 0.36)))
        lips = lips + made_up * rng.uniform(0.2, 0.9) * (red - lips)
    return Face(
        shape=np.clip(rng.normal(size=len(FEATURES)), -2.2, 2.2).astype(np.float32),
        iris=draw_iris(rng, skin),
        lips=lips,
        lip_thickness=rng.uniform(0.0055, 0.0095) * (1.1 if female else 1.0),
        mouth_width=rng.uniform(0.020, 0.028),
        mouth_drop=rng.normal(0, 0.002),
        brows=np.clip(hair * rng.uniform(0.45, 0.8), 0.02, 1),
        brow_height=rng.uniform(0.0155, 0.0225),
        brow_thickness=rng.uniform(0.0022, 0.0036) if female else rng.uniform(0.0028, 0.0055),
        brow_weight=rng.uniform(0.45, 1.0),
        brow_arch=rng.uniform(8, 40),
        eye_width=rng.uniform(0.0125, 0.0158),
        eye_opening=rng.uniform(0.0045, 0.0068),
        eye_distance=rng.normal(0, 0.0012),
        blush=rng.uniform(0.05, 0.8),
        freckles=float(rng.uniform(0.3, 1.0)) if skin.mean() > 0.6 and rng.uniform() < 0.15 else 0.0,
        wrinkles=float(np.clip((age - 32) / 40 + rng.normal(0, 0.12), 0, 1)),
        shadow=np.clip(rng.uniform(0.1, 0.6, 3) * (0.7, 0.6, 0.8), 0, 1),
        made_up=made_up,
        moles=rng.uniform(-1, 1, (rng.integers(0, 3), 2)) * (0.045, 0.05),
    )


def paint_face(colours: Colours, face: Face, skin: Colour, skull: Skull, size: int) -> None:
    """Eyes, brows, nose, mouth, age and make-up over the skin of the face, in place; colours (P, 3) of all texels."""
    head = skull.texels(size)
    tone = skin.astype(np.float32)
    throat = head.throat
    dark = bump(throat.y, skull.chin_y - 0.01, 0.03) * smoothstep(0.06, 0.02, throat.middle)
    colours[throat.index] *= (1 - 0.18 * dark * smoothstep(0.2, -0.4, throat.normal[:, 1]))[:, None]
    _paint_cheeks(colours, face, skull, head.cheeks, head.pitch)
    if face.wrinkles > 0.05:
        part = head.forehead
        lines = sum(stroke(part.y, skull.eye[1] + up, 0.0012, head.pitch) for up in (0.038, 0.047, 0.057))
        colours[part.index] *= (1 - 0.14 * face.wrinkles * lines * smoothstep(0.05, 0.035, part.middle))[:, None]
    _paint_nose(colours, skull, head.nose, head.pitch)
    _paint_mouth(colours, face, skull, head.mouth, head.pitch)
    _paint_eyes(colours, face, tone, skull, head.eyes, head.pitch)


def _paint_cheeks(colours: Colours, face: Face, skull: Skull, part: Part, pitch: float) -> None:
    """Blush, freckles, moles, and the folds of age."""
    middle, up = part.middle, part.y - skull.nose[1]
    blush = spot(middle - 0.043, up - 0.002, 0.014, 0.014, pitch) + 0.5 * spot(middle, up, 0.01, 0.01, pitch)
    amount = np.clip((face.blush + 0.5 * face.made_up) * blush, 0, 1)[:, None]
    dark = np.zeros_like(up)
    if face.freckles:
        dots = np.sin(1130 * part.x + 310 * up + 3) * np.sin(970 * up - 450 * part.x + 1) + np.sin(
            690 * part.x + 790 * up
        )
        over = spot(middle - 0.03, up - 0.012, 0.03, 0.016, pitch)
        dark += face.freckles * over * (0.06 + 0.16 * smoothstep(0.5, 1.4, dots))
    for x_mole, y_mole in face.moles.tolist():
        dark += 0.6 * spot(part.x - x_mole, up - y_mole, 0.0022, 0.0022, pitch)
    if face.wrinkles > 0.05:
        fold = stroke(middle - 0.021 + 0.35 * up, 0.0, 0.0018, pitch) * within(-0.043, -0.004, up, 0.008)
        bags = spot(middle - skull.eye[0], part.y - skull.eye[1] + 0.015, 0.012, 0.0025, pitch)
        dark += face.wrinkles * (0.26 * fold + 0.25 * bags)
    tint = np.array((-0.02, 0.17, 0.16), np.float32)
    colours[part.index] *= (1 - amount * tint) * (1 - np.clip(dark, 0, 0.7))[:, None]


def _paint_nose(colours: Colours, skull: Skull, part: Part, pitch: float) -> None:
    middle, y, nose_y = part.middle, part.y, skull.nose[1]
    nostrils = spot(middle - 0.009, y - nose_y + 0.011, 0.0045, 0.003, pitch)
    wings = spot(middle - 0.019, y - nose_y + 0.006, 0.005, 0.008, pitch)
    ridge = stroke(middle, 0.0, 0.006, pitch) * within(nose_y, skull.eye[1] - 0.006, y, 0.008)
    colours[part.index] *= ((1 - 0.55 * nostrils - 0.14 * wings) * (1 + 0.10 * ridge))[:, None]


def _paint_mouth(colours: Colours, face: Face, skull: Skull, part: Part, pitch: float) -> None:
    middle, y, mouth_y = part.middle, part.y, skull.mouth_y - face.mouth_drop
    thick, soft = face.lip_thickness, 0.8 * pitch
    bow = 0.0012 * np.cos(middle * 500) * (middle < 0.009)
    lips_y = (y - mouth_y + bow) / np.where(y > mouth_y, 0.85 * thick, 1.1 * thick)
    lips = edge(thick * (1 - np.hypot(middle / face.mouth_width, lips_y)), soft)
    lip = face.lips.astype(np.float32)
    under = spot(middle, y - mouth_y + 2 * thick, 0.016, 0.004, pitch)
    paint = blend(colours[part.index] * (1 - 0.12 * under)[:, None], lip, 0.85 * lips)
    slit = stroke(y, mouth_y, 0.0018, pitch) * smoothstep(face.mouth_width + 0.002, face.mouth_width - 0.006, middle)
    colours[part.index] = blend(paint, lip * 0.35, 0.8 * slit)


def _paint_eyes(colours: Colours, face: Face, skin: Field, skull: Skull, part: Part, pitch: float) -> None:
    side, up = part.middle - skull.eye[0] - face.eye_distance, part.y - skull.eye[1]
    width, opening = face.eye_width, face.eye_opening
    hollow = spot(side + 0.004, up - 0.004, 0.014, 0.011, pitch)
    paint = colours[part.index] * (1 - (0.22 + 0.1 * face.wrinkles) * hollow)[:, None]
    if face.made_up:
        lid = spot(side, up - 0.007, 0.012, 0.004, pitch)
        paint = blend(paint, face.shadow.astype(np.float32), 0.5 * face.made_up * lid)
    white = edge(opening * (1 - np.hypot(side / width, up / opening)), 0.8 * pitch)
    white *= min(1.0, 2 * opening / pitch)
    paint = blend(paint, np.array((0.86, 0.84, 0.82), np.float32) * (0.75 + 0.25 * skin.mean()), white)
    away = np.hypot(side, up)
    paint = blend(paint, face.iris.astype(np.float32), edge(0.0056 - away, 0.6 * pitch) * white)
    paint = blend(paint, np.array((0.02, 0.02, 0.02), np.float32), edge(0.0026 - away, 0.6 * pitch) * white)
    arc = opening * np.sqrt(np.clip(1 - (side / (width + 0.002)) ** 2, 0, 1))
    lashes = stroke(up, arc, 0.0016 * (1 + 0.6 * face.made_up), pitch)
    lashes *= smoothstep(width + 0.003, width - 0.002, np.abs(side))
    paint = blend(paint, skin * 0.18, np.clip(0.85 * lashes * (1 + face.made_up), 0, 1))
    crease = stroke(up, arc + 0.0055, 0.0015, pitch) * smoothstep(width + 0.003, width - 0.004, np.abs(side))
    paint = paint * (1 - 0.15 * crease)[:, None]
    line = face.brow_height + 0.1 * side - face.brow_arch * np.maximum(side - 0.006, 0) ** 2
    brow = stroke(up, line, face.brow_thickness, pitch) * within(-0.015, 0.018, side, 0.008)
    colours[part.index] = blend(paint, face.brows.astype(np.float32), 0.95 * face.brow_weight * brow)
