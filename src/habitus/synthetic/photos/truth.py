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
from habitus.types import BodyParams, Crop


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


@dataclass(frozen=True)
class MadePhoto:
    """One person seen once, at the size of a crop. H x W pixels."""

    person: MadePerson
    image: Float[Tensor, "3 H W"]
    """RGB in [0, 1], with light, background, blur, noise and compression."""
    params: BodyParams
    """B = 1, true."""
    mask: Float[Tensor, "H W"]
    """True coverage, in [0, 1]."""
    keypoints: Float[Tensor, "17 2"]
    """COCO-17 in pixels, true, whether seen or not."""
    visible: Bool[Tensor, "17"]
    """Whether the keypoint lies within the picture and nothing of the body hides it."""
    landmarks: Float[Tensor, "17 3"]
    """COCO-17 in the camera's axes, metres, origin between the hips."""
    parts: Int[Tensor, "H W"]
    """Index into the body's regions at each pixel's centre, -1 on the background."""

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
