"""What a camera does to a picture: resolution, blur, exposure, contrast, noise, compression."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from habitus.synthetic.scenes.light import Rgb

_SHOULDER = 0.7
"""Brightness from which a sensor compresses."""


@dataclass(frozen=True)
class Sensor:
    """A camera's faults."""

    rows: float
    """Rows that the crop has in the camera's own picture; a larger crop is scaled up from these."""
    blur: float
    """Standard deviation of a Gaussian, pixels of the camera's picture."""
    noise: float
    """Standard deviation in a pixel of the camera's picture."""
    gain: Rgb
    """Exposure and white balance, RGB."""
    contrast: float
    """Exponent."""
    quality: int
    """JPEG quality."""


PLAIN = Sensor(rows=256.0, blur=0.0, noise=0.0, gain=(1.0, 1.0, 1.0), contrast=1.0, quality=100)
"""Without faults but rounding."""


def draw_sensor(rng: np.random.Generator, *, brightness: float = 1.0) -> Sensor:
    """Any camera's; `rows` is that of a large crop.

    Args:
        rng: of the camera.
        brightness: of what lies before it, about 1; most of it is exposed away.
    """
    exposure = rng.uniform(0.85, 1.15) * brightness**-0.75
    red, green, blue = (float(exposure * (1 + rng.normal(0, 0.025))) for _ in range(3))
    return Sensor(
        rows=256.0,
        blur=rng.uniform(0.3, 0.75),
        noise=rng.uniform(0.004, 0.02),
        gain=(red, green, blue),
        contrast=rng.uniform(0.85, 1.15),
        quality=int(rng.integers(55, 96)),
    )


def expose(image: Float[np.ndarray, "H W 3"], sensor: Sensor, rng: np.random.Generator) -> Float[np.ndarray, "H W 3"]:
    """The picture as the camera gives it, RGB in [0, 1], every value a multiple of 1/255.

    Args:
        image: RGB, linear in the light, about [0, 1].
        sensor: of the camera.
        rng: of the noise.
    """
    rows, columns = image.shape[:2]
    shrink = min(1.0, sensor.rows / rows)
    native = (max(8, round(columns * shrink)), max(8, round(rows * shrink)))
    picture = image if shrink == 1 else cv2.resize(image, native, interpolation=cv2.INTER_AREA)
    picture = cv2.GaussianBlur(picture, (0, 0), max(sensor.blur * rows * shrink / sensor.rows, 0.15))
    picture = picture * np.array(sensor.gain, np.float32)
    bright = np.maximum(picture - _SHOULDER, 0)  # highlights bend off instead of burning out
    picture = np.minimum(picture, _SHOULDER) + (1 - _SHOULDER) * np.tanh(bright / (1 - _SHOULDER))
    picture = np.clip(picture, 0, 1) ** np.float32(sensor.contrast)
    picture += sensor.noise * rng.standard_normal(picture.shape, dtype=np.float32)
    coded = (np.clip(picture[..., ::-1], 0, 1) * 255).round().astype(np.uint8)
    _, stream = cv2.imencode(".jpg", coded, (cv2.IMWRITE_JPEG_QUALITY, sensor.quality))
    decoded = np.asarray(cv2.imdecode(stream, cv2.IMREAD_COLOR))
    if shrink < 1:
        decoded = cv2.resize(decoded, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return decoded[..., ::-1].astype(np.float32) / 255
