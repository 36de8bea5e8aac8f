"""The head of a body as a hairdresser sees it: directions from the middle of the skull, for vertices and texels."""

import math
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

from habitus.compiled import kernel
from habitus.synthetic.surface.fields import Field, bump, smoothstep
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import ARM, HEAD, Points

BELOW_NECK = 0.36
"""Metres below the neck joint down to which hair may hang."""
AZIMUTHS = (0, 30, 52, 66, 76, 92, 115, 180)
"""Degrees from the front at which hairlines are given."""
_TEXEL_AT_512 = 0.0035
_BETWEEN_VERTICES = 0.008


@dataclass(frozen=True)
class Part:
    """Points of a part of the head: Q texels or vertices. Metres and radians, float32."""

    index: Int[np.ndarray, "Q"]
    """Into all texels or vertices."""
    x: Field
    y: Field
    z: Field
    middle: Field
    """Distance from the plane of symmetry."""
    normal: Float[np.ndarray, "Q 3"]
    head: Field
    """Skinning weight of the head."""
    away: Float[np.ndarray, "Q 3"]
    """Direction from the middle of the skull."""
    radius: Field
    azimuth: Field
    """0 in front, pi behind, the same on both sides."""
    elevation: Field
    ear: Field
    """Distance outside the ear; negative on it."""
    station: Int[np.ndarray, "Q"]
    """The last of `AZIMUTHS` before the azimuth."""
    past: Field
    """Share of the way from it to the next."""

    def __len__(self) -> int:
        return len(self.index)

    def take(self, chosen: np.ndarray) -> "Part":
        """Some of the points, by index or mask."""
        return Part(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})


@dataclass(frozen=True)
class HeadPoints:
    """Texels or vertices of one body's head by what is drawn on them."""

    pitch: float
    """Metres between neighbouring points: nothing finer can be drawn."""
    head: Part
    """All of it, with the neck."""
    scalp: Part
    """The head without the middle of the face."""
    mane: Part
    """Neck, shoulders, upper back and chest: what long hair hangs over."""
    eyes: Part
    cheeks: Part
    """From ear to ear, between the eyes and the mouth."""
    forehead: Part
    nose: Part
    mouth: Part
    jaw: Part
    """Where a beard may grow."""
    throat: Part


class Skull:
    """The head of one body, measured once."""

    def __init__(self, mannequin: Mannequin):
        self.mannequin = mannequin
        self.ear, self.eye, self.nose = (
            tuple(float(v) for v in mannequin.keypoints[name]) for name in ("left_ear", "left_eye", "nose")
        )
        self.centre = np.array((0.0, self.ear[1] + 0.025, self.ear[2] + 0.006), np.float32)
        self.mouth_y = self.nose[1] - 0.033
        self.chin_y = float(mannequin.joints["head"][1] - 0.075)
        self._texels: dict[int, HeadPoints] = {}

    def texels(self, size: int) -> HeadPoints:
        """Of a `size` x `size` texture."""
        if size not in self._texels:
            pitch = _TEXEL_AT_512 * 512 / size
            self._texels[size] = self._parts(self.mannequin.texels(size).points, pitch)
        return self._texels[size]

    @cached_property
    def vertices(self) -> HeadPoints:
        """Of the body."""
        return self._parts(self.mannequin.vertices, _BETWEEN_VERTICES)

    @cached_property
    def scalp_spread(self) -> "Spread":
        """From the scalp's vertices."""
        return _spread(self.mannequin, self.vertices.scalp)

    @cached_property
    def mane_spread(self) -> "Spread":
        """From the vertices that long hair hangs over."""
        return _spread(self.mannequin, self.vertices.mane)

    @cached_property
    def jaw_spread(self) -> "Spread":
        """From the vertices that a beard moves."""
        return _spread(self.mannequin, self.vertices.jaw)

    @cached_property
    def away(self) -> Float[np.ndarray, "N 3"]:
        """Directions of all vertices from the middle of the skull."""
        offset = self.mannequin.template - self.centre
        return offset / np.linalg.norm(offset, axis=1, keepdims=True)

    @cached_property
    def outwards(self) -> Float[np.ndarray, "N 3"]:
        """Of all vertices, level away from the neck behind, off the chest in front."""
        points = self.mannequin.vertices
        way = np.stack([points.x, np.zeros_like(points.x), points.z - self.ear[2]], 1)
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-3)
        return self.mannequin.smooth(np.where(points.normal[:, 2:] > 0.2, points.normal, way), 2)

    @cached_property
    def sunk_ears(self) -> Field:
        """Along x, of the scalp's vertices: metres that lay the ears onto the skull; a membrane closes the gap."""
        part = self.vertices.scalp
        closed = self.mannequin.template[:, :1].copy()
        inside = part.index[part.ear < 0.01]
        for _ in range(300):
            closed[inside] = self.mannequin.smooth(closed, 1)[inside]
        return (closed - self.mannequin.template[:, :1])[part.index, 0]

    def _parts(self, points: Points, pitch: float) -> HeadPoints:
        offset = np.stack([points.x, points.y, points.z], 1) - self.centre
        radius = np.linalg.norm(offset, axis=1)
        away = offset / np.maximum(radius, 1e-6)[:, None]
        beside_ear = np.stack(
            [np.abs(points.x) - self.ear[0], (points.y - self.ear[1]) / 1.25, points.z - self.ear[2] + 0.004]
        )
        all_points = Part(
            np.arange(len(points)), points.x, points.y, points.z, np.abs(points.x), points.normal, points.limb[HEAD],
            away, radius, np.arctan2(np.abs(offset[:, 0]), offset[:, 2]), np.arcsin(np.clip(away[:, 1], -1, 1)),
            (np.linalg.norm(beside_ear, axis=0) - 0.027).astype(np.float32), *_stations(offset),
        )  # fmt: skip
        x, y, z, head = all_points.middle, points.y, points.z, points.limb[HEAD]
        face = (head > 0.3) & (z > self.ear[2] + 0.02) & (y > self.chin_y - 0.03)
        low = self.mannequin.joints["neck"][1] - BELOW_NECK
        mane = (points.limb[ARM] < 0.6) & (x < 0.2) & (y > low) & (y < self.ear[1] + 0.03)
        chosen = {
            "head": head > 0.05,
            "scalp": (head > 0.15) & ~((x < 0.04) & (z > self.eye[2] - 0.01) & (y < self.eye[1])),
            "mane": mane,
            "cheeks": face & (np.abs(y - self.nose[1]) < 0.05),
            "forehead": face & (np.abs(y - self.eye[1] - 0.047) < 0.018) & (x < 0.05),
            "eyes": face & (np.abs(y - self.eye[1] - 0.005) < 0.036) & (x < 0.08),
            "nose": face & (x < 0.04) & (y < self.eye[1] + 0.012) & (y > self.nose[1] - 0.024),
            "mouth": face & (x < 0.045) & (np.abs(y - self.mouth_y) < 0.028),
            "jaw": (head > 0.1) & (y < self.ear[1]) & (z > self.ear[2] - 0.012) & (y > self.chin_y - 0.04),
            "throat": (x < 0.06) & (np.abs(y - self.chin_y) < 0.07) & (points.normal[:, 1] < 0.2) & (z > 0),
        }
        return HeadPoints(pitch, **{name: all_points.take(np.flatnonzero(mask)) for name, mask in chosen.items()})


@dataclass(frozen=True)
class Spread:
    """Smooths amounts of some vertices and spreads them to those around."""

    index: Int[np.ndarray, "V"]
    """Vertices that take part."""
    matrix: sp.csr_matrix
    """(V, Q) from the part's vertices."""


def _spread(mannequin: Mannequin, part: Part) -> Spread:
    """Every vertex averaged with its neighbours, three times."""
    unit = np.zeros((len(mannequin.template), len(part)), np.float32)
    unit[part.index, np.arange(len(part))] = 1.0
    smoothed = mannequin.smooth(unit, 3)
    index = np.flatnonzero(smoothed.any(1))
    return Spread(index, sp.csr_matrix(smoothed[index]))


def _stations(offset: Float[np.ndarray, "P 3"]) -> tuple[Int[np.ndarray, "P"], Field]:
    azimuth = np.degrees(np.arctan2(np.abs(offset[:, 0]), offset[:, 2]))
    place = np.interp(azimuth, AZIMUTHS, np.arange(len(AZIMUTHS)))
    station = np.minimum(place.astype(np.int64), len(AZIMUTHS) - 2)
    return station, (place - station).astype(np.float32)


_SKULLS: dict[int, Skull] = {}


def skull_of(mannequin: Mannequin) -> Skull:
    """The skull of a mannequin, measured at the first call and kept."""
    if id(mannequin) not in _SKULLS or _SKULLS[id(mannequin)].mannequin is not mannequin:
        _SKULLS[id(mannequin)] = Skull(mannequin)
    return _SKULLS[id(mannequin)]


def stroke(x: Field, centre: float | Field, width: float, pitch: float) -> Field:
    """A Gaussian line of standard deviation `width`, no sharper than points `pitch` apart can show."""
    shown = math.hypot(width, 0.4 * pitch)
    return (width / shown) * bump(x, centre, shown)


def spot(x: Field, y: Field, width: float, height: float, pitch: float) -> Field:
    """A Gaussian spot about the origin, as `stroke`."""
    wide, high = math.hypot(width, 0.4 * pitch), math.hypot(height, 0.4 * pitch)
    result = np.empty_like(x)
    _spot(x, y, *(np.float32(v) for v in (width * height / (wide * high), 0.125 / wide**2, 0.125 / high**2)), result)
    return result


@kernel
def _spot(x, y, strength, across, upwards, result):
    one, nothing = np.float32(1), np.float32(0)
    for i in range(result.size):
        t = max(one - across * x[i] * x[i] - upwards * y[i] * y[i], nothing)  # as `fields.bump`
        t = t * t
        result[i] = strength * t * t


def within(low: float, high: float, x: Field, soft: float) -> Field:
    """1 between `low` and `high`, falling off over `soft` beyond."""
    return smoothstep(low - soft, low, x) * smoothstep(high + soft, high, x)
