"""What a camera does to a picture: resolution, blur, exposure, contrast, noise, compression."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float

from habitus.compiled import kernel
from habitus.synthetic.scenes.light import Rgb

_SHOULDER = 0.7
"""Brightness from which a sensor compresses."""
_LUMA, _SAME = np.array((0.299, 0.587, 0.114)), np.eye(3)
_STEPS, _CLIPS = 2048, 4


@dataclass(frozen=True)
class Sensor:
    """A camera's faults."""

    rows: float
    """Rows that the crop has in the camera's own picture; a larger crop is scaled up from these."""
    blur: float
    """Standard deviation of a Gaussian, pixels of the camera's picture."""
    sharpening: float
    """How far the camera's electronics raise fine detail; 0 not at all, 1 twofold, with bright rims at edges."""
    noise: float
    """Standard deviation in a pixel of the camera's picture."""
    gain: Rgb
    """Exposure and white balance, RGB."""
    saturation: float
    """Of colours; 0 is grey."""
    contrast: float
    """Exponent."""
    quality: int
    """JPEG quality."""


PLAIN = Sensor(
    rows=256.0, blur=0.0, sharpening=0.0, noise=0.0, gain=(1.0, 1.0, 1.0), saturation=1.0, contrast=1.0, quality=100
)
"""Without faults but rounding."""


def draw_sensor(rng: np.random.Generator, *, brightness: float = 1.0) -> Sensor:
    """Any camera's; `rows` is that of a large crop.

    Args:
        rng: of the camera.
        brightness: of what lies before it, about 1; most of it is exposed away.
    """
    exposure = rng.uniform(1.25, 1.7) * brightness**-0.9
    red, green, blue = (float(exposure * (1 + rng.normal(0, 0.025))) for _ in range(3))
    return Sensor(
        rows=256.0,
        blur=rng.uniform(0.4, 0.85),
        sharpening=max(0.0, rng.uniform(-0.3, 0.7)),
        noise=rng.uniform(0.003, 0.015),
        gain=(red, green, blue),
        saturation=rng.uniform(0.45, 0.9),
        contrast=rng.uniform(1.2, 1.8),
        quality=int(rng.integers(55, 96)),
    )


def expose(image: Float[np.ndarray, "H W 3"], sensor: Sensor, rng: np.random.Generator) -> Float[np.ndarray, "3 H W"]:
    """The picture as the camera gives it, RGB in [0, 1], every value a multiple of 1/255.

    Args:
        image: RGB, float32, as much light as falls on each pixel; 1 is white.
        sensor: of the camera.
        rng: of the noise.
    """
    rows, columns = image.shape[:2]
    shrink = min(1.0, sensor.rows / rows)
    native = (max(8, round(columns * shrink)), max(8, round(rows * shrink)))
    picture = image if native == (columns, rows) else cv2.resize(image, native, interpolation=cv2.INTER_AREA)
    sigma = max(sensor.blur * native[1] / sensor.rows, 0.15)
    reach = 2 * int(np.ceil(2.2 * sigma)) + 1
    picture = cv2.GaussianBlur(picture, (reach, reach), sigma)
    picture = cv2.transform(picture, _mixing(sensor))
    _register(picture, _tones(sensor.contrast), np.float32(sensor.noise), _noise(rng, (native[1], native[0])))
    if sensor.sharpening > 0:
        soft = cv2.GaussianBlur(picture, (5, 5), 1.1)
        picture = cv2.addWeighted(picture, 1 + sensor.sharpening, soft, -sensor.sharpening, 0)
    np.maximum(picture, 0, out=picture)  # or it would be taken for its magnitude
    coded = cv2.cvtColor(cv2.convertScaleAbs(picture, alpha=255), cv2.COLOR_RGB2BGR)
    _, stream = cv2.imencode(".jpg", coded, (cv2.IMWRITE_JPEG_QUALITY, sensor.quality))
    decoded = np.asarray(cv2.imdecode(stream, cv2.IMREAD_COLOR))
    if native != (columns, rows):
        decoded = np.asarray(cv2.resize(decoded, (columns, rows), interpolation=cv2.INTER_CUBIC))
    exposed = np.empty((3, rows, columns), np.float32)
    for plane, channel in zip(exposed, cv2.split(decoded)[::-1], strict=True):
        np.divide(channel, np.float32(255), out=plane)
    return exposed


def _mixing(sensor: Sensor) -> Float[np.ndarray, "3 3"]:
    """What gain and saturation make of RGB."""
    return (sensor.saturation * _SAME + (1 - sensor.saturation) * _LUMA) * np.array(sensor.gain)


@kernel
def _register(picture, tones, amount, noise):
    """Light becomes brightness, with noise, in place."""
    steps, most = np.float32(_STEPS), np.float32(len(tones) - 1)
    for r in range(picture.shape[0]):
        for c in range(picture.shape[1]):
            for k in range(3):
                light = min(max(picture[r, c, k] * steps, np.float32(0)), most)
                picture[r, c, k] = tones[np.uint32(light)] + amount * noise[r, c, k]


@lru_cache(maxsize=256)
def _tones(contrast: float) -> Float[np.ndarray, "n"]:
    """What becomes of brightness, `_STEPS` to 1: highlights bend off instead of burning out, then the exponent."""
    light = np.arange(_STEPS * _CLIPS, dtype=np.float32) / _STEPS
    bright = np.maximum(light - _SHOULDER, 0)
    light = np.minimum(light, _SHOULDER) + (1 - _SHOULDER) * np.tanh(bright / (1 - _SHOULDER))
    return (light**contrast).astype(np.float32)


def _noise(rng: np.random.Generator, size: tuple[int, int]) -> Float[np.ndarray, "H W 3"]:
    """Standard normal, a part of a large tile drawn once: drawing it anew would take longer than all else."""
    tile = _tile()
    free = [tile.shape[axis] - size[axis] for axis in (0, 1)]
    if min(free) < 0:
        return rng.standard_normal((*size, 3), dtype=np.float32)
    top, left = (int(rng.integers(n + 1)) for n in free)
    return tile[top : top + size[0], left : left + size[1]]


@lru_cache(maxsize=1)
def _tile() -> Float[np.ndarray, "768 512 3"]:
    return np.random.default_rng(76).standard_normal((768, 512, 3), dtype=np.float32)
