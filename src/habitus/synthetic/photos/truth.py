"""Made people and photos of them, with everything that is true of them."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from habitus.synthetic.clothes.hanging import Hanging
from habitus.synthetic.clothes.outfits import Outfit
from habitus.synthetic.clothes.props import Prop
from habitus.synthetic.people.look import Look
from habitus.synthetic.poses.clearance import Girth
from habitus.synthetic.poses.style import Style
from habitus.types import SMPL_JOINTS, BodyParams, Crop


@dataclass(frozen=True)
class MadePerson:
    """Somebody in an outfit."""

    topology: str
    """Of the body that `beta`, `delta` and `texture` belong to."""
    seed: int
    look: Look
    outfit: Outfit
    beta: Float[Tensor, "10"]
    delta: Float[Tensor, "N 3"]
    """Hair, clothes and shoes as displacement of the rest pose, metres."""
    texture: Float[Tensor, "3 T T"]
    """RGB in [0, 1], as in even light; colours continue past the charts."""
    hanging: Hanging | None
    """What hangs around both legs and is placed anew in every pose."""
    props: tuple[Prop, ...]
    """Carried things that are no part of the body's surface."""
    style: Style
    """How they walk and stand."""
    girth: Girth
    """What arms must keep clear of."""

    @property
    def carries(self) -> bool:
        """Whether something hangs in a hand."""
        return any(SMPL_JOINTS[prop.joint] in ("left_hand", "right_hand") for prop in self.props)


@dataclass(frozen=True)
class MadePhoto:
    """One person seen once, at the size of a crop. H x W pixels.

    Perspective is true: a point (X, Y, Z) in metres from the root in the camera's axes is seen where psi's weak
    perspective shows (X, Y) / (1 - Z / distance).
    """

    person: MadePerson
    activity: str
    """What they do, see `poses.activities.Pose`."""
    image: Float[Tensor, "3 H W"]
    """RGB in [0, 1], with light, background, blur, noise and compression: every value a multiple of 1/255."""
    params: BodyParams
    """B = 1, true: `body(theta, beta, delta)` gives the vertices seen. `delta` is this pose's: what hangs around both
    legs hangs otherwise in each. `psi` is exact at the depth of the root."""
    distance: float
    """From the camera to the body's root, metres."""
    mask: Float[Tensor, "H W"]
    """Share of each pixel that shows the person, in [0, 1]; not what they carry, nor what stands before them."""
    keypoints: Float[Tensor, "17 2"]
    """COCO-17 in pixels, true, whether seen or not."""
    visible: Bool[Tensor, "17"]
    """Whether the keypoint lies within the picture and neither the body nor anything else hides it."""
    joints: Float[Tensor, "24 2"]
    """SMPL-24 in pixels, true, whether seen or not."""
    joints_visible: Bool[Tensor, "24"]
    landmarks: Float[Tensor, "17 3"]
    """COCO-17 in the camera's axes, metres, origin between the hips."""
    parts: Int[Tensor, "H W"]
    """Index into the body's regions at each pixel's centre, -1 where the person is not seen; int8."""
    depth: Float[Tensor, "H W"]
    """Metres towards the camera from the root, at each pixel's centre; 0 where the person is not seen."""
    uv: Float[Tensor, "2 H W"]
    """Texture coordinates at each pixel's centre, (0, 0) the lower left corner; -1 where the person is not seen."""

    def as_crop(
        self,
        rng: np.random.Generator,
        *,
        keypoint_noise: float = 0.0,
        landmark_noise: float = 0.0,
        mask_blur: float = 0.0,
    ) -> Crop:
        """What a perfect detector would see, or one of stated faults; made without perception.

        Args:
            rng: of the noise.
            keypoint_noise: standard deviation, share of the person's height; three times that for hidden keypoints.
            landmark_noise: standard deviation, metres.
            mask_blur: standard deviation of a Gaussian, pixels.
        """
        height = float(self.keypoints[:, 1].max() - self.keypoints[:, 1].min()) * 1.15
        spread = torch.where(self.visible, 1.0, 3.0)[:, None] * keypoint_noise * height
        keypoints = self.keypoints + spread * _normal(rng, (17, 2))
        inside = ((keypoints >= 0) & (keypoints < torch.tensor(self.image.shape[:0:-1]))).all(1)
        confidence = torch.where(self.visible, 0.95, 0.5) * inside
        mask = self.mask
        if mask_blur > 0:
            mask = torch.from_numpy(cv2.GaussianBlur(mask.numpy(), (0, 0), mask_blur))
        return Crop(
            image=self.image,
            mask=mask,
            valid=torch.ones_like(mask),
            keypoints=keypoints,
            confidence=confidence,
            to_photo=torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
            landmarks=self.landmarks + landmark_noise * _normal(rng, (17, 3)),
            source=f"made person {self.person.seed}",
        )


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
