"""How people of a street wear their hair."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from habitus.synthetic.people.colours import Colour
from habitus.synthetic.people.hair import Hair, HairStyle, Knot, Mane, Phases

_SHORT_LINE = np.array((30, 30, 24, 6, -8, -2, -26, -42), float)
_PULLED_LINE = np.array((30, 29, 23, 6, -2, -2, -24, -40), float)
_BOB_LINE = np.array((26, 24, 14, -24, -48, -55, -58, -60), float)
_LONG_LINE = np.array((30, 27, 16, -30, -60, -75, -80, -80), float)
_AFRO_LINE = np.array((30, 29, 22, 0, -26, -36, -46, -52), float)

_BLEACHED = np.array((0.78, 0.64, 0.42))

_MALE = {
    "bald": 0.04, "rim": 0.06, "thinning": 0.07, "shaved": 0.13, "receding": 0.1, "short": 0.19, "side part": 0.1,
    "quiff": 0.07, "undercut": 0.07, "fringe": 0.05, "curly": 0.05, "afro": 0.02, "bob": 0.015, "long": 0.015,
    "bun": 0.01, "ponytail": 0.01,
}  # fmt: skip
_FEMALE = {
    "shaved": 0.01, "short": 0.08, "side part": 0.05, "undercut": 0.02, "fringe": 0.04, "curly": 0.06, "afro": 0.03,
    "bob": 0.18, "long": 0.25, "ponytail": 0.14, "bun": 0.09, "plait": 0.05,
}  # fmt: skip
_OF_AGE = ("bald", "rim", "thinning", "receding")
_OF_AFRICA = ("afro", "curly")


def draw_hair(rng: np.random.Generator, skin: Colour, colour: Colour, age: float, *, female: bool) -> Hair:
    """A random head of hair, as plausible for sex, age and skin."""
    style = _draw_style(rng, skin, age, female=female)
    hair = _CUTS[style](rng, _plain(rng, style, colour))
    forehead = rng.normal(0, 4.0) * np.array((1, 1, 0.8, 0.4, 0, 0, 0, 0))  # high and low ones: 7 mm a deviation
    line = hair.line + rng.normal(0, 2.5, len(hair.line)) + forehead
    if hair.style in ("bob", "long", "ponytail") and rng.uniform() < 0.28:
        line[:3] = rng.uniform(5, 14) + np.array((0, 1, -2))  # a fringe
    hair = replace(hair, line=line)
    kind = rng.uniform()
    highlights, bleached = (0.22, 0.38) if female else (0.05, 0.12)
    if kind < highlights:
        light = np.clip(colour + rng.uniform(0.1, 0.35) * np.array((1.0, 0.8, 0.5)), 0, 0.92)
        return replace(hair, second=light, streaks=rng.uniform(0.4, 1.0))
    if kind < bleached and age < 55:
        lighter = np.clip(colour + rng.uniform(0.5, 1.0) * (_BLEACHED - colour), 0, 0.92)
        return replace(hair, second=lighter, tips=rng.uniform(0.4, 0.95))
    if age > 33 and colour.mean() < 0.4 and rng.uniform() < 0.4:  # greying
        grey = np.full(3, 0.62)
        return replace(hair, second=grey, temples=rng.uniform(0.3, 1.0), streaks=rng.uniform(0, 0.5))
    return hair


def _draw_style(rng: np.random.Generator, skin: Colour, age: float, *, female: bool) -> HairStyle:
    share = dict(_FEMALE if female else _MALE)
    for style in _OF_AGE:
        if style in share:
            share[style] *= float(np.interp(age, (20, 35, 60), (0.1, 0.7, 2.2)))
    if skin.mean() < 0.45:
        for style in _OF_AFRICA:
            share[style] *= 3.5
    weights = np.array(list(share.values()))
    return list(share)[rng.choice(len(weights), p=weights / weights.sum())]  # type: ignore[return-value]


def _plain(rng: np.random.Generator, style: HairStyle, colour: Colour) -> Hair:
    """Short hair of any style."""
    return Hair(
        style, colour, colour, 0.0, 0.0, 0.0, _SHORT_LINE, sweep=0.0,
        top=rng.uniform(0.007, 0.034), sides=rng.uniform(0.002, 0.018), back=rng.uniform(0.003, 0.02),
        border=rng.uniform(22, 40), fade=rng.uniform(0.7, 1.0), quiff=0.0, bald=(0.0, 0.0), density=1.0, curl=0.0,
        over_ears=False, parting=rng.uniform(-0.04, 0.04), mane=None, knot=None, strands=_draw_phases(rng),
    )  # fmt: skip


def _draw_phases(rng: np.random.Generator) -> Phases:
    first, second, third = rng.uniform(0, 2 * np.pi, 3).tolist()
    return first, second, third


def _bald(rng: np.random.Generator, hair: Hair) -> Hair:  # noqa: ARG001 - one signature for all
    return replace(hair, density=0.0)


def _shaved(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(hair, line=hair.line + 2, top=rng.uniform(0.001, 0.004), sides=0.001, back=0.001,
                   fade=rng.uniform(0.5, 1.0), density=rng.uniform(0.35, 0.85))  # fmt: skip


def _rim(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(_sparse(rng, hair), bald=(rng.uniform(-25, -5), rng.uniform(52, 72)))


def _thinning(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(_sparse(rng, hair), bald=(rng.uniform(18, 38), rng.uniform(16, 34)))


def _receding(rng: np.random.Generator, hair: Hair) -> Hair:
    back = rng.uniform(0.4, 1.1) * np.array((14, 30, 20, 6, 0, 0, 0, 0)) + rng.uniform(0, 22) * (np.arange(8) == 0)
    return replace(_sparse(rng, hair), line=hair.line + back)


def _sparse(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(hair, top=rng.uniform(0.004, 0.012), sides=rng.uniform(0.003, 0.014), back=rng.uniform(0.003, 0.014),
                   density=rng.uniform(0.78, 1.0))  # fmt: skip


def _short(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(hair, quiff=rng.uniform(-0.004, 0.006))


def _side_part(rng: np.random.Generator, hair: Hair) -> Hair:
    side = rng.choice((-1, 1))
    return replace(hair, top=rng.uniform(0.016, 0.042), sweep=side * rng.uniform(10, 26),
                   parting=side * -rng.uniform(0.025, 0.045), quiff=rng.uniform(0, 0.012))  # fmt: skip


def _quiff(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(hair, top=rng.uniform(0.015, 0.026), sides=rng.uniform(0.002, 0.009), back=0.006,
                   quiff=rng.uniform(0.014, 0.032))  # fmt: skip


def _undercut(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(hair, top=rng.uniform(0.018, 0.038), sides=0.001, back=0.001, border=rng.uniform(16, 42),
                   fade=rng.uniform(0.2, 0.6), sweep=rng.uniform(-14, 14))  # fmt: skip


def _fringe(rng: np.random.Generator, hair: Hair) -> Hair:
    line = hair.line - rng.uniform(10, 24) * (np.arange(8) < 3)
    return replace(hair, line=line, top=rng.uniform(0.014, 0.028), sides=rng.uniform(0.008, 0.018),
                   sweep=rng.uniform(-8, 8))  # fmt: skip


def _curly(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(hair, top=rng.uniform(0.018, 0.055), sides=rng.uniform(0.006, 0.038), back=rng.uniform(0.01, 0.036),
                   curl=rng.uniform(0.005, 0.011), fade=1.0)  # fmt: skip


def _afro(rng: np.random.Generator, hair: Hair) -> Hair:
    volume = rng.uniform(0.025, 0.085)
    return replace(hair, line=_AFRO_LINE, top=volume, sides=rng.uniform(0.7, 1.0) * volume, back=0.9 * volume,
                   over_ears=True, curl=0.004, fade=1.0)  # fmt: skip


def _full(rng: np.random.Generator, hair: Hair) -> Hair:
    curly = rng.uniform() < 0.3
    volume = rng.uniform(0.016, 0.036) if curly else rng.uniform(0.009, 0.032)
    return replace(hair, top=volume, sides=rng.uniform(0.65, 1.25) * volume, back=rng.uniform(0.9, 1.3) * volume,
                   over_ears=True, curl=rng.uniform(0.003, 0.009) if curly else 0.0, fade=1.0,
                   sweep=rng.uniform(-16, 16))  # fmt: skip


def _sleek(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(hair, line=_PULLED_LINE, top=rng.uniform(0.006, 0.016), sides=rng.uniform(0.003, 0.008),
                   back=rng.uniform(0.006, 0.012), fade=1.0)  # fmt: skip


def _bob(rng: np.random.Generator, hair: Hair) -> Hair:
    mane = Mane(rng.uniform(0.045, 0.135), 0.1, rng.uniform(0.01, 0.05), 0.0)
    return replace(_full(rng, hair), line=_BOB_LINE, mane=mane)


def _long(rng: np.random.Generator, hair: Hair) -> Hair:
    mane = Mane(rng.uniform(0.14, 0.38), rng.uniform(0.075, 0.105), rng.uniform(0.0, 0.045), 0.0)
    return replace(_full(rng, hair), line=_LONG_LINE, mane=mane)


def _bun(rng: np.random.Generator, hair: Hair) -> Hair:
    return replace(_sleek(rng, hair), knot=Knot(rng.uniform(0, 88), rng.uniform(0.02, 0.065)))


def _ponytail(rng: np.random.Generator, hair: Hair) -> Hair:
    tail = Mane(rng.uniform(0.12, 0.34), rng.uniform(0.02, 0.04), 0.0, 0.0)
    return replace(_sleek(rng, hair), mane=tail, knot=Knot(rng.uniform(0, 45), rng.uniform(0.015, 0.03)))


def _plait(rng: np.random.Generator, hair: Hair) -> Hair:
    tail = Mane(rng.uniform(0.2, 0.36), rng.uniform(0.018, 0.026), 0.0, 1.0)
    return replace(_sleek(rng, hair), mane=tail)


_CUTS: dict[HairStyle, Callable[[np.random.Generator, Hair], Hair]] = {
    "bald": _bald, "rim": _rim, "thinning": _thinning, "shaved": _shaved, "receding": _receding, "short": _short,
    "side part": _side_part, "quiff": _quiff, "undercut": _undercut, "fringe": _fringe, "curly": _curly, "afro": _afro,
    "bob": _bob, "long": _long, "ponytail": _ponytail, "bun": _bun, "plait": _plait,
}  # fmt: skip
