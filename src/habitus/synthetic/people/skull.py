"""The head of a body as a hairdresser sees it: directions from the middle of the skull, for vertices and texels."""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

from habitus.synthetic.surface.fields import Field, smoothstep
from habitus.synthetic.surface.mannequin import Mannequin
from habitus.synthetic.surface.points import ARM, HEAD, Points

BELOW_NECK = 0.36
"""Metres below the neck joint down to which hair may hang."""
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
    face: Part
    eyes: Part
    nose: Part
    mouth: Part
    jaw: Part
    """Where a beard may grow."""


class Skull:
    """The head of one body, measured once."""

    def __init__(self, mannequin: Mannequin):
        self.mannequin = mannequin
        self.ear = mannequin.keypoints["left_ear"]
        self.eye = mannequin.keypoints["left_eye"]
        self.nose = mannequin.keypoints["nose"]
        self.centre = np.array((0.0, self.ear[1] + 0.025, self.ear[2] + 0.006))
        self.mouth_y = float(self.nose[1] - 0.033)
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
    def movable(self) -> Int[np.ndarray, "V"]:
        """The vertices that hair or a face can move, with a margin for smoothing."""
        chosen = np.zeros(len(self.mannequin.template), np.float32)
        chosen[self.vertices.scalp.index] = chosen[self.vertices.mane.index] = chosen[self.vertices.face.index] = 1.0
        return np.flatnonzero(self.mannequin.smooth(chosen[:, None], 4)[:, 0] > 0)

    @cached_property
    def smoothing(self) -> sp.csr_matrix:
        """Among the movable vertices: every one averaged with its neighbours, three times."""
        unit = np.zeros((len(self.mannequin.template), len(self.movable)), np.float32)
        unit[self.movable, np.arange(len(self.movable))] = 1.0
        return sp.csr_matrix(self.mannequin.smooth(unit, 3)[self.movable])

    @cached_property
    def sunk_ears(self) -> Field:
        """Of the scalp's vertices: metres by which a surface without ears lies below (or above) them."""
        part = self.vertices.scalp
        radius = np.linalg.norm(self.mannequin.template - self.centre, axis=1).astype(np.float32)
        return (self.mannequin.smooth(radius[:, None], 40)[:, 0] - radius)[part.index].clip(-0.03, 0.01)

    def _parts(self, points: Points, pitch: float) -> HeadPoints:
        offset = np.stack([points.x, points.y, points.z], 1) - self.centre.astype(np.float32)
        radius = np.linalg.norm(offset, axis=1)
        away = offset / np.maximum(radius, 1e-6)[:, None]
        beside_ear = np.stack(
            [np.abs(points.x) - self.ear[0], (points.y - self.ear[1]) / 1.25, points.z - self.ear[2] + 0.004]
        )
        all_points = Part(
            np.arange(len(points)), points.x, points.y, points.z, np.abs(points.x), points.normal, points.limb[HEAD],
            away, radius, np.arctan2(np.abs(offset[:, 0]), offset[:, 2]), np.arcsin(np.clip(away[:, 1], -1, 1)),
            (np.linalg.norm(beside_ear, axis=0) - 0.027).astype(np.float32),
        )  # fmt: skip
        x, y, z, head = all_points.middle, points.y, points.z, points.limb[HEAD]
        face = (head > 0.3) & (z > self.ear[2] + 0.02) & (y > self.chin_y - 0.03)
        low = self.mannequin.joints["neck"][1] - BELOW_NECK
        mane = (points.limb[ARM] < 0.6) & (x < 0.2) & (y > low) & (y < self.ear[1] + 0.03)
        chosen = {
            "head": head > 0.05,
            "scalp": (head > 0.15) & ~((x < 0.04) & (z > self.eye[2] - 0.01) & (y < self.eye[1])),
            "mane": mane,
            "face": face & (y < self.eye[1] + 0.075),
            "eyes": face & (np.abs(y - self.eye[1] - 0.005) < 0.045),
            "nose": face & (x < 0.04) & (y < self.eye[1] + 0.012) & (y > self.nose[1] - 0.024),
            "mouth": face & (x < 0.045) & (np.abs(y - self.mouth_y) < 0.028),
            "jaw": (head > 0.1) & (y < self.ear[1] + 0.01) & (z > self.ear[2] - 0.02) & (y > self.chin_y - 0.05),
        }
        return HeadPoints(pitch, **{name: all_points.take(np.flatnonzero(mask)) for name, mask in chosen.items()})


_SKULLS: dict[int, Skull] = {}


def skull_of(mannequin: Mannequin) -> Skull:
    """The skull of a mannequin, measured at the first call and kept."""
    if id(mannequin) not in _SKULLS or _SKULLS[id(mannequin)].mannequin is not mannequin:
        _SKULLS[id(mannequin)] = Skull(mannequin)
    return _SKULLS[id(mannequin)]


def stroke(x: Field, centre: float | Field, width: float, pitch: float) -> Field:
    """A Gaussian line of standard deviation `width`, no sharper than points `pitch` apart can show."""
    shown = np.hypot(width, 0.4 * pitch)
    return (width / shown) * np.exp(-0.5 * ((x - centre) / shown) ** 2)


def spot(x: Field, y: Field, width: float, height: float, pitch: float) -> Field:
    """A Gaussian spot about the origin, as `stroke`."""
    wide, high = np.hypot(width, 0.4 * pitch), np.hypot(height, 0.4 * pitch)
    return (width * height / (wide * high)) * np.exp(-0.5 * ((x / wide) ** 2 + (y / high) ** 2))


def within(low: float, high: float, x: Field, soft: float) -> Field:
    """1 between `low` and `high`, falling off over `soft` beyond."""
    return smoothstep(low - soft, low, x) * smoothstep(high + soft, high, x)
