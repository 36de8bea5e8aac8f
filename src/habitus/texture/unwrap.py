"""One photo of a posed person -> the texels that it shows, with a confidence map."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.rendering.texture_sampling import pyramid
from habitus.texture.surface import surface_texels
from habitus.texture.visibility import View, smoothstep, view_texels
from habitus.types import BodyParams, Texture

MASK_MARGIN = 0.010
"""Units of the person's height by which the mask is shrunk before colours are taken: no background seam."""
MASK_FADE = 2.5
"""Times the margin, the distance from the mask's edge at which the confidence no longer suffers from it."""
FINE_ENOUGH = 0.5
"""Photo pixels a texel at which its confidence is half of what a large photo would give."""


@torch.no_grad()
def unwrap(
    body: BodyModel,
    params: BodyParams,
    image: Float[Tensor, "3 H W"],
    mask: Float[Tensor, "H W"],
    *,
    size: int = 512,
) -> Texture:
    """Project every texel into the photo and take its colour where the camera sees it.

    The confidence of a texel is the product of how squarely the surface faces the camera, how far it is from parts of
    the body that hide it, how far its pixel lies inside the mask, and how many photo pixels it covers. It is 0 where
    the texel is hidden, faces away, or falls on the mask's eroded border or outside; the colour is then black.
    Outside the mask no pixel has any influence on any texel.

    Args:
        body: the body of `params`.
        params: of one person (B = 1).
        image: the photo at its native resolution, in the framing that `params.psi` refers to.
        mask: how much of each pixel the person covers, in [0, 1].
        size: T, texels along a side of the texture; divisible by 4.

    Raises:
        ValueError: shapes do not fit, or there is more than one person.
    """
    if len(params) != 1:
        raise ValueError(f"unwrap takes one person, not {len(params)}")
    if image.ndim != 3 or image.shape[0] != 3 or mask.shape != image.shape[1:]:
        raise ValueError(f"image (3, H, W) and mask (H, W) do not fit: {tuple(image.shape)}, {tuple(mask.shape)}")
    texels = surface_texels(body, size)
    view = view_texels(body, params, texels, (mask.shape[0], mask.shape[1]))
    margin = max(1.0, MASK_MARGIN * view.person_height)
    inside = distance_inside(mask)
    colour, depth = _sample(image, inside, margin, view)
    fine = view.pixels_per_texel / (view.pixels_per_texel + FINE_ENOUGH)
    confidence = view.confidence * fine * smoothstep(margin, MASK_FADE * margin, depth)
    colour[confidence <= 0] = 0
    return Texture(torch.from_numpy(texels.scatter(colour)), torch.from_numpy(texels.scatter(confidence[:, None])[0]))


def distance_inside(mask: Float[Tensor, "H W"]) -> Float[np.ndarray, "H W"]:
    """Distance of each pixel of a person to the nearest one outside the mask, in pixels; 0 outside.

    The border of the image is no edge of the person.
    """
    binary = (mask.cpu().numpy() > 0.5).astype(np.uint8)
    if binary.all():
        return np.full(binary.shape, float(sum(binary.shape)), np.float32)
    return cv2.distanceTransform(binary, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _sample(
    image: Float[Tensor, "3 H W"], inside: Float[np.ndarray, "H W"], margin: float, view: View
) -> tuple[Float[np.ndarray, "K 3"], Float[np.ndarray, "K"]]:
    """Colours at the texels, and their distance from the mask's edge; pixels nearer to it than `margin` do not mix in.

    Colours are multiplied by the shrunk mask, filtered and divided by the filtered mask. Where a texel covers several
    pixels, their mean is taken from a pyramid of the picture.
    """
    height, width = inside.shape
    kept = torch.from_numpy(inside >= margin).float()
    layers = torch.cat([image.cpu().float() * kept, kept[None]])[None]
    grid = torch.from_numpy(view.xy).float() / torch.tensor([width, height]) * 2 - 1
    level = np.log2(view.pixels_per_texel.clip(1e-6)).clip(0, 4)
    finest, coarsest = int(level.min()), int(np.ceil(level.max()))
    step = 2**coarsest
    layers = F.pad(layers, (0, -width % step, 0, -height % step))
    total = np.zeros((len(level), 4), np.float32)
    for number, picture in enumerate(pyramid(layers, coarsest)):
        weight = (1 - np.abs(level - number)).clip(0)
        if number < finest or not weight.any():
            continue
        # The padded picture is larger, the texels' places in it are the same.
        scale = torch.tensor([width, height]) / torch.tensor([layers.shape[3], layers.shape[2]])
        points = (grid + 1) * scale - 1
        found = F.grid_sample(picture, points[None, None], mode="bilinear", padding_mode="zeros", align_corners=False)
        total += found[0, :, 0].T.numpy() * weight[:, None]
    column, row = np.floor(view.xy).astype(np.int64).T
    within = (column >= 0) & (row >= 0) & (column < width) & (row < height)
    depth = np.where(within, inside[row.clip(0, height - 1), column.clip(0, width - 1)], 0)
    colour = total[:, :3] / np.maximum(total[:, 3:], 1e-6)
    return colour.clip(0, 1), np.where(total[:, 3] > 0.25, depth, 0)
