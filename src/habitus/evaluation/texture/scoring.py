"""One photo and the textures that methods made of it: every metric of every texture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.evaluation.texture.lpips import Lpips
from habitus.evaluation.texture.similarity import Maps, map_similarity
from habitus.evaluation.texture.ssim import mask_ssim, ssim
from habitus.evaluation.texture.turned import turned_errors
from habitus.losses.texture_truth import in_light_of
from habitus.rendering.render import render
from habitus.texture.measures import texture_error
from habitus.texture.unwrap import unwrap
from habitus.types import BodyParams, Texture

SIZE = (128, 64)
"""(H, W) at which photo and render are compared, pixels."""

MaskRule = Literal["person", "body"]
"""Which pixels SSIM and LPIPS compare: those of the person in the photo, or those that the body is drawn on."""

MASK_WORDS: dict[MaskRule, str] = {
    "person": "the person's mask in the photo",
    "body": "the silhouette of the rendered body, as Texformer's evaluation has it",
}


@dataclass(frozen=True, eq=False)
class ScoredPhoto:
    """A photo, and what is known of the person in it."""

    name: str
    """Path below the data's folder."""
    pid: int
    image: Float[Tensor, "3 H W"]
    """RGB in [0, 1], as it lies on disk."""
    mask: Float[Tensor, "H W"]
    """How much of each pixel the person covers, in [0, 1]."""
    params: BodyParams
    """B = 1; psi refers to the whole photo."""
    truth: Float[Tensor, "3 T T"] | None = None
    """The true texture, as in even light."""


@dataclass(frozen=True, eq=False)
class Judges:
    """The networks that compare pictures; None: not asked."""

    trained: Callable[[Float[Tensor, "B 3 H W"]], Maps] | None = None
    """Gives maps of layer1 to layer4 of the network that textures may have been trained with: CosSim."""
    independent: Callable[[Float[Tensor, "B 3 H W"]], Maps] | None = None
    """The same of one that no texture was trained with: CosSim-R."""
    lpips: Lpips | None = None


@torch.no_grad()
def score(
    body: BodyModel,
    photo: ScoredPhoto,
    textures: Sequence[Texture],
    judges: Judges,
    *,
    street: Float[Tensor, "3 128 64"],
    mask_rule: MaskRule = "person",
) -> list[dict[str, float]]:
    """The metrics of each texture, by the keys of `results.METRICS`; those that nothing is known for are left out.

    Args:
        body: of the textures.
        photo: that they were made from.
        textures: of one size; that of the truth where there is one.
        judges: networks.
        street: what stands behind the renders that networks of re-ID compare with the photo, RGB in [0, 1].
        mask_rule: what SSIM and LPIPS compare.
    """
    images = torch.stack([texture.image for texture in textures])
    rendered, cover = _rendered(body, photo, images)
    scores = compare(photo, rendered, cover, judges, street=street, mask_rule=mask_rule)
    if photo.truth is not None:
        for one, more in zip(scores, _against_truth(body, photo, textures, images, photo.truth), strict=True):
            one.update(more)
    return scores


@torch.no_grad()
def compare(
    photo: ScoredPhoto,
    rendered: Float[Tensor, "M 3 128 64"],
    cover: Float[Tensor, "M 128 64"],
    judges: Judges,
    *,
    street: Float[Tensor, "3 128 64"],
    mask_rule: MaskRule = "person",
) -> list[dict[str, float]]:
    """The metrics of pictures of a photo's person, renders or others; see `score`.

    Args:
        photo: that they are compared with.
        rendered: before black, RGB in [0, 1].
        cover: how much of each pixel the person covers in them; 1 everywhere for pictures with their own background.
        judges: as for `score`, and `street` and `mask_rule` too.
        street: the same.
        mask_rule: the same.
    """
    picture, count = at_size(photo.image[None]), len(rendered)
    masks = cover if mask_rule == "body" else at_size(photo.mask[None, None])[:, 0].expand(count, -1, -1)
    cut_out = picture * masks[:, None]
    found = {"ssim": ssim(cut_out, rendered), "mask_ssim": mask_ssim(cut_out, rendered, masks)}
    pasted = rendered + (1 - cover)[:, None] * street
    for name, maps in (("cossim", judges.trained), ("cossim_r", judges.independent)):
        if maps is not None:
            layers = maps(torch.cat([picture, pasted]))
            found[name] = map_similarity([layer[:1] for layer in layers], [layer[1:] for layer in layers])
    if judges.lpips is not None:
        found["lpips"] = judges.lpips(cut_out, rendered)
    return [{name: float(values[row]) for name, values in found.items()} for row in range(count)]


def lit_truth(truth: Float[Tensor, "3 T T"], known: Texture) -> Float[Tensor, "3 T T"]:
    """The true texture in the light of a photo, of which `known` is unwrapped."""
    return in_light_of(truth[None], known.image[None], known.confidence[None])[0]


def at_size(images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C 128 64"]:
    """Pictures as they are compared: resized whole, smoothed where they shrink."""
    if images.shape[-2:] == SIZE:
        return images
    return F.interpolate(images, SIZE, mode="bilinear", align_corners=False, antialias=True).clamp(0, 1)


def _rendered(
    body: BodyModel, photo: ScoredPhoto, images: Float[Tensor, "M 3 T T"]
) -> tuple[Float[Tensor, "M 3 128 64"], Float[Tensor, "M 128 64"]]:
    """The person in each texture before black, and where they are; drawn as large as the photo, then resized as it."""
    params, count = photo.params, len(images)
    vertices = body(params.theta, params.beta, params.delta).vertices.expand(count, -1, -1)
    size = (photo.mask.shape[0], photo.mask.shape[1])
    seen = render(vertices, body.faces, params.psi.expand(count, -1), body.uv, body.uv_faces, images, size=size)
    return at_size(seen.image), at_size(seen.silhouette[:, None])[:, 0]


def _against_truth(
    body: BodyModel,
    photo: ScoredPhoto,
    textures: Sequence[Texture],
    images: Float[Tensor, "M 3 T T"],
    truth: Float[Tensor, "3 T T"],
) -> list[dict[str, float]]:
    """Errors in the photo's light, which is found from what unwrapping sees, the same for every method."""
    known = unwrap(body, photo.params, photo.image, photo.mask, size=truth.shape[-1])
    lit = lit_truth(truth, known)
    views = turned_errors(body, photo.params, images, lit).tolist()
    errors = [texture_error(body, texture, lit, seen=known.confidence > 0) for texture in textures]
    return [
        {"texture_all": e.all, "texture_seen": e.seen, "texture_unseen": e.unseen, "other_views": view}
        for e, view in zip(errors, views, strict=True)
    ]
