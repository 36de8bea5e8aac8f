"""Read any photo safely: bounded memory, content before suffix, one clear line for what cannot be read."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import (
    AvifImagePlugin,  # noqa: F401  (plugins register their formats when they are imported)
    Image,
    ImageCms,
    Jpeg2KImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from habitus.errors import InputError

log = logging.getLogger("habitus")

MAX_PIXELS = 150_000_000
"""Of the file: more is refused before anything is decoded (decoding this many takes about 600 MB)."""
WORK_PIXELS = 24_000_000
"""Of the pixels kept: larger photos are reduced, so that memory stays bounded from here on."""
MIN_SIDE = 32
"""Of a photo, in pixels: less cannot show a person."""
# An explicit list, because Pillow would also open formats that start other programs (EPS) or hold no photo.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000")
_EXIF_ORIENTATION = 0x0112
_TURNS = {  # what makes a picture of each orientation upright (Exif 2.3, section 4.6.4)
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_READS = "JPEG, PNG, WebP, TIFF, BMP, GIF, PPM, AVIF or JPEG 2000"


@dataclass(frozen=True)
class Photo:
    """An upright photo in memory."""

    pixels: UInt8[np.ndarray, "H W 3"]
    """RGB. Reduced when the file holds more than `WORK_PIXELS`."""
    size: tuple[int, int]
    """(height, width) of the upright file, the pixels that users' boxes, keypoints and masks are given in."""
    name: str = "photo"
    """For messages."""

    @property
    def scale(self) -> tuple[float, float]:
        """(x, y): pixels of the file per pixel of `pixels`; (1, 1) unless the photo was reduced."""
        return self.size[1] / self.pixels.shape[1], self.size[0] / self.pixels.shape[0]


def read_photo(path: str | Path, *, least_side: int = MIN_SIDE) -> Photo:
    """Read a photo as it is meant to be seen.

    The content decides about the format, not the suffix. EXIF rotation is applied, colour profiles are converted to
    sRGB, transparency is laid on white, 16 bits become 8, of an animation the first frame is taken (with a warning).

    Args:
        path: a JPEG, PNG, WebP, TIFF, BMP, GIF, PPM, AVIF or JPEG 2000 file.
        least_side: pixels a side below which a photo is refused.

    Raises:
        InputError: the file is missing, empty, truncated, no picture, too small to show a person, or too large.
    """
    path = Path(path)
    with _opened(path, least_side) as image:
        width, height = image.size
        if image.format != "MPO" and getattr(image, "is_animated", False):
            log.warning("%s: holds several frames or pages; the first is used", path)
        profile = image.info.get("icc_profile")
        # Decoding a JPEG at a half, a quarter or an eighth costs a fraction of the time and memory.
        image.draft(None, _work_size(width, height))
        pixels = _to_rgb(_reduce(_to_8_bits(image)), profile)
        orientation = image.getexif().get(_EXIF_ORIENTATION)
    if orientation in _TURNS:
        pixels = pixels.transpose(_TURNS[orientation])
    size = (width, height) if orientation in _SIDEWAYS else (height, width)
    return Photo(np.asarray(pixels), size, str(path))


def as_photo(photo: str | Path | np.ndarray | Photo) -> Photo:
    """A `Photo` of a path or of an array (H, W, 3), uint8 in 0..255 or float in [0, 1].

    Raises:
        InputError: the file cannot be read, or the array is no RGB picture.
    """
    if isinstance(photo, Photo):
        return photo
    if not isinstance(photo, np.ndarray):
        return read_photo(photo)
    array = photo
    if array.ndim != 3 or array.shape[2] != 3 or min(array.shape[:2]) < MIN_SIDE:
        raise InputError(f"photo: shape {array.shape} is no RGB picture; give (H, W, 3) of at least {MIN_SIDE} a side")
    if np.issubdtype(array.dtype, np.floating):
        array = (np.nan_to_num(array).clip(0, 1) * 255).round().astype(np.uint8)
    elif array.dtype != np.uint8:
        raise InputError(f"photo: dtype {array.dtype} is no RGB picture; give uint8 in 0..255 or float in [0, 1]")
    return Photo(np.ascontiguousarray(array), array.shape[:2])


def read_levels(path: str | Path) -> UInt8[np.ndarray, "H W"]:
    """One number per pixel of a mask picture: opacity where it has any, palette index, or brightness.

    Raises:
        InputError: as `read_photo`.
    """
    with _opened(Path(path), MIN_SIDE) as image:
        if image.mode in ("P", "1"):
            return (np.asarray(image) > 0).astype(np.uint8)
        levels = _to_8_bits(image)
        if levels.mode in ("RGBA", "LA"):
            opacity = np.asarray(levels.getchannel("A"))
            if opacity.min() < 255:
                return opacity
        return np.asarray(levels.convert("L"))


def read_marks(path: str | Path) -> Bool[np.ndarray, "H W"]:
    """Where a label map, such as a human parsing, is not 0: any label of 8 or 16 bits, palette index, or colour but
    black; where it has transparency, what is not clear.

    Raises:
        InputError: as `read_photo`.
    """
    with _opened(Path(path), MIN_SIDE) as image:
        values = np.asarray(image)
        if image.mode in ("RGBA", "LA", "PA"):
            if values[..., -1].min() < 255:
                return values[..., -1] > 0
            values = values[..., :-1]
        return values.reshape(*values.shape[:2], -1).max(2) > 0


@contextmanager
def _opened(path: Path, least_side: int) -> Iterator[Image.Image]:
    """An image whose header has been checked; errors of decoding it inside the block become one line."""
    data = _bytes(path)
    with _decoding(path), Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise InputError(
                f"{path}: {width} x {height} pixels are too many (limit {MAX_PIXELS // 1_000_000} million); "
                "scale the picture down first"
            )
        if min(width, height) < least_side:
            raise InputError(
                f"{path}: {width} x {height} pixels are too few to show a person; give a picture of at least "
                f"{least_side} pixels a side"
            )
        yield image


def _bytes(path: Path) -> bytes:
    if "\0" in str(path):  # from a table, say; the system's calls would raise ValueError
        raise InputError(f"{str(path)!r}: no such file; check the name")
    # A photo of MAX_PIXELS without any compression has 8 bytes a pixel at most; what is larger on disk is none.
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; give a picture file")
        if path.stat().st_size > 8 * MAX_PIXELS:
            raise InputError(
                f"{path}: {path.stat().st_size / 1e9:.1f} GB are too many for a photo; give a smaller file"
            )
        data = path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the name") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if not data:
        raise InputError(f"{path}: is empty or no file; give a {_READS} file")
    return data


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises on a broken or hostile file into one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ours are the limits above; odd metadata does not matter
            yield
    except (InputError, KeyboardInterrupt):
        raise
    except UnidentifiedImageError:
        raise InputError(f"{path}: is no picture that Habitus reads; save it as JPEG or PNG") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path}: has far too many pixels; scale the picture down first") from None
    except Exception as error:  # decoders raise anything: OSError, SyntaxError, struct.error, ValueError, ...
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: is damaged or cut off ({reason}); save or download it again") from error


def _work_size(width: int, height: int) -> tuple[int, int]:
    """The largest size of the same shape within WORK_PIXELS."""
    shrink = min(1.0, (WORK_PIXELS / (width * height)) ** 0.5)
    return max(1, int(width * shrink)), max(1, int(height * shrink))


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Decode; 16- and 32-bit greyscale to "L", which Pillow would clip at 255 instead of scaling."""
    image.load()
    if not image.mode.startswith(("I", "F")):
        return image.convert("L") if image.mode == "1" else image
    grey = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((grey >> 8).astype(np.uint8))
    grey = np.nan_to_num(grey.astype(np.float32), posinf=0, neginf=0)
    top = next((t for t in (1.0, 255.0, 65535.0) if grey.max() <= t), float(grey.max()))
    if image.mode == "I" and top == 1.0:
        top = 255.0
    return Image.fromarray((grey.clip(0, top) * (255 / top)).astype(np.uint8))


def _reduce(image: Image.Image) -> Image.Image:
    """Shrink to WORK_PIXELS, before conversions multiply the memory."""
    size = _work_size(*image.size)
    if size == image.size:
        return image
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if _transparent(image) else "RGB")
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if _transparent(image):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _to_srgb(image, profile)
    return image.convert("RGB")


def _transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an embedded colour profile; one that does not fit the pixels is ignored, as viewers do."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in (ImageCms.getProfileDescription(source) or "").lower():
            return image
        base = image.convert("RGB") if image.mode == "RGBA" else image
        converted = ImageCms.profileToProfile(base, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted or image
