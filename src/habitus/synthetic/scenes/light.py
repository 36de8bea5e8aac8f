"""Light on people and streets: a sun, a sky and what the ground throws back."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """A sun and a sky. A surface's colour is multiplied by what falls on it."""

    direction: tuple[float, float, float]
    """Towards the sun, unit length: +X to the right of the picture, +Y up, +Z to the camera."""
    sun: Rgb
    """RGB on a surface that faces it."""
    sky: Rgb
    """RGB on a surface that faces up."""
    ground: Rgb
    """RGB on a surface that faces down."""

    def turned(self, azimuth: float, elevation: float) -> "Light":
        """The same light in the axes of a view `azimuth` radians further to the right that looks down by `elevation`.

        Args:
            azimuth: radians, positive to the right.
            elevation: radians, positive downwards; this light must be in the axes of a level view.
        """
        x, y, z = self.direction
        x, z = x * np.cos(azimuth) + z * np.sin(azimuth), z * np.cos(azimuth) - x * np.sin(azimuth)
        y, z = y * np.cos(elevation) - z * np.sin(elevation), y * np.sin(elevation) + z * np.cos(elevation)
        return replace(self, direction=(float(x), float(y), float(z)))

    def upright(self) -> Float[np.ndarray, "3"]:
        """RGB on upright things of no particular shape."""
        return 0.5 * (np.array(self.sky) + np.array(self.ground)) + 0.45 * np.array(self.sun)


def draw_light(rng: np.random.Generator, *, indoor: bool = False) -> Light:
    """Light over a place, in the axes of a level view: clear, hazy, overcast or dusk; indoors, lamps overhead."""
    azimuth = rng.uniform(-np.pi, np.pi)
    height = rng.uniform(1.1, 1.5) if indoor else rng.uniform(0.45, 1.15)
    direction = (np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height))
    sunny = rng.uniform(0.1, 0.35) if indoor else rng.uniform() ** 1.5
    level = rng.uniform(0.9, 1.25)
    warmth = rng.normal(0, 0.03)
    if not indoor and sunny < 0.35 and rng.uniform() < 0.25:  # dusk
        level, warmth = level * rng.uniform(0.55, 0.8), warmth - 0.04
    tint = np.array((1 + warmth, 1.0, 1 - warmth))
    return Light(
        tuple(float(d) for d in direction),  # type: ignore[arg-type]
        sun=_rgb(0.8 * sunny * tint * level),
        sky=_rgb((0.98 - 0.42 * sunny) * (2 - tint) * level),
        ground=_rgb((0.48 - 0.16 * sunny) * level * np.ones(3)),
    )


def _rgb(values: np.ndarray) -> Rgb:
    red, green, blue = (float(v) for v in values)
    return red, green, blue
