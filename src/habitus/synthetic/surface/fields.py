"""Smooth fields over the body's surface: soft edges, bands, and noise that is the same on both sides of a UV seam."""

from copy import copy

import numpy as np
from jaxtyping import Float, Int

Field = Float[np.ndarray, "P"]
"""One value per point of the surface (a texel or a vertex), float32."""
Colours = Float[np.ndarray, "P 3"]


def edge(distance: Field, width: float) -> Field:
    """Coverage of a region from the signed distance to its border (inside positive): a ramp `width` wide."""
    return np.clip(distance / width + 0.5, 0.0, 1.0)


def smoothstep(low: float, high: float, x: Field) -> Field:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the greater one."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def bump(x: Field, centre: float | Field, width: float) -> Field:
    """A Gaussian of height 1."""
    return np.exp(-0.5 * ((x - centre) / width) ** 2)


def blend(below: Colours, above: Colours | Float[np.ndarray, "3"], coverage: Field) -> Colours:
    """Paint over: `above` where coverage is 1."""
    return below + coverage[:, None] * (above - below)


class Noise:
    """Random smooth fields on fixed points: sums of plane waves, prepared once, mixed anew by every generator.

    A wave of any phase is a mix of its cosine and its sine, so a draw is one matrix product over the bank.
    """

    def __init__(
        self, points: Float[np.ndarray, "P 3"], *, wavelength: float, stretch: tuple[float, float, float], waves: int
    ):
        """Prepare `waves` waves about `wavelength` metres long; `stretch` lengthens them along x, y and z."""
        rng = np.random.default_rng(20240917)  # part of the bank, not of any person
        directions = rng.normal(size=(waves, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        lengths = wavelength * 2.0 ** rng.uniform(-0.6, 0.6, (waves, 1))
        vectors = 2 * np.pi * directions / lengths / np.asarray(stretch)
        phase = points.astype(np.float32) @ vectors.T.astype(np.float32)
        self._bank = np.concatenate([np.cos(phase), np.sin(phase)], 1).astype(np.float32)

    def take(self, index: Int[np.ndarray, "Q"]) -> "Noise":
        """The same waves on some of the points."""
        part = copy(self)
        part._bank = np.ascontiguousarray(self._bank[index])
        return part

    def draw(self, rng: np.random.Generator) -> Field:
        """A field of mean 0 and variance about 1."""
        return self.mix(self.weights(rng))

    def weights(self, rng: np.random.Generator) -> Float[np.ndarray, "waves2"]:
        """Random weights, for `mix` on another set of points with the same waves."""
        count = self._bank.shape[1]
        return (rng.normal(size=count) * np.sqrt(2.0 / count)).astype(np.float32)

    def mix(self, weights: Float[np.ndarray, "waves2"]) -> Field:
        """The field of given weights."""
        return self._bank @ weights
