"""Give every texel a colour: seen, mirrored, taken from the other side of the body, or grown from around it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.texture.appearance import Tones, along_axis, distance, find_tones, hollows
from habitus.texture.counterparts import counterparts
from habitus.texture.membrane import Membrane, fill, make_membrane
from habitus.texture.strays import bare_in_front, strayed
from habitus.texture.surface import (
    SurfaceTexels,
    in_kinds,
    kind_of_texels,
    neighbours,
    seam_pairs,
    surface_texels,
)
from habitus.texture.visibility import smoothstep
from habitus.types import Texture

CERTAIN = (0.03, 0.30)
"""Confidences, relative to the best of the same part, between which a texel goes from a guess to being kept as seen."""
LEAST = 0.3
"""What counts as a part's best confidence at least, relative to the whole texture's: thin limbs are never seen well."""
SEEN_PULL = 0.3
"""How strongly a texel that is seen poorly is drawn to what was seen, against 1 for its likeness to a neighbour."""
OTHER_MATERIAL = 0.15
"""Distance of RGB colours from which what is seen no longer bends the guess beside it."""
GUESS_REACH = 24.0
"""Texels of a 512 texture over which a guess is bent to meet what is seen."""
TONE_REACH = {"hair": 16.0, "face": 40.0, "foot": 40.0}
"""Texels of a 512 texture over which what is seen goes over into the typical colour, where there is no guess."""
PROFILE_TRUST = 0.7
"""How far the shape of a typical colour along a limb counts, against 1 for a guess."""
FAR = 400.0
"""The same elsewhere: nearly the whole part takes the colours of what is seen of it."""
BARRIERS = (
    ("face", "hair"), ("neck", "hair"), ("neck", "torso"), ("hand", "forearm"), ("foot", "calf"), ("face", "torso"),
)  # fmt: skip
"""Pairs of kinds of regions whose colours never flow into each other: skin, hair, cloth and shoes."""

ALONG = 0.03
"""How easily colours flow along a limb or up and down the torso, against 1 round it: stripes and hems go round."""
ARMS = ("upper_arm", "forearm", "hand")
ROUND = ("face", "hair", "foot")
"""Kinds of regions in which no direction is special."""


@dataclass(frozen=True)
class _Under:
    """What is put under the texels that are seen."""

    colour: Float[np.ndarray, "K 3"]
    certain: Float[np.ndarray, "K"]
    """In [0, 1], how far it is more than the typical colour of a whole part."""
    pull: Float[np.ndarray, "K"]
    """How strongly the membrane is drawn to it."""
    shapes: list[tuple[Float[np.ndarray, "K 3"], Float[np.ndarray, "K"]]]
    """Colours of which only the shape counts, and how far, where nothing is seen."""


@torch.no_grad()
def complete(body: BodyModel, texture: Texture, *, guess: Float[Tensor, "3 T T"] | None = None) -> Texture:
    """Fill every texel of a texture that a photo shows in part.

    Texels that are seen well keep their colours. The rest takes, in this order, what is seen at the mirrored place,
    on the other side of the body, or on the mirrored other side, always within the same kind of region; skin at a
    neckline does not pass to the back. Where nothing of this is seen, colours grow from around (`membrane.fill`) and
    meet the typical colour of skin, hair or cloth. Guesses are bent to meet what is seen, so that no line shows.

    Args:
        body: the body whose UV map the texture is in.
        texture: of `unwrap` or `fuse`; colours of confidence 0 do not matter.
        guess: a whole texture from elsewhere, such as a network's, to take instead of all of these guesses; it is bent
            in the same way.

    Returns:
        A texture whose gutters between the charts are filled too. Its confidence is the one given: 0 marks guesses.
    """
    texels = surface_texels(body, texture.image.shape[-1])
    colour, confidence, kind, kinds, place, tones, seen = _looked_at(body, texels, texture)
    if guess is None:
        passable = np.where(bare_in_front(texels, colour, kind, kinds, tones), 0, seen).astype(np.float32)
        found, trust = _guess(body, texels, colour, seen, passable)
        typical, known = _typical(body, texels, colour, passable, place, kind, kinds, tones)
        under = _layered(found, trust, typical, known, kind, kinds, texels.size)
    else:
        given = texels.gather(guess.cpu().numpy().astype(np.float32)).clip(0, 1)
        whole = np.ones_like(seen)
        under = _Under(given, whole, whole * _strength(GUESS_REACH, texels.size), [(given, whole)])
    # From the least to the most certain, each over those before: what is under, what is seen.
    base = under.colour + seen[:, None] * (colour - under.colour)
    pull = under.pull + seen * (SEEN_PULL - under.pull)
    shapes = [*((shape, weight * (1 - seen)) for shape, weight in under.shapes), (colour, seen)]
    # A small difference between what is seen and the guess is light and spreads; a large one is another material.
    surprise = np.where(seen > 0, distance(colour, under.colour), 0) * under.certain
    openness = 1 / (1 + (surprise / OTHER_MATERIAL) ** 4)
    filled = fill(_membrane(body, texels.size), base, pull, seen >= 1, shapes, openness=openness)
    filled = _match_seams(filled, seam_pairs(body, texels.size)).clip(0, 1)
    return Texture(
        torch.from_numpy(texels.scatter_with_gutters(filled)),
        torch.from_numpy(texels.scatter(confidence[:, None])[0]),
    )


@torch.no_grad()
def without_strays(body: BodyModel, texture: Texture) -> Texture:
    """A texture that no longer knows the texels whose colours belong elsewhere (`strays.strayed`).

    Args:
        body: the body whose UV map the texture is in.
        texture: of `unwrap` or `fuse`.
    """
    texels = surface_texels(body, texture.image.shape[-1])
    looked = _looked_at(body, texels, texture)
    kept = np.where(looked.seen > 0, looked.confidence, 0)[:, None]
    confidence = torch.from_numpy(texels.scatter(kept)[0])
    return Texture(texture.image * (confidence > 0), confidence)


class _Looked(NamedTuple):
    """What is made of each of a texture's K texels before anything is filled."""

    colour: Float[np.ndarray, "K 3"]
    confidence: Float[np.ndarray, "K"]
    kind: Int[np.ndarray, "K"]
    kinds: list[str]
    place: Float[np.ndarray, "K 3"]
    tones: Tones
    seen: Float[np.ndarray, "K"]
    """How far it is kept, in [0, 1]; 0 where the colour belongs elsewhere."""


def _looked_at(body: BodyModel, texels: SurfaceTexels, texture: Texture) -> _Looked:
    colour = texels.gather(texture.image.cpu().numpy().astype(np.float32)).clip(0, 1)
    confidence = texels.gather(texture.confidence.cpu().numpy()[None])[:, 0]
    kind, kinds = kind_of_texels(body, texels)
    seen = smoothstep(*CERTAIN, confidence / _best(confidence, kind)).astype(np.float32)
    tones = find_tones(colour, seen, kind, kinds)
    place = texels.spread @ body.v_template.cpu().numpy()
    seen = np.where(strayed(colour, seen, place, kind, kinds, tones), 0, seen).astype(np.float32)
    return _Looked(colour, confidence, kind, kinds, place, tones, seen)


def _layered(
    guess: Float[np.ndarray, "K 3"],
    trust: Float[np.ndarray, "K"],
    typical: Float[np.ndarray, "K 3"],
    known: Float[np.ndarray, "K"],
    kind: Int[np.ndarray, "K"],
    kinds: list[str],
    size: int,
) -> _Under:
    """The counterparts' colours, as far as they are to be trusted, over the typical ones."""
    strength = _strength(GUESS_REACH, size)
    pull = known * strength + (1 - known) * _pull(kind, kinds, size)
    pull += trust * (strength - pull)
    known = np.where(in_kinds(kind, kinds, ("face",)), 1, known)  # shaded, not flat
    shapes = [(typical, known * PROFILE_TRUST * (1 - trust)), (guess, trust)]
    return _Under(typical + trust[:, None] * (guess - typical), np.maximum(trust, known), pull, shapes)


def _best(confidence: Float[np.ndarray, "K"], kind: Int[np.ndarray, "K"]) -> Float[np.ndarray, "K"]:
    """The best confidence of each texel's kind of region."""
    best = np.array([np.quantile(confidence[kind == k], 0.98) for k in range(int(kind.max()) + 1)])
    return np.maximum(best, max(LEAST * float(confidence.max()), 1e-6))[kind]


def _guess(
    body: BodyModel,
    texels: SurfaceTexels,
    colour: Float[np.ndarray, "K 3"],
    seen: Float[np.ndarray, "K"],
    passable: Float[np.ndarray, "K"],
) -> tuple[Float[np.ndarray, "K 3"], Float[np.ndarray, "K"]]:
    """Colours of the counterparts, the likelier ones over the others, and how far they are to be trusted."""
    others = counterparts(body, texels.size)
    guess, trust = np.zeros_like(colour), np.zeros_like(seen)
    for source, usable in ((others.mirrored, seen), (others.opposite, passable), (others.mirrored_opposite, passable)):
        weight = np.where(source >= 0, usable[source], 0) * (1 - trust)
        guess += weight[:, None] * colour[source]
        trust += weight
    return guess / np.maximum(trust, 1e-6)[:, None], trust


def _typical(
    body: BodyModel,
    texels: SurfaceTexels,
    colour: Float[np.ndarray, "K 3"],
    passable: Float[np.ndarray, "K"],
    place: Float[np.ndarray, "K 3"],
    kind: Int[np.ndarray, "K"],
    kinds: list[str],
    tones: Tones,
) -> tuple[Float[np.ndarray, "K 3"], Float[np.ndarray, "K"]]:
    """The typical colour of each texel's part, of clothes the one at its height, and how well that one is known.

    An unseen face is shaded a little, lest it be a blank.
    """
    axial = np.where(in_kinds(kind, kinds, ARMS), np.abs(place[:, 0]), place[:, 1])
    clothes, known = along_axis(colour, passable, kind, axial)
    known[in_kinds(kind, kinds, ROUND)] = 0
    typical = tones.kind[kind]
    face = in_kinds(kind, kinds, ("face",))
    typical[face] *= (texels.spread @ _hollows(body))[face, None]
    return typical + known[:, None] * (clothes - typical), known


@lru_cache(maxsize=4)
def _hollows(body: BodyModel) -> Float[np.ndarray, "N"]:
    return hollows(body)


def _strength(reach: float, size: int) -> float:
    """The pull that lets a difference fade over `reach` texels of a 512 texture."""
    return (512 / size / reach) ** 2


def _pull(kind: Int[np.ndarray, "K"], kinds: list[str], size: int) -> Float[np.ndarray, "K"]:
    strengths = np.array([_strength(TONE_REACH.get(name, FAR), size) for name in kinds], np.float32)
    return strengths[kind]


@lru_cache(maxsize=4)
def _membrane(body: BodyModel, size: int) -> Membrane:
    texels = surface_texels(body, size)
    kind, kinds = kind_of_texels(body, texels)
    pairs = np.concatenate([neighbours(body, size), seam_pairs(body, size)])
    place = texels.spread @ body.v_template.cpu().numpy()
    return make_membrane(pairs, conductance(place, kind, kinds, pairs), texels.spread)


def conductance(
    place: Float[np.ndarray, "K 3"], kind: Int[np.ndarray, "K"], kinds: list[str], pairs: Int[np.ndarray, "P 2"]
) -> Float[np.ndarray, "P"]:
    """How easily colours flow between pairs of points on the body, in [0, 1]: 0 across a barrier.

    Args:
        place: of the points in the rest pose.
        kind: of region, an index into `kinds`.
        kinds: names.
        pairs: rows of `place`, near each other.
    """
    apart = np.zeros((len(kinds), len(kinds)), bool)
    for one, other in BARRIERS:
        if one in kinds and other in kinds:
            apart[kinds.index(one), kinds.index(other)] = apart[kinds.index(other), kinds.index(one)] = True
    step = place[pairs[:, 0]] - place[pairs[:, 1]]
    step /= np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
    # In the rest pose the arms lie along x, everything else along y.
    along = np.where(in_kinds(kind, kinds, ARMS)[pairs[:, 0]], step[:, 0], step[:, 1]) ** 2
    ease = np.where(in_kinds(kind, kinds, ROUND)[pairs[:, 0]], 1.0, 1 - (1 - ALONG) * along)
    ease[apart[kind[pairs[:, 0]], kind[pairs[:, 1]]]] = 0
    return ease


def _match_seams(colour: Float[np.ndarray, "K 3"], pairs: Int[np.ndarray, "S 2"]) -> Float[np.ndarray, "K 3"]:
    """Texels that face each other across a seam of the UV map take the mean of both sides."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    size = len(colour)
    across = sp.csr_matrix((np.ones(len(both), np.float32), both.T), (size, size)) + sp.identity(size, "float32")
    share = 1 / np.asarray(across.sum(1))
    for _ in range(2):  # where a texel faces several, once is not enough
        colour = share * (across @ colour)
    return colour
