"""Beards and moustaches."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from habitus.synthetic.people.colours import Colour
from habitus.synthetic.people.skull import Part, Skull, spot, stroke, within
from habitus.synthetic.surface.fields import Colours, Field, blend, edge, smoothstep

FacialHairStyle = Literal["stubble", "moustache", "goatee", "full", "long"]


@dataclass(frozen=True)
class FacialHair:
    """Opacities in [0, 1], lengths in metres."""

    style: FacialHairStyle
    colour: Colour
    cheeks: float
    """Opacity on cheeks and jaw."""
    chin: float
    """Opacity on the chin."""
    lip: float
    """Opacity of the moustache."""
    line: float
    """By which the border on the cheeks is higher than from the mouth's corner to the sideburn."""
    length: float
    """By which the chin's hair stands out and hangs down."""
    handlebar: float
    """By which the moustache is wider than the mouth."""
    ragged: float
    """Phase of its border's waves, radians."""


def draw_facial_hair(rng: np.random.Generator, hair: Colour, skin: Colour) -> FacialHair | None:
    """What a man grows: half of them something, most of that stubble or a short full beard."""
    if rng.uniform() < 0.48:
        return None
    colour = np.clip(0.9 * hair * rng.uniform(0.7, 1.1) + 0.04 * skin, 0.02, 1)
    line, wide, ragged = rng.normal(0, 0.005), rng.uniform(0.0, 0.008), rng.uniform(0, 2 * np.pi)
    kind = rng.choice(5, p=(0.36, 0.1, 0.14, 0.3, 0.1))
    if kind == 0:
        weight = rng.uniform(0.12, 0.42)
        return FacialHair("stubble", colour, weight, weight, weight, line, 0.0, wide, ragged)
    if kind == 1:
        return FacialHair("moustache", colour, 0.0, 0.0, rng.uniform(0.65, 1.0), line, 0.0, wide, ragged)
    if kind == 2:
        return FacialHair("goatee", colour, rng.uniform(0, 0.15), rng.uniform(0.6, 1.0), rng.uniform(0.2, 1.0), line,
                          rng.uniform(0.002, 0.012), 0.0, ragged)  # fmt: skip
    if kind == 3:
        weight = rng.uniform(0.55, 1.0)
        return FacialHair(
            "full", colour, weight, min(1.0, weight + 0.1), weight, line, rng.uniform(0.003, 0.011), wide, ragged
        )
    return FacialHair("long", colour, 0.95, 1.0, 0.95, line, rng.uniform(0.016, 0.045), wide, ragged)


def paint_facial_hair(colours: Colours, beard: FacialHair, skull: Skull, size: int) -> None:
    """Over the skin of the face, in place; colours (P, 3) of all texels."""
    head = skull.texels(size)
    part = head.jaw
    ragged = np.sin(130 * part.middle + beard.ragged) + np.sin(170 * part.z + 2 * beard.ragged)
    cheeks, chin, lip = _extent(beard, skull, part, ragged, max(0.008, head.pitch), head.pitch)
    opacity = np.maximum(np.maximum(beard.cheeks * cheeks, beard.chin * chin), beard.lip * lip)
    strands = 1 + 0.1 * np.sin(600 * part.x + 90 * part.y) * min(1.0, 0.0035 / head.pitch) + 0.05 * ragged
    colours[part.index] = blend(
        colours[part.index], beard.colour.astype(np.float32) * strands[:, None].astype(np.float32), 0.92 * opacity
    )


def beard_displacement(beard: FacialHair, skull: Skull) -> Float[np.ndarray, "V 3"]:
    """Of the vertices `skull.jaw_spread.index`, metres: out from the face, on the chin also down."""
    part, spread = skull.vertices.jaw, skull.jaw_spread
    cheeks, chin, _ = _extent(beard, skull, part, np.zeros_like(part.x), 0.02, 0.006)
    short, rest = min(beard.length, 0.009), max(0.0, beard.length - 0.009)
    out = short * np.maximum(cheeks * (beard.cheeks > 0.4), chin)
    hanging = rest * chin * smoothstep(skull.mouth_y - 0.008, skull.chin_y + 0.012, part.y)
    moved = (spread.matrix @ out)[:, None] * skull.mannequin.vertices.normal[spread.index]
    return moved + (spread.matrix @ hanging)[:, None] * np.array((0.0, -1.0, 0.35), np.float32)


def _extent(
    beard: FacialHair, skull: Skull, part: Part, ragged: Field, soft: float, pitch: float
) -> tuple[Field, Field, Field]:
    """Coverage of cheeks and jaw, of the chin, of the upper lip."""
    mouth_y = skull.mouth_y
    back = np.clip((skull.nose[2] - 0.035 - part.z) / 0.09, 0, 1)  # 0 at the mouth, 1 near the ear
    line = mouth_y - 0.004 + beard.line + (skull.ear[1] - 0.012 - mouth_y) * smoothstep(0.25, 1.0, back)
    below = part.y - skull.chin_y + 0.012 + 0.012 * back  # the throat stays bare
    cheeks = edge(line + 0.002 * ragged - part.y, soft) * smoothstep(-0.018, 0.006, below)
    cheeks *= smoothstep(0.004, 0.014, part.ear)
    front = (part.z > skull.nose[2] - 0.07) * (part.normal[:, 2] > -0.6)
    chin = edge(0.026 - part.middle, soft) * edge(mouth_y - 0.011 - part.y, soft) * front * smoothstep(-0.025, 0, below)
    beside = stroke(part.middle, 0.028, 0.005, pitch) * within(mouth_y - 0.03, mouth_y + 0.012, part.y, 0.006) * front
    wide = 0.026 + beard.handlebar
    drop = 0.15 * np.maximum(part.middle - 0.018, 0)
    lip = (
        spot(0 * part.x, part.y - mouth_y - 0.0105 + drop, 1.0, 0.0045, pitch) * edge(wide - part.middle, soft) * front
    )
    if beard.style in ("moustache",):
        beside = 0 * beside
    return cheeks, np.maximum(chin, 0.9 * beside), np.clip(1.2 * lip, 0, 1)
