"""The template body as a tailor sees it: where on arms, legs, torso and head each point of the surface lies.

Clothes, hair and faces are drawn as functions of these coordinates, for the texels (paint) and for the vertices
(displacement) alike. They are those of the template, so a sleeve ends at the same place of the arm on every build.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree

from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface
from habitus.synthetic.surface.drape import hanging
from habitus.synthetic.surface.feet import shoe_last
from habitus.synthetic.surface.fields import Colours, Field, Noise
from habitus.types import COCO_KEYPOINTS, SMPL_JOINTS

ARM, LEG, HAND, FOOT, HEAD = "arm", "leg", "hand", "foot", "head"
_LIMBS = {
    ARM: ("shoulder", "elbow", "wrist", "hand"),
    LEG: ("hip", "knee", "ankle", "foot"),
    HAND: ("wrist", "hand"),
    FOOT: ("ankle", "foot"),
    HEAD: ("head",),
}


@dataclass(frozen=True)
class Points:
    """Points of the template's surface: P texels or vertices. Metres, float32."""

    x: Field
    y: Field
    z: Field
    normal: Float[np.ndarray, "P 3"]
    limb: dict[str, Field]
    """Skinning weight of the joints of each limb, both sides together, in [0, 1]."""
    along_arm: Field
    """0 at the shoulder, 1 at the elbow, 2 at the wrist, 3 at the fingertips; below 0 on the torso."""
    along_leg: Field
    """0 at the hip joint, 1 at the knee, 2 at the ankle, 3 at the floor; below 0 above the hips."""
    last: Float[np.ndarray, "P 3"]
    """Place on a shoe, see `feet.shoe_last`."""
    folds: Noise
    """Centimetres across, longer along the body than around it."""
    grain: Noise
    """Large soft patches."""

    def __len__(self) -> int:
        return len(self.x)

    def take(self, index: Int[np.ndarray, "Q"]) -> "Points":
        """Some of the points."""
        limb = {name: weight[index] for name, weight in self.limb.items()}
        noise = {name: getattr(self, name).take(index) for name in ("folds", "grain")}
        rest = ("x", "y", "z", "normal", "along_arm", "along_leg", "last")
        return Points(limb=limb, **noise, **{name: getattr(self, name)[index] for name in rest})


@dataclass(frozen=True)
class Zone:
    """The points that a garment, the hair or a face can touch: the others need no look."""

    index: Int[np.ndarray, "Q"]
    """Into all texels."""
    points: Points

    def repaint(self, colours: Colours, brush: Callable[[Colours, Points], Colours]) -> None:
        """Pass the zone's colours through `brush`, in place."""
        colours[self.index] = brush(colours.take(self.index, 0), self.points)


@dataclass(frozen=True)
class Texels:
    """The texels of a T x T texture that lie on the surface, and where the others take their colour from."""

    size: int
    points: Points
    rows: Int[np.ndarray, "P"]
    columns: Int[np.ndarray, "P"]
    zones: dict[str, Zone]
    """By name: head, face, top, coat, legs, feet."""
    nearest: Int[np.ndarray, "T T"]
    """Index of the nearest texel on the surface: colours continue past the charts, so no seam shows when sampled."""

    def image(self, values: Float[np.ndarray, "P C"]) -> Float[np.ndarray, "C T T"]:
        """Values of the texels as an image, continued past the charts."""
        return np.ascontiguousarray(values.T.astype(np.float32)[:, self.nearest])


class Mannequin:
    """What tailoring needs of one body, computed once.

    Attributes:
        body: the body itself.
        joints: rest-pose joints by name, metres.
        keypoints: rest-pose COCO keypoints by name, metres.
        vertices: coordinates of the vertices.
        room: how far each vertex may move outwards before it meets the surface opposite, metres.
        drape: how far each vertex is, horizontally, from cloth that hangs from the chest and the back, metres.
        hollow: how deep each vertex lies in a dent of the surface a hand wide, metres: cloth bridges it.
    """

    def __init__(self, body: BodyModel):
        self.body = body
        self.template: Float[np.ndarray, "N 3"] = body.v_template.numpy().astype(np.float32)
        self.faces: Int[np.ndarray, "F 3"] = body.faces.numpy()
        joints = (body.J_regressor @ body.v_template).numpy()
        keypoints = body.coco_keypoints(body.v_template[None])[0].numpy()
        self.joints: dict[str, np.ndarray] = dict(zip(SMPL_JOINTS, joints, strict=True))
        self.keypoints: dict[str, np.ndarray] = dict(zip(COCO_KEYPOINTS, keypoints, strict=True))
        self._average = _averaging(self.faces, len(self.template))
        self._weights = body.lbs_weights.numpy()
        self._normals = self.normals(self.template)
        self.floor = float(self.template[:, 1].min())
        softer = self.normals(self.template, rounds=10)
        ankle, ball = self.joints["left_ankle"], self.joints["left_foot"]
        self._last = shoe_last(self.template, self.faces, softer, ankle, ball)
        self.vertices = self._points(self.template, self._normals, self._weights, self._last)
        self.room = _room(self.template, self._normals)
        depth = ((self.smooth(self.template, 90) - self.template) * self._normals).sum(1)
        self.hollow = self.smooth(depth.clip(0, 0.035)[:, None], 4)[:, 0]
        armpit = self.joints["left_shoulder"][1] - 0.07
        trunk = (self.vertices.limb[ARM] < 0.3) & (self.template[:, 1] < armpit)
        self.drape = self.smooth(hanging(self.template, trunk)[:, None], 6)[:, 0]
        self._texels: dict[int, Texels] = {}

    def texels(self, size: int) -> Texels:
        """The surface texels of a `size` x `size` texture."""
        if size not in self._texels:
            face, corner = (t.numpy() for t in texel_surface(self.body, size))
            rows, columns = np.nonzero(face >= 0)
            index, weight = self.faces[face[rows, columns]], corner[rows, columns].astype(np.float32)[..., None]
            spread = [(a[index] * weight).sum(1) for a in (self.template, self._normals, self._weights, self._last)]
            points = self._points(*spread)
            chosen = {name: np.flatnonzero(holds(self, points)) for name, holds in _ZONES.items()}
            zones = {name: Zone(index, points.take(index)) for name, index in chosen.items()}
            self._texels[size] = Texels(size, points, rows, columns, zones, _nearest(face >= 0))
        return self._texels[size]

    def smooth(self, values: Float[np.ndarray, "N C"], rounds: int) -> Float[np.ndarray, "N C"]:
        """Values averaged with those of neighbouring vertices, `rounds` times."""
        for _ in range(rounds):
            values = self._average @ values
        return values

    def normals(self, vertices: Float[np.ndarray, "N 3"], *, rounds: int = 6) -> Float[np.ndarray, "N 3"]:
        """Outward unit normals, smoothed so that displacement along them does not fan out or cross."""
        corners = vertices[self.faces]
        face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        total = np.zeros_like(vertices)
        for corner in range(3):
            for axis in range(3):
                total[:, axis] += np.bincount(self.faces[:, corner], face[:, axis], len(vertices)).astype(np.float32)
        return _unit(self.smooth(_unit(total), rounds)).astype(np.float32)

    def _points(self, position: np.ndarray, normal: np.ndarray, weights: np.ndarray, last: np.ndarray) -> Points:
        x, y, z = (np.ascontiguousarray(column, dtype=np.float32) for column in position.T)
        limb = {
            name: weights[:, [i for i, joint in enumerate(SMPL_JOINTS) if joint.split("_")[-1] in parts]].sum(1)
            for name, parts in _LIMBS.items()
        }
        left = {part: self.joints[f"left_{part}"] for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")}
        reach = np.abs(self.template[:, 0]).max()
        arm = _along(np.abs(x), [left["shoulder"][0], left["elbow"][0], left["wrist"][0], reach])
        leg = _along(-y, [-left["hip"][1], -left["knee"][1], -left["ankle"][1], -self.floor])
        return Points(
            x, y, z, _unit(normal).astype(np.float32), limb, arm, leg, last,
            Noise(position, wavelength=0.07, stretch=(1.0, 1.6, 1.0), waves=24),
            Noise(position, wavelength=0.3, stretch=(1.0, 1.0, 1.0), waves=16),
        )  # fmt: skip


_ZONES: dict[str, Callable[[Mannequin, Points], Bool[np.ndarray, "P"]]] = {
    "head": lambda m, p: p.y > m.joints["neck"][1] - 0.35,
    "face": lambda m, p: (p.limb[HEAD] > 0.3) & (p.z > m.keypoints["left_ear"][2]),
    "top": lambda m, p: p.y > m.joints["pelvis"][1] - 0.22,
    "coat": lambda m, p: p.y > m.joints["left_knee"][1] - 0.2,
    "legs": lambda m, p: p.y < m.joints["pelvis"][1] + 0.15,
    "feet": lambda m, p: p.y < m.joints["left_ankle"][1] + 0.2,
}

_MANNEQUINS: dict[int, Mannequin] = {}


def mannequin_of(body: BodyModel) -> Mannequin:
    """The mannequin of a body, made at the first call and kept."""
    if id(body) not in _MANNEQUINS or _MANNEQUINS[id(body)].body is not body:
        _MANNEQUINS[id(body)] = Mannequin(body)
    return _MANNEQUINS[id(body)]


def _along(distance: np.ndarray, stations: list[float]) -> Field:
    """Piecewise linear: 0, 1, 2, 3 at the stations, continued below the first."""
    first, second = stations[0], stations[1]
    result = np.interp(distance, stations, [0.0, 1.0, 2.0, 3.0])
    return np.where(distance < first, (distance - first) / (second - first), result).astype(np.float32)


def _averaging(faces: np.ndarray, count: int) -> sp.csr_matrix:
    """Row-stochastic matrix: half the vertex itself, half the mean of its neighbours."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([ends, ends[:, ::-1]])
    graph = sp.coo_matrix((np.ones(len(ends)), ends.T), (count, count)).tocsr()
    graph.data[:] = 1.0  # an edge of two faces counts once
    degree = np.maximum(np.asarray(graph.sum(1)).ravel(), 1.0)
    matrix = 0.5 * sp.identity(count, format="csr") + 0.5 * sp.diags(1.0 / degree) @ graph
    return sp.csr_matrix(matrix, dtype=np.float32)


def _room(vertices: np.ndarray, normals: np.ndarray, *, reach: float = 0.08) -> Float[np.ndarray, "N"]:
    """Distance to the nearest surface that faces the vertex from outside (the other thigh, the arm above the flank)."""
    pairs = KDTree(vertices).query_pairs(reach, output_type="ndarray")
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    one, other = pairs.T
    way = vertices[other] - vertices[one]
    distance = np.linalg.norm(way, axis=1)
    opposite = (normals[one] * normals[other]).sum(1) < -0.3
    ahead = (way * normals[one]).sum(1) > 0.6 * distance
    room = np.full(len(vertices), reach, np.float32)
    np.minimum.at(room, one[opposite & ahead], distance[opposite & ahead].astype(np.float32))
    return room


def _nearest(inside: Bool[np.ndarray, "T T"]) -> Int[np.ndarray, "T T"]:
    _, nearest = KDTree(np.argwhere(inside)).query(np.argwhere(np.ones_like(inside)))
    return np.asarray(nearest).reshape(inside.shape)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
