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
ENOUGH_HAIR = 0.004
"""The same of hair: from the front little of it shows."""

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
        The mean colour at each texel's place in its kind of region, and in [0, 1] how well that is known.
    """
    bins = ((axial - axial.min()) / BIN).astype(np.int64)
    shape = int(kind.max()) + 1, int(bins.max()) + 1
    cell = kind * shape[1] + bins
    sums = np.stack(
        [np.bincount(cell, w, minlength=shape[0] * shape[1]) for w in (*(weight * colour.T), weight)], -1
    ).reshape(*shape, 4)
    # Few texels are known at some places: let wider and wider surroundings speak, the narrower ones louder.
    smooth = [gaussian_filter1d(sums, width, axis=1, mode="constant") for width, _ in SURROUNDINGS]
    total = np.sum([share * part for (_, share), part in zip(SURROUNDINGS, smooth, strict=True)], axis=0)
    mean = total[..., :3] / np.maximum(total[..., 3:], 1e-12)
    everything = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    share = smooth[0][..., 3] / np.maximum(
        gaussian_filter1d(everything.astype(float), 1.0, axis=1, mode="constant"), 1e-6
    )
    known = (share / ENOUGH).clip(0, 1)
    return mean[kind, bins].astype(np.float32), known[kind, bins].astype(np.float32)


def looks_like(
    colour: Float[np.ndarray, "K 3"], tone: Float[np.ndarray, "3"], *, hue: float = 0.035, shade: float = 1.7
) -> Bool[np.ndarray, "K"]:
    """Which colours are a tone in more or less light.

    Args:
        colour: RGB.
        tone: RGB.
        hue: largest distance of chromaticities, RGB over their sum.
        shade: largest ratio of brightness, either way.
    """
    brightness, reference = colour.sum(1) + 1e-6, tone.sum() + 1e-6
    apart = np.linalg.norm(colour / brightness[:, None] - tone / reference, axis=1)
    return (apart < hue) & (brightness < shade * reference) & (brightness * shade > reference)


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
    """How much less light reaches each vertex for lying in a hollow (eyes, lips, under the nose), about 0.7 to 1."""
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
    return (1 - np.clip(depth / 0.004, 0, 1) * 0.35).astype(np.float32)


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
                return _median(colour[part], weight), True
    return np.array(NEUTRAL_SKIN, np.float32), False


def _hair(colour: np.ndarray, seen: np.ndarray, skin: np.ndarray) -> Float[np.ndarray, "3"]:
    """The colour of what is seen where hair grows and is not skin; a bald head is skin all over."""
    apart = np.linalg.norm(colour - skin, axis=1)
    hair = seen * ((apart - 0.10) / 0.20).clip(0, 1)
    if (hair > 0).mean() > ENOUGH_HAIR:
        return _median(colour, hair)
    if (seen > 0).mean() > ENOUGH:
        return _median(colour, seen)
    return NEUTRAL_HAIR * skin


def _median(colour: Float[np.ndarray, "K 3"], weight: Float[np.ndarray, "K"]) -> Float[np.ndarray, "3"]:
    """Weighted median, channel by channel, to 1/255."""
    level = (colour * 255).round().clip(0, 255).astype(np.int64)
    total = np.stack([np.bincount(level[:, c], weight, minlength=256) for c in range(3)]).cumsum(1)
    return ((total < total[:, -1:] / 2).sum(1) / 255).astype(np.float32)
