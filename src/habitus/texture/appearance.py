"""What a person's parts are likely to look like when the photo does not show them: skin, hair, sleeves, shoes."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter1d

from habitus.body.model import BodyModel

NEUTRAL_SKIN = (0.66, 0.50, 0.42)
"""RGB, when a person shows no skin at all."""
NEUTRAL_HAIR = 0.32
"""Times the skin's colour, when a person shows no hair."""
NEUTRAL_CLOTH = (0.42, 0.42, 0.43)
ENOUGH = 0.03
"""Share of a kind's texels that must be seen before its own colours speak for it."""

BIN = 0.005
"""Metres along a limb that share a colour in `along_axis`."""
SURROUNDINGS = ((1.0, 1.0), (6.0, 1e-3), (40.0, 1e-6))
"""Widths in bins, and shares, of what speaks for a place along a limb."""
ALIKE = 0.09
"""Distance of RGB colours that hardly differ."""
ENOUGH_HAIR = 0.004
"""The same of hair: from the front little of it shows."""
HAIR_APART = 0.4
"""RGB distance from the skin, in units of the skin's own norm, from which a colour is hair when only a rim is seen."""
ROBUST_STEPS = 4
"""Of the search for the geometric median in `along_axis`."""
SKIN_QUANTILE = 0.65
"""Of the skin that is seen: what darkens it (shade, hair or clothes in one pixel with it) is commoner than light."""

SKIN_SOURCES = ("face", "neck", "hand", "forearm", "upper_arm", "calf", "thigh")
"""Where skin is looked for, in this order."""
RELATED = {
    "torso": ("upper_arm", "thigh", "forearm"),
    "upper_arm": ("forearm", "torso", "thigh"),
    "forearm": ("upper_arm", "torso", "thigh"),
    "thigh": ("calf", "torso"),
    "calf": ("thigh", "torso"),
    "foot": ("calf", "thigh"),
}
"""Of cloth that is not seen: the parts that it is likely to look like, the likeliest first."""
SHOE_SHADE = 0.55
"""Shoes that are not seen are this much darker than the trousers above them."""


@dataclass(frozen=True)
class Tones:
    """Typical colours, RGB in [0, 1]."""

    skin: Float[np.ndarray, "3"]
    skin_seen: bool
    """False when the skin's colour is only assumed."""
    kind: Float[np.ndarray, "kinds 3"]
    """Of each kind of region."""


def find_tones(
    colour: Float[np.ndarray, "K 3"], seen: Float[np.ndarray, "K"], kind: Int[np.ndarray, "K"], kinds: list[str]
) -> Tones:
    """Typical colours of a person's parts.

    Args:
        colour: of the texels.
        seen: weight of each, 0 where the photo does not show it.
        kind: of region, an index into `kinds`.
        kinds: names, as "face" or "upper_arm".
    """
    skin, skin_seen = _skin(colour, seen, kind, kinds)
    own = {
        name: _median(colour[kind == k], seen[kind == k])
        for k, name in enumerate(kinds)
        if (seen[kind == k] > 0).mean() > ENOUGH
    }
    tones = np.zeros((len(kinds), 3), np.float32)
    for k, name in enumerate(kinds):
        if name == "hair":
            tones[k] = _hair(colour[kind == k], seen[kind == k], skin)
        elif name in ("face", "neck", "hand"):
            tones[k] = skin
        elif name in own:
            tones[k] = own[name]
        else:
            related = next((own[other] for other in RELATED.get(name, ()) if other in own), np.array(NEUTRAL_CLOTH))
            tones[k] = related * (SHOE_SHADE if name == "foot" else 1.0)
    return Tones(skin, skin_seen, tones)


def along_axis(
    colour: Float[np.ndarray, "K 3"],
    weight: Float[np.ndarray, "K"],
    kind: Int[np.ndarray, "K"],
    axial: Float[np.ndarray, "K"],
) -> tuple[Float[np.ndarray, "K 3"], Float[np.ndarray, "K"]]:
    """What clothes look like at each place along a limb or the torso: stripes, hems and belts go round.

    Args:
        colour: of the texels.
        weight: of each; 0 where it is not seen.
        kind: of region; both arms count as one, both legs too.
        axial: place along the limb or the torso, metres, alike for left and right.

    Returns:
        The usual colour at each texel's place in its kind of region, and in [0, 1] how well that is known.
    """
    bins = ((axial - axial.min()) / BIN).astype(np.int64)
    shape = int(kind.max()) + 1, int(bins.max()) + 1
    everything = kind * shape[1] + bins
    used = np.flatnonzero(weight > 0)
    cell, own, share = everything[used], colour[used], weight[used].astype(np.float64)
    middle = np.zeros((*shape, 3))
    for step in range(1 + ROBUST_STEPS):
        if step:
            # Weiszfeld's way to the geometric median: of a row that shows two colours it finds one, not a mixture.
            away = distance(own, middle.reshape(-1, 3)[cell])
            share = weight[used] / (away + 0.02)
        sums = np.stack([np.bincount(cell, w, minlength=shape[0] * shape[1]) for w in (*(share * own.T), share)], -1)
        total = _surroundings(sums.reshape(*shape, 4))
        middle = total[..., :3] / np.maximum(total[..., 3:], 1e-12)
    seen, there = (
        gaussian_filter1d(count.reshape(shape), 1.0, axis=1, mode="constant")
        for count in (
            np.bincount(cell, weight[used], minlength=shape[0] * shape[1]),
            np.bincount(everything, minlength=shape[0] * shape[1]).astype(float),
        )
    )
    known = (seen / np.maximum(there, 1e-6) / ENOUGH).clip(0, 1)
    return middle[kind, bins].astype(np.float32), known[kind, bins].astype(np.float32)


def _surroundings(sums: Float[np.ndarray, "kinds bins 4"]) -> Float[np.ndarray, "kinds bins 4"]:
    """Few texels are known at some places: let wider and wider surroundings speak, the narrower ones louder."""
    parts = [share * gaussian_filter1d(sums, width, axis=1, mode="constant") for width, share in SURROUNDINGS]
    return np.sum(parts, axis=0)


def looks_like(
    colour: Float[np.ndarray, "K 3"], tone: Float[np.ndarray, "3"], *, hue: float = 0.035, shade: float = 1.7
) -> Bool[np.ndarray, "K"]:
    """Which colours are a tone in more or less light, or hardly differ from it.

    Args:
        colour: RGB.
        tone: RGB.
        hue: largest distance of chromaticities, RGB over their sum; noise on dark colours, hence the other way.
        shade: largest ratio of brightness, either way.
    """
    brightness, reference = colour @ np.ones(3, np.float32) + 1e-6, tone.sum() + 1e-6
    apart = distance(colour / brightness[:, None], tone / reference)
    lit = (apart < hue) & (brightness < shade * reference) & (brightness * shade > reference)
    return lit | (distance(colour, tone) < ALIKE)


def distance(one: Float[np.ndarray, "K 3"], other: Float[np.ndarray, "*K 3"]) -> Float[np.ndarray, "K"]:
    """Euclidean distance of colours."""
    apart = one - other
    return np.sqrt(np.einsum("kc,kc->k", apart, apart))


def skin_like(colour: Float[np.ndarray, "K 3"]) -> Bool[np.ndarray, "K"]:
    """Which colours human skin of any tone can have in white light: orange, neither grey nor vivid nor black."""
    red, green, blue = colour.T
    return (
        (red > 0.14)
        & (red > 1.06 * green)
        & (green > 0.92 * blue)
        & (red - blue > 0.10 * red)
        & (red - blue < 0.72 * red)
        & (red - green < 0.45 * red)
    )


def hollows(body: BodyModel) -> Float[np.ndarray, "N"]:
    """How much less light reaches each vertex for lying in a hollow (eyes, lips, under the nose), about 0.6 to 1."""
    vertices, faces = body.v_template.cpu().numpy().astype(np.float64), body.faces.cpu().numpy()
    count = len(vertices)
    ends = np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2)
    ends = np.concatenate([ends, ends[:, ::-1]])
    near = sp.csr_matrix((np.ones(len(ends)), ends.T), (count, count))
    near = sp.diags(1 / np.maximum(np.asarray(near.sum(1)).ravel(), 1)) @ near
    corners = vertices[faces]
    scaled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normal, faces[:, k], scaled)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    smooth = vertices
    for _ in range(8):
        smooth = near @ smooth
    depth = ((smooth - vertices) * normal).sum(1)
    depth = near @ (near @ depth)
    return (1 - np.clip(depth / 0.004, 0, 1) * 0.45).astype(np.float32)


def _skin(
    colour: np.ndarray, seen: np.ndarray, kind: np.ndarray, kinds: list[str]
) -> tuple[Float[np.ndarray, "3"], bool]:
    """The colour of the first part that shows enough skin; what looks like the hair only when nothing else does."""
    plausible = skin_like(colour)
    hair = kind == kinds.index("hair") if "hair" in kinds else np.zeros(len(kind), bool)
    like_hair = looks_like(colour, _median(colour[hair], seen[hair])) if (seen[hair] > 0).any() else hair
    for credible in (plausible & ~like_hair, plausible):
        for name in SKIN_SOURCES:
            part = kind == kinds.index(name) if name in kinds else np.zeros(len(kind), bool)
            weight = seen[part] * credible[part]
            if part.any() and (weight > 0).mean() > ENOUGH:
                return _quantile(colour[part], weight, SKIN_QUANTILE), True
    return np.array(NEUTRAL_SKIN, np.float32), False


def _hair(colour: np.ndarray, seen: np.ndarray, skin: np.ndarray) -> Float[np.ndarray, "3"]:
    """The colour of what is seen where hair grows and is not skin; a bald head is skin all over."""
    apart = distance(colour, skin)
    # Blurred photos mix hair and forehead: the colours furthest from the skin are the hair's own.
    most = float(np.quantile(apart[seen > 0], 0.9)) if (seen > 0).any() else 0.0
    share = float((seen > 0).mean())
    least = HAIR_APART * float(np.linalg.norm(skin)) if share < ENOUGH else 2 * ALIKE
    if most > least and share > ENOUGH_HAIR:
        return _median(colour, seen * ((apart / most - 0.6) / 0.3).clip(0, 1))
    return _median(colour, seen) if share > 5 * ENOUGH else NEUTRAL_HAIR * skin


def _median(colour: Float[np.ndarray, "K 3"], weight: Float[np.ndarray, "K"]) -> Float[np.ndarray, "3"]:
    return _quantile(colour, weight, 0.5)


def _quantile(colour: Float[np.ndarray, "K 3"], weight: Float[np.ndarray, "K"], share: float) -> Float[np.ndarray, "3"]:
    """Weighted quantile, channel by channel, to 1/255."""
    level = (colour * 255).round().clip(0, 255).astype(np.int64)
    total = np.stack([np.bincount(level[:, c], weight, minlength=256) for c in range(3)]).cumsum(1)
    return ((total < share * total[:, -1:]).sum(1) / 255).astype(np.float32)
