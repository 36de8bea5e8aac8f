"""The losses of texture generation, each by its paper name: what a recipe asks for, as functions of what was made."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.losses.deep_features import deep_feature_loss
from habitus.losses.face_hands import face_hand_loss
from habitus.losses.pairs import rows_of, stranger_partners, triplet_feature_loss
from habitus.losses.perceptual import perceptual_loss
from habitus.losses.pixel import pixel_l1_loss
from habitus.losses.reid_features import RELEASED_WEIGHTS, reid_feature_loss
from habitus.losses.seams import seam_loss
from habitus.losses.texture_truth import in_light_of, truth_loss
from habitus.reid.frozen import FrozenFeatures
from habitus.reid.imagenet import load_imagenet
from habitus.reid.pretrained import load_model
from habitus.texture.region_masks import face_hand_mask, seam_texels
from habitus.texture.surface import surface_texels
from habitus.training.distributed import gathered, processes, rank
from habitus.training.recipes.texture import TextureRecipe
from habitus.training.task import Batch
from habitus.training.tasks.texture_data import unit


@dataclass(frozen=True)
class Made:
    """What a generator made of a batch."""

    texture: Float[Tensor, "B 3 T T"]
    """As it is rendered; without a pose, the picture that the network drew."""
    render: Float[Tensor, "B 3 H W"]
    mask: Float[Tensor, "B H W"]
    """Of the render; 1 everywhere without a pose."""
    target: Float[Tensor, "B 3 H W"]
    """The photo beside which the render is held."""


Term = Callable[[Made, Batch], Float[Tensor, "B"]]
"""A loss: a value an item."""


@dataclass(frozen=True)
class Terms:
    """What is minimised."""

    losses: dict[str, tuple[float, Term]]
    """By name, with their weights; those of weight 0 are left out."""
    judges: dict[str, FrozenFeatures]
    """The networks that they ask."""


def terms_of(recipe: TextureRecipe, body: BodyModel, texture_size: int) -> Terms:
    """What a recipe minimises.

    Raises:
        InputError: nothing, or weights that cannot be used.
    """
    chosen, judges = recipe.chosen, dict[str, FrozenFeatures]()
    dtype = {"auto": None, "float32": torch.float32, "bf16": torch.bfloat16}[recipe.judge_precision]
    found: dict[str, tuple[float, Term]] = {}
    if chosen.reid != "none" or recipe.deep:
        judge = judges["reid"] = FrozenFeatures(load_model(recipe.reid_weights), dtype=dtype)
        if chosen.reid != "none":
            found["reid"] = recipe.reid_weight, feature_term(judge)
        if chosen.reid == "triplet":
            found["triplet"] = recipe.reid_weight, triplet_term(judge, recipe.margin)
        found["deep"] = recipe.deep, deep_term(judge)
    if recipe.perceptual is not None:
        judge = judges["perceptual"] = FrozenFeatures(load_imagenet(recipe.perceptual), dtype=dtype)
        found["perceptual"] = recipe.perceptual_weight, perceptual_term(judge)
    if chosen.face == "loss":
        found["face"] = recipe.face_weight, face_term(face_hand_mask(body, texture_size))
    found["pixel"] = recipe.pixel, pixel_term
    found["truth"] = chosen.truth, truth_term(body, texture_size)
    found["seams"] = recipe.seams, seam_term(seam_texels(body, texture_size))
    wanted = {name: term for name, term in found.items() if term[0]}
    if not wanted:
        raise InputError("no loss has a weight; choose one, such as --reid self")
    return Terms(wanted, judges)


def feature_term(judge: FrozenFeatures) -> Term:
    """The re-ID feature loss."""

    def term(made: Made, _batch: Batch) -> Tensor:
        return reid_feature_loss(judge.maps(made.render), judge.photo_maps(made.target), weights=RELEASED_WEIGHTS)

    return term


def perceptual_term(judge: FrozenFeatures) -> Term:
    """The same with a network of ImageNet."""

    def term(made: Made, _batch: Batch) -> Tensor:
        return perceptual_loss(judge.maps(made.render), judge.photo_maps(made.target))

    return term


def triplet_term(judge: FrozenFeatures, margin: float) -> Term:
    """Nearer to the person's photo than to a stranger's, of the batch of all processes."""

    def term(made: Made, batch: Batch) -> Tensor:
        photo = judge.photo_maps(made.target)
        stranger = rows_of([gathered(maps) for maps in photo], strangers_of(batch))
        return triplet_feature_loss(judge.maps(made.render), photo, stranger, margin=margin, weights=RELEASED_WEIGHTS)

    return term


def deep_term(judge: FrozenFeatures) -> Term:
    """The last feature alone."""

    def term(made: Made, _batch: Batch) -> Tensor:
        with torch.no_grad():
            photo = judge.feature(made.target)
        return deep_feature_loss(judge.feature(made.render), photo)

    return term


def pixel_term(made: Made, _batch: Batch) -> Tensor:
    """Pixel by pixel inside the silhouette."""
    return pixel_l1_loss(made.render, made.target, made.mask)


def face_term(mask: Float[Tensor, "T T"]) -> Term:
    """Face and hands like a scan's."""

    def term(made: Made, batch: Batch) -> Tensor:
        return face_hand_loss(made.texture, unit(batch["scan"]), mask.to(made.texture.device))

    return term


def truth_term(body: BodyModel, size: int) -> Term:
    """Like the true texture in the photo's light, over the charts; people whose texture is not known count nothing."""
    charts = torch.from_numpy((surface_texels(body, size).index >= 0).astype(np.float32))

    def term(made: Made, batch: Batch) -> Tensor:
        known = batch["has_truth"][:, None, None]
        with torch.autocast(known.device.type, enabled=False):  # the light is solved for
            truth = in_light_of(unit(batch["truth"]), unit(batch["known"]), unit(batch["confidence"]))
        return truth_loss(made.texture, truth, charts.to(known.device) * known)

    return term


def seam_term(pairs: Int64[Tensor, "S 2"]) -> Term:
    """One colour on both sides of a seam."""

    def term(made: Made, _batch: Batch) -> Tensor:
        return seam_loss(made.texture, pairs.to(made.texture.device))

    return term


def strangers_of(batch: Batch) -> Int64[np.ndarray, "b"]:
    """For each item of this process's share, an item of all processes' batch that shows somebody else."""
    people, rows = gathered(batch["pid"]).cpu().numpy(), gathered(batch["row"]).tolist()
    found = stranger_partners(people, np.random.default_rng(rows))  # the same on every process
    return found.reshape(processes(), -1)[rank()]
