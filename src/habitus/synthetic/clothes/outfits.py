"""What a made person wears: the garments of one outfit and how they are drawn at random."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from habitus.synthetic.chance import chosen
from habitus.synthetic.clothes.bags import Bag, draw_bag
from habitus.synthetic.clothes.hats import Hat, draw_hat
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
    "dots", "floral", "camouflage", "gradient", "sleeves", "sporty", "leather", "reflective",
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
    """Trousers, shorts, leggings or a skirt; with a dress, the tights or the underwear below it."""

    kind: Literal["trousers", "skirt", "dress"]
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


def draw_outfit(rng: np.random.Generator, *, female: bool | None = None) -> Outfit:
    """A random outfit for a random day: coats and boots when it is cold, shorts and bare arms when it is warm.

    Args:
        rng: everything follows from it.
        female: whether skirts and dresses are among what may be worn; None: of anybody.
    """
    cold = rng.uniform()
    skirts = bool(rng.uniform() < 0.5) if female is None else female
    if skirts and rng.uniform() < 0.14:
        top, bottom = _draw_dress(rng, cold)
    else:
        top, bottom = _draw_top(rng, cold), _draw_bottom(rng, cold, skirts=skirts)
        if top.collar == "shirt" and bottom.kind == "trousers" and rng.uniform() < 0.3:
            top = replace(top, length=0.02 - bottom.waist, looseness=min(top.looseness, 0.015))  # tucked in
    outer = _draw_outer(rng, cold) if rng.uniform() < 0.08 + 0.75 * cold else None
    if outer is not None:
        top = replace(
            top, collar="crew" if top.collar == "hood" else top.collar, looseness=min(top.looseness, 0.012),
            length=top.length if bottom.kind == "dress" else min(top.length, 0.06),
        )  # fmt: skip
    hat = draw_hat(rng, cold) if rng.uniform() < 0.1 else None
    over = outer or top
    if hat is None and over.collar == "hood" and rng.uniform() < 0.12:
        hat = Hat("hood", over.colour, over.second, 0.0, badge=False)
    bag = draw_bag(rng) if rng.uniform() < 0.35 else None
    return Outfit(
        top, bottom, _draw_shoes(rng, cold), outer, draw_socks(rng), int(rng.integers(2**31)), hat, bag
    )  # fmt: skip


def vary(outfit: Outfit, rng: np.random.Generator) -> Outfit:
    """The same design as another person wears it: own folds, slightly another fit, colours a little faded."""
    fade = rng.uniform(0, 0.12)

    def worn_out(colour: Colour) -> Colour:
        return np.clip(colour + fade * (0.45 - colour) + rng.normal(0, 0.008, 3), 0.02, 1)

    def refit(top: Top) -> Top:
        return replace(
            top, colour=worn_out(top.colour), second=worn_out(top.second), sleeve=top.sleeve + rng.normal(0, 0.03),
            length=top.length + rng.normal(0, 0.008), looseness=top.looseness * rng.uniform(0.8, 1.25),
        )  # fmt: skip

    bottom = outfit.bottom
    return replace(
        outfit,
        top=refit(outfit.top),
        outer=outfit.outer and refit(outfit.outer),
        bottom=replace(
            bottom, colour=worn_out(bottom.colour), leg=bottom.leg + rng.normal(0, 0.02),
            looseness=bottom.looseness * rng.uniform(0.8, 1.25), waist=bottom.waist + rng.normal(0, 0.006),
        ),
        weave=int(rng.integers(2**31)),
    )  # fmt: skip


def _draw_top(rng: np.random.Generator, cold: float) -> Top:
    """A vest, a T-shirt, a shirt, a jumper or a hoodie."""
    warm = 1 - cold
    share = np.array((0.08 * warm, 0.1 + 0.55 * warm, 0.2, 0.1 + 0.2 * cold, 0.1 + 0.15 * cold))
    kind = rng.choice(5, p=share / share.sum())
    colour, second = draw_top(rng), draw_top(rng)
    if np.abs(colour - second).max() < 0.2:
        second = np.full(3, 0.9) if colour.mean() < 0.5 else np.full(3, 0.12)
    length = rng.uniform(0.03, 0.13)
    if kind == 0:
        pattern = _draw_pattern(rng, "vest")
        return Top(colour, second, pattern, rng.uniform(0.02, 0.05), rng.uniform(-0.05, 0.1), length, "crew",
                   rng.uniform(0.004, 0.02))  # fmt: skip
    if kind == 1:
        pattern = _draw_pattern(rng, "T-shirt")
        sleeve = rng.uniform(0.4, 0.85) if rng.uniform() < 0.85 else rng.uniform(1.9, 2.02)
        return Top(colour, second, pattern, rng.uniform(0.025, 0.07), sleeve, length,
                   _collar(rng, crew=0.8, v=0.2), rng.uniform(0.005, 0.028))  # fmt: skip
    if kind == 2:
        pattern = _draw_pattern(rng, "shirt")
        colour = draw_denim(rng) if pattern == "denim" else colour
        sleeve = rng.uniform(1.9, 2.03) if rng.uniform() < 0.7 else rng.uniform(0.7, 1.3)
        return Top(colour, second, pattern, rng.uniform(0.03, 0.08), sleeve, length, "shirt",
                   rng.uniform(0.008, 0.028), zipped=True)  # fmt: skip
    if kind == 3:
        pattern = _draw_pattern(rng, "jumper")
        return Top(colour, second, pattern, rng.uniform(0.04, 0.12), rng.uniform(1.92, 2.08), length,
                   _collar(rng, crew=0.6, v=0.2, high=0.2), rng.uniform(0.008, 0.028))  # fmt: skip
    pattern = _draw_pattern(rng, "hoodie")
    return Top(colour, second, pattern, 0.1, rng.uniform(1.95, 2.1), rng.uniform(0.03, 0.11), "hood",
               rng.uniform(0.014, 0.034), zipped=bool(rng.uniform() < 0.5))  # fmt: skip


def _draw_dress(rng: np.random.Generator, cold: float) -> tuple[Top, Bottom]:
    """A dress, and what is seen of the legs below it: bare, or in tights or leggings."""
    pattern = _draw_pattern(rng, "dress")
    sleeve = rng.uniform(1.8, 2.03) if rng.uniform() < cold else rng.uniform(0.0, 0.7)
    dress = Top(
        draw_top(rng), draw_top(rng), pattern, rng.uniform(0.03, 0.09), sleeve, rng.uniform(0.3, 0.75),
        _collar(rng, crew=0.55, v=0.35, shirt=0.1), rng.uniform(0.012, 0.05),
    )  # fmt: skip
    tights = rng.uniform() < 0.15 + 0.8 * cold
    colour = draw_trousers(rng) if rng.uniform() < 0.3 else np.full(3, rng.uniform(0.05, 0.14))
    return dress, Bottom("dress", colour, "plain", 2.4 if tights else 0.2, 0.0, 0.05)


def _draw_outer(rng: np.random.Generator, cold: float) -> Top:
    """A jacket, a coat, a blazer, an open shirt or a body warmer."""
    colour = draw_outer(rng)
    second = colour * 0.55 if colour.mean() > 0.2 else colour + 0.12
    pattern = _draw_pattern(rng, "outer")
    coat = rng.uniform() < 0.1 + 0.4 * cold
    sleeveless = not coat and rng.uniform() < 0.07
    sleeve = rng.uniform(0.0, 0.1) if sleeveless else rng.uniform(1.98, 2.1)
    return Top(
        colour, second, pattern, rng.uniform(0.06, 0.1), sleeve,
        rng.uniform(0.22, 0.55) if coat else rng.uniform(0.03, 0.15), _collar(rng, shirt=0.4, high=0.35, hood=0.25),
        rng.uniform(0.012, 0.028) + 0.012 * cold, opening=rng.uniform(0.025, 0.09) if rng.uniform() < 0.4 else 0.0,
        zipped=True,
    )  # fmt: skip


def _draw_bottom(rng: np.random.Generator, cold: float, *, skirts: bool) -> Bottom:
    """Jeans, trousers, shorts, leggings or a skirt."""
    share = np.array((0.45, 0.28, 0.3 * (1 - cold) ** 2, 0.12 * skirts, 0.14 * skirts))
    kind = rng.choice(5, p=share / share.sum())
    waist = rng.uniform(0.05, 0.1)
    if kind == 0:
        tight = rng.uniform(0.003, 0.012) if rng.uniform() < 0.5 else rng.uniform(0.01, 0.025)
        return Bottom("trousers", draw_denim(rng), "denim", rng.uniform(1.92, 2.15), tight, waist)
    if kind == 1:
        pattern, leg = _draw_pattern(rng, "trousers"), rng.uniform(1.92, 2.15)
        return Bottom("trousers", draw_trousers(rng), pattern, leg, rng.uniform(0.006, 0.032), waist)
    if kind == 2:
        pattern = _draw_pattern(rng, "shorts")
        colour = draw_denim(rng) if pattern == "denim" else draw_trousers(rng)
        return Bottom("trousers", colour, pattern, rng.uniform(0.5, 1.15), rng.uniform(0.012, 0.035), waist)
    if kind == 3:
        colour = draw_trousers(rng) if rng.uniform() < 0.35 else np.full(3, rng.uniform(0.05, 0.12))
        return Bottom("trousers", colour, "plain", rng.uniform(1.7, 2.0), 0.0, waist)
    pattern = _draw_pattern(rng, "skirt")
    colour = draw_denim(rng) if pattern == "denim" else draw_trousers(rng)
    return Bottom("skirt", colour, pattern, rng.uniform(0.65, 1.6), rng.uniform(0.015, 0.08), waist)


def _draw_shoes(rng: np.random.Generator, cold: float) -> Shoes:
    colour, sole = draw_shoes(rng)
    boots = rng.uniform() < 0.08 + 0.3 * cold
    shaft = rng.uniform(0.03, 0.22) if boots else rng.uniform(-0.03, -0.005)
    return Shoes(colour, sole, shaft, rng.uniform(0.014, 0.028))


def _draw_pattern(rng: np.random.Generator, garment: str) -> Pattern:
    return chosen(rng, _PATTERNS[garment])


_PATTERNS: dict[str, dict[Pattern, float]] = {
    "vest": {"plain": 0.7, "stripes": 0.15, "print": 0.15},
    "T-shirt": {
        "plain": 0.38, "heather": 0.09, "stripes": 0.12, "print": 0.26, "block": 0.04, "sleeves": 0.03,
        "gradient": 0.02, "dots": 0.01, "floral": 0.03, "camouflage": 0.02,
    },
    "shirt": {"plain": 0.46, "pinstripes": 0.16, "checks": 0.26, "denim": 0.05, "floral": 0.04, "dots": 0.03},
    "jumper": {"plain": 0.36, "heather": 0.19, "knit": 0.18, "stripes": 0.12, "block": 0.1, "tweed": 0.05},
    "hoodie": {"plain": 0.42, "heather": 0.22, "print": 0.23, "sleeves": 0.04, "block": 0.05, "sporty": 0.04},
    "dress": {
        "plain": 0.45, "stripes": 0.12, "checks": 0.08, "heather": 0.07, "print": 0.04, "floral": 0.17, "dots": 0.07,
    },
    "outer": {
        "plain": 0.5, "heather": 0.08, "quilted": 0.15, "block": 0.09, "leather": 0.08, "tweed": 0.04,
        "camouflage": 0.02, "sporty": 0.02, "reflective": 0.02,
    },
    "trousers": {"plain": 0.78, "heather": 0.12, "sporty": 0.06, "checks": 0.02, "camouflage": 0.02},
    "shorts": {"plain": 0.64, "denim": 0.26, "sporty": 0.06, "camouflage": 0.02, "checks": 0.02},
    "skirt": {"plain": 0.55, "denim": 0.12, "checks": 0.13, "floral": 0.12, "dots": 0.04, "leather": 0.04},
}  # fmt: skip
"""How often a garment has each pattern."""


def _collar(rng: np.random.Generator, **share: float) -> Collar:
    return chosen(rng, share)  # type: ignore[return-value]
