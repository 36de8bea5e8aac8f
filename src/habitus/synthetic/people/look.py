"""Who a made person is: build, skin, face, hair, glasses. Constant over outfits, poses and photos."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour, draw_hair_colour, draw_skin
from habitus.synthetic.people.face import Face, draw_face
from habitus.synthetic.people.facial_hair import FacialHair, draw_facial_hair
from habitus.synthetic.people.glasses import Glasses, draw_glasses
from habitus.synthetic.people.hair import Hair
from habitus.synthetic.people.hairstyles import draw_hair

_FEMALE = np.array((-0.18, -0.26, -0.22, -0.51, -0.54, 0.06, -0.22, 0.13, 0.02, 0.09))
"""Regression of sex (-1 male, 1 female) on the scores of the people whom the open body was made from; its sign tells
the sex of 98 % of them."""


@dataclass(frozen=True)
class Look:
    """One person, undressed."""

    beta: Float[np.ndarray, "10"]
    """Build, in standard deviations of the body's population."""
    female: bool
    """As the build suggests: hair, beards, make-up and clothes may follow it."""
    age: float
    """Years."""
    skin: Colour
    hair: Hair
    face: Face
    facial_hair: FacialHair | None
    glasses: Glasses | None
    marks: int
    """Seed of the skin's own unevenness."""


def draw_beta(rng: np.random.Generator) -> Float[np.ndarray, "10"]:
    """A random build: betas are standard normal, cut at two sigma, since beyond several components together leave what
    bodies look like."""
    return np.clip(rng.normal(size=10), -2.0, 2.0).astype(np.float32)


def draw_look(rng: np.random.Generator) -> Look:
    """A random adult."""
    beta = draw_beta(rng)
    female = bool(_FEMALE @ beta + rng.normal(0, 0.15) > 0)
    age = 18 + 62 * rng.beta(1.3, 2.0)
    skin = draw_skin(rng)
    colour = draw_hair_colour(rng, skin, age, female=female)
    return Look(
        beta=beta,
        female=female,
        age=age,
        skin=skin,
        hair=draw_hair(rng, skin, colour, age, female=female),
        face=draw_face(rng, skin, colour, age, female=female),
        facial_hair=None if female else draw_facial_hair(rng, colour, skin),
        glasses=draw_glasses(rng, age),
        marks=int(rng.integers(2**31)),
    )
