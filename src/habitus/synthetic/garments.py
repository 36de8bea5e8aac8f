"""Cutting and sewing: what each garment covers, how it is painted, how far it stands off the body."""

import numpy as np
from jaxtyping import Float

from habitus.synthetic.cloth import folds, seam, shaded, woven
from habitus.synthetic.fields import Colours, Field, blend, bump, edge, smoothstep
from habitus.synthetic.mannequin import ARM, HEAD, Mannequin, Points, Zone
from habitus.synthetic.outfits import Bottom, Outfit, Top
from habitus.synthetic.shoes import paint_shoes, shoe_displacement

HEM = 0.004
"""Metres over which the borders of garments are blended."""
_CUT = 0.012
"""The same for displacement: the mesh is coarser than the texture."""
_OVERLAP = 0.006
"""Metres by which the halves of a skirt reach into each other, so that no gap shows in a short step."""
LONG = 0.07
"""Metres below the pelvis from which on a top hangs around both legs together."""


def paint_outfit(
    colours: Colours, outfit: Outfit, mannequin: Mannequin, zones: dict[str, Zone], rng: np.random.Generator
) -> None:
    """Dress the skin in place: socks, trousers, shoes, top, then what is worn over all."""

    def socks(under: Colours, points: Points) -> Colours:
        ankle = mannequin.joints["left_ankle"][1] + 0.06 - points.y
        return blend(under, outfit.socks.astype(np.float32), edge(ankle, HEM))

    zones["feet"].repaint(colours, socks)
    zones["legs"].repaint(colours, lambda c, p: _paint_bottom(c, outfit.bottom, mannequin, p, rng))
    zones["feet"].repaint(colours, lambda c, p: paint_shoes(c, outfit.shoes, mannequin, p))
    for top in _tops(outfit):
        zone = zones["top" if top.length < 0.18 else "coat"]
        zone.repaint(colours, lambda c, p, top=top: _paint_top(c, top, mannequin, p, rng))


def outfit_displacement(
    outfit: Outfit, mannequin: Mannequin, rest: Float[np.ndarray, "N 3"], rng: np.random.Generator
) -> Float[np.ndarray, "N 3"]:
    """Displacement of the naked rest-pose vertices `rest` by the outfit, metres."""
    points = mannequin.vertices
    normals = mannequin.normals(rest)
    wave = points.folds.draw(rng)
    thickness = _bottom_thickness(outfit.bottom, mannequin, points, wave)
    for top in _tops(outfit):
        below = 0.5 * thickness if top is outfit.outer else 0.0
        thickness = np.maximum(thickness, _top_thickness(top, mannequin, points, wave) + below)
    thickness = np.minimum(thickness, 0.42 * mannequin.room + mannequin.hollow + mannequin.drape)
    displacement = thickness[:, None] * normals
    for top in _tops(outfit):
        if top.collar == "hood":
            displacement += _hood(mannequin, points, top.looseness)
        if top.length > LONG:
            displacement = _hang(displacement, -top.length, top.looseness, mannequin, rest)
    if outfit.bottom.kind == "skirt":
        end = _leg_end(outfit.bottom, mannequin)
        displacement = _hang(displacement, end, outfit.bottom.looseness, mannequin, rest)
    return (displacement + shoe_displacement(outfit.shoes, mannequin)).astype(np.float32)


def _tops(outfit: Outfit) -> list[Top]:
    return [outfit.top] if outfit.outer is None else [outfit.top, outfit.outer]


def _standing_off(distance: Field) -> Field:
    """Where cloth keeps its distance from the body: up to its very border, then it drops to what is below."""
    return edge(distance + 0.5 * _CUT, _CUT)


def _bottom_distance(bottom: Bottom, mannequin: Mannequin, points: Points) -> Field:
    waist = mannequin.joints["pelvis"][1] + bottom.waist - points.y
    return np.minimum(waist, points.y - _leg_end(bottom, mannequin))


def _top_distance(top: Top, mannequin: Mannequin, points: Points) -> Field:
    joints = mannequin.joints
    hem = (
        points.y
        - (joints["pelvis"][1] - top.length)
        + 0.03 * smoothstep(0.05, 0.17, np.abs(points.x)) * (top.collar == "shirt")
    )
    reach = np.interp(
        top.sleeve, (0, 1, 2, 3), [joints[f"left_{j}"][0] for j in ("shoulder", "elbow", "wrist", "hand")]
    )
    neck_y, neck_z = joints["neck"][1:]
    rise = {"crew": 0.0, "v": 0.0, "shirt": 0.022, "high": 0.045, "hood": 0.018}[top.collar]
    line = neck_y + rise - 0.5 * (points.z - neck_z)
    depth = {"crew": 0.012, "v": 0.1, "shirt": 0.055, "high": 0.0, "hood": 0.03}[top.collar]
    line = line - depth * np.clip(1 - np.abs(points.x) / 0.06, 0, 1) * (points.z > neck_z)
    return np.minimum(np.minimum(hem, line - points.y), reach - np.abs(points.x))


def _leg_end(bottom: Bottom, mannequin: Mannequin) -> float:
    stations = [mannequin.joints[f"left_{j}"][1] for j in ("hip", "knee", "ankle")] + [mannequin.floor]
    return float(np.interp(bottom.leg, (0, 1, 2, 3), stations))


def _paint_top(colours: Colours, top: Top, mannequin: Mannequin, points: Points, rng: np.random.Generator) -> Colours:
    distance = _top_distance(top, mannequin, points)
    coverage = edge(distance, HEM)
    middle = np.abs(points.x)
    front = smoothstep(0.0, 0.2, points.normal[:, 2]) * (points.limb[HEAD] < 0.5)
    if top.opening > 0:
        parted = top.opening * (1 + 0.4 * smoothstep(0.35, -0.2, points.y))
        coverage = coverage * (1 - edge(parted - middle, HEM) * front)
    cloth = woven(top.colour, top.second, top.pattern, top.period, points, rng)
    brightness = folds(points, top.looseness, rng)
    brightness *= seam(distance - 0.015, depth=0.18)  # the hem's stitching
    armhole = np.where(np.abs(points.limb[ARM] - 0.5) < 0.3, np.abs(points.limb[ARM] - 0.5) * 0.08, 1.0)
    brightness *= seam(armhole, depth=0.15)
    if top.zipped:
        at = top.opening * (1 + 0.4 * smoothstep(0.35, -0.2, points.y)) if top.opening > 0 else 0.0
        brightness *= 1 - 0.35 * bump(middle - at, 0.0, 0.0035) * front
    if top.collar in ("shirt", "hood"):  # a collar lies folded along the neckline
        brightness *= seam(distance - 0.035, depth=0.3) ** (points.y > mannequin.joints["spine3"][1] + 0.1)
    # The garment's own shadow on what is worn below it, and in the armpit.
    shadow = smoothstep(-0.035, 0.0, distance) * (1 - coverage)
    colours = shaded(colours, 1 - 0.3 * shadow)
    armpit = bump(points.along_arm, 0.0, 0.25) * smoothstep(0.2, -0.7, points.normal[:, 1])
    return blend(colours, shaded(cloth, brightness * (1 - 0.25 * armpit)), coverage)


def _paint_bottom(
    colours: Colours, bottom: Bottom, mannequin: Mannequin, points: Points, rng: np.random.Generator
) -> Colours:
    cloth = woven(bottom.colour, bottom.colour * 0.6 + 0.25, bottom.pattern, 0.08, points, rng)
    distance = points.y - _leg_end(bottom, mannequin)
    brightness = folds(points, bottom.looseness, rng) * seam(distance - 0.018, depth=0.2)
    waist = mannequin.joints["pelvis"][1] + bottom.waist - points.y
    brightness *= seam(waist - 0.04, depth=0.25)
    inner = smoothstep(0.03, 0.0, np.abs(points.x)) * smoothstep(-0.2, 0.1, points.along_leg)
    if bottom.kind == "trousers":
        outseam = np.abs(points.z - mannequin.joints["left_knee"][2]) + 10.0 * (np.abs(points.x) < 0.1)
        brightness *= seam(outseam, depth=0.22) * seam(points.x + 10.0 * (points.along_leg > 0.2), depth=0.3)
        pocket = waist - 0.06 - 0.9 * np.abs(np.abs(points.x) - 0.1)
        brightness *= 1 - 0.3 * bump(pocket, 0, 0.003) * (points.along_leg < 0.15)
        brightness *= 1 - 0.3 * inner
    colours = shaded(colours, 1 - 0.35 * smoothstep(-0.03, 0.0, distance) * (distance < 0))
    return blend(colours, shaded(cloth, brightness), edge(_bottom_distance(bottom, mannequin, points), HEM))


def _top_thickness(top: Top, mannequin: Mannequin, points: Points, wave: Field) -> Float[np.ndarray, "N"]:
    """Metres that a top stands off the body: least on the shoulders, most at hem and cuffs."""
    coverage = _standing_off(_top_distance(top, mannequin, points))
    shoulder = mannequin.joints["left_shoulder"][1]
    hang = smoothstep(shoulder - 0.02, mannequin.joints["spine1"][1], points.y)
    sleeve = smoothstep(0.0, 0.35, points.along_arm) * (0.55 + 0.2 * np.clip(points.along_arm, 0, 2))
    on_arm = smoothstep(0.3, 0.7, points.limb[ARM])
    ease = hang + on_arm * (sleeve - hang)
    cuff = bump(points.along_arm, top.sleeve - 0.06, 0.06) * (top.collar in ("hood", "high")) * (top.sleeve > 1.5)
    ease = ease * (1 - 0.6 * cuff)
    thickness = 0.004 + top.looseness * ease * (1 + 0.18 * wave) + mannequin.hollow * (1 - on_arm)
    straight = np.clip(top.looseness / 0.035, 0.15, 0.9)
    thickness = thickness + straight * mannequin.drape * (1 - on_arm)
    if top.pattern == "quilted":
        thickness = thickness + 0.012
    opening = edge(top.opening - np.abs(points.x), _CUT) * (points.normal[:, 2] > 0) if top.opening > 0 else 0.0
    return coverage * thickness * (1 - 0.8 * opening)


def _bottom_thickness(bottom: Bottom, mannequin: Mannequin, points: Points, wave: Field) -> Float[np.ndarray, "N"]:
    """Metres that trousers stand off the legs: little at the hips, all their ease from the knee down."""
    coverage = _standing_off(_bottom_distance(bottom, mannequin, points))
    ease = 0.25 + 0.75 * smoothstep(0.1, min(bottom.leg, 1.3), points.along_leg)
    return coverage * (0.004 + bottom.looseness * ease * (1 + 0.15 * wave) + 0.8 * mannequin.hollow)


def _hood(mannequin: Mannequin, points: Points, looseness: float) -> Float[np.ndarray, "N 3"]:
    """A hood that lies on the shoulders: a roll around the back of the neck."""
    neck_y, neck_z = mannequin.joints["neck"][1:]
    around = np.hypot(points.x, points.z - neck_z)
    roll = bump(points.y, neck_y - 0.02, 0.03) * bump(around, 0.085, 0.045) * smoothstep(0.05, -0.03, points.z)
    out = np.stack([points.x, 0.3 * np.ones_like(points.x), points.z - neck_z], 1) / np.maximum(around, 0.02)[:, None]
    return (roll * (0.014 + 0.25 * looseness) * (points.limb[HEAD] < 0.4))[:, None] * out


def _hang(
    displacement: Float[np.ndarray, "N 3"], end: float, looseness: float, mannequin: Mannequin,
    rest: Float[np.ndarray, "N 3"],
) -> Float[np.ndarray, "N 3"]:  # fmt: skip
    """Draw the thighs onto an elliptic cone from the hips down to `end`, as the skirt of a coat or a dress hangs.

    Each leg's outer side goes to its half of the cone; the inner sides meet in the middle plane.
    """
    points = mannequin.vertices
    hips, leg_x = mannequin.joints["left_hip"][1], mannequin.joints["left_hip"][0]
    down = np.clip((hips - points.y) / max(hips - end, 1e-3), 0, 1)
    coverage = _standing_off(points.y - end) * smoothstep(0.03, -0.08, points.y - hips)
    ring = (np.abs(points.y - hips) < 0.03) & (points.limb[ARM] < 0.1)
    belt = (rest + displacement)[ring]
    half_x = np.abs(belt[:, 0]).max() + looseness * down
    middle_z = 0.5 * (belt[:, 2].max() + belt[:, 2].min())
    half_z = 0.5 * np.ptp(belt[:, 2]) + 0.6 * looseness * down
    # The angle around the leg: 0 in front, positive on the outer side. Its place on the cone: 0 in the middle of the
    # front, pi in the middle of the back; the innermost part closes the gap between both halves.
    angle = np.arctan2(np.abs(points.x) - leg_x, points.z - mannequin.joints["left_hip"][2])
    pi, own = np.pi, 0.47
    place = np.interp(angle, (-pi, -0.75 * pi, -0.25 * pi, 0.0, pi), (pi - own, pi, 0.0, own, pi - own))
    x = np.where((angle > -0.25 * pi) | (angle < -0.75 * pi), half_x * np.sin(place), 0.0) - _OVERLAP
    target = np.stack([np.where(points.x < 0, -x, x), rest[:, 1], middle_z + half_z * np.cos(place)], 1)
    return displacement + coverage[:, None] * (target - rest - displacement)
