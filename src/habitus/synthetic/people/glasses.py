"""Spectacles and sunglasses: painted lenses and frames that stand a little off the face."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour
from habitus.synthetic.people.skull import Skull, stroke, within
from habitus.synthetic.surface.fields import Colours, blend, edge

FrameShape = Literal["round", "rectangular", "wayfarer", "aviator", "rimless"]

_WIDTH = {"round": 0.0225, "rectangular": 0.0265, "wayfarer": 0.027, "aviator": 0.028, "rimless": 0.0255}
_HEIGHT = {"round": 0.021, "rectangular": 0.0145, "wayfarer": 0.0195, "aviator": 0.023, "rimless": 0.0155}
_ROUNDNESS = {"round": 2.0, "rectangular": 6.0, "wayfarer": 3.5, "aviator": 2.5, "rimless": 4.0}
"""Exponent of the superellipse that a lens is."""


@dataclass(frozen=True)
class Glasses:
    """Lengths in metres."""

    shape: FrameShape
    colour: Colour
    """Of the frame."""
    dark: bool
    """Sunglasses."""
    lens: Colour
    width: float
    """Half the width of a lens."""
    height: float
    """Half the height of a lens."""
    rim: float
    """Thickness of the frame."""


def draw_glasses(rng: np.random.Generator, age: float) -> Glasses | None:
    """Spectacles for one in five of the young and half of the old; sunglasses for one in fifteen."""
    dark = bool(rng.uniform() < 0.07)
    if not dark and rng.uniform() > np.interp(age, (20, 45, 75), (0.18, 0.28, 0.5)):
        return None
    shapes: tuple[FrameShape, ...] = ("round", "rectangular", "wayfarer", "aviator", "rimless")
    share = (0.12, 0.05, 0.45, 0.38, 0.0) if dark else (0.2, 0.35, 0.22, 0.08, 0.15)
    shape = shapes[rng.choice(len(shapes), p=share)]
    colours = ((0.05, 0.05, 0.05), (0.22, 0.12, 0.07), (0.45, 0.44, 0.42), (0.6, 0.48, 0.25), (0.45, 0.08, 0.1),
               (0.12, 0.2, 0.4), (0.85, 0.84, 0.8))  # fmt: skip
    colour = np.array(colours[rng.choice(len(colours), p=(0.42, 0.18, 0.14, 0.08, 0.06, 0.07, 0.05))])
    rim = (
        0.0012
        if shape == "rimless"
        else rng.uniform(0.0014, 0.0024)
        if shape == "aviator"
        else rng.uniform(0.0018, 0.0042)
    )
    lens = np.array(((0.05, 0.05, 0.06), (0.14, 0.09, 0.06), (0.08, 0.11, 0.09), (0.25, 0.3, 0.4))[rng.integers(4)])
    if not dark:
        lens = np.array((0.75, 0.8, 0.85))
    size = rng.uniform(0.92, 1.1)
    return Glasses(shape, colour, dark, lens, size * _WIDTH[shape], size * _HEIGHT[shape], float(rim))


def paint_glasses(colours: Colours, glasses: Glasses, skull: Skull, size: int) -> None:
    """Lenses, rims, the bridge and the temples over face and hair, in place; colours (P, 3) of all texels."""
    head = skull.texels(size)
    part, pitch = head.eyes, head.pitch
    side, up = part.middle - skull.eye[0] - 0.002, part.y - skull.eye[1] + 0.003
    drop = 0.35 * np.minimum(up, 0) * (side < 0) if glasses.shape == "aviator" else 0.0
    power = _ROUNDNESS[glasses.shape]
    round_about = (np.abs((side - drop) / glasses.width) ** power + np.abs(up / glasses.height) ** power) ** (1 / power)
    inside = (1 - round_about) * min(glasses.width, glasses.height)
    inside[part.normal[:, 2] < 0.25] = -1.0  # a lens faces forward and does not wrap around the temple
    paint = blend(colours[part.index], glasses.lens.astype(np.float32),
                  (0.94 if glasses.dark else 0.1) * edge(inside, pitch))  # fmt: skip
    frame = glasses.colour.astype(np.float32)
    rim = stroke(inside, 0.0, 0.6 * glasses.rim, pitch) * (0.35 if glasses.shape == "rimless" else 1.0)
    bridge = stroke(up, 0.25 * glasses.height, 0.6 * glasses.rim, pitch) * (side < -0.9 * glasses.width)
    colours[part.index] = blend(paint, frame, np.clip(np.maximum(rim, bridge), 0, 1))
    temples = head.scalp
    arm = stroke(temples.y, skull.eye[1] + 0.4 * glasses.height - 0.003, 0.5 * glasses.rim + 0.0006, pitch)
    arm *= within(skull.ear[2] + 0.008, skull.eye[2] - 0.012, temples.z, 0.006) * (temples.middle > 0.05)
    colours[temples.index] = blend(colours[temples.index], frame, np.clip(arm, 0, 1))


def glasses_displacement(glasses: Glasses, skull: Skull) -> Float[np.ndarray, "Q 3"]:
    """Of the vertices about the eyes, metres: lenses bridge the eyes' hollows."""
    part = skull.vertices.eyes
    side, up = part.middle - skull.eye[0] - 0.002, part.y - skull.eye[1] + 0.003
    inside = 1 - np.hypot(side / glasses.width, up / glasses.height)
    forward = np.clip(skull.eye[2] + 0.008 - 0.25 * np.maximum(side, 0) - part.z, 0, 0.012)
    amount = forward * np.clip(0.5 + 2 * inside, 0, 1)
    return (amount[:, None] * np.array((0.0, 0.0, 1.0), np.float32)).astype(np.float32)
