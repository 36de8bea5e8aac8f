"""How far a recovered body is from the true one: in space, in the photo, and in build over many people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.recovery.consensus import robust_mean
from habitus.recovery.measures import keypoint_error, mask_iou, procrustes_error
from habitus.recovery.objective import KeypointProbe
from habitus.rendering.camera import project
from habitus.rendering.render import render_silhouette
from habitus.types import BodyParams

FIRST = 5
"""Components of beta that builds differ most by."""
_MILLIMETRES = 1000.0


@dataclass(frozen=True, eq=False)
class BodyPhoto:
    """A photo of one person, and what is true of them."""

    name: str
    """Path below the data's folder."""
    path: Path
    pid: int
    image: Float[Tensor, "3 H W"]
    """RGB in [0, 1], as it lies on disk."""
    mask: Float[Tensor, "H W"]
    """How much of each pixel shows the person, in [0, 1]."""
    keypoints: Float[Tensor, "17 3"]
    """COCO-17: x, y in pixels, and 1 where it is seen."""
    params: BodyParams
    """B = 1, true; psi refers to the whole photo."""


class BodyScorer:
    """Holds recovered bodies against true ones.

    Args:
        body: of all parameters.
    """

    def __init__(self, body: BodyModel):
        self.body = body
        self.probe = KeypointProbe(body)

    @torch.no_grad()
    def __call__(self, photo: BodyPhoto, found: BodyParams) -> dict[str, float]:
        """Every measure of one body (B = 1, psi in the photo's frame).

        Returns:
            joints: mean distance of the 24 joints, mm, roots laid on each other (MPJPE).
            aligned: the same after Procrustes, mm (PA-MPJPE).
            iou: of the silhouette with the photo's mask.
            keypoints: mean distance of the seen keypoints in the photo, percent of the mask's height; NaN where none is
                seen.
        """
        size = (photo.mask.shape[0], photo.mask.shape[1])
        frames = self.body.frames(found.theta, found.beta)
        ours, theirs = _joints(self.body, found), _joints(self.body, photo.params)
        vertices = self.body.pose(frames, found.beta, found.delta)
        seen = project(self.probe(frames, found.beta), found.psi, size)[..., :2]
        height = (photo.mask > 0.5).any(1).sum().clamp(min=1)
        shown = photo.keypoints[None, :, 2]
        error = keypoint_error(seen, photo.keypoints[None, :, :2], shown) / height
        silhouette = render_silhouette(vertices, self.body.faces, found.psi, size=size)
        return {
            "joints": _MILLIMETRES * float((_from_root(ours) - _from_root(theirs)).norm(dim=-1).mean()),
            "aligned": _MILLIMETRES * float(procrustes_error(ours, theirs)),
            "iou": float(mask_iou(silhouette, photo.mask[None])),
            "keypoints": 100 * float(error) if shown.any() else float("nan"),
        }


def explained(found: Float[Tensor, "P K"], truth: Float[Tensor, "P K"]) -> list[float] | None:
    """R^2, the share of the variance between people that is explained, by component: 1 all of it, 0 no more than their
    mean. None where people do not differ."""
    variance = truth.double().var(0, correction=0)
    if len(truth) < 2 or not (variance > 0).all():
        return None
    return (1 - ((found - truth).double() ** 2).mean(0) / variance).tolist()


def averaged(
    betas: Float[Tensor, "P K"], people: Sequence[int], together: int
) -> tuple[Float[Tensor, "G K"], list[int]]:
    """Means over so many photos of one person each, far ones left out (`consensus.robust_mean`).

    Args:
        betas: of photos.
        people: whom they show.
        together: photos of a mean. What is left of a person after whole groups is not used.

    Returns:
        The means, and a row of each group: whose it is. None of them (0, K) where nobody has so many photos.
    """
    rows: dict[int, list[int]] = {}
    for row, pid in enumerate(people):
        rows.setdefault(pid, []).append(row)
    groups = [
        those[start : start + together]
        for those in rows.values()
        for start in range(0, len(those) - together + 1, together)
    ]
    means = [robust_mean(betas[group], torch.ones(together, dtype=betas.dtype))[0] for group in groups]
    return torch.stack(means) if means else betas[:0], [group[0] for group in groups]


def _joints(body: BodyModel, params: BodyParams) -> Float[Tensor, "B 24 3"]:
    return body.frames(params.theta, params.beta).transforms[..., :3, 3]


def _from_root(joints: Float[Tensor, "B 24 3"]) -> Float[Tensor, "B 24 3"]:
    return joints - joints[:, :1]
