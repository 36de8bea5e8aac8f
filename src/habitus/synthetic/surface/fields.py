"""Smooth fields over the body's surface: soft edges, bands, bumps, and layers of paint.

Each is one compiled pass over float32: painting calls them by the hundred, on points by the ten thousand.
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import float32

from habitus.compiled import kernel

Field = Float[np.ndarray, "P"]
"""One value per point of the surface (a texel or a vertex), float32."""
Colours = Float[np.ndarray, "P 3"]
"""RGB of the points. In memory plane after plane where it comes from here: passes over planes are vectorised."""


def edge(distance: Field, width: float) -> Field:
    """Coverage of a region from the signed distance to its border (inside positive): a ramp `width` wide."""
    return _each(_edge, distance, 1 / width)


def smoothstep(low: float, high: float, x: Field) -> Field:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the greater one."""
    return _each(_smoothstep, x, low, 1 / (high - low))


def bump(x: Field, centre: float | Field, width: float) -> Field:
    """A hill of height 1: a Gaussian with the standard deviation `width`, but 0 beyond 2.83 widths."""
    if isinstance(centre, np.ndarray):
        x, centre = x - centre, 0.0
    return _each(_bump, x, centre, 1 / (np.sqrt(8) * width))


def bands(distance: Field, period: float, phase: float, share: float, width: float) -> Field:
    """Coverage of stripes that fill `share` of each period; their borders are ramps `width` wide."""
    return _each(_bands, distance, 1 / period, phase, 0.5 * share, period / width)


def length(x: Field, y: Field) -> Field:
    """Of the vector of two fields; several times faster than `np.hypot`, which minds overflow."""
    return np.sqrt(x * x + y * y)


def line(distance: Field, width: float, texel: float) -> Field:
    """Coverage by a line `width` wide along `distance` 0, as texels of the given size see it.

    All metres. Of a line narrower than a texel the texel holds a share, so it grows pale on small textures but
    neither breaks nor widens.
    """
    reach = 0.5 * (width + texel) / texel
    return _each(_line, distance, reach, 1 / texel, min(1.0, width / texel))


def crease(folds: Field, slope: Field) -> Field:
    """Light on creased cloth: it breaks where one noise passes 0, and slopes smoothly as the other between breaks."""
    result = np.empty_like(slope)
    _crease(folds, slope, result)
    return result


def blend(below: Colours, above: Colours | Float[np.ndarray, "3"], coverage: Field) -> Colours:
    """Paint over: `above` where coverage is 1."""
    painted = np.empty((3, len(below)), float32)
    paint = _blend_colour if above.ndim == 1 else _blend
    paint(_planes(below), _planes(above), np.asarray(coverage, float32), painted)
    return painted.T


def tinted(colour: Float[np.ndarray, "3"], tone: Field) -> Colours:
    """One colour times a tone everywhere, not clipped."""
    painted = np.empty((3, len(tone)), float32)
    _tint(np.asarray(colour, float32), np.asarray(tone, float32), painted)
    return painted.T


def shaded(colours: Colours, brightness: Field, *, sheen: float = 0.0) -> Colours:
    """Colours times brightness, within [0, 1]. With `sheen`, what is brighter than 1 also reflects that much white:
    folds of black cloth are grey.
    """
    painted = np.empty((3, len(colours)), float32)
    _shade(_planes(colours), np.asarray(brightness, float32), float32(sheen), painted)
    return painted.T


def _planes(colours: Float[np.ndarray, "P 3"] | Float[np.ndarray, "3"]) -> np.ndarray:
    return np.ascontiguousarray(colours.T, float32)


def _each(compiled: Any, x: Field, *parameters: float) -> Field:
    """Pass every value through a kernel of (values, parameters, result)."""
    values = np.ascontiguousarray(x, float32)
    result = np.empty_like(values)
    compiled(values, *map(float32, parameters), result)
    return result


_ZERO, _HALF, _ONE, _TWO, _THREE = (float32(v) for v in (0, 0.5, 1, 2, 3))


@kernel
def _edge(distance, scale, result):
    for i in range(result.size):
        result[i] = min(max(distance[i] * scale + _HALF, _ZERO), _ONE)


@kernel
def _smoothstep(x, low, scale, result):
    for i in range(result.size):
        t = min(max((x[i] - low) * scale, _ZERO), _ONE)
        result[i] = t * t * (_THREE - _TWO * t)


@kernel
def _bump(x, centre, scale, result):
    for i in range(result.size):
        t = (x[i] - centre) * scale
        t = max(_ONE - t * t, _ZERO)  # (1 - t^2)^4 is close to exp(-4 t^2), and cheap
        t = t * t
        result[i] = t * t


@kernel
def _bands(distance, frequency, phase, reach, sharpness, result):
    for i in range(result.size):
        turn = distance[i] * frequency + phase
        away = abs(turn - np.floor(turn) - _HALF)
        result[i] = min(max((reach - away) * sharpness + _HALF, _ZERO), _ONE)


@kernel
def _line(distance, reach, scale, most, result):
    for i in range(result.size):
        result[i] = min(max(reach - abs(distance[i]) * scale, _ZERO), most)


@kernel
def _crease(folds, slope, result):
    for i in range(result.size):
        result[i] = slope[i] * min(max(_THREE * folds[i], -_ONE), _ONE)


@kernel
def _blend(below, above, coverage, result):
    for c in range(3):
        for i in range(coverage.size):
            result[c, i] = below[c, i] + coverage[i] * (above[c, i] - below[c, i])


@kernel
def _blend_colour(below, above, coverage, result):
    for c in range(3):
        colour = above[c]
        for i in range(coverage.size):
            result[c, i] = below[c, i] + coverage[i] * (colour - below[c, i])


@kernel
def _tint(colour, tone, result):
    for c in range(3):
        for i in range(tone.size):
            result[c, i] = colour[c] * tone[i]


@kernel
def _shade(colours, brightness, sheen, result):
    for c in range(3):
        for i in range(brightness.size):
            shine = sheen * max(brightness[i] - _ONE, _ZERO)
            result[c, i] = min(max(colours[c, i] * brightness[i] + shine, _ZERO), _ONE)
