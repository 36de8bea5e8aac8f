"""Who a made person is: build, skin, face and hair. Constant over outfits, poses and photos."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour, draw_hair, draw_iris, draw_skin

HairStyle = Literal["shaved", "short", "receding", "medium", "long", "bun", "afro"]


@dataclass(frozen=True)
class Hair:
    """On the scalp."""

    style: HairStyle
    colour: Colour
    volume: float
    """Metres above the scalp, on the top of the head."""
    length: float
    """Where long hair ends, metres below the ears."""
    parting: float
    """Metres to the left of the middle."""


@dataclass(frozen=True)
class Face:
    """Painted features; lengths in metres."""

    iris: Colour
    lips: Colour
    brow_height: float
    brow_weight: float
    eye_width: float
    mouth_width: float
    blush: float
    """How red cheeks and nose are, in [0, 1]."""
    beard: float
    """0 shaved, 1 full."""
    moustache: float


@dataclass(frozen=True)
class Look:
    """One person, undressed."""

    beta: Float[np.ndarray, "10"]
    """Build, in standard deviations of the body's population."""
    skin: Colour
    hair: Hair
    face: Face
    marks: int
    """Seed of the skin's own unevenness."""


def draw_look(rng: np.random.Generator) -> Look:
    """A random person.

    Betas are standard normal, cut at two sigma: beyond, several components together leave what bodies look like.
    """
    beta = np.clip(rng.normal(size=10), -2.0, 2.0).astype(np.float32)
    skin = draw_skin(rng)
    bearded = rng.uniform() < 0.22
    hair = _draw_hair(rng, skin, bearded=bearded)
    face = Face(
        iris=draw_iris(rng, skin),
        lips=np.clip(skin * (0.86, 0.66, 0.66) + rng.uniform(-0.03, 0.05) * np.array((1.0, 0.0, 0.1)), 0.03, 1),
        brow_height=rng.uniform(0.017, 0.022),
        brow_weight=rng.uniform(0.5, 1.0),
        eye_width=rng.uniform(0.0125, 0.0155),
        mouth_width=rng.uniform(0.021, 0.027),
        blush=rng.uniform(0.1, 0.7),
        beard=rng.uniform(0.35, 1.0) if bearded else rng.choice((0.0, 0.12), p=(0.75, 0.25)),
        moustache=rng.uniform(0.4, 1.0) if bearded else 0.0,
    )
    return Look(beta, skin, hair, face, int(rng.integers(2**31)))


def _draw_hair(rng: np.random.Generator, skin: Colour, *, bearded: bool) -> Hair:
    styles: tuple[HairStyle, ...] = ("shaved", "short", "receding", "medium", "long", "bun", "afro")
    share = np.array(
        (0.09, 0.45, 0.15, 0.18, 0.02, 0.03, 0.08) if bearded else (0.05, 0.36, 0.07, 0.2, 0.2, 0.08, 0.04)
    )
    style = styles[rng.choice(len(styles), p=share)]
    volume = {"shaved": (0.001, 0.003), "short": (0.010, 0.026), "receding": (0.006, 0.014), "medium": (0.02, 0.038),
              "long": (0.016, 0.03), "bun": (0.008, 0.014), "afro": (0.045, 0.075)}[style]  # fmt: skip
    return Hair(style, draw_hair(rng, skin), rng.uniform(*volume), rng.uniform(0.14, 0.36), rng.uniform(-0.04, 0.04))
