"""Skin and heads as one: what is painted on the texels, and how the head's vertices are displaced."""

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.face import paint_face
from habitus.synthetic.people.face_shape import face_shape
from habitus.synthetic.people.facial_hair import beard_displacement, paint_facial_hair
from habitus.synthetic.people.glasses import glasses_displacement, paint_glasses
from habitus.synthetic.people.hair import paint_hair
from habitus.synthetic.people.look import Look
from habitus.synthetic.people.skull import skull_of
from habitus.synthetic.surface.fields import Colours, tinted
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import Points


def paint_skin(look: Look, points: Points, rng: np.random.Generator) -> Colours:
    """Skin all over, slightly uneven."""
    return tinted(look.skin, 1.0 + 0.025 * points.grain.draw(rng))


def paint_head(colours: Colours, look: Look, mannequin: Mannequin, size: int) -> None:
    """Face, beard, hair and glasses over skin and clothes, in place; colours (P, 3) of all texels of a texture."""
    skull = skull_of(mannequin)
    paint_face(colours, look.face, look.skin, skull, size)
    if look.facial_hair:
        paint_facial_hair(colours, look.facial_hair, skull, size)
    paint_hair(colours, look.hair, skull, size)
    if look.glasses:
        paint_glasses(colours, look.glasses, skull, size)


def face_displacement(look: Look, mannequin: Mannequin) -> Float[np.ndarray, "N 3"]:
    """The shape of face and skull, the beard and the glasses in the rest pose, metres."""
    skull = skull_of(mannequin)
    moved = np.zeros_like(mannequin.template)
    moved[skull.vertices.head.index] = face_shape(look.face.shape, skull)
    if look.facial_hair and look.facial_hair.length:
        moved[skull.jaw_spread.index] += beard_displacement(look.facial_hair, skull)
    if look.glasses:
        moved[skull.vertices.eyes.index] += glasses_displacement(look.glasses, skull)
    return moved
