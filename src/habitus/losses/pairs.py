"""Which photo each texture is compared with: its own, another of the same person, or also one of a stranger.

The released training of RSTG compares a texture, rendered as photo i stands, with photo i (`self`). The notes on the
paper also describe pairs of different photos: those of one person come closer (`same_person`), those of two people
do not (`triplet`). A pair (i, j) is the texture made from photo i, rendered in the view of photo j, beside photo j.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from habitus.losses.reid_features import LAYER_WEIGHTS, Maps, reid_feature_loss

MARGIN = 0.1
"""About twice by how much photos of other people are farther away than photos of the same outfit. (The released code
has 0.3 at weight 0, for distances between embeddings.)"""


def same_person_partners(labels: Int64[np.ndarray, "B"], generator: np.random.Generator) -> Int64[np.ndarray, "B"]:
    """For each photo of a batch another photo of the same person; itself where there is none.

    Every photo is somebody's partner exactly once, so that each is a target as often as in `self`.

    Args:
        labels: identities.
        generator: of the choice.
    """
    partners = np.arange(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        partners[rows] = np.roll(rows, 1)
    return partners


def stranger_partners(labels: Int64[np.ndarray, "B"], generator: np.random.Generator) -> Int64[np.ndarray, "B"]:
    """For each photo of a batch a photo of somebody else; itself where there is nobody else.

    Args:
        labels: identities.
        generator: of the choice.
    """
    return np.array([_one_of(np.flatnonzero(labels != label), row, generator) for row, label in enumerate(labels)])


def _one_of(choices: Int64[np.ndarray, "C"], otherwise: int, generator: np.random.Generator) -> int:
    return int(generator.choice(choices)) if len(choices) else otherwise


def triplet_feature_loss(
    features_render: Maps,
    features_photo: Maps,
    features_stranger: Maps,
    *,
    margin: float = MARGIN,
    weights: Sequence[float] = LAYER_WEIGHTS,
) -> Float[Tensor, "B"]:
    """A render must be nearer to its person's photo than to a stranger's, by a margin.

    Distances are those of `reid_feature_loss` with weights that add up to 1, so the margin means the same whatever
    the weights; the hinge is multiplied by their sum.

    Args:
        features_render: maps of the renders, in which the loss is differentiable.
        features_photo: maps of photos of the same people.
        features_stranger: maps of photos of other people.
        margin: of the hinge; distances lie between 0 and 2.
        weights: of the layers.
    """
    total = float(sum(weights))
    near = reid_feature_loss(features_render, features_photo, weights=weights)
    far = reid_feature_loss(features_render, features_stranger, weights=weights)
    return F.relu(near - far + margin * total)


def rows_of(features: Maps, rows: Int64[np.ndarray, "B"]) -> tuple[Float[Tensor, "B C h w"], ...]:
    """The maps of other images of the batch, such as those of `stranger_partners`."""
    return tuple(maps[torch.from_numpy(rows).to(maps.device)] for maps in features)
