"""Points of the template's surface, and where a tailor says they lie: how far down and around which part."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from habitus.synthetic.surface.fields import Field, bump, smoothstep
from habitus.synthetic.surface.noise import Noise

ARM, LEG, HAND, FOOT, HEAD = "arm", "leg", "hand", "foot", "head"

_TORSO_RADIUS, _SKIRT_RADIUS, _LEG_RADIUS, _ARM_RADIUS = 0.14, 0.22, 0.08, 0.05  # metres, about


@dataclass(frozen=True)
class Points:
    """Points of the template's surface: P texels or vertices. Metres, float32."""

    x: Field
    y: Field
    z: Field
    normal: Float[np.ndarray, "P 3"]
    limb: dict[str, Field]
    """Skinning weight of the joints of each limb, both sides together, in [0, 1]."""
    along_arm: Field
    """0 at the shoulder, 1 at the elbow, 2 at the wrist, 3 at the fingertips; below 0 on the torso."""
    along_leg: Field
    """0 at the hip joint, 1 at the knee, 2 at the ankle, 3 at the floor; below 0 above the hips."""
    last: Float[np.ndarray, "P 3"]
    """Place on a shoe, see `feet.shoe_last`."""
    down: Field
    """Metres down torso and legs, out along the arms: rows of a pattern have it constant."""
    around: Field
    """Metres around the torso, a leg or an arm, 0 in the middle of front and back: columns of a pattern."""
    girth: Field
    """As `around`, but around both legs together: of skirts and coats."""
    front: Field
    """1 on the front of the trunk and the legs, 0 behind and on arms and head."""
    armhole: Field
    """Metres from where a sleeve is set in, about; large away from it."""
    shelter: Field
    """How little light armpits and the insides of thighs get, in [0, 1]."""
    bends: Field
    """How much cloth creases because a joint bends under it, in [0, 1]."""
    texel: float
    """Mean distance of neighbouring points: what is finer must be painted paler."""
    grit: Field
    """Threads: another value at every place, of mean 0, the paler the coarser the points."""
    folds: Noise
    """Centimetres across, in all directions."""
    wrinkles: Noise
    """Narrow, and long around the limb or the torso."""
    drapes: Noise
    """Long from top to bottom: how cloth falls that hangs."""
    grain: Noise
    """Large soft patches."""

    def __len__(self) -> int:
        return len(self.x)

    def take(self, index: Int[np.ndarray, "Q"] | slice) -> "Points":
        """Some of the points; of a slice, views."""
        limb = {name: weight[index] for name, weight in self.limb.items()}
        arrays = {name: getattr(self, name)[index] for name in _ARRAYS}
        noise = {name: getattr(self, name).take(index) for name in _NOISE}
        return Points(limb=limb, texel=self.texel, **arrays, **noise)


_ARRAYS = (
    "x", "y", "z", "normal", "along_arm", "along_leg", "last", "down", "around", "girth", "front", "armhole", "shelter",
    "bends", "grit",
)  # fmt: skip
_NOISE = ("folds", "wrinkles", "drapes", "grain")


def measured(
    position: Float[np.ndarray, "P 3"], normal: Float[np.ndarray, "P 3"], limb: dict[str, Field], along_arm: Field,
    along_leg: Field, leg_axis: Float[np.ndarray, "P 2"], trunk: Float[np.ndarray, "P 3"],
    last: Float[np.ndarray, "P 3"], area: float,
) -> Points:  # fmt: skip
    """Points with all that follows from their places.

    Args:
        position: metres.
        normal: outward.
        limb: see `Points`.
        along_arm: see `Points`.
        along_leg: see `Points`.
        leg_axis: x and z of the middle of the left leg at each point's height.
        trunk: half width and half depth of the trunk, or of both legs, at each point's height, and z of its middle.
        last: see `Points`.
        area: of the whole surface, square metres.
    """
    texel = float(np.sqrt(area / len(position)))
    x, y, z = (np.ascontiguousarray(column, dtype=np.float32) for column in position.T)
    normal, last = (np.asfortranarray(a, dtype=np.float32) for a in (normal, last))  # columns are what is asked for
    on_arm = smoothstep(0.35, 0.65, limb[ARM])
    girth = _around_torso(x, y, z, trunk)
    around = girth + smoothstep(-0.05, 0.1, along_leg) * (_around_leg(x, z, leg_axis) - girth)
    sleeve = _ARM_RADIUS * np.arctan2(np.abs(normal[:, 2]), normal[:, 1])
    # Wrinkles are narrow along arms, body and legs, and long around them. From the armpits and from the hips they
    # run down to the middle, the more the higher.
    sag = 0.55 * (1 - on_arm) * smoothstep(-0.4, 0.0, y)
    narrow = np.stack([x * (0.3 + 0.7 * on_arm), (y - sag * np.abs(x)) * (1 - 0.7 * on_arm), 0.3 * z], 1)
    return Points(
        x, y, z, normal, limb, along_arm, along_leg, last,
        down=np.where(on_arm > 0.5, np.abs(x), 0.45 - y).astype(np.float32),
        around=np.where(on_arm > 0.5, sleeve, around).astype(np.float32),
        girth=np.where(on_arm > 0.5, sleeve, girth).astype(np.float32),
        front=smoothstep(0.0, 0.2, normal[:, 2]) * ((limb[HEAD] < 0.5) & (limb[ARM] < 0.5)),
        armhole=np.where(np.abs(limb[ARM] - 0.5) < 0.3, 0.08 * (limb[ARM] - 0.5), 1.0).astype(np.float32),
        shelter=np.maximum(
            bump(along_arm, 0.0, 0.25) * smoothstep(0.2, -0.7, normal[:, 1]),
            smoothstep(0.04, 0.0, np.abs(x)) * smoothstep(-0.2, 0.1, along_leg),
        ),
        bends=_bends(along_arm, along_leg),
        texel=texel,
        grit=_grit(x, y, z) * np.float32(min(1.0, 0.004 / texel)),
        folds=Noise.on(position, wavelength=0.07, stretch=(1.0, 1.6, 1.0)),
        wrinkles=Noise.on(narrow, wavelength=0.055, stretch=(1.0, 1.0, 1.0)),
        drapes=Noise.on(position, wavelength=0.09, stretch=(1.0, 6.0, 1.0)),
        grain=Noise.on(position, wavelength=0.3, stretch=(1.0, 1.0, 1.0)),
    )  # fmt: skip


def _around_torso(x: Field, y: Field, z: Field, trunk: Float[np.ndarray, "P 3"]) -> Field:
    """From the middle of front and back to the sides, where both meet as at a side seam; straight at the shoulders."""
    width, depth, middle = trunk.T
    radius = _TORSO_RADIUS + (_SKIRT_RADIUS - _TORSO_RADIUS) * smoothstep(0.0, -0.3, y)
    around = radius * np.arctan2(x / width, np.abs(z - middle) / depth)
    straight = smoothstep(0.3, 0.44, y)
    return (1 - straight) * around + straight * 0.85 * x


def _around_leg(x: Field, z: Field, axis: Float[np.ndarray, "P 2"]) -> Field:
    """As around the torso: the middle of the leg continues what is a hand's breadth beside the torso's middle."""
    angle = np.arctan2(np.abs(x) - axis[:, 0], np.abs(z - axis[:, 1]))
    return np.sign(x) * (0.11 + _LEG_RADIUS * angle)


def _bends(along_arm: Field, along_leg: Field) -> Field:
    """Elbows, wrists and armpits; groins, knees and ankles, on which trousers pile up."""
    arms = bump(along_arm, 1.0, 0.25) + 0.6 * bump(along_arm, 1.85, 0.15) + 0.5 * bump(along_arm, 0.05, 0.2)
    legs = bump(along_leg, 1.05, 0.2) + bump(along_leg, 1.9, 0.18) + 0.8 * bump(along_leg, 0.05, 0.15)
    return np.clip(arms + legs, 0, 1)


def _grit(x: Field, y: Field, z: Field) -> Field:
    """A fixed hash of the place: swims nowhere."""
    value = np.sin(x * 3127.1 + y * 5419.3 + z * 7213.7) * 43758.5453
    return (2 * (value - np.floor(value)) - 1).astype(np.float32)
