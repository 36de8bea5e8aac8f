"""Pictures for people: contact sheets with labels, outlines over a photo.

A picture is an (H, W, 3) uint8 array, RGB; `to_picture` makes one of a tensor in [0, 1].
"""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from habitus.files import writing

PAPER = (250, 249, 247)
INK = (40, 42, 48)
OUTLINE = (255, 64, 128)
_GAP = 8


def to_picture(image: Float[Tensor, "3 H W"] | Float[Tensor, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """A picture of an image or of a mask in [0, 1]; values outside are clipped."""
    array = (image.detach().cpu().clamp(0, 1) * 255).round().byte().numpy()
    return np.ascontiguousarray(np.stack([array] * 3, -1) if array.ndim == 2 else array.transpose(1, 2, 0))


def save_picture(path: str | Path, picture: UInt8[np.ndarray, "H W *C"]) -> None:
    """Write a picture (or a grey one, (H, W)) in the format that the name's suffix says.

    Raises:
        InputError: the folder cannot be written.
    """
    with writing(path) as temporary:
        Image.fromarray(picture).save(temporary)


def picture_url(picture: UInt8[np.ndarray, "H W *C"]) -> str:
    """A data URL for web pages: WebP, which keeps cut-outs and is small."""
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "WEBP", quality=88, method=4)
    return "data:image/webp;base64," + b64encode(stream.getvalue()).decode("ascii")


def overlay(
    picture: UInt8[np.ndarray, "H W 3"],
    silhouette: Float[np.ndarray, "H W"],
    *,
    colour: tuple[int, int, int] = OUTLINE,
    scale: int = 3,
) -> UInt8[np.ndarray, "H*s W*s 3"]:
    """The photo, `scale` times as large, with the outline of a silhouette (at 0.5) drawn over it.

    A dark line under the coloured one keeps it visible on any photo.
    """
    height, width = picture.shape[:2]
    size = (width * scale, height * scale)
    large = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    smooth = cv2.resize(silhouette.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    contours, _ = cv2.findContours((smooth >= 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(large, contours, -1, INK, thickness=scale + 2, lineType=cv2.LINE_AA)
    cv2.drawContours(large, contours, -1, colour, thickness=scale, lineType=cv2.LINE_AA)
    return large


def contact_sheet(
    pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]],
    labels: Sequence[str] | None = None,
    *,
    columns: int,
    title: str = "",
    cell_height: int | None = None,
    text_size: int = 14,
) -> UInt8[np.ndarray, "H W 3"]:
    """Pictures in rows, each with its label below.

    Args:
        pictures: of any sizes; each is centred in a cell as large as the largest.
        labels: one a picture; "\\n" begins another line. A line wider than its cell is cut with an ellipsis.
        columns: pictures in a row.
        title: lines above all; "\\n" begins another. One wider than the sheet is cut with an ellipsis.
        cell_height: scale every picture to this height first; None keeps the sizes.
        text_size: of the labels, pixels; the title is half as large again.

    Raises:
        ValueError: no pictures, or not one label for each.
    """
    if not pictures or (labels is not None and len(labels) != len(pictures)):
        raise ValueError("contact_sheet needs at least one picture, and one label for each or none at all")
    images = [scaled(p, cell_height) for p in pictures]
    labels = list(labels or [""] * len(images))
    gap, line = text_size, round(text_size * 1.4)
    cell_h, cell_w = (max(i.shape[axis] for i in images) for axis in (0, 1))
    text_lines = max((len(label.split("\n")) if label else 0) for label in labels)
    step_x, step_y = cell_w + gap, cell_h + text_lines * line + gap
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    titles = title.split("\n") if title else []
    top = gap + round(1.5 * line) * len(titles) + (line // 2 if title else 0)

    sheet = Image.new("RGB", (gap + columns * step_x, top + rows * step_y), PAPER)
    draw = ImageDraw.Draw(sheet)
    large = ImageFont.load_default(text_size * 1.5)
    for row, text in enumerate(titles):
        draw.text((gap, gap + row * round(1.5 * line)), _cut(draw, text, large, sheet.width - 2 * gap), INK, large)
    font = ImageFont.load_default(text_size)
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        x, y = gap + index % columns * step_x, top + index // columns * step_y
        sheet.paste(Image.fromarray(image), (x + (cell_w - image.shape[1]) // 2, y + (cell_h - image.shape[0]) // 2))
        for row, text in enumerate(label.split("\n")):
            draw.text((x, y + cell_h + 2 + row * line), _cut(draw, text, font, cell_w), fill=INK, font=font)
    return np.asarray(sheet)


def strip(pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]], *, height: int) -> UInt8[np.ndarray, "H W 3"]:
    """Pictures side by side, all brought to one height, with a gap between them."""
    gap = np.full((height, _GAP, 3), PAPER, np.uint8)
    return np.concatenate([part for p in pictures for part in (scaled(p, height), gap)][:-1], axis=1)


def scaled(picture: UInt8[np.ndarray, "h w 3"], height: int | None) -> UInt8[np.ndarray, "H W 3"]:
    """A picture of another height, of the same proportions; None keeps it."""
    if height is None or picture.shape[0] == height:
        return picture
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    shrinks = height < picture.shape[0]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def _cut(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "…", font=font) > width:
        text = text[:-1]
    return text + "…"
