"""Photos with what is seen of the person in them, moved alike: mask and keypoints stay where they belong."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from habitus.data.transforms import (
    Erase,
    Flip,
    Jitter,
    PadCrop,
    Picture,
    check_augmentation,
    mirrored,
    resized,
    shifted,
)
from habitus.types import COCO_KEYPOINTS


def _other_side(name: str) -> str:
    swapped = {"left": "right", "right": "left"}
    side, _, rest = name.partition("_")
    return f"{swapped[side]}_{rest}" if side in swapped else name


_MIRRORED = [COCO_KEYPOINTS.index(_other_side(name)) for name in COCO_KEYPOINTS]


@dataclass(frozen=True, eq=False)
class SeenPhoto:
    """A photo at the size that a network takes, and what is seen in it, in its pixels."""

    picture: Picture
    mask: UInt8[np.ndarray, "H W"]
    """How much of each pixel the person covers, 0 to 255; 0 where there is no mask."""
    valid: UInt8[np.ndarray, "H W"]
    """255 where the mask knows: there is one, and the photo reaches there."""
    keypoints: Float32[np.ndarray, "17 3"]
    """COCO-17: x, y, confidence; 0 is missing."""


@dataclass(frozen=True)
class SeenTransform:
    """Resize, mirror, pad and crop both; recolour and erase the picture alone, for a person behind a box stays whole.

    With the same generator the picture is what `train_transform` makes of it.
    """

    size: tuple[int, int]
    """(H, W) of the result, pixels."""
    flip: float = 0.5
    """Probability of a mirror image, whose left is the person's right."""
    pad: int = 10
    """Pixels by which the picture is shifted at most, over black."""
    erase: float = 0.5
    """Probability that a box of it is erased."""
    jitter: float = 0.0
    """Strength of random brightness, contrast and saturation."""

    def __post_init__(self) -> None:
        check_augmentation(self.size, flip=self.flip, pad=self.pad, erase=self.erase, jitter=self.jitter)

    def __call__(
        self,
        picture: Picture,
        mask: UInt8[np.ndarray, "h w"] | None,
        keypoints: Float32[np.ndarray, "17 3"],
        generator: np.random.Generator,
    ) -> SeenPhoto:
        """Apply.

        Args:
            picture: whole photo; may be written into.
            mask: of the same size, 0 to 255; None: there is none.
            keypoints: x, y in the photo's pixels, confidence.
            generator: of all that is drawn.
        """
        height, width = self.size
        scale = np.array([width / picture.shape[1], height / picture.shape[0], 1], np.float32)
        known = np.full(self.size, 0 if mask is None else 255, np.uint8)
        layers = [np.zeros(self.size, np.uint8) if mask is None else resized(mask, self.size), known]
        picture, keypoints = resized(picture, self.size), keypoints * scale
        if self.flip and Flip(self.flip).draw(generator):
            picture, layers = mirrored(picture), [mirrored(layer) for layer in layers]
            keypoints = keypoints[_MIRRORED] * (-1, 1, 1) + (width, 0, 0)
        if self.pad:
            down, right = PadCrop(self.pad).draw(generator)
            picture, layers = shifted(picture, down, right), [shifted(layer, down, right) for layer in layers]
            keypoints = keypoints + np.array((right, down, 0))
        if self.jitter:
            picture = Jitter(self.jitter)(picture, generator)
        if self.erase:
            picture = Erase(self.erase)(picture, generator)
        mask, known = layers
        return SeenPhoto(picture, mask, known, keypoints.astype(np.float32))
