"""Colours that are seen, but not those of the place where they are: hands before clothes, sleeves beside the torso."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int

from habitus.texture.appearance import ALIKE, Tones, along_axis, distance, looks_like
from habitus.texture.surface import SurfaceTexels, in_kinds

NECKLINE = 0.22
"""Metres below the neck to which skin may show on a torso in clothes."""
NEAR_SKIN = 7
"""Texels of a 512 texture around bare skin on a torso that may be mixed with it."""
MIXED = 0.3
"""Share of another part's colour from which a texel's own is given up."""
BARE_HAND = 0.15
"""Share of what is seen of the hands that must look like skin for them to wear no gloves."""
CENTRAL = 0.09
"""Metres from the middle of the torso to which no arm that hangs down comes."""


def strayed(
    colour: Float[np.ndarray, "K 3"],
    seen: Float[np.ndarray, "K"],
    place: Float[np.ndarray, "K 3"],
    kind: Int[np.ndarray, "K"],
    kinds: list[str],
    tones: Tones,
) -> Bool[np.ndarray, "K"]:
    """Where a hand has the colours of clothes, clothes well below the neck those of skin, or a flank those of a sleeve.

    Arms and hands are thin and move much: where their pose is a little off, they get what is beside them in the photo,
    and leave their own colours there.

    Args:
        colour: of the texels.
        seen: weight of each, 0 where the photo does not show it.
        place: in the rest pose, metres.
        kind: of region, an index into `kinds`.
        kinds: names.
        tones: typical colours of the same person.
    """
    hand, torso, neck = (in_kinds(kind, kinds, (name,)) for name in ("hand", "torso", "neck"))
    astray = np.zeros(len(colour), bool)
    typical = {name: tones.kind[k] for k, name in enumerate(kinds)}
    if tones.skin_seen:
        bare = hand & (seen > 0) & looks_like(colour, tones.skin, shade=1.45)
        if bare.sum() > BARE_HAND * (hand & (seen > 0)).sum():
            astray |= hand & ~bare  # no glove
        for name in ("torso", "thigh", "forearm"):
            if name in typical and not _alike(typical[name], tones.skin):
                astray |= hand & _mixed(colour, tones.skin, typical[name])
        if neck.any() and torso.any() and not _alike(typical["torso"], tones.skin):
            astray |= torso & (place[:, 1] < place[neck, 1].min() - NECKLINE) & looks_like(colour, tones.skin)
    if "forearm" in typical and torso.any():
        central = np.abs(place[:, 0]) < CENTRAL
        middle, known = along_axis(colour, np.where(torso & central, seen, 0), kind, place[:, 1])
        astray |= torso & ~central & (known > 0.5) & _mixed(colour, middle, typical["forearm"])
    return astray


def _mixed(
    colour: Float[np.ndarray, "K 3"], own: Float[np.ndarray, "*K 3"], other: Float[np.ndarray, "3"]
) -> Bool[np.ndarray, "K"]:
    """Which colours are a good part `other`, where `own` is expected and differs from it."""
    across = other - own
    length = np.einsum("...c,...c->...", across, across)
    part = np.einsum("kc,kc->k", colour - own, np.broadcast_to(across, colour.shape)) / np.maximum(length, 1e-6)
    beside = distance(colour - own, part[:, None] * across)
    return (length > (2 * ALIKE) ** 2) & (part > MIXED) & (part < 1.5) & (beside < 1.5 * ALIKE)


def bare_in_front(
    texels: SurfaceTexels,
    colour: Float[np.ndarray, "K 3"],
    kind: Int[np.ndarray, "K"],
    kinds: list[str],
    tones: Tones,
) -> Bool[np.ndarray, "K"]:
    """Where skin shows on a torso in clothes with sleeves, and close to it: a neckline, which the back has not.

    Without sleeves, skin shows on both sides.
    """
    torso = in_kinds(kind, kinds, ("torso",))
    clothed = tones.skin_seen and all(
        not _alike(tones.kind[kinds.index(name)], tones.skin) for name in ("torso", "upper_arm") if name in kinds
    )
    if not clothed:
        return np.zeros(len(colour), bool)
    image = texels.scatter((torso & looks_like(colour, tones.skin))[:, None])[0]
    width = 2 * round(NEAR_SKIN * texels.size / 512) + 1
    near = cv2.dilate(image, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    return torso & (texels.gather(near[None])[:, 0] > 0)


def _alike(one: Float[np.ndarray, "3"], other: Float[np.ndarray, "3"]) -> bool:
    return bool(looks_like(one[None], other)[0])
