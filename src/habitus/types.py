"""The records that flow between rooms, with shapes and units.

B people, N vertices, J = 24 joints, K = 17 COCO keypoints, (H, W) the crop. Conventions: docs/conventions.md.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

COCO_KEYPOINTS: tuple[str, ...] = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
"""The COCO-17 order of keypoints. Left and right are the person's own."""

SMPL_JOINTS: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
"""The order of the 24 joints of theta."""


@dataclass(frozen=True)
class Box:
    """An upright rectangle in photo pixels: left, top inclusive; right, bottom exclusive; score in [0, 1]."""

    left: float
    top: float
    right: float
    bottom: float
    score: float = 1.0


@dataclass(frozen=True)
class Crop:
    """One person cut from a photo, at the resolution that recovery works at.

    Pixel coordinates are continuous: the centre of the top-left pixel is (0.5, 0.5), y points down.
    """

    image: Float[Tensor, "3 H W"]
    """RGB in [0, 1]; the border of the photo is replicated where the crop reaches past it."""
    mask: Float[Tensor, "H W"]
    """How much of each pixel the person covers, in [0, 1]."""
    valid: Float[Tensor, "H W"]
    """1 where the crop shows the photo, 0 past its border: nothing is known of the person there."""
    keypoints: Float[Tensor, "17 2"]
    """COCO-17, (x, y) in crop pixels."""
    confidence: Float[Tensor, "17"]
    """Of each keypoint, in [0, 1]; 0 means missing, and its coordinates mean nothing."""
    to_photo: Float[Tensor, "2 3"]
    """Affine map of crop pixels to photo pixels: xy_photo = A[:, :2] @ xy_crop + A[:, 2]."""
    landmarks: Float[Tensor, "17 3"] | None = None
    """The detector's guess at the COCO-17 keypoints in 3D: metres, origin between the hips, +X to the right of the
    picture, +Y up, +Z towards the camera. None where the pose model was not asked or saw no such person."""
    feet: Float[Tensor, "4 3"] | None = None
    """(x, y, confidence) in crop pixels of left heel, right heel, left toes, right toes, where the detector tells."""
    source: str = ""
    """The photo's name, for reports and messages."""

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.mask.shape[0], self.mask.shape[1]


@dataclass(frozen=True)
class BodyParams:
    """M(beta, theta, delta) of the body: what it is, how it stands, what it wears."""

    theta: Float[Tensor, "B 24 3"]
    """Axis-angle in radians, joint 0 the root."""
    beta: Float[Tensor, "B 10"]
    """Shape coefficients, in standard deviations of the body's population."""
    delta: Float[Tensor, "B N 3"]
    """Displacement of the vertices in the rest pose, metres."""
    psi: Float[Tensor, "B 3"]
    """Weak-perspective camera (s, tx, ty) on the crop, see `habitus.rendering.camera.project`."""

    def __len__(self) -> int:
        return self.theta.shape[0]

    def __getitem__(self, index: int | slice) -> "BodyParams":
        rows = slice(index, index + 1) if isinstance(index, int) else index
        return BodyParams(self.theta[rows], self.beta[rows], self.delta[rows], self.psi[rows])

    def detach(self) -> "BodyParams":
        """The same values without history."""
        return BodyParams(self.theta.detach(), self.beta.detach(), self.delta.detach(), self.psi.detach())

    @staticmethod
    def cat(parts: "list[BodyParams]") -> "BodyParams":
        """Stack batches along B."""
        return BodyParams(*(torch.cat([getattr(p, f) for p in parts]) for f in ("theta", "beta", "delta", "psi")))


@dataclass(frozen=True)
class Texture:
    """A UV texture and what is known of it. Row 0 of the image is the top, v = 1."""

    image: Float[Tensor, "3 T T"]
    """RGB in [0, 1]."""
    confidence: Float[Tensor, "T T"]
    """In [0, 1]: how well the photo showed each texel; 0 where it did not, and the colour is a guess."""


@dataclass(frozen=True)
class TexturedPerson:
    """One reconstructed person: everything that the exports need."""

    topology: str
    """Name of the body's topology; parameters and textures of one topology mean nothing to another."""
    params: BodyParams
    """B = 1."""
    texture: Texture
    crop: Crop
    """What it was made from."""
