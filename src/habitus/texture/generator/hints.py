"""What the seen half of a person says of the unseen one: colours of counterparts, of the same place along a limb, of
skin, hair and clothes. Tensor operations on fixed maps of the body, for batches, on any device.

`texture.complete` asks the same of one texture at a time and more carefully; this is what a network starts from.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from habitus.body.model import BodyModel
from habitus.texture.appearance import NEUTRAL_CLOTH, NEUTRAL_HAIR, NEUTRAL_SKIN, RELATED, SHOE_SHADE
from habitus.texture.complete import ARMS, CERTAIN, LEAST, PROFILE_TRUST, ROUND
from habitus.texture.counterparts import counterparts
from habitus.texture.generator.fixed_sums import FixedSums
from habitus.texture.surface import in_kinds, kind_of_texels, surface_texels

BEST = 0.98
"""Quantile of the confidences of a part that is its best."""
BIN = 0.01
"""Metres along a limb that share a colour."""
SURROUNDINGS = ((1.0, 1.0), (4.0, 1e-3), (20.0, 1e-6))
"""Widths in bins, and shares, of what speaks for a place along a limb."""
ENOUGH = 0.05
"""Share of a place's texels that must be seen before its colour speaks for it."""
ALIKE = 0.05
"""RGB distance within which colours count about alike in a robust mean."""
ROBUST_STEPS = 2
"""Of the search for a colour that many texels have, rather than a mixture of two."""
NEXT = 1e-2
"""What each next kind of region that a part is likely to look like counts, against the one before."""
HINTS = 5
"""The mirrored place, the opposite one, both, the place along the limb, and the part as a whole."""


@dataclass(frozen=True)
class Hints:
    """Of each of the K texels of B people."""

    colour: Float[Tensor, "B K 3"]
    """As seen."""
    seen: Float[Tensor, "B K 1"]
    """How far that is kept, in [0, 1]."""
    candidates: Float[Tensor, "B K 5 3"]
    """The hints' colours (`HINTS`)."""
    weights: Float[Tensor, "B K 5"]
    """How far each is to be trusted before anything is learned; they add up to 1."""


class HintMaker(nn.Module):
    """The fixed maps of one body, for textures of one size, and what they say. Nothing in here is trained.

    Args:
        body: whose surface it is.
        size: T.
    """

    kind: Tensor
    others: Tensor
    cell: Tensor
    along: Tensor
    trust_along: Tensor
    relation: Tensor
    neutral: Tensor

    def __init__(self, body: BodyModel, size: int):
        super().__init__()
        maps = _maps(body, size)
        for name, value in maps.items():
            self.register_buffer(name, torch.from_numpy(value), persistent=False)
        kind, bins = maps["kind"], len(maps["along"])
        self.kinds = len(maps["relation"])
        self.of_kind, self.of_cell = _means(kind, self.kinds), _means(maps["cell"], self.kinds * bins)
        for k in range(self.kinds):
            self.register_buffer(f"members_{k}", torch.from_numpy(np.flatnonzero(kind == k)), persistent=False)

    @torch.no_grad()
    def forward(self, colour: Float[Tensor, "B K 3"], confidence: Float[Tensor, "B K 1"]) -> Hints:
        """Hints from what a photo shows of the K texels; in full precision: weights differ by many powers of ten."""
        with torch.autocast(colour.device.type, enabled=False):
            return self._hints(colour.float(), confidence.float())

    def _hints(self, colour: Float[Tensor, "B K 3"], confidence: Float[Tensor, "B K 1"]) -> Hints:
        seen = self._kept(confidence)
        padded = torch.cat([torch.cat([colour, seen], 2), colour.new_zeros(len(colour), 1, 4)], 1)
        other = padded[:, self.others]  # (B, 3, K, 4); place K is "none"
        profile, known = self._profile(colour, seen)
        tone = self._tone(colour, seen)
        rest, weights = torch.ones_like(seen), []
        for usable in (*other[..., 3:].unbind(1), known * self.trust_along[:, None], torch.ones_like(seen)):
            weights.append(rest * usable)
            rest = rest - weights[-1]
        candidates = torch.stack([*other[..., :3].unbind(1), profile, tone], 2)
        return Hints(colour, seen, candidates, torch.cat(weights, 2))

    def _kept(self, confidence: Float[Tensor, "B K 1"]) -> Float[Tensor, "B K 1"]:
        """How far texels are kept as seen, from their confidences relative to the best of their part."""
        members = [f"members_{k}" for k in range(self.kinds)]
        best = torch.stack([_quantile(confidence[:, self.get_buffer(name), 0]) for name in members], 1)
        least = (LEAST * confidence.amax(1)).clamp(min=1e-6)
        share = confidence / torch.maximum(best, least)[:, self.kind, None]
        t = ((share - CERTAIN[0]) / (CERTAIN[1] - CERTAIN[0])).clamp(0, 1)
        return t * t * (3 - 2 * t)

    def _profile(
        self, colour: Float[Tensor, "B K 3"], seen: Float[Tensor, "B K 1"]
    ) -> tuple[Float[Tensor, "B K 3"], Float[Tensor, "B K 1"]]:
        """The usual colour at each texel's place along its kind of limb, and in [0, 1] how well it is known."""
        weight = middle = seen
        for step in range(1 + ROBUST_STEPS):
            if step:
                weight = seen / (1 + (colour - middle).square().sum(2, keepdim=True) / ALIKE**2)
            means = self.of_cell(torch.cat([weight * colour, weight], 2))
            wide = (self.along @ means.unflatten(1, (self.kinds, -1))).flatten(1, 2)
            middle = (wide[..., :3] / wide[..., 3:].clamp(min=1e-12))[:, self.cell]
        return middle, (self.of_cell(seen) / ENOUGH).clamp(max=1)[:, self.cell]

    def _tone(self, colour: Float[Tensor, "B K 3"], seen: Float[Tensor, "B K 1"]) -> Float[Tensor, "B K 3"]:
        """The mean colour of each texel's kind of region, or of what it is likely to look like."""
        means = self.of_kind(torch.cat([seen * colour, seen], 2))
        sources = torch.cat([means, self.neutral.expand(len(means), -1, -1)], 1)
        # (kinds, kinds + 2, 4) x (B, kinds + 2, 4): how much each kind speaks for each, darkened on the way.
        total = torch.einsum("ksc,bsc->bkc", self.relation, sources)
        return (total[..., :3] / total[..., 3:])[:, self.kind]


def _means(group: Int[np.ndarray, "K"], count: int) -> FixedSums:
    """Means over the members of each group; 0 where a group has none."""
    members = np.maximum(np.bincount(group, minlength=count), 1)
    return FixedSums(sp.csr_matrix((1 / members[group], (group, np.arange(len(group)))), (count, len(group))))


def _quantile(values: Float[Tensor, "B M"]) -> Float[Tensor, "B"]:
    return values.kthvalue(max(1, round(BEST * values.shape[1])), 1).values


@lru_cache(maxsize=2)
def _maps(body: BodyModel, size: int) -> dict[str, np.ndarray]:
    texels = surface_texels(body, size)
    kind, kinds = kind_of_texels(body, texels)
    place = texels.spread @ body.v_template.cpu().numpy()
    found = counterparts(body, size)
    others = np.stack([found.mirrored, found.opposite, found.mirrored_opposite])
    axial = np.where(in_kinds(kind, kinds, ARMS), np.abs(place[:, 0]), place[:, 1])
    bins = ((axial - axial.min()) / BIN).astype(np.int64)
    count = int(bins.max()) + 1
    away = np.arange(count)[:, None] - np.arange(count)
    along = sum(share * np.exp(-0.5 * (away / width) ** 2) / width for width, share in SURROUNDINGS)
    relation, neutral = _relations(kinds)
    return {
        "kind": kind,
        "others": np.where(others < 0, len(texels), others),
        "cell": kind * count + bins,
        "along": np.asarray(along, np.float32),
        "trust_along": np.where(in_kinds(kind, kinds, ROUND), 0, PROFILE_TRUST).astype(np.float32),
        "relation": relation,
        "neutral": neutral,
    }


def _relations(kinds: list[str]) -> tuple[Float[np.ndarray, "kinds sources 4"], Float[np.ndarray, "1 2 4"]]:
    """Which kinds speak for which: their own colours first, then those that they are likely to look like, then a
    neutral one. Of the four numbers the last is the weight, the others the weight times a shade.
    """
    relation = np.zeros((len(kinds), len(kinds) + 2, 4), np.float32)
    skin, cloth = len(kinds), len(kinds) + 1
    for k, name in enumerate(kinds):
        bare = name in ("face", "neck", "hand")
        related = ("face", "neck", "hand") if bare else ("face", "neck") if name == "hair" else RELATED.get(name, ())
        shade = NEUTRAL_HAIR if name == "hair" else SHOE_SHADE if name == "foot" else 1.0
        # Hands are small and move: the face knows their colour better than what is seen where they should be.
        order = related if name == "hand" else (name, *(other for other in related if other != name))
        sources = [kinds.index(other) for other in order if other in kinds]
        for step, source in enumerate([*sources, skin if bare or name == "hair" else cloth]):
            relation[k, source] = NEXT**step * np.array([1.0 if source == k else shade] * 3 + [1.0])
    neutral = np.array([[[*NEUTRAL_SKIN, 1.0], [*NEUTRAL_CLOTH, 1.0]]], np.float32)
    return relation, neutral
