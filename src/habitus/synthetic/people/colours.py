"""Colours of people and of street clothes, sRGB in [0, 1]."""

import colorsys
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Colour = Float[np.ndarray, "3"]

# From very fair to very dark, about the middle tones of published skin-tone scales.
_SKIN = np.array(
    [
        (0.93, 0.78, 0.69), (0.88, 0.70, 0.59), (0.82, 0.62, 0.49), (0.72, 0.52, 0.39), (0.58, 0.40, 0.29),
        (0.44, 0.30, 0.22), (0.31, 0.21, 0.16),
    ]
)  # fmt: skip

# Black, dark brown, brown, chestnut, light brown, dark blond, blond, red.
_HAIR = np.array(
    [
        (0.05, 0.045, 0.045), (0.11, 0.08, 0.065), (0.21, 0.135, 0.09), (0.32, 0.20, 0.12), (0.45, 0.32, 0.19),
        (0.57, 0.43, 0.26), (0.76, 0.62, 0.40), (0.45, 0.19, 0.08),
    ]
)  # fmt: skip
_HAIR_SHARE = (0.17, 0.21, 0.2, 0.15, 0.1, 0.08, 0.06, 0.03)
_DARK_SKIN_HAIR_SHARE = (0.64, 0.28, 0.05, 0.02, 0.01, 0.0, 0.0, 0.0)
_DYED_HAIR_SHARE = (0.1, 0.1, 0.12, 0.17, 0.13, 0.12, 0.2, 0.06)
_GOLDEN = np.array((0.06, 0.0, -0.09))
"""By which a standard deviation from ashen to golden changes a colour."""
_GREY, _WHITE = np.array((0.42, 0.41, 0.40)), np.array((0.84, 0.83, 0.81))
_DYED = np.array([(0.62, 0.12, 0.14), (0.30, 0.06, 0.12), (0.75, 0.35, 0.55), (0.2, 0.35, 0.62), (0.9, 0.83, 0.66)])

_IRIS = np.array([(0.20, 0.12, 0.07), (0.28, 0.19, 0.10), (0.30, 0.40, 0.50), (0.33, 0.38, 0.26)])


def draw_skin(rng: np.random.Generator) -> Colour:
    """A skin tone anywhere along the scale, paler or darker, rosier or more sallow than others of its place."""
    place = rng.beta(1.1, 1.4) * (len(_SKIN) - 1.001)
    low = int(place)
    tone = _SKIN[low] + (place - low) * (_SKIN[low + 1] - _SKIN[low])
    rosy, sallow = rng.normal(0, 0.024), rng.normal(0, 0.012)
    tint = np.array((0.6 * rosy, 0.3 * sallow - 0.5 * rosy, -0.3 * rosy - sallow))
    return np.clip(tone * (1 + rng.normal(0, 0.05)) + tint, 0.05, 0.97)


def draw_hair_colour(rng: np.random.Generator, skin: Colour, age: float, *, female: bool) -> Colour:
    """A natural colour, ashen to golden, greying from 40 on; dark skins have mostly dark hair; some women dye, few men.

    Dyed hair is any other natural colour more often than one that nature does not know.
    """
    share = _DARK_SKIN_HAIR_SHARE if skin.mean() < 0.5 else _HAIR_SHARE
    dyed = rng.uniform() < (0.22 if female else 0.03)
    if dyed and rng.uniform() < 0.15:
        return _DYED[rng.integers(len(_DYED))] * rng.uniform(0.8, 1.1)
    kind = rng.choice(len(_HAIR), p=_DYED_HAIR_SHARE if dyed else share)
    own = _HAIR[kind] * rng.uniform(0.7, 1.3) * (1 + rng.normal() * _GOLDEN)
    if dyed:
        return np.clip(own, 0.02, 0.95)
    grey = float(np.clip((age - 41) / 38 + rng.normal(0, 0.22), 0, 1)) if rng.uniform() < 0.75 else 0.0
    faded = _GREY + (_WHITE - _GREY) * max(0.0, 2 * grey - 1)
    return np.clip((own + (faded - own) * min(1.0, 1.6 * grey)) * (1 + rng.normal(0, 0.03, 3)), 0.02, 0.95)


def draw_iris(rng: np.random.Generator, skin: Colour) -> Colour:
    """The colour of the eyes; blue and green ones only in fair faces."""
    return _IRIS[rng.integers(0, 4 if skin.mean() > 0.62 else 2)]


def draw_top(rng: np.random.Generator) -> Colour:
    """Upper garments: black, navy and grey lead; white, beige and earth tones follow; one in seven is bright."""
    kind = rng.choice(7, p=(0.23, 0.17, 0.16, 0.12, 0.09, 0.10, 0.13))
    return _cloth(rng, kind)


def draw_outer(rng: np.random.Generator) -> Colour:
    """Jackets: as tops, darker still."""
    return _cloth(rng, rng.choice(7, p=(0.36, 0.2, 0.15, 0.03, 0.08, 0.1, 0.08)))


def draw_trousers(rng: np.random.Generator) -> Colour:
    """Trousers but for jeans: black, dark blue, grey, khaki, brown, the odd bright pair."""
    return _cloth(rng, rng.choice(7, p=(0.38, 0.18, 0.2, 0.03, 0.12, 0.07, 0.02)))


def draw_denim(rng: np.random.Generator) -> Colour:
    """Blue jeans from raw to washed, and black ones."""
    light = rng.uniform(0, 1) ** 1.5
    blue = np.array((0.11, 0.14, 0.24)) * (1 - light) + np.array((0.46, 0.55, 0.66)) * light
    return blue if rng.uniform() < 0.85 else np.full(3, rng.uniform(0.08, 0.2))


def draw_shoes(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Colours of a shoe and of its sole."""
    upper = _cloth(rng, rng.choice(7, p=(0.42, 0.1, 0.12, 0.16, 0.05, 0.1, 0.05)))
    red, green, blue = upper
    if red > 0.4 and 0.5 * red < green < 0.92 * red and blue < green:
        upper = 0.5 * upper  # shoes of the colours of skin pass for bare feet from afar
    white_sole = rng.uniform() < 0.45
    return upper, np.full(3, rng.uniform(0.75, 0.92)) if white_sole else upper * 0.5


def draw_socks(rng: np.random.Generator) -> Colour:
    """Black, grey or white."""
    return _cloth(rng, rng.choice((0, 2, 3), p=(0.5, 0.2, 0.3)))


def _cloth(rng: np.random.Generator, kind: int) -> Colour:
    return _CLOTHS[kind](rng)


def _grey(rng: np.random.Generator, low: float, high: float) -> Colour:
    return np.clip(rng.uniform(low, high) + rng.normal(0, 0.01, 3), 0.02, 1)


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    return np.array(colorsys.hsv_to_rgb(hue % 1.0, saturation, value))


# Black; navy and dark blue; grey; white; beige, khaki and olive; brown and dark red; bright.
_CLOTHS: tuple[Callable[[np.random.Generator], Colour], ...] = (
    lambda rng: _grey(rng, 0.04, 0.13),
    lambda rng: _hsv(rng.uniform(0.58, 0.66), rng.uniform(0.35, 0.75), rng.uniform(0.14, 0.42)),
    lambda rng: _grey(rng, 0.2, 0.65),
    lambda rng: _grey(rng, 0.8, 0.94),
    lambda rng: _hsv(rng.uniform(0.09, 0.2), rng.uniform(0.15, 0.42), rng.uniform(0.32, 0.78)),
    lambda rng: _hsv(rng.uniform(-0.03, 0.08), rng.uniform(0.35, 0.7), rng.uniform(0.18, 0.45)),
    lambda rng: _hsv(rng.uniform(0, 1), rng.uniform(0.4, 0.8), rng.uniform(0.4, 0.85)),
)
