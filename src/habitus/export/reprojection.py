"""The recovered body laid back over the photo's crop: what it covers, and how far off it is."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.render import render_silhouette
from habitus.types import TexturedPerson


@dataclass(frozen=True)
class Reprojection:
    """In pixels of the crop."""

    silhouette: Float[np.ndarray, "H W"]
    """How much of each pixel the body covers, in [0, 1]."""
    keypoints: Float[np.ndarray, "17 2"]
    """COCO-17 keypoints of the body."""
    mask_iou: float
    """Intersection over union with the crop's mask, both cut at 0.5, where the crop shows the photo; 0 for a mask
    of nothing."""
    keypoint_error_px: float | None
    """Mean distance from the crop's keypoints, weighted by their confidence; None without keypoints."""
    height_px: float
    """From the highest to the lowest vertex of the body."""


@torch.no_grad()
def reproject(person: TexturedPerson, body: BodyModel) -> Reprojection:
    """Project one person into its own crop and compare."""
    params, crop = person.params, person.crop
    vertices = body(params.theta, params.beta, params.delta).vertices
    silhouette = render_silhouette(vertices, body.faces, params.psi, size=crop.size)[0]
    keypoints = project(body.coco_keypoints(vertices), params.psi, crop.size)[0, :, :2]
    rows = project(vertices, params.psi, crop.size)[0, :, 1]

    shown = crop.valid > 0.5
    covered, mask = (silhouette > 0.5) & shown, (crop.mask > 0.5) & shown
    union = (covered | mask).sum().item()
    seen = crop.confidence > 0
    distance = (keypoints - crop.keypoints)[seen].norm(dim=-1)
    weight = crop.confidence[seen]
    return Reprojection(
        silhouette=silhouette.cpu().numpy(),
        keypoints=keypoints.cpu().numpy(),
        mask_iou=(covered & mask).sum().item() / union if union else 0.0,
        keypoint_error_px=((distance * weight).sum() / weight.sum()).item() if seen.any() else None,
        height_px=(rows.amax() - rows.amin()).item(),
    )
