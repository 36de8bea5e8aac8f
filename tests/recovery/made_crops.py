"""Crops whose truth is known: the body itself, rendered."""

import torch

from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.silhouette import silhouette
from habitus.types import BodyParams, Crop

HIPS = [11, 12]


def params_of(body, theta, *, beta=None, delta=None, scale=0.9):
    """One person whose pelvis is in the middle of the crop."""
    people = len(theta)
    return BodyParams(
        theta,
        torch.zeros(people, body.num_betas) if beta is None else beta,
        torch.zeros(people, body.num_vertices, 3) if delta is None else delta,
        torch.tensor([[scale, 0.0, 0.05]]).repeat(people, 1),
    )


def crops_of(body, params, *, size=(256, 128), landmarks=True, noise=0.0, seed=0):
    """What a perfect detector (with `noise` pixels of error) sees of bodies."""
    generator = torch.Generator().manual_seed(seed)
    posed = body(params.theta, params.beta, params.delta)
    screen = project(posed.vertices, params.psi, size)
    masks = silhouette(screen, body.faces, rasterize(screen, body.faces, size))
    points = body.coco_keypoints(body(params.theta, params.beta).vertices)
    pixels = project(points, params.psi, size)[..., :2]
    pixels = pixels + noise * torch.randn(pixels.shape, generator=generator)
    return [
        Crop(
            image=masks[i].expand(3, -1, -1),
            mask=masks[i],
            valid=torch.ones(size),
            keypoints=pixels[i],
            confidence=torch.ones(17),
            to_photo=torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]),
            landmarks=points[i] - points[i, HIPS].mean(0) if landmarks else None,
        )
        for i in range(len(masks))
    ]
