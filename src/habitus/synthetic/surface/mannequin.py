"""The template body as a tailor sees it: where on arms, legs, torso and head each point of the surface lies.

Clothes, hair and faces are drawn as functions of these coordinates, for the texels (paint) and for the vertices
(displacement) alike. They are those of the template, so a sleeve ends at the same place of the arm on every build.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import KDTree

from habitus.body.model import BodyModel
from habitus.body.neighbours import neighbour_average
from habitus.body.uv import texel_surface
from habitus.synthetic.surface.drape import hanging
from habitus.synthetic.surface.feet import shoe_last
from habitus.synthetic.surface.fields import Field
from habitus.synthetic.surface.points import ARM, FOOT, HAND, HEAD, LEG, Points, measured
from habitus.synthetic.surface.texels import Texels, Zone, nearest_inside
from habitus.types import COCO_KEYPOINTS, SMPL_JOINTS

_LIMBS = {
    ARM: ("shoulder", "elbow", "wrist", "hand"),
    LEG: ("hip", "knee", "ankle", "foot"),
    HAND: ("wrist", "hand"),
    FOOT: ("ankle", "foot"),
    HEAD: ("head",),
}


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
        # Copies: torch frees the memory of a body's tensors when it sends the body to another process.
        self.template: Float[np.ndarray, "N 3"] = body.v_template.numpy().astype(np.float32)
        self.faces: Int[np.ndarray, "F 3"] = body.faces.numpy().copy()
        joints = (body.J_regressor @ body.v_template).numpy()
        keypoints = body.coco_keypoints(body.v_template[None])[0].numpy()
        self.joints: dict[str, np.ndarray] = dict(zip(SMPL_JOINTS, joints, strict=True))
        self.keypoints: dict[str, np.ndarray] = dict(zip(COCO_KEYPOINTS, keypoints, strict=True))
        edges = np.diff(self.template[self.faces], axis=1)
        self._area = float(np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1).sum() / 2)
        self._average = neighbour_average(self.faces, len(self.template))
        self._weights = body.lbs_weights.numpy().copy()
        self._normals = self.normals(self.template)
        self._sections = _sections(self.template[_weight_of(ARM, self._weights) < 0.3])
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
            self._texels[size] = self._survey(size, face, corner)
        return self._texels[size]

    def _survey(self, size: int, face: np.ndarray, corner: np.ndarray) -> Texels:
        rows, columns = np.nonzero(face >= 0)
        index, weight = self.faces[face[rows, columns]], corner[rows, columns].astype(np.float32)[..., None]
        spread = [(a[index] * weight).sum(1) for a in (self.template, self._normals, self._weights, self._last)]
        order = np.argsort(-spread[0][:, 1], kind="stable")
        points = self._points(*(a[order] for a in spread))
        front = np.flatnonzero((points.limb[HEAD] > 0.3) & (points.z > self.keypoints["left_ear"][2]))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        nearest = place[nearest_inside(face >= 0)]
        return Texels(size, points, -points.y, rows[order], columns[order], Zone(front, points.take(front)), nearest)

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
        x, y, _ = position.T
        limb = {name: _weight_of(name, weights) for name in _LIMBS}
        left = {part: self.joints[f"left_{part}"] for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")}
        reach = np.abs(self.template[:, 0]).max()
        arm = _along(np.abs(x), [left["shoulder"][0], left["elbow"][0], left["wrist"][0], reach])
        leg = _along(-y, [-left["hip"][1], -left["knee"][1], -left["ankle"][1], -self.floor])
        stations = np.array([left[part] for part in ("hip", "knee", "ankle")])
        leg_axis = np.stack([np.interp(leg, (0, 1, 2), stations[:, i]) for i in (0, 2)], 1)
        heights, sections = self._sections
        trunk = np.stack([np.interp(y, heights, section) for section in sections.T], 1)
        return measured(position, _unit(normal), limb, arm, leg, leg_axis, trunk, last, self._area)


_MANNEQUINS: dict[int, Mannequin] = {}


def mannequin_of(body: BodyModel) -> Mannequin:
    """The mannequin of a body, made at the first call and kept."""
    if id(body) not in _MANNEQUINS or _MANNEQUINS[id(body)].body is not body:
        _MANNEQUINS[id(body)] = Mannequin(body)
    return _MANNEQUINS[id(body)]


def _weight_of(limb: str, weights: np.ndarray) -> np.ndarray:
    """Skinning weight of the joints of both limbs of that name."""
    return weights[:, [i for i, joint in enumerate(SMPL_JOINTS) if joint.split("_")[-1] in _LIMBS[limb]]].sum(1)


def _sections(trunk: Float[np.ndarray, "M 3"]) -> tuple[Float[np.ndarray, "K"], Float[np.ndarray, "K 3"]]:
    """Heights, and at each half the width and half the depth of the body without its arms, and the z of the middle."""
    x, y, z = trunk.T
    heights = np.arange(y.min() + 0.02, y.max() - 0.02, 0.02)
    near = [np.abs(y - height) < 0.03 for height in heights]
    ends = np.array([(np.abs(x[n]).max(), z[n].min(), z[n].max()) for n in near])
    sections = np.stack([ends[:, 0], (ends[:, 2] - ends[:, 1]) / 2, (ends[:, 1] + ends[:, 2]) / 2], 1)
    return heights, gaussian_filter1d(sections, 2, axis=0)


def _along(distance: np.ndarray, stations: list[float]) -> Field:
    """Piecewise linear: 0, 1, 2, 3 at the stations, continued below the first."""
    first, second = stations[0], stations[1]
    result = np.interp(distance, stations, [0.0, 1.0, 2.0, 3.0])
    return np.where(distance < first, (distance - first) / (second - first), result).astype(np.float32)


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


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
