"""Photos of people from disk, thousands a second: plain JPEG and PNG by the short way, all others by the careful one.

What the short way takes is decided from the file's header, before anything is decoded: 8 bits, no transparency, no
colour profile but sRGB, a size within bounds, and the end of the file in its place. Both ways give the same pixels.
"""

import os
import stat
import struct
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from habitus.perception.photo import WORK_PIXELS, read_photo

LEAST_SIDE = 8
"""Of a photo, pixels: sets hold people far from the camera, a few pixels wide."""
_MOST_BYTES = 8 * WORK_PIXELS
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_TRAILER = 512  # bytes that cameras may append to a JPEG
_SRGB = b"sRGB", "sRGB".encode("utf-16-be")
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_BARE = (0x01, *range(0xD0, 0xD9))  # markers without a length


_REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}


def decode(path: str | Path, *, enough: tuple[int, int] | None = None) -> UInt8[np.ndarray, "H W 3"]:
    """A photo as it is meant to be seen: upright, RGB.

    The content decides about the format, not the suffix. A photo of more than
    `perception.photo.WORK_PIXELS` is reduced.

    Args:
        path: of the file.
        enough: (H, W) that is needed: a JPEG may come at a half, a quarter or an eighth of its size, in a fraction of
            the time, as long as it stays twice as large as this along both sides. None: the whole photo.

    Raises:
        InputError: the file is missing, empty, truncated, no picture, too large, or under `LEAST_SIDE` pixels a side.
    """
    data = _bytes(path)
    size = _plain_png(data) or _plain_jpeg(data)
    if size is not None and min(size) >= LEAST_SIDE and size[0] * size[1] <= WORK_PIXELS:
        try:
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), _how(data, size, enough))
        except cv2.error:  # the careful reader says what is wrong
            pixels = None
        if pixels is not None:
            return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels))
    return read_photo(path, least_side=LEAST_SIDE).pixels


def _how(data: bytes, size: tuple[int, int], enough: tuple[int, int] | None) -> int:
    """Whole, or as far reduced as JPEG can be decoded and leaves enough to be averaged."""
    if enough is None or not data.startswith(_JPEG_START):
        return cv2.IMREAD_COLOR
    spare = min(size[0] // enough[0], size[1] // enough[1]) // 2
    return next((flag for by, flag in _REDUCED.items() if by <= spare), cv2.IMREAD_COLOR)


def _bytes(path: str | Path) -> bytes:
    """The file, or nothing when it is not one for the short way."""
    try:
        status = os.stat(path)  # noqa: PTH116  (half the time of a Path's)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return b""
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.readall()
    except (OSError, ValueError):  # ValueError: a name with a zero byte
        return b""


def _plain_png(data: bytes) -> tuple[int, int] | None:
    """(height, width) of a whole PNG of 8-bit greyscale or RGB that needs no conversion; None for anything else."""
    if not data.startswith(_PNG_START) or not data.endswith(_PNG_END) or data[12:16] != b"IHDR" or len(data) < 45:
        return None
    width, height, bits, kind = struct.unpack(">IIBB", data[16:26])
    if bits != 8 or kind not in (0, 2):
        return None
    place = 8
    while data[place + 4 : place + 8] not in (b"IDAT", b""):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] in (b"iCCP", b"tRNS", b"eXIf", b"acTL"):
            return None
        place += length + 12
    return height, width


def _plain_jpeg(data: bytes) -> tuple[int, int] | None:
    """(height, width) of a whole 8-bit greyscale or YCbCr JPEG in sRGB; None for anything else."""
    if not data.startswith(_JPEG_START) or data.rfind(_JPEG_END, -_TRAILER) < 0:
        return None
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF or marker in _BARE:  # padding, or nothing to skip
            place += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", data[place + 2 : place + 4])
        segment = data[place + 4 : place + 2 + length]
        if marker in _FRAMES:
            if len(segment) < 6 or segment[0] != 8 or segment[5] not in (1, 3):
                return None
            height, width = struct.unpack(">HH", segment[1:5])
            return height, width
        if marker == 0xE2 and segment.startswith(b"ICC_PROFILE") and not any(name in segment for name in _SRGB):
            return None
        place += 2 + length
    return None
