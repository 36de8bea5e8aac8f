"""Hair: painted on the texels, and its volume as displacement of the vertices.

Displacement cannot leave the skin, so long hair is a mane that lies on neck, shoulders, back and chest.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour
from habitus.synthetic.people.skull import Part, Skull, Spread, within
from habitus.synthetic.surface.fields import Colours, Field, blend, bump, edge, smoothstep

HairStyle = Literal[
    "bald", "rim", "thinning", "shaved", "receding", "short", "side part", "quiff", "undercut", "fringe", "curly",
    "afro", "bob", "long", "ponytail", "bun", "plait",
]  # fmt: skip

Phases = tuple[float, float, float]
"""Radians."""


@dataclass(frozen=True)
class Mane:
    """Hair below the skull; metres."""

    length: float
    """Where it ends, below the ears."""
    width: float
    """Half of what covers the back."""
    wrap: float
    """How far it reaches forward beside the neck."""
    plaited: float
    """Depth of the plaits' pattern, in [0, 1]."""


@dataclass(frozen=True)
class Knot:
    """Where hair is tied: the bun itself, or the root of a ponytail."""

    elevation: float
    """Degrees above the middle of the skull, behind."""
    size: float
    """Metres by which it stands out."""


@dataclass(frozen=True)
class Hair:
    """On the scalp. Metres and degrees."""

    style: HairStyle
    colour: Colour
    second: Colour
    """Of highlights, bleached tips or grey temples."""
    streaks: float
    """Share of the second colour all over, in [0, 1]."""
    tips: float
    """Share of the second colour at the ends of long hair or on top of short hair, in [0, 1]."""
    temples: float
    """Share of the second colour at the temples, in [0, 1]."""
    line: Float[np.ndarray, "8"]
    """Elevation of the hairline around the head, seen from the middle of the skull (`skull.AZIMUTHS`)."""
    sweep: float
    """By which the hairline of the forehead is lower on the left than in the middle."""
    top: float
    """Volume above the scalp, on the top of the head."""
    sides: float
    back: float
    border: float
    """Elevation at which the top begins."""
    fade: float
    """Opacity below it, in [0, 1]."""
    quiff: float
    """More volume above the forehead."""
    bald: tuple[float, float]
    """A bald cap: how far its middle is tilted back from the vertical, and its radius; radius 0: none."""
    density: float
    """Opacity, in [0, 1]."""
    curl: float
    """Depth of locks."""
    over_ears: bool
    parting: float
    """To the left of the middle."""
    mane: Mane | None
    knot: Knot | None
    strands: Phases
    """Of the waves that make locks and ragged borders."""


def paint_hair(colours: Colours, hair: Hair, skull: Skull, size: int) -> None:
    """Hair over the head, with strands that run from the parting, in place; colours (P, 3) of all texels."""
    if hair.density == 0:
        return
    head, phase = skull.texels(size), hair.strands
    soft = max(0.006, head.pitch)
    coverage = scalp_coverage(hair, head.scalp, soft)
    coverage *= hair.density * (1 - (1 - hair.fade) * edge(_below_border(hair, head.scalp), 0.25))
    _colour(colours, hair, skull, head.scalp, coverage, phase, head.pitch)
    if hair.mane:
        coverage = mane_coverage(hair.mane, skull, head.mane, phase, soft)
        _colour(colours, hair, skull, head.mane, coverage, phase, head.pitch)


def hair_displacement(hair: Hair, skull: Skull) -> Float[np.ndarray, "N 3"]:
    """Volume of the hair in the rest pose, metres: out from the skull, fading towards the hairline."""
    moved = np.zeros_like(skull.mannequin.template)
    if hair.density == 0:
        return moved
    part, phase = skull.vertices.scalp, hair.strands
    # The volume begins at the hairline and is full a finger's breadth behind it.
    coverage = smoothstep(0.45, 1.0, scalp_coverage(hair, part, 0.04))
    behind = smoothstep(1.6, 2.5, part.azimuth)
    top = smoothstep(0.2, -0.2, _below_border(hair, part))
    amount = hair.sides + behind * (hair.back - hair.sides)
    amount += top * (hair.top - amount)
    amount += hair.quiff * np.exp(-((part.azimuth / 0.7) ** 2) - ((part.elevation - 0.85) / 0.4) ** 2)
    if hair.curl:
        amount *= 1 + hair.curl / max(hair.top, 0.01) * _locks(part, phase)
    amount *= coverage * smoothstep(0.15, 0.5, part.head)
    _add(moved, skull.scalp_spread, amount, skull.away)
    if hair.over_ears:  # ears lie within the hair that covers them
        moved[part.index, 0] += skull.sunk_ears
    if hair.knot:
        tilt = math.radians(hair.knot.elevation)
        up, back = math.sin(tilt), math.cos(tilt)
        near = smoothstep(0.8, 0.97, up * part.away[:, 1] - back * part.away[:, 2])
        _add(moved, skull.scalp_spread, hair.knot.size * near * coverage, np.array((0.0, up, -back), np.float32))
    if hair.mane:
        _add(moved, skull.mane_spread, _fall(hair, hair.mane, skull, phase), skull.outwards)
    return moved


def _add(moved: Float[np.ndarray, "N 3"], spread: Spread, amount: Field, direction: Float[np.ndarray, "#N 3"]) -> None:
    """Displace by an amount of one part's vertices, smoothed."""
    way = direction if direction.ndim == 1 else direction[spread.index]
    moved[spread.index] += (spread.matrix @ amount)[:, None] * way


def scalp_coverage(hair: Hair, part: Part, soft: float) -> Field:
    """How much of each point is under hair; borders are blended over `soft` metres."""
    stations = np.asarray(hair.line, np.float32)
    line = stations[part.station] + part.past * np.diff(stations)[part.station]
    side = part.away[:, 0]
    if hair.sweep:
        line -= hair.sweep * side * np.clip(2.2 - 2 * part.azimuth, 0, 1)
    turn = 3.0 * side + part.azimuth
    line += 1.2 * np.sin(5.0 * turn + hair.strands[0]) + 0.5 * np.sin(13.0 * turn + hair.strands[1])
    covered = edge((part.elevation - np.radians(line)) * part.radius, soft)
    if hair.bald[1] > 0:
        tilt = math.radians(hair.bald[0])
        along = math.cos(tilt) * part.away[:, 1] - math.sin(tilt) * part.away[:, 2]
        angle = np.arccos(np.clip(along, -1, 1))
        covered *= edge((angle - math.radians(hair.bald[1])) * part.radius, 2.5 * soft)
    if not hair.over_ears:
        covered *= edge(part.ear, soft)
    return covered * smoothstep(0.15, 0.5, part.head)


def mane_coverage(mane: Mane, skull: Skull, part: Part, phase: Phases, soft: float) -> Field:
    """Long hair below the skull: neck, shoulders and back."""
    ear = skull.ear
    end = ear[1] - mane.length + 0.01 * np.sin(70 * part.x + phase[0])
    low = smoothstep(ear[1] - 0.1, ear[1] - 0.16, part.y)  # on the shoulders only the back is covered
    behind = edge(ear[2] - 0.004 + mane.wrap * (1 - low) - 0.045 * low - part.z, soft)
    inside = edge(mane.width * (1 + 0.15 * low) - part.middle, soft)
    return edge(part.y - end, soft) * edge(ear[1] + 0.02 - part.y, 0.04) * behind * inside


def _colour(
    colours: Colours, hair: Hair, skull: Skull, part: Part, coverage: Field, phase: Phases, pitch: float
) -> None:
    chosen = np.flatnonzero(coverage > 0)
    coverage, index = coverage[chosen], part.index[chosen]
    x, y, z = part.x[chosen], part.y[chosen], part.z[chosen]
    fine = min(1.0, 0.004 / pitch)
    across = np.abs(x - hair.parting)
    coarse = np.sin(70 * across + 45 * z + 25 * y + phase[0])
    strands = 0.6 * fine * np.sin(420.0 * (across + 0.5 * z) + 90.0 * z + 1.5 * coarse)
    strands += 0.4 * np.sin(150.0 * across + 40 * z - 60 * y + 4.0 * coarse)
    top = skull.ear[1] + 0.09
    tone = 0.92 + 0.07 * strands + 0.05 * coarse + 0.22 * bump(y, top, 0.03)
    if hair.curl:
        tone += 12 * min(hair.curl, 0.012) * _locks(part.take(chosen), phase)
    elif not hair.knot:
        tone -= 0.16 * bump(across, 0.0, max(0.003, 0.4 * pitch)) * (y > top - 0.02) * min(1.0, 0.006 / pitch)
    if hair.mane and hair.mane.plaited:
        tone -= 0.25 * hair.mane.plaited * smoothstep(0.3, 1, np.cos(190 * y + 60 * across)) * (y < skull.ear[1] - 0.06)
    share = hair.streaks * (0.35 + 0.3 * smoothstep(-0.8, 1.0, coarse + strands))
    if hair.tips:
        end = within(top - 0.02, top + 0.2, y, 0.03) if hair.mane is None else smoothstep(0, -hair.mane.length, y - top)
        share = share + hair.tips * end
    if hair.temples and hair.mane is None:
        low = smoothstep(0.35, 0.05, part.elevation[chosen])
        share = share + hair.temples * low * within(0.7, 2.0, part.azimuth[chosen], 0.4)
    base = blend(np.broadcast_to(hair.colour.astype(np.float32), (len(x), 3)), hair.second.astype(np.float32),
                 np.clip(share, 0, 1))  # fmt: skip
    colours[index] = blend(colours[index], np.clip(base * tone[:, None], 0, 1), coverage)


def _fall(hair: Hair, mane: Mane, skull: Skull, phase: Phases) -> Field:
    """Metres by which a mane fills the hollow of the neck and stands off the shoulders."""
    part = skull.vertices.mane
    coverage = mane_coverage(mane, skull, part, phase, 0.03)
    reach = np.hypot(part.x, part.z - skull.ear[2])
    full = 0.1 - 0.25 * np.clip(skull.ear[1] - part.y, 0, 0.1) + hair.back  # straight down from the back of the head
    fill = np.maximum(full - reach, 0.6 * hair.back)
    fill = np.where(part.normal[:, 2] > 0.2, 0.5 * hair.back, fill)
    return coverage * fill * smoothstep(0.5, 0.15, part.head)


def _below_border(hair: Hair, part: Part) -> Field:
    """Radians below the border between top and sides, which is lower behind."""
    return math.radians(hair.border) - 0.25 * smoothstep(1.4, 2.4, part.azimuth) - part.elevation


def _locks(part: Part, phase: Phases) -> Field:
    """Curls and locks a few centimetres across, of mean about 0, in [-1, 1]."""
    waves = np.sin(95 * part.x + 60 * part.y + phase[0]) * np.sin(85 * part.y - 70 * part.z + phase[1])
    return waves + 0.5 * np.sin(110 * part.z - 90 * part.x + phase[2])
