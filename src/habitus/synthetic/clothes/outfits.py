"""What a made person wears: the garments of one outfit and how they are drawn at random."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from habitus.synthetic.people.colours import (
    Colour,
    draw_denim,
    draw_outer,
    draw_shoes,
    draw_socks,
    draw_top,
    draw_trousers,
)

Pattern = Literal[
    "plain", "heather", "stripes", "pinstripes", "checks", "print", "block", "denim", "quilted", "tweed", "knit",
    "dots", "floral", "camouflage", "gradient", "sleeves", "sporty", "leather",
]  # fmt: skip
Collar = Literal["crew", "v", "shirt", "high", "hood"]


@dataclass(frozen=True)
class Top:
    """Shirt, jumper, hoodie or jacket."""

    colour: Colour
    second: Colour
    """Of the pattern, the print, the zip."""
    pattern: Pattern
    period: float
    """Of the pattern, metres."""
    sleeve: float
    """Where it ends: 0 the shoulder, 1 the elbow, 2 the wrist."""
    length: float
    """Metres from the pelvis down to the hem; negative ends above it."""
    collar: Collar
    looseness: float
    """Metres between body and cloth at the hem."""
    opening: float = 0.0
    """Half the width, metres, by which the front stands open; 0 closed."""
    zipped: bool = False
    """Has a zip or buttons down the front."""


@dataclass(frozen=True)
class Bottom:
    """Trousers, shorts or a skirt."""

    kind: Literal["trousers", "skirt"]
    colour: Colour
    pattern: Pattern
    leg: float
    """Where it ends: 0 the hip, 1 the knee, 2 the ankle."""
    looseness: float
    """Metres between body and cloth at the hem."""
    waist: float
    """Metres above the pelvis."""


@dataclass(frozen=True)
class Shoes:
    """Both."""

    colour: Colour
    sole: Colour
    shaft: float
    """Metres above the ankle joint; negative for low shoes."""
    thickness: float
    """Of the sole, metres."""


@dataclass(frozen=True)
class Hat:
    """On the head."""

    kind: Literal["cap", "beanie", "brimmed", "hood"]
    colour: Colour
    second: Colour
    """Of the ribbon, the badge, the fold of a beanie."""
    brim: float
    """Metres that it stands out."""


@dataclass(frozen=True)
class Bag:
    """Carried on the back, at the side, on the belt or in the hand."""

    kind: Literal["backpack", "shoulder", "pouch", "hand"]
    colour: Colour
    second: Colour
    """Of straps, handles and pockets."""
    width: float
    height: float
    depth: float
    """Metres."""
    side: Literal["left", "right"]
    """Where it hangs; the strap of a shoulder bag runs across from the other shoulder."""


@dataclass(frozen=True)
class Outfit:
    """Everything worn together."""

    top: Top
    bottom: Bottom
    shoes: Shoes
    outer: Top | None
    socks: Colour
    weave: int
    """Seed of folds, prints and the cloth's unevenness."""
    hat: Hat | None = None
    bag: Bag | None = None


def draw_outfit(rng: np.random.Generator) -> Outfit:
    """A random outfit: two in five wear a jacket or a coat over the rest."""
    top = _draw_top(rng)
    outer = _draw_outer(rng) if rng.uniform() < 0.4 else None
    if outer is not None:
        top = replace(top, collar="crew" if top.collar == "hood" else top.collar, length=min(top.length, 0.1),
                      looseness=min(top.looseness, 0.01))  # fmt: skip
    return Outfit(top, _draw_bottom(rng), _draw_shoes(rng), outer, draw_socks(rng), int(rng.integers(2**31)))


def _draw_top(rng: np.random.Generator) -> Top:
    kind = rng.choice(4, p=(0.38, 0.22, 0.2, 0.2))
    colour, second = draw_top(rng), draw_top(rng)
    if np.abs(colour - second).max() < 0.2:
        second = np.full(3, 0.9) if colour.mean() < 0.5 else np.full(3, 0.12)
    length = rng.uniform(0.06, 0.14)
    if kind == 0:  # T-shirt
        pattern = _choose(
            rng,
            plain=0.32,
            heather=0.08,
            stripes=0.12,
            print=0.3,
            block=0.05,
            sleeves=0.03,
            gradient=0.02,
            dots=0.02,
            floral=0.04,
            camouflage=0.02,
        )
        return Top(colour, second, pattern, rng.uniform(0.025, 0.07), rng.uniform(0.45, 0.85), length,
                   _collar(rng, crew=0.8, v=0.2), rng.uniform(0.008, 0.03))  # fmt: skip
    if kind == 1:  # shirt
        pattern = _choose(rng, plain=0.45, pinstripes=0.15, checks=0.27, denim=0.05, floral=0.04, dots=0.04)
        sleeve = rng.uniform(1.9, 2.03) if rng.uniform() < 0.75 else rng.uniform(0.7, 0.95)
        return Top(colour, second, pattern, rng.uniform(0.03, 0.08), sleeve, length, "shirt",
                   rng.uniform(0.008, 0.025), zipped=True)  # fmt: skip
    if kind == 2:  # jumper
        pattern = _choose(rng, plain=0.34, heather=0.18, knit=0.2, stripes=0.13, block=0.1, tweed=0.05)
        return Top(colour, second, pattern, rng.uniform(0.04, 0.12), rng.uniform(1.92, 2.08), length,
                   _collar(rng, crew=0.6, v=0.2, high=0.2), rng.uniform(0.01, 0.03))  # fmt: skip
    pattern = _choose(rng, plain=0.4, heather=0.22, print=0.25, sleeves=0.04, block=0.05, sporty=0.04)
    return Top(colour, second, pattern, 0.1, rng.uniform(1.95, 2.1), length, "hood", rng.uniform(0.018, 0.04),
               zipped=bool(rng.uniform() < 0.5))  # fmt: skip


def _draw_outer(rng: np.random.Generator) -> Top:
    colour = draw_outer(rng)
    second = colour * 0.55 if colour.mean() > 0.2 else colour + 0.12
    pattern = _choose(
        rng, plain=0.5, heather=0.08, quilted=0.16, block=0.1, leather=0.08, tweed=0.04, camouflage=0.02, sporty=0.02
    )
    coat = rng.uniform() < 0.3
    return Top(
        colour, second, pattern, rng.uniform(0.06, 0.1), rng.uniform(1.98, 2.1),
        rng.uniform(0.25, 0.5) if coat else rng.uniform(0.06, 0.16), _collar(rng, shirt=0.4, high=0.35, hood=0.25),
        rng.uniform(0.02, 0.05), opening=rng.uniform(0.025, 0.09) if rng.uniform() < 0.45 else 0.0, zipped=True,
    )  # fmt: skip


def _draw_bottom(rng: np.random.Generator) -> Bottom:
    kind = rng.choice(4, p=(0.45, 0.3, 0.13, 0.12))
    waist = rng.uniform(0.05, 0.1)
    if kind == 0:
        return Bottom("trousers", draw_denim(rng), "denim", rng.uniform(1.9, 2.06), rng.uniform(0.008, 0.03), waist)
    if kind == 1:
        pattern = _choose(rng, plain=0.78, heather=0.12, sporty=0.06, checks=0.02, camouflage=0.02)
        return Bottom("trousers", draw_trousers(rng), pattern, rng.uniform(1.88, 2.07), rng.uniform(0.008, 0.04), waist)
    if kind == 2:
        pattern = _choose(rng, plain=0.7, denim=0.3)
        colour = draw_denim(rng) if pattern == "denim" else draw_trousers(rng)
        return Bottom("trousers", colour, pattern, rng.uniform(0.65, 1.15), rng.uniform(0.015, 0.035), waist)
    pattern = _choose(rng, plain=0.55, denim=0.12, checks=0.13, floral=0.12, dots=0.04, leather=0.04)
    return Bottom("skirt", draw_trousers(rng), pattern, rng.uniform(0.7, 1.25), rng.uniform(0.03, 0.07), waist)


def _draw_shoes(rng: np.random.Generator) -> Shoes:
    colour, sole = draw_shoes(rng)
    shaft = rng.uniform(-0.03, -0.005) if rng.uniform() < 0.75 else rng.uniform(0.03, 0.14)
    return Shoes(colour, sole, shaft, rng.uniform(0.014, 0.028))


def _choose(rng: np.random.Generator, **share: float) -> Pattern:
    return list(share)[rng.choice(len(share), p=list(share.values()))]  # type: ignore[return-value]


def _collar(rng: np.random.Generator, **share: float) -> Collar:
    return list(share)[rng.choice(len(share), p=list(share.values()))]  # type: ignore[return-value]


def vary(outfit: Outfit, rng: np.random.Generator) -> Outfit:
    """The same design as somebody else wears it: other folds."""
    return replace(outfit, weave=int(rng.integers(2**31)))
