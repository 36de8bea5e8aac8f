"""Noise on the surface: random smooth fields of places in space, so the same on both sides of a UV seam."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int8
from numpy import float32

from habitus.compiled import kernel
from habitus.synthetic.surface.fields import Field

_LAYERS, _WAVES = 16, 64
_STEPS = 32
"""Of a bank, per standard deviation."""


@dataclass(frozen=True)
class Noise:
    """Random smooth fields on fixed points, mixed anew by every generator.

    The bank holds 16 independent fields, each a sum of plane waves of space; a draw is their mix with weights of
    unit length. As bytes the banks of a texture stay in the processor's cache, which is most of the speed.
    """

    bank: Int8[np.ndarray, "16 P"]
    begin: int
    count: int
    """Of the points `begin` and after that this noise is on."""

    @classmethod
    def on(cls, points: Float[np.ndarray, "P 3"], *, wavelength: float, stretch: tuple[float, float, float]) -> "Noise":
        """Prepare fields of features about `wavelength` metres long, `stretch` times longer along x, y and z."""
        rng = np.random.default_rng(20240917)  # part of the bank, not of any person
        directions = rng.normal(size=(_WAVES, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        lengths = wavelength * 2.0 ** rng.uniform(-0.6, 0.6, (_WAVES, 1))
        vectors = 2 * np.pi * directions / lengths / np.asarray(stretch)
        amplitudes = _STEPS * rng.normal(size=(2, _WAVES, _LAYERS)) / np.sqrt(_WAVES)
        bank = np.empty((_LAYERS, len(points)), np.int8)
        _sum_waves(points.astype(float32), vectors.astype(float32), amplitudes.astype(float32), bank)
        return cls(bank, 0, len(points))

    def take(self, index: Int[np.ndarray, "Q"] | slice) -> "Noise":
        """The same fields on some of the points; of a slice, a view."""
        if isinstance(index, slice):
            begin, end, _ = index.indices(self.count)
            return Noise(self.bank, self.begin + begin, end - begin)
        return Noise(self.bank[:, self.begin + index], 0, len(index))

    def draw(self, rng: np.random.Generator) -> Field:
        """A field of mean 0 and variance about 1."""
        return self.mix(self.weights(rng))

    def weights(self, rng: np.random.Generator) -> Float[np.ndarray, "16"]:
        """Random weights, for `mix` on another set of points with the same fields."""
        weights = rng.standard_normal(_LAYERS, float32)
        return weights / np.sqrt((weights * weights).sum())

    def mix(self, weights: Float[np.ndarray, "16"]) -> Field:
        """The field of given weights."""
        field = np.empty(self.count, float32)
        _mix(self.bank, self.begin, weights / float32(_STEPS), field)
        return field


@kernel
def _sum_waves(points, vectors, amplitudes, bank):
    """Fill the bank: no matrix product, whose rounding may depend on the number of threads."""
    layers = np.empty(bank.shape[0], float32)
    for p in range(len(points)):
        layers[:] = 0
        for w in range(len(vectors)):
            phase = points[p, 0] * vectors[w, 0] + points[p, 1] * vectors[w, 1] + points[p, 2] * vectors[w, 2]
            cos, sin = np.cos(phase), np.sin(phase)
            for k in range(len(layers)):
                layers[k] += cos * amplitudes[0, w, k] + sin * amplitudes[1, w, k]
        for k in range(len(layers)):
            bank[k, p] = np.int8(min(max(np.rint(layers[k]), -127), 127))


@kernel
def _mix(bank, begin, weights, field):
    """Four layers at a time, which halves the memory's traffic."""
    for k in range(0, len(bank), 4):
        a, b, c, d = bank[k, begin:], bank[k + 1, begin:], bank[k + 2, begin:], bank[k + 3, begin:]
        for p in range(len(field)):
            part = weights[k] * float32(a[p]) + weights[k + 1] * float32(b[p])
            part += weights[k + 2] * float32(c[p]) + weights[k + 3] * float32(d[p])
            field[p] = part if k == 0 else field[p] + part
