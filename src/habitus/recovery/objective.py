"""What a fit minimises: the evidence of one batch of crops, and how well bodies explain it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel, Frames, pose_correctives, skin
from habitus.losses.keypoints import keypoint_loss
from habitus.recovery.initial import without_false_lean
from habitus.rendering.camera import project
from habitus.types import COCO_KEYPOINTS, Crop

_BONES = (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_hip", "left_shoulder"),
    ("right_hip", "right_shoulder"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"), ("left_hip", "left_knee"),
    ("left_knee", "left_ankle"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
    ("left_ear", "right_ear"), ("left_ear", "nose"), ("right_ear", "nose"),
)  # fmt: skip
"""Pairs of keypoints whose direction in space the detector's 3D landmarks tell."""

_FACE = [COCO_KEYPOINTS.index(name) for name in ("nose", "left_eye", "right_eye")]
_EARS = [COCO_KEYPOINTS.index(name) for name in ("left_ear", "right_ear")]


@dataclass(frozen=True)
class Evidence:
    """A batch of crops of one size, as tensors."""

    mask: Float[Tensor, "B H W"]
    valid: Float[Tensor, "B H W"]
    keypoints: Float[Tensor, "B 17 2"]
    confidence: Float[Tensor, "B 17"]
    bones: Float[Tensor, "B bones 3"]
    """Unit directions of `_BONES` in the camera's axes."""
    bone_confidence: Float[Tensor, "B bones"]
    """0 where no landmarks were given."""
    person_height: Float[Tensor, "B"]
    """Of the mask, pixels: the unit that errors are measured in."""

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.mask.shape[1], self.mask.shape[2]

    @staticmethod
    def of(crops: list[Crop], *, device: torch.device | str = "cpu") -> "Evidence":
        """Stack crops of one size."""
        confidence = torch.stack([c.confidence for c in crops])
        starts = [COCO_KEYPOINTS.index(a) for a, _ in _BONES]
        ends = [COCO_KEYPOINTS.index(b) for _, b in _BONES]
        bones = torch.zeros(len(crops), len(_BONES), 3)
        bone_confidence = torch.zeros(len(crops), len(_BONES))
        for i, crop in enumerate(crops):
            if crop.landmarks is not None:
                given = without_false_lean(crop.landmarks.cpu().numpy(), crop.confidence.cpu().numpy())
                points = torch.from_numpy(given).nan_to_num()
                bones[i] = torch.nn.functional.normalize(points[ends] - points[starts], dim=-1)
                bone_confidence[i] = torch.minimum(crop.confidence[starts], crop.confidence[ends])
        mask = torch.stack([c.mask for c in crops])
        rows = (mask > 0.5).any(2)
        height = torch.where(rows.any(1), rows.sum(1), mask.shape[1] // 2).float()
        fields = (
            mask, torch.stack([c.valid for c in crops]), torch.stack([c.keypoints for c in crops]).nan_to_num(),
            confidence, bones, bone_confidence, height,
        )  # fmt: skip
        return Evidence(*(f.to(device) for f in fields))

    def repeat(self, times: int) -> "Evidence":
        """Each crop `times` in a row, for several starts a person."""
        return Evidence(*(getattr(self, f).repeat_interleave(times, 0) for f in self.__dataclass_fields__))


class KeypointProbe:
    """Poses only the vertices that keypoints are made of: a few dozen of thousands."""

    def __init__(self, body: BodyModel):
        rows = body.coco_regressor.abs().sum(0).nonzero().squeeze(1)
        self.regressor = body.coco_regressor[:, rows]
        self.v_template, self.shapedirs = body.v_template[rows], body.shapedirs[rows]
        self.posedirs = None if body.posedirs is None else body.posedirs[rows]
        self.weights = body.lbs_weights[rows]

    def __call__(self, frames: Frames, beta: Float[Tensor, "B 10"]) -> Float[Tensor, "B 17 3"]:
        """COCO-17 keypoints of the naked body, metres."""
        vertices = self.v_template + (beta @ self.shapedirs.flatten(0, 1).T).unflatten(1, (-1, 3))
        if self.posedirs is not None:
            vertices = vertices + pose_correctives(frames, self.posedirs)
        return self.regressor @ skin(frames, vertices, self.weights)


def camera_from_keypoints(
    points: Float[Tensor, "B K 3"], evidence: Evidence, *, least_height: float = 1.2
) -> Float[Tensor, "B 3"]:
    """The weak-perspective camera that lays 3D keypoints best on the seen ones, by weighted least squares.

    Args:
        points: keypoints of the body, metres.
        evidence: keypoints seen.
        least_height: metres; with too few keypoints for a scale, the mask is taken to be this much of a person.
    """
    height, width = evidence.size
    weight = evidence.confidence[..., None]
    total = weight.sum(1).clamp(min=1e-6)
    seen = (evidence.keypoints - evidence.keypoints.new_tensor([width / 2, height / 2])) / (height / 2)
    seen = seen * seen.new_tensor([1.0, -1.0])
    flat = points[..., :2]
    seen_mean, flat_mean = (weight * seen).sum(1) / total, (weight * flat).sum(1) / total
    seen_spread, flat_spread = seen - seen_mean[:, None], flat - flat_mean[:, None]
    scale = (weight * seen_spread * flat_spread).sum((1, 2)) / (weight * flat_spread**2).sum((1, 2)).clamp(min=1e-6)
    # Truncated people may show two keypoints that say nothing of the scale: stay within what the mask allows.
    by_mask = evidence.person_height / (height / 2)
    scale = torch.minimum(torch.maximum(scale, by_mask / 2.4), by_mask / least_height * 3)
    return torch.cat([scale[:, None], seen_mean / scale[:, None] - flat_mean], 1)


def keypoint_terms(points: Float[Tensor, "B 17 3"], psi: Tensor, evidence: Evidence) -> dict[str, Float[Tensor, "B"]]:
    """How far projected keypoints, limb directions and the facing of the head are from what was seen."""
    projected = project(points, psi, evidence.size)[..., :2]
    unit = evidence.person_height[:, None, None]
    keypoints = keypoint_loss(projected / unit, evidence.keypoints / unit, evidence.confidence, outlier=0.1)
    starts = [COCO_KEYPOINTS.index(a) for a, _ in _BONES]
    ends = [COCO_KEYPOINTS.index(b) for _, b in _BONES]
    bones = torch.nn.functional.normalize(points[:, ends] - points[:, starts], dim=-1)
    cosine = (bones * evidence.bones).sum(-1)
    directions = (evidence.bone_confidence * (1 - cosine)).sum(1) / evidence.bone_confidence.sum(1).clamp(min=1.0)
    # A face that is seen looks at the camera; ears without a face mean that it looks away. Where 3D landmarks came with
    # the keypoints they know better: such detectors place a face with confidence even on the back of a head.
    forward = torch.nn.functional.normalize(points[:, _FACE].mean(1) - points[:, _EARS].mean(1), dim=-1)[:, 2]
    face = evidence.confidence[:, _FACE].mean(1)
    ears = evidence.confidence[:, _EARS].amax(1)
    alone = (evidence.bone_confidence.amax(1) == 0).to(face)
    facing = alone * (face * torch.relu(-forward) + (1 - face) * ears * torch.relu(forward))
    return {"keypoints": keypoints, "directions": directions, "facing": facing}
