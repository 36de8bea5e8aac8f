"""What was recovered of a made person against what is true of them."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface
from habitus.recovery.measures import procrustes
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.synthetic.photos.truth import MadePhoto
from habitus.texture.measures import TextureError, texture_error
from habitus.types import BodyParams, Crop, Texture


@dataclass(frozen=True)
class Comparison:
    """Errors of one recovered person (B = 1), and what pictures of them need."""

    mask_iou: float
    """Of the recovered body, laid over the photo, with the true mask."""
    keypoint_error: float
    """Mean distance of the COCO-17 keypoints from the true ones, as a share of the person's height."""
    joint_error: float
    """Mean distance of the 24 joints after Procrustes alignment (PA-MPJPE), metres."""
    vertex_error: float
    """Mean distance of the vertices, clothes and all, after Procrustes alignment (PA-PVE), metres."""
    body_error: float
    """The same of the bodies without clothes."""
    aligned: Float[Tensor, "N 3"]
    """The recovered vertices, clothes and all, laid over the true ones."""
    truth: Float[Tensor, "N 3"]
    """The true vertices as posed before the camera, metres."""
    silhouette: Float[Tensor, "H W"]
    """Of the recovered body in the photo, 0 or 1."""


@torch.no_grad()
def compare(body: BodyModel, photo: MadePhoto, crop: Crop, params: BodyParams) -> Comparison:
    """Compare recovered parameters with the photo's truth.

    Args:
        body: of both.
        photo: the truth.
        crop: that `params.psi` refers to; `crop.to_photo` must lead to the pixels of `photo`.
        params: of one person.
    """
    size = (photo.mask.shape[0], photo.mask.shape[1])
    ours = body(params.theta, params.beta, params.delta)
    truth = body(photo.params.theta, photo.params.beta, photo.params.delta)
    silhouette = rasterize(in_photo(ours.vertices, params.psi, crop), body.faces, size).mask[0]
    true_mask = photo.mask > 0.5
    keypoints = in_photo(body.coco_keypoints(ours.vertices), params.psi, crop)[0, :, :2]
    rows = project(truth.vertices, photo.params.psi, size)[0, :, 1]
    naked = [body(p.theta, p.beta).vertices for p in (params, photo.params)]
    aligned = procrustes(ours.vertices, truth.vertices)
    return Comparison(
        mask_iou=float((silhouette & true_mask).sum() / (silhouette | true_mask).sum().clamp(min=1)),
        keypoint_error=float((keypoints - photo.keypoints).norm(dim=-1).mean() / (rows.max() - rows.min())),
        joint_error=_mean_distance(procrustes(ours.joints, truth.joints), truth.joints),
        vertex_error=_mean_distance(aligned, truth.vertices),
        body_error=_mean_distance(procrustes(naked[0], naked[1]), naked[1]),
        aligned=aligned[0],
        truth=truth.vertices[0],
        silhouette=silhouette.float(),
    )


def in_photo(points: Float[Tensor, "1 P 3"], psi: Float[Tensor, "1 3"], crop: Crop) -> Float[Tensor, "1 P 3"]:
    """Points in metres to pixels of the photo that the crop was cut from; z stays as it is."""
    screen = project(points, psi, crop.size)
    to_photo = crop.to_photo.to(screen.dtype)
    flat = screen[..., :2] @ to_photo[:, :2].T + to_photo[:, 2]
    return torch.cat([flat, screen[..., 2:]], -1)


def compare_textures(body: BodyModel, texture: Texture, truth: Float[Tensor, "3 T T"]) -> TextureError:
    """Texture error once the photo's light is taken off, see `without_light`."""
    return texture_error(body, without_light(body, texture, truth), truth)


def without_light(body: BodyModel, texture: Texture, truth: Float[Tensor, "3 T T"]) -> Texture:
    """The texture times one gain a channel, the best in least squares over the seen texels.

    A photo shows colours under its own light and exposure, which nobody can tell from the cloth's.
    """
    seen = (texel_surface(body, truth.shape[-1])[0] >= 0) & (texture.confidence > 0)
    ours, theirs = texture.image[:, seen], truth[:, seen]
    gain = (ours * theirs).sum(1) / (ours**2).sum(1).clamp(min=1e-6)
    return replace(texture, image=(texture.image * gain[:, None, None]).clamp(0, 1))


def _mean_distance(one: Float[Tensor, "1 P 3"], other: Float[Tensor, "1 P 3"]) -> float:
    return float((one - other).norm(dim=-1).mean())
