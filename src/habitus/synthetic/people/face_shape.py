"""How faces and skulls differ in shape: smooth displacements of the head's vertices, mixed linearly."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from habitus.compiled import kernel
from habitus.synthetic.people.skull import Part, Skull
from habitus.synthetic.surface.fields import Field, smoothstep

_Shape = Callable[[Skull, Part], tuple[Field, Field, Field]]
"""Displacement per standard deviation along x (outwards on both sides), y and z, metres."""


def _around(skull: Skull, part: Part, at: tuple[float, float, float], reach: tuple[float, float, float]) -> Field:
    """A Gaussian about a point given from the nose's tip: out, up, forward."""
    nose = skull.nose
    return np.exp(
        -0.5
        * (
            ((part.middle - at[0]) / reach[0]) ** 2
            + ((part.y - nose[1] - at[1]) / reach[1]) ** 2
            + ((part.z - nose[2] - at[2]) / reach[2]) ** 2
        )
    ).astype(np.float32)


def _bulge(
    at: tuple[float, float, float], reach: tuple[float, float, float], push: tuple[float, float, float]
) -> _Shape:
    """Both sides at once: `push` per standard deviation, about `at`."""

    def shape(skull: Skull, part: Part) -> tuple[Field, Field, Field]:
        amount = _around(skull, part, at, reach)
        outwards = np.clip(part.middle / 0.008, 0, 1)  # nothing on the plane of symmetry leaves it
        return push[0] * amount * outwards, push[1] * amount, push[2] * amount

    return shape


def _skull_scale(axis: int, share: float) -> _Shape:
    """The whole head wider, higher or deeper."""

    def shape(skull: Skull, part: Part) -> tuple[Field, Field, Field]:
        offset = (part.middle, part.y - skull.chin_y, part.z - skull.centre[2])[axis]
        amount = share * offset * smoothstep(skull.chin_y - 0.05, skull.chin_y + 0.05, part.y)
        nothing = np.zeros_like(amount)
        return (
            amount if axis == 0 else nothing,
            amount if axis == 1 else nothing,
            amount if axis == 2 else nothing,
        )

    return shape


def _ears(skull: Skull, part: Part) -> tuple[Field, Field, Field]:
    """Standing off."""
    behind = smoothstep(0.012, -0.03, part.ear) * smoothstep(0.02, -0.012, part.z - skull.ear[2])
    nothing = np.zeros_like(behind)
    return 0.005 * behind, nothing, -0.001 * behind


def _long_ears(skull: Skull, part: Part) -> tuple[Field, Field, Field]:
    """Larger about their middle."""
    on = smoothstep(0.006, -0.006, part.ear)
    return 0.001 * on, 0.12 * on * (part.y - skull.ear[1]), 0.12 * on * (part.z - skull.ear[2])


FEATURES: dict[str, _Shape] = {
    "head width": _skull_scale(0, 0.04),
    "head height": _skull_scale(1, 0.045),
    "head depth": _skull_scale(2, 0.038),
    "nose length": _bulge((0.0, -0.004, 0.0), (0.014, 0.014, 0.02), (0.0, -0.001, 0.0042)),
    "nose drop": _bulge((0.0, -0.004, 0.0), (0.012, 0.012, 0.015), (0.0, -0.003, 0.0)),
    "nose width": _bulge((0.017, -0.006, -0.014), (0.01, 0.013, 0.018), (0.0022, 0.0, 0.0)),
    "nose bridge": _bulge((0.0, 0.026, -0.012), (0.011, 0.017, 0.02), (0.0, 0.0, 0.0032)),
    "jaw width": _bulge((0.055, -0.05, -0.075), (0.026, 0.034, 0.04), (0.0055, 0.0, 0.0)),
    "chin forward": _bulge((0.0, -0.074, -0.022), (0.026, 0.02, 0.03), (0.0, 0.0, 0.0042)),
    "chin length": _bulge((0.0, -0.085, -0.03), (0.038, 0.026, 0.04), (0.0, -0.006, 0.0)),
    "chin width": _bulge((0.022, -0.074, -0.03), (0.014, 0.02, 0.025), (0.0035, 0.0, 0.0012)),
    "cheekbones": _bulge((0.058, 0.012, -0.055), (0.02, 0.016, 0.03), (0.0036, 0.0, 0.0018)),
    "cheeks": _bulge((0.045, -0.03, -0.045), (0.022, 0.02, 0.03), (0.0042, 0.0, 0.0015)),
    "brow": _bulge((0.02, 0.058, -0.022), (0.03, 0.011, 0.03), (0.0, 0.0, 0.003)),
    "forehead": _bulge((0.0, 0.1, -0.05), (0.05, 0.03, 0.05), (0.0, 0.0, 0.0045)),
    "back of the head": _bulge((0.0, 0.06, -0.215), (0.06, 0.045, 0.05), (0.0, 0.0, -0.0055)),
    "lips": _bulge((0.0, -0.033, -0.012), (0.02, 0.01, 0.02), (0.0, 0.0, 0.0018)),
    "ears": _ears,
    "long ears": _long_ears,
}
"""By name, in the order of `Face.shape`."""


_BANKS: dict[int, tuple[Skull, np.ndarray]] = {}


def face_shape(shape: Float[np.ndarray, "S"], skull: Skull) -> Float[np.ndarray, "Q 3"]:
    """Displacement of the head's vertices (`skull.vertices.head`) by deviations of `FEATURES`, metres."""
    if id(skull) not in _BANKS or _BANKS[id(skull)][0] is not skull:
        _BANKS[id(skull)] = (skull, _bank(skull, skull.vertices.head))
    bank = _BANKS[id(skull)][1]
    moved = np.zeros(bank.shape[1], np.float32)
    _mix(shape.astype(np.float32), bank, moved)
    return moved.reshape(-1, 3)


@kernel
def _mix(weights, bank, moved):
    """Add up rows: no matrix product, whose rounding may depend on the number of threads."""
    for k in range(len(weights)):
        for i in range(len(moved)):
            moved[i] += weights[k] * bank[k, i]


def _bank(skull: Skull, part: Part) -> Float[np.ndarray, "S Q*3"]:
    fade = smoothstep(0.05, 0.5, part.head)
    sign = np.sign(part.x)
    rows = []
    for shape in FEATURES.values():
        out, up, forward = shape(skull, part)
        rows.append((np.stack([sign * out, up, forward], 1) * fade[:, None]).ravel())
    return np.stack(rows).astype(np.float32)
